"""What the demo leaves behind: the JSON, the table of runs, the picture."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import runregistry
from runregistry.cli.demo_data import FLAGS
from runregistry.cli.rows import write_csv
from runregistry.lumis import LumiMask, LumiRanges
from runregistry.pictures import RunPicture, RunTotals, Strip, save_picture
from runregistry.terms import BAD, EXCLUDED, GOOD, STANDBY

__all__ = ["choose_run", "draw_demo", "write_runs"]

_COMPONENTS = ("tracker-pixel", "tracker-strip", "cms-cms")
_TELLING = (GOOD, BAD, STANDBY, EXCLUDED)
_NONE = LumiRanges()
_Run = Mapping[str, Any]


def write_runs(path: Path, runs: Iterable[_Run], golden: LumiMask, published: LumiMask) -> int:
    """Write a table of runs as CSV, a row a run in ascending order; return how many."""
    rows = [_row(run, golden, published) for run in sorted(runs, key=lambda run: run["run_number"])]
    with path.open("w", encoding="utf-8", newline="") as stream:
        write_csv(stream, rows)
    return len(rows)


def _row(run: _Run, golden: LumiMask, published: LumiMask) -> dict[str, Any]:
    number = run["run_number"]
    return {
        "run_number": number,
        "fill_number": run["oms_attributes"].get("fill_number"),
        "class": run["class"],
        "significant": run["significant"],
        "state": run["state"],
        "lumisections": _n_lumisections(run),
        **{f"{name}_good": run["lumisections"].get(name, {}).get(GOOD, 0) for name in _COMPONENTS},
        "golden": len(golden.get(number, _NONE)),
        "published_dcs_only": len(published.get(number, _NONE)),
    }


def _n_lumisections(run: _Run) -> int:
    counted: int = run["oms_attributes"].get("ls_duration", 0)
    return counted


def choose_run(runs: Sequence[_Run], golden: LumiMask) -> _Run:
    """Return the run that makes the best picture: of those in which most statuses occur, the one with most of it in the JSON."""

    def appeal(run: _Run) -> tuple[int, int, int]:
        occurring = {status for counts in run["lumisections"].values() for status in _TELLING if counts.get(status)}
        return len(occurring), len(golden.get(run["run_number"], _NONE)), -run["run_number"]

    in_golden = [run for run in runs if run["run_number"] in golden]
    return max(in_golden or runs, key=appeal)


def draw_demo(path: Path, run: _Run, runs: Sequence[_Run], golden: LumiMask, published: LumiMask) -> None:
    """Draw a run and, under it, how much of all runs of its class is in the JSON."""
    number = run["run_number"]
    by_component = runregistry.get_lumisection_ranges_by_component(number)
    components = {name: [(row["start"], row["end"], row["status"]) for row in rows] for name, rows in by_component.items()}
    of_oms = runregistry.get_oms_lumisection_ranges(number)
    bits = {flag: [(row["start"], row["end"], row.get(flag)) for row in of_oms] for flag in FLAGS}
    strips = [Strip("golden JSON", golden.get(number, _NONE)), Strip("published DCS-only", published.get(number, _NONE))]
    totals = [
        RunTotals(other["run_number"], _n_lumisections(other), len(golden.get(other["run_number"], _NONE)))
        for other in runs
        if other["class"] == run["class"]
    ]
    save_picture(path, RunPicture(number, run["class"], _n_lumisections(run), components, bits, strips), totals)
