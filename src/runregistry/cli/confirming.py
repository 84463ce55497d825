"""The question before a change, and when it is asked."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import typer

from runregistry.cli.console import note
from runregistry.cli.rows import print_table
from runregistry.errors import UsageError

if TYPE_CHECKING:
    from runregistry.client import Settings

__all__ = ["PLAN_COLUMNS", "confirm", "is_for_trying"]

PLAN_COLUMNS = ("run_number", "dataset_name", "change", "first", "last", "now", "then", "problem")
_SHOWN = 15
_HERE = frozenset({"localhost", "127.0.0.1", "::1"})
_FOR_TRYING = frozenset({"embedded", "local", "development", "qa"})


def is_for_trying(settings: Settings) -> bool:
    """Whether a registry is one's own or meant for trials: a mistake there harms nobody. Of others the worst is thought.

    Examples
    --------
    >>> from runregistry.client import read_settings
    >>> [is_for_trying(read_settings(target, environ={})) for target in ("local", "production", "https://registry.example.org")]
    [True, False, False]
    """
    return settings.target_name in _FOR_TRYING or urlsplit(settings.base_url).hostname in _HERE


def confirm(doing: str, number: int, settings: Settings, plan: Callable[[], Sequence[Mapping[str, Any]]], *, yes: bool) -> None:
    """Ask before more than one thing is changed, and before anything is changed in a registry that others work with.

    Parameters
    ----------
    doing : str
        What will be done, ``Move 3 runs from OPEN to SIGNOFF``.
    number : int
        How many things are changed.
    plan : callable
        Returns what would happen, which is shown with the question.
    yes : bool
        Whether the answer was given beforehand.

    Raises
    ------
    UsageError
        The question has to be asked, and there is nobody to ask.
    typer.Exit
        The answer is no.
    """
    if yes or (number <= 1 and is_for_trying(settings)):
        return
    where = settings.target_name
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        raise UsageError(
            f"{doing} at {where}? There is no terminal to ask at, so nothing was changed: say --yes, or look first with --dry-run"
        )
    rows = plan()
    print_table(rows[:_SHOWN], _columns(rows), sys.stderr)
    if len(rows) > _SHOWN:
        note(f"… and {len(rows) - _SHOWN} more; --dry-run shows all")
    in_the_way = sum(1 for row in rows if row.get("problem"))
    if in_the_way:
        note(f"Of {len(rows)}, {in_the_way} have a problem or are so already.")
    if not typer.confirm(f"{doing} at {where}?", err=True):
        note("Nothing was changed.")
        raise typer.Exit(1)


def _columns(rows: Sequence[Mapping[str, Any]]) -> list[str]:
    return [name for name in PLAN_COLUMNS if any(row.get(name) not in (None, "") for row in rows)]
