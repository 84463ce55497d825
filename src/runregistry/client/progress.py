"""A progress bar for calls about many runs: on a terminal or in a notebook only, so that a cron job's log stays clean."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeAlias

__all__ = ["Progress", "shown"]

# What a caller may pass as `progress`: None shows a bar where somebody looks, a flag decides, a callable is told (done, of all).
Progress: TypeAlias = bool | Callable[[int, int], None] | None


@contextmanager
def shown(progress: Progress, what: str, total: int) -> Iterator[Callable[[int], None]]:
    """Yield what is to be told how many are done.

    Examples
    --------
    >>> with shown(lambda done, total: print(done, "of", total), "ranges", 2) as advance:
    ...     advance(1)
    1 of 2
    """
    if callable(progress):
        yield lambda done: progress(done, total)
    elif progress or (progress is None and total > 1 and _is_watched()):
        with _bar(what, total) as advance:
            yield advance
    else:
        yield lambda done: None


def _is_watched() -> bool:
    """Whether somebody sees a bar: stderr is a terminal, or we are in a notebook."""
    if "ipykernel" in sys.modules:
        return True
    try:
        return sys.stderr.isatty()
    except (AttributeError, ValueError):  # no stderr, or a closed one
        return False


@contextmanager
def _bar(what: str, total: int) -> Iterator[Callable[[int], None]]:
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bars:
        task = bars.add_task(what, total=total)
        yield lambda done: bars.update(task, completed=done)
