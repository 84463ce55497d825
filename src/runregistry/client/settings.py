"""Where the registry is, who we are, and how patient the client is.

The environment and the nearest ``.env`` file are read here and nowhere else in the client; everything below takes a `Settings`,
or asks here for the files that hold secrets when it comes to them.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple, TypedDict, Unpack

from runregistry.errors import SettingsError, suggestion

__all__ = [
    "ARGUMENTS",
    "DEFAULT_EMAIL",
    "TARGETS",
    "TARGETS_HERE",
    "TOKEN_URL",
    "RetryPolicy",
    "SettingChanges",
    "Settings",
    "Target",
    "credentials_file",
    "env_file_values",
    "environment",
    "find_env_file",
    "identity_headers",
    "origin_of",
    "package_version",
    "read_settings",
    "resolve_target",
    "token_file",
    "user_agent",
    "variable",
    "working_directory",
]

TOKEN_URL = "https://auth.cern.ch/auth/realms/cern/api-access/token"
DEFAULT_EMAIL = "api@api"
ARGUMENTS = "arguments"  # of a client, or globals of the old module: where credentials come from unless it is said otherwise


class Target(NamedTuple):
    """A registry: its name, its base URL, and the audience of its tokens (empty where none are asked for)."""

    name: str
    base_url: str
    audience: str


TARGETS = MappingProxyType(
    {
        target.name: target
        for target in (
            Target("production", "https://cmsrunregistry.web.cern.ch/api", "cmsrunregistry-sso-proxy"),
            Target("development", "https://dev-cmsrunregistry.web.cern.ch/api", "dev-cmsrunregistry-sso-proxy"),
            Target("qa", "https://cmsrunregistry-qa.web.cern.ch/api", "cmsrunregistry-sso-proxy"),
            Target("local", "http://localhost:9500", ""),
            Target("embedded", "http://embedded", ""),
            Target("mirror", "http://mirror", ""),
        )
    }
)


TARGETS_HERE = MappingProxyType({"embedded": "the embedded registry", "mirror": "a mirror"})
"""The targets that need no network, and what they are."""


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """How often and how fast a request is repeated.

    Attributes
    ----------
    attempts : int
        The most times a request is sent.
    first_pause_s, longest_pause_s : float
        Pauses double from the first to the longest, each shortened by a random part so that many clients don't come back at once.
    longest_wait_s : float
        The most that a ``Retry-After`` of the registry is obeyed.
    """

    attempts: int = 4
    first_pause_s: float = 0.2
    longest_pause_s: float = 10.0
    longest_wait_s: float = 120.0


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything a client needs to know; two equal settings can share one session.

    Attributes
    ----------
    target_name, base_url, audience : str
        As in `Target`.
    email, egroups : str
        Who the registry is told that we are, where it trusts headers; an empty one is not sent.
    client_id, client_secret : str or None
        Of the application registered at the sign-in service; looked up when the first token is asked for, if None.
    credentials_source : str
        Where these two come from, in words.
    token_url : str
        Where tokens are asked for.
    token_file : str or None
        Where tokens are kept for the next process: a file, or ``auto`` for one in the user's cache folder; in memory only if
        empty, and what ``RUNREGISTRY_TOKEN_FILE`` says if None.
    timeout_s : float
        How long an answer may take.
    page_size, in_flight : int
        Rows of a page, and how many requests run at the same time.
    retries : RetryPolicy
        When requests are repeated.
    """

    target_name: str
    base_url: str
    audience: str = ""
    email: str = DEFAULT_EMAIL
    egroups: str = ""
    client_id: str | None = None
    client_secret: str | None = field(default=None, repr=False)
    credentials_source: str = field(default=ARGUMENTS, compare=False)
    token_url: str = TOKEN_URL
    token_file: str | None = None
    timeout_s: float = 600.0
    page_size: int = 50
    in_flight: int = 10
    retries: RetryPolicy = RetryPolicy()


class SettingChanges(TypedDict, total=False):
    """Fields of `Settings` that a client is made with; None means "as the environment says"."""

    email: str | None
    egroups: str | None
    client_id: str | None
    client_secret: str | None
    audience: str | None
    token_url: str | None
    token_file: str | None
    timeout_s: float | None
    page_size: int | None
    in_flight: int | None
    retries: RetryPolicy | None


def resolve_target(target: str) -> Target:
    """Return the registry that a name or a URL means.

    Examples
    --------
    >>> resolve_target("local").base_url
    'http://localhost:9500'
    >>> resolve_target("https://registry.example.org/api/")
    Target(name='https://registry.example.org/api', base_url='https://registry.example.org/api', audience='')
    """
    known = TARGETS.get(target) if isinstance(target, str) else None
    if known is not None:
        return known
    if isinstance(target, str) and target.lower().startswith(("http://", "https://")):
        url = target.rstrip("/")
        audiences = {known.base_url: known.audience for known in TARGETS.values()}
        return Target(url, url, audiences.get(url, ""))
    options = ", ".join(f'"{name}"' for name in TARGETS)
    raise SettingsError(
        f'Invalid setup target "{target}"{suggestion(target, TARGETS)}. Valid options: {options}, '
        "or a URL that begins with http:// or https://."
    )


def find_env_file(*folders: str) -> Path | None:
    """Return the first ``.env`` file in or above the folders, or None."""
    for folder in filter(None, folders):
        start = Path(folder)
        for place in (start, *start.parents):
            if (place / ".env").is_file():
                return place / ".env"
    return None


def working_directory() -> str:
    """Return the working directory, empty where it was deleted."""
    try:
        return os.getcwd()
    except OSError:
        return ""


