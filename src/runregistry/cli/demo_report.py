"""What the demo says."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from runregistry.lumis import LumiMask

if TYPE_CHECKING:
    from rich.console import Console

__all__ = ["Comparison", "compare", "notebook_lines", "report_classes", "report_comparison", "report_ranges"]


class Comparison(NamedTuple):
    """Two JSONs compared run by run, as sets of lumisections.

    Attributes
    ----------
    equal, different : tuple of int
        Runs that are in both.
    only_here, only_there : tuple of int
        Runs that are in one.
    n_more, n_less : int
        Lumisections that are only here, and only there.
    """

    equal: tuple[int, ...]
    different: tuple[int, ...]
    only_here: tuple[int, ...]
    only_there: tuple[int, ...]
    n_more: int
    n_less: int


def compare(here: LumiMask, there: LumiMask) -> Comparison:
    """Compare two JSONs run by run.

    Examples
    --------
    >>> compare(LumiMask({1: [(1, 9)], 2: [(1, 5)], 3: [(1, 1)]}), LumiMask({1: [(5, 9), (1, 4)], 2: [(2, 6)]}))
    Comparison(equal=(1,), different=(2,), only_here=(3,), only_there=(), n_more=2, n_less=1)
    """
    both = [run for run in here if run in there]
    change = there.diff(here)
    return Comparison(
        tuple(run for run in both if here[run] == there[run]),
        tuple(run for run in both if here[run] != there[run]),
        tuple(run for run in here if run not in there),
        tuple(run for run in there if run not in here),
        change.added.n_lumisections,
        change.removed.n_lumisections,
    )


def report_classes(console: Console, runs: Iterable[Mapping[str, Any]]) -> None:
    """Say how the runs were classified."""
    counted = Counter((run["class"] or "no class", run["significant"]) for run in runs)
    for (run_class, significant), n_runs in sorted(counted.items(), key=lambda item: -item[1]):
        console.print(f"   {n_runs:>5}  {run_class}{'' if significant else ', not significant'}")


def report_ranges(console: Console, ranges: Sequence[Mapping[str, Any]], components: Sequence[str], limit: int = 6) -> None:
    """Say what some components were in the first ranges of a run."""
    for row in ranges[:limit]:
        statuses = ", ".join(f"{name} {row[name]['status']}" for name in components if name in row)
        console.print(f"      {row['start']:>4}-{row['end']:<4}  {statuses}")
    if len(ranges) > limit:
        console.print(f"      … and {len(ranges) - limit} more")


def report_comparison(console: Console, found: Comparison) -> None:
    """Say how two JSONs differ."""
    n_both = len(found.equal) + len(found.different)
    console.print(f"   {n_both} runs are in both: [bold]{len(found.equal)} are equal[/bold], {len(found.different)} differ.")
    console.print(f"   {len(found.only_here)} runs are only in this JSON, {len(found.only_there)} only in the published one.")
    console.print(f"   {found.n_more:,} lumisections are only in this JSON, {found.n_less:,} only in the published one.")


def notebook_lines(run_number: int, golden: Path, database: str | None) -> list[str]:
    """Return lines to try in a notebook.

    Parameters
    ----------
    database : str or None
        Where the demo's registry is, unless it is where the embedded one is looked for anyway.
    """
    # Texts as JSON writes them are texts of Python too, and all in double quotes.
    named = f'import os; os.environ["RUNREGISTRY_DATABASE"] = {json.dumps(database)}; ' if database is not None else ""
    return [
        f"{named}import runregistry",
        'runregistry.setup("embedded")',
        f"run = runregistry.get_run(run_number={run_number})",
        'run["class"], run["state"], run["lumisections"]["tracker-strip"]',
        'runs = runregistry.get_runs(filter={"run_number": {"and": [{">": 315000}, {"<": 316000}]}, "tracker-strip": "GOOD"})',
        'len(runs), [run["run_number"] for run in runs[:5]]',
        f'runregistry.get_lumisection_ranges({run_number}, "online")',
        f"runregistry.get_oms_lumisection_ranges({run_number})",
        f"golden = runregistry.LumiMask.read({json.dumps(golden.as_posix())})",
        f"golden, golden[{run_number}], ({run_number}, 100) in golden",
    ]
