"""What is set: the target, the ``.env`` file, credentials, where tokens are kept, and who we say we are."""

from __future__ import annotations

from collections.abc import Iterator

from runregistry.client.credentials import Credentials, look_for_credentials
from runregistry.client.doctor.checks import FAIL, OK, WARN, Check
from runregistry.client.private_files import is_exposed
from runregistry.client.settings import DEFAULT_EMAIL, Settings, env_file_values, find_env_file, token_file, variable
from runregistry.client.settings import working_directory as here
from runregistry.errors import SettingsError, nearest

__all__ = ["check_credentials", "check_env_file", "check_identity", "check_target", "check_token_file"]

_LOGIN = "run `runregistry login`, or set SSO_CLIENT_ID and SSO_CLIENT_SECRET in the environment or in a .env file"
# What people write into .env files for us; anything close to one of these is taken for a slip of the pen.
_VARIABLES = (
    *("ENVIRONMENT", "SSO_CLIENT_ID", "SSO_CLIENT_SECRET"),
    *("RUNREGISTRY_AUDIENCE", "RUNREGISTRY_CREDENTIALS", "RUNREGISTRY_DATABASE", "RUNREGISTRY_EGROUPS", "RUNREGISTRY_EMAIL"),
    *("RUNREGISTRY_TOKEN_FILE", "RUNREGISTRY_TOKEN_URL"),
)


def check_env_file() -> Check:
    """Return how the ``.env`` file stands that completes the environment."""
    path = find_env_file(here())
    if path is None:
        return Check(".env", OK, f"none in {here() or 'the working directory, which was deleted,'} or above")
    try:
        values = env_file_values(path)
    except SettingsError as fault:
        return Check(".env", FAIL, str(fault), "write it anew, with lines like SSO_CLIENT_ID=…")
    slips = {name: nearest(name, _VARIABLES, 1) for name in values if name not in _VARIABLES and name.isupper()}
    slip = next((f"{name} (did you mean {close[0]}?)" for name, close in slips.items() if close), "")
    if slip:
        return Check(".env", WARN, f"{path} sets {slip}", "correct the name there")
    if values.get("SSO_CLIENT_SECRET") and is_exposed(path):
        return Check(".env", WARN, f"{path} holds a secret, and others can read it", f"chmod 600 {path}")
    return Check(".env", OK, f"{path} sets {', '.join(name for name in values if name in _VARIABLES) or 'nothing for us'}")


def check_target(settings: Settings, target: str | None) -> Check:
    """Return which registry is asked, and who says so."""
    said_by = "as asked" if target else _environment_says() or "as usual, since nothing says otherwise"
    name = "" if settings.target_name == settings.base_url else f"{settings.target_name} at "
    return Check("target", OK, f"{name}{settings.base_url}, {said_by}")


def _environment_says() -> str:
    if variable("ENVIRONMENT"):
        return "as ENVIRONMENT says"
    path = find_env_file(here())
    return f"as ENVIRONMENT in {path} says" if path is not None and env_file_values(path).get("ENVIRONMENT") else ""


def check_credentials(settings: Settings) -> Check:
    """Return which credentials are used, and where they come from; the secret only as its length."""
    if not settings.audience:
        return Check("credentials", OK, "none needed: this target wants no token")
    lacks = []
    try:
        for look in look_for_credentials(settings):
            if look.found is not None:
                return _check_secret(look.found)
            lacks.append(f"{look.place}: {look.lack}")
    except SettingsError as fault:
        return Check("credentials", FAIL, str(fault), f"mend that file, or move it away and {_LOGIN}")
    return Check("credentials", FAIL, f"no client ID and secret; looked into {'; '.join(lacks)}", _LOGIN)


def _check_secret(found: Credentials) -> Check:
    secret = found.client_secret
    what = f"ID {found.client_id}, secret set, {len(secret)} characters, from {found.source}"
    if secret[0] in "\"'<" or any(character.isspace() or not character.isprintable() for character in secret):
        return Check("credentials", WARN, f"{what}; it has quotes, brackets or blanks in it", "copy the secret again, alone")
    return Check("credentials", OK, what)


def check_token_file(settings: Settings) -> Iterator[Check]:
    """Yield how the file stands in which tokens are kept, if that was asked for."""
    path = token_file(settings) if settings.audience else None
    if path is None:
        return
    if path.exists() and is_exposed(path):
        yield Check("token file", WARN, f"others can read {path}: it is not used", "it is replaced with the next token")
    else:
        yield Check("token file", OK, f"tokens are kept in {path}")


def check_identity(settings: Settings) -> Check:
    """Return who the registry is told that we are."""
    if settings.audience:
        return Check("who we are", OK, "the application that the token is for")
    groups = settings.egroups or "none"
    what = f"{settings.email}, e-groups: {groups}"
    if settings.egroups or settings.target_name == "embedded":
        return Check("who we are", OK, what)
    advice = "to change something, set RUNREGISTRY_EGROUPS" + (
        " and RUNREGISTRY_EMAIL" if settings.email == DEFAULT_EMAIL else ""
    )
    return Check("who we are", OK, f"{what}: reading only, where the registry believes headers", advice)