def environment() -> Mapping[str, str]:
    """Return the environment, completed from the ``.env`` file nearest to the working directory."""
    path = find_env_file(working_directory())
    return os.environ if path is None else {**env_file_values(path), **os.environ}


def env_file_values(path: Path) -> dict[str, str]:
    """Return what a ``.env`` file sets.

    Raises
    ------
    SettingsError
        It can't be read.
    """
    from dotenv import dotenv_values

    try:
        return {key: value for key, value in dotenv_values(path).items() if value is not None}
    except (OSError, UnicodeDecodeError) as fault:
        raise SettingsError(f"can't read {path}: {fault}; mend it, or move it away") from None


def variable(name: str) -> str:
    """Return a variable of the process, which libraries read by themselves; empty if it is not set. No ``.env`` file counts."""
    return os.environ.get(name, "")


def origin_of(*names: str) -> str:
    """Return where variables come from, in words: the environment, or the ``.env`` file that completes it."""
    path = None if any(name in os.environ for name in names) else find_env_file(working_directory())
    return "the environment" if path is None else str(path)


def credentials_file(environ: Mapping[str, str] | None = None) -> tuple[Path, bool]:
    """Return the file in which client ID and secret may lie, and whether it was named, by ``RUNREGISTRY_CREDENTIALS``.

    Examples
    --------
    >>> credentials_file({"RUNREGISTRY_CREDENTIALS": "mine.json"})[1]
    True
    """
    named = (environment() if environ is None else environ).get("RUNREGISTRY_CREDENTIALS", "").strip()
    if named:
        return Path(named).expanduser(), True
    from platformdirs import user_config_path

    return Path(user_config_path("runregistry", appauthor=False)) / "credentials.json", False


def token_file(settings: Settings) -> Path | None:
    """Return the file in which tokens are kept for the next process, None if they are not."""
    wanted = settings.token_file
    if wanted is None:
        wanted = environment().get("RUNREGISTRY_TOKEN_FILE", "")
    if wanted.strip() != "auto":
        return Path(wanted.strip()).expanduser() if wanted.strip() else None
    from platformdirs import user_cache_path

    return Path(user_cache_path("runregistry", appauthor=False)) / "tokens.json"


def read_settings(
    target: str | None = None, *, environ: Mapping[str, str] | None = None, **changes: Unpack[SettingChanges]
) -> Settings:
    """Return the settings of a target from the environment, with some of them replaced.

    Parameters
    ----------
    target : str, optional
        Name or URL; if None, ``ENVIRONMENT``, and production without that.
    environ : mapping, optional
        Instead of the environment and ``.env``.
    **changes
        Fields of `Settings`; None means "as the environment says".

    Raises
    ------
    SettingsError
        The target is none.

    Examples
    --------
    >>> settings = read_settings(environ={"ENVIRONMENT": "local", "RUNREGISTRY_EMAIL": "shifter@example.org"})
    >>> settings.base_url, settings.email
    ('http://localhost:9500', 'shifter@example.org')
    """
    environ = environment() if environ is None else environ
    found = resolve_target(target or environ.get("ENVIRONMENT") or "production")
    values: dict[str, Any] = {
        "target_name": found.name,
        "base_url": found.base_url,
        "audience": found.audience or _own_audience(found, environ),
        "egroups": environ.get("RUNREGISTRY_EGROUPS", ""),
        "client_id": environ.get("SSO_CLIENT_ID"),
        "client_secret": environ.get("SSO_CLIENT_SECRET"),
        "token_url": environ.get("RUNREGISTRY_TOKEN_URL") or TOKEN_URL,
    }
    values.update({key: value for key, value in changes.items() if value is not None})
    if values["client_secret"] and not changes.get("client_secret"):
        values["credentials_source"] = origin_of("SSO_CLIENT_ID", "SSO_CLIENT_SECRET")
    # Behind the sign-in proxy the token says who we are, and a header of ours would be overwritten.
    values.setdefault("email", "" if values["audience"] else environ.get("RUNREGISTRY_EMAIL") or DEFAULT_EMAIL)
    return Settings(**values)


def _own_audience(target: Target, environ: Mapping[str, str]) -> str:
    """Return the audience of a registry that is named by its URL: the others are known, or want no token."""
    return "" if target.name in TARGETS else environ.get("RUNREGISTRY_AUDIENCE", "")


def _identity(settings: Settings) -> Iterator[tuple[str, str]]:
    if settings.email:
        yield "email", settings.email
        if settings.egroups:
            yield "egroups", settings.egroups


def identity_headers(settings: Settings) -> dict[str, str]:
    """Return the headers that every request carries, without the token."""
    return {"Content-type": "application/json", **dict(_identity(settings)), "User-Agent": user_agent(settings.target_name)}


@cache
def package_version() -> str:
    """Return the version of this package, as installed."""
    from importlib.metadata import version

    return version("runregistry")


@cache
def _http_library() -> str:
    """Return the library that the user agent names: requests if it is there, because people's tests look for its version."""
    from importlib.metadata import PackageNotFoundError, version

    try:
        return f"requests {version('requests')}"
    except PackageNotFoundError:
        return f"httpx2 {version('httpx2')}"


def user_agent(target_name: str) -> str:
    """Return the user agent; scripts and server logs match its beginning.

    Examples
    --------
    >>> user_agent("local").startswith("runregistry_api_client/")
    True
    """
    python = ".".join(map(str, sys.version_info[:3]))
    return f"runregistry_api_client/{package_version()} ({target_name}, python {python}, {_http_library()})"
