"""``runregistry doctor``: prints what `runregistry.client.doctor` and, for an embedded registry, `embedded_checks` find."""

from __future__ import annotations

import json
from collections.abc import Iterator
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from runregistry.errors import UsageError

if TYPE_CHECKING:
    from runregistry.client.doctor import Check

__all__ = ["Style", "doctor"]


class Style(StrEnum):
    """How the checks are written."""

    TEXT = "text"
    JSON = "json"


def doctor(
    target: Annotated[
        str | None,
        typer.Option(
            "--target",
            metavar="NAME|URL",
            help="production, development, qa, local, embedded, or a URL. Without it ENVIRONMENT, or production.",
        ),
    ] = None,
    database: Annotated[
        str | None, typer.Option("--database", metavar="URL|FILE", help="Look at this embedded registry.")
    ] = None,
    style: Annotated[Style, typer.Option("--format", help="How the checks are written.")] = Style.TEXT,
) -> None:
    """Look for what stands between here and a registry, and say the next step; fails if something can't work."""
    checks = []
    for check in _checks(target, database):
        checks.append(check)
        if style is Style.TEXT:
            print(*_lines(check), sep="\n", flush=True)
    if style is Style.JSON:
        print(json.dumps([check._asdict() for check in checks], indent=2, ensure_ascii=False))
    if any(check.status == "fail" for check in checks):
        raise typer.Exit(1)


def _lines(check: Check) -> Iterator[str]:
    yield f"{check.status:4}  {check.name}: {check.what}"
    if check.next_step:
        yield f"      next step: {check.next_step}"


def _checks(target: str | None, database: str | None) -> Iterator[Check]:
    from runregistry.cli.embedded_checks import check_embedded
    from runregistry.client.doctor import diagnose

    if database is not None and target not in (None, "embedded"):
        raise UsageError(f"--database is for an embedded registry, it can't be used with --target {target}")
    wanted = target if database is None else "embedded"
    yield from diagnose(wanted, embedded=lambda settings: check_embedded(settings, database))
