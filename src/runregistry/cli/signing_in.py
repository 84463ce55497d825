"""``runregistry login`` and ``logout``: client ID and secret into the keyring or a file, and out again."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated

import typer

from runregistry.cli.console import note
from runregistry.errors import UsageError

if TYPE_CHECKING:
    from runregistry.client import Settings

__all__ = ["login", "logout"]

_Target = Annotated[
    str | None,
    typer.Option("--target", metavar="NAME|URL", help="The registry to sign in for. Without it ENVIRONMENT, or production."),
]


def login(
    target: _Target = None,
    client_id: Annotated[str | None, typer.Option("--client-id", metavar="ID", help="Instead of being asked for it.")] = None,
    secret_stdin: Annotated[
        bool, typer.Option("--secret-stdin", help="Read the secret from stdin, as scripts do, instead of being asked for it.")
    ] = False,
    file: Annotated[
        bool, typer.Option("--file", help="Keep them in a file that only you can read, and not in the keyring.")
    ] = False,
    no_check: Annotated[bool, typer.Option("--no-check", help="Don't try them at the sign-in service.")] = False,
) -> None:
    """Keep the client ID and secret of your application for all scripts: in the keyring, or in a file that only you can read."""
    settings = _signing_in(target)
    if secret_stdin and not client_id:
        raise UsageError("--secret-stdin goes with --client-id ID")
    if not secret_stdin and not sys.stdin.isatty():
        raise UsageError("there is no terminal to ask at; pass --client-id ID --secret-stdin, and the secret on stdin")
    asked_id = client_id or typer.prompt("Client ID", err=True)
    secret = sys.stdin.readline() if secret_stdin else typer.prompt("Client secret (not shown)", hide_input=True, err=True)
    asked_id, secret = asked_id.strip(), secret.strip()
    if not asked_id or not secret:
        raise UsageError("client ID and secret can't be empty; nothing was kept")
    if not no_check:
        _try(settings, asked_id, secret)
    note(f"kept in {_keep(settings, asked_id, secret, in_file=file)}")
    if settings.client_id and settings.client_secret:
        note(f"but the ID {settings.client_id} and its secret in {settings.credentials_source} go before it")


def logout(target: _Target = None) -> None:
    """Remove what `runregistry login` has kept, and tokens that are kept in a file."""
    from runregistry.client.credentials import forget_in_file, forget_in_keyring

    settings = _signing_in(target)
    removed = [*_forgotten_tokens(settings)]
    if forget_in_keyring(settings):
        removed.append("the entry of the keyring")
    path = forget_in_file(settings)
    removed += [str(path)] if path is not None else []
    note(f"removed: {', '.join(removed)}" if removed else "nothing was kept")


def _forgotten_tokens(settings: Settings) -> Iterator[str]:
    from runregistry.client.credentials import kept_credentials
    from runregistry.client.settings import token_file
    from runregistry.client.token_file import TokenFile

    path = token_file(settings)
    if path is None:
        return
    for kept in kept_credentials(settings):
        if TokenFile(path, settings.token_url, kept.client_id, settings.audience).forget():
            yield f"a token in {path}"


def _signing_in(target: str | None) -> Settings:
    from runregistry.client import read_settings

    settings = read_settings(target)
    if not settings.audience:
        raise UsageError(
            f"the target {settings.target_name!r} wants no token, so there is nothing to sign in for; name another one with "
            "--target, or for a registry of your own its audience in RUNREGISTRY_AUDIENCE"
        )
    return settings


def _try(settings: Settings, client_id: str, secret: str) -> None:
    """Ask for a token, which nobody keeps: the failure says what is wrong."""
    from runregistry.client.session import Session

    session = Session(
        replace(settings, client_id=client_id, client_secret=secret, credentials_source="your input", token_file="", timeout_s=30)
    )
    try:
        session.token()
    finally:
        session.close()
    note(f"the sign-in service accepts {client_id} for {settings.target_name}")


def _keep(settings: Settings, client_id: str, secret: str, *, in_file: bool) -> str:
    from runregistry.client.credentials import keep_in_file, keep_in_keyring

    if not in_file:
        if keep_in_keyring(settings, client_id, secret):
            return "the keyring of this system"
        note("no keyring works here (pip install 'runregistry[keyring]' brings the library)")
    return f"{keep_in_file(settings, client_id, secret)}, which only you can read"
