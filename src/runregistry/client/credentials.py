"""Client ID and secret of the application that signs in: where they may be, who is asked first, and where ``login`` puts them.

First what the client was made with (or the globals of the old module), then the environment with the ``.env`` file, then a file,
then the keyring of the system. Files and keyring are looked at when the first token is asked for, so that a registry that wants
none costs nothing.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

from runregistry.client.private_files import is_exposed, write_private
from runregistry.client.settings import TOKEN_URL, Settings, credentials_file, find_env_file, working_directory
from runregistry.errors import SettingsError, suggestion

__all__ = [
    "Credentials",
    "Look",
    "find_credentials",
    "forget_in_file",
    "forget_in_keyring",
    "keep_in_file",
    "keep_in_keyring",
    "kept_credentials",
    "look_for_credentials",
    "read_file",
]

_SERVICE = "runregistry"  # how the entry of the keyring is named
_KEYS = ("client_id", "client_secret", "token_url")


class Credentials(NamedTuple):
    """Client ID and secret, and where they come from, in words.

    Examples
    --------
    >>> Credentials("me", "hush", "the environment")
    Credentials(client_id='me', client_secret=<4 characters>, source='the environment')
    """

    client_id: str
    client_secret: str
    source: str

    def __repr__(self) -> str:
        shown = f"client_secret=<{len(self.client_secret)} characters>"
        return f"Credentials(client_id={self.client_id!r}, {shown}, source={self.source!r})"


class Look(NamedTuple):
    """One place that was looked into: what it is, and what was there, or in words what was not."""

    place: str
    found: Credentials | None
    lack: str = ""


def find_credentials(settings: Settings) -> Credentials:
    """Return the client ID and secret that a client signs in with.

    Raises
    ------
    SettingsError
        They are nowhere, or the file that holds them can't be used.

    Examples
    --------
    >>> settings = Settings("production", "https://registry.example.org", "audience", client_id="me", client_secret="hush")
    >>> find_credentials(settings).source
    'arguments'
    """
    lacks = []
    for look in look_for_credentials(settings):
        if look.found is not None:
            return look.found
        lacks.append(f"{look.place}: {look.lack}")
    raise SettingsError(
        f"the target {settings.target_name!r} needs a client ID and secret: set SSO_CLIENT_ID and SSO_CLIENT_SECRET in the "
        f"environment or in a .env file, or run runregistry login. Looked into {'; '.join(lacks)}. runregistry doctor tells more."
    )


def look_for_credentials(settings: Settings) -> Iterator[Look]:
    """Yield the places where client ID and secret may be, best first, as they are looked into; the first that has both counts."""
    yield _in_settings(settings)
    wanted_id = (settings.client_id or "").strip()
    yield _fitting(_in_file(settings), wanted_id)
    yield _fitting(_in_keyring(settings), wanted_id)


def kept_credentials(settings: Settings) -> Iterator[Credentials]:
    """Yield what ``login`` has kept for a sign-in service, whether or not it is what counts."""
    with suppress(SettingsError):
        yield from filter(None, (_in_file(settings).found,))
    yield from filter(None, (_in_keyring(settings).found,))


def _in_settings(settings: Settings) -> Look:
    client_id, secret = (settings.client_id or "").strip(), (settings.client_secret or "").strip()
    if client_id and secret:
        return Look(settings.credentials_source, Credentials(client_id, secret, settings.credentials_source))
    env_file = find_env_file(working_directory())
    place = f"arguments, environment and {env_file or '.env (there is none)'}"
    if client_id or secret:
        return Look(place, None, "a secret without an ID" if secret else f"the ID {client_id} without a secret")
    return Look(place, None, "neither is set")


def _fitting(look: Look, wanted_id: str) -> Look:
    """Return what a place has, unless it belongs to another ID than the one that was named elsewhere."""
    if look.found is None or wanted_id in ("", look.found.client_id):
        return look
    return Look(look.place, None, f"holds the secret of {look.found.client_id}, and not of {wanted_id}")


def _in_file(settings: Settings) -> Look:
    path, is_named = credentials_file()
    try:
        found, token_url = read_file(path)
    except FileNotFoundError:
        if is_named:
            raise SettingsError(
                f"RUNREGISTRY_CREDENTIALS names {path}, and there is no such file; runregistry login --file makes it"
            ) from None
        return Look(f"the file {path}", None, "there is none")
    return Look(found.source, found) if token_url == settings.token_url else Look(found.source, None, f"is for {token_url}")


def read_file(path: Path, *, may_be_exposed: bool = False) -> tuple[Credentials, str]:
    """Return what a credentials file holds, and the URL of the sign-in service that it is for.

    Raises
    ------
    FileNotFoundError
        There is none.
    SettingsError
        It can't be read, others can read it, or it is no JSON object with the two; names the line.
    """
    try:
        is_open, text = is_exposed(path), path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise
    except OSError as fault:
        raise SettingsError(f"can't read the credentials file {path}: {fault.strerror}") from None
    except UnicodeDecodeError:
        raise SettingsError(f"{path}, line 1: the credentials file is not text in UTF-8") from None
    if is_open and not may_be_exposed:
        raise SettingsError(f"others can read the secret in {path}; take that right away: chmod 600 {path}")
    document = _document(path, text)
    found = Credentials(document["client_id"].strip(), document["client_secret"].strip(), f"the file {path}")
    return found, document.get("token_url", TOKEN_URL).strip()


def _document(path: Path, text: str) -> dict[str, str]:
    usage = 'write {"client_id": "…", "client_secret": "…"}'
    try:
        document = json.loads(text)
    except json.JSONDecodeError as fault:
        # Not chained: the other exception carries the text of the file.
        raise SettingsError(f"{path}, line {fault.lineno}: not JSON ({fault.msg}); {usage}") from None
    except RecursionError:
        document = None
    if not isinstance(document, dict):
        raise SettingsError(f"{path}, line 1: not an object; {usage}")
    for key, value in document.items():
        if key not in _KEYS:
            raise SettingsError(f"{path}, line {_line(text, key)}: credentials have no {key!r}{suggestion(key, _KEYS)}; {usage}")
        if not isinstance(value, str) or not value.strip():
            raise SettingsError(f"{path}, line {_line(text, key)}: {key} must be a text that is not empty; {usage}")
    for key in ("client_id", "client_secret"):
        if key not in document:
            raise SettingsError(f"{path}, line {len(text.rstrip().splitlines()) or 1}: {key} is missing; {usage}")
    return document


def _line(text: str, key: str) -> int:
    found = re.search(rf"{re.escape(json.dumps(key))}\s*:", text)
    return text.count("\n", 0, found.start()) + 1 if found else 1


def keep_in_file(settings: Settings, client_id: str, secret: str) -> Path:
    """Write client ID and secret into the credentials file, readable by its owner only; return the file.

    Raises
    ------
    SettingsError
        It can't be written, or holds something else: the secret for another sign-in service, or no credentials.
    """
    path, _ = credentials_file()
    is_new = not path.is_file() or path.stat().st_size == 0
    other = settings.token_url if is_new else read_file(path, may_be_exposed=True)[1]
    if other != settings.token_url:
        raise SettingsError(f"{path} holds the secret for {other}; name another file in RUNREGISTRY_CREDENTIALS")
    document = {"client_id": client_id, "client_secret": secret}
    if settings.token_url != TOKEN_URL:
        document["token_url"] = settings.token_url
    try:
        write_private(path, json.dumps(document, indent=2) + "\n")
    except OSError as fault:
        raise SettingsError(f"can't write {path}: {fault.strerror}; name another file in RUNREGISTRY_CREDENTIALS") from None
    return path


def forget_in_file(settings: Settings) -> Path | None:
    """Remove the credentials file of a sign-in service; return it, or None if there was none.

    Raises
    ------
    SettingsError
        It can't be removed, or is no credentials file.
    """
    path, _ = credentials_file()
    try:
        if read_file(path, may_be_exposed=True)[1] != settings.token_url:
            return None
        path.unlink()
    except FileNotFoundError:
        return None
    except OSError as fault:
        raise SettingsError(f"can't remove {path}: {fault.strerror}") from None
    return path


def _in_keyring(settings: Settings) -> Look:
    place = "the keyring"
    keyring = _keyring()
    if keyring is None:
        return Look(place, None, "not installed (pip install 'runregistry[keyring]')")
    try:
        text = keyring.get_password(_SERVICE, settings.token_url)
    except Exception as fault:  # a backend may fail in any way, and one that does is as good as none
        return Look(place, None, f"does not work here ({type(fault).__name__})")
    try:
        document = json.loads(text or "null")
        found = Credentials(str(document["client_id"]), str(document["client_secret"]), place)
    except (ValueError, TypeError, KeyError):
        return Look(place, None, "nothing there" if text is None else "its entry is not ours; run runregistry login")
    return Look(place, found)


def keep_in_keyring(settings: Settings, client_id: str, secret: str) -> bool:
    """Put client ID and secret into the keyring; return False where none works."""
    keyring = _keyring()
    if keyring is None:
        return False
    text = json.dumps({"client_id": client_id, "client_secret": secret})
    try:
        keyring.set_password(_SERVICE, settings.token_url, text)
        return bool(keyring.get_password(_SERVICE, settings.token_url) == text)  # the null backend takes and forgets
    except Exception:
        return False


def forget_in_keyring(settings: Settings) -> bool:
    """Remove client ID and secret from the keyring; return whether they were there."""
    keyring = _keyring()
    if keyring is None:
        return False
    try:
        keyring.delete_password(_SERVICE, settings.token_url)
    except Exception:  # also where there was no such entry
        return False
    return True


def _keyring() -> Any:
    """Return the library of the keyring, None where it is not installed or can't start."""
    try:
        import keyring
    except Exception:
        return None
    return keyring
