"""Summaries of a dataset's lumisections: how many are GOOD, which bits were on, how much luminosity.

Everything is counted over the lumisections that have both Run Registry and OMS data, numbered up to the highest of them; a number
below it without data is a *hole* and counts as EMPTY. The shapes are the service's (``DatasetTripletCache``).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from runregistry.lumis.steps import Step, covered, gaps, intersect, restrict
from runregistry.model.lumisections import LumisectionColumns
from runregistry.terms import EMPTY

__all__ = ["certified_ranges", "dcs_ranges", "dcs_summary", "luminosity", "rr_ranges", "triplet_summary"]

# Luminosities that the service leaves out of the summary of DCS bits altogether.
_NOT_DCS = frozenset(
    {
        "end_lumi",
        "init_lumi",
        "recorded_lumi",
        "delivered_lumi",
        "live_lumi_per_lumi",
        "recorded_lumi_per_lumi",
        "delivered_lumi_per_lumi",
    }
)
_Ranges = list[tuple[int, int]]


def certified_ranges(columns: LumisectionColumns) -> _Ranges:
    """Return the lumisections that have both Run Registry and OMS data: the ones that summaries, rules and JSONs see."""
    return intersect(columns.rr_present, columns.oms_present)


def triplet_summary(columns: LumisectionColumns) -> dict[str, dict[str, Any]]:
    """Count statuses, and collect comments and causes, for each component that occurs.

    Returns
    -------
    dict
        ``{component: {"EMPTY": n, "comments": […], "causes": […], status: n, …}}``; only EMPTY is there when it is 0.
    """
    present = certified_ranges(columns)
    last = present[-1][1] if present else 0
    summary = {}
    for component, steps in _components(columns, present):
        counts: dict[str, Any] = {EMPTY: last - _size(steps), "comments": [], "causes": []}
        for first, end, value in steps:
            status = value["status"]
            counts[status] = counts.get(status, 0) + end - first + 1
            for key, text in (("comments", value.get("comment")), ("causes", value.get("cause"))):
                if text and text not in counts[key]:
                    counts[key].append(text)
        summary[component] = counts
    return summary


def dcs_summary(columns: LumisectionColumns) -> dict[str, dict[str, int]]:
    """Count true, false and null for each OMS attribute that occurs; other values are counted nowhere, as the service does."""
    present = certified_ranges(columns)
    if not present:
        return {}
    last = present[-1][1]
    summary: dict[str, dict[str, int]] = {}
    for name, steps in _bits(columns, present):
        counts = {"TRUE": 0, "FALSE": 0, "NULL": 0, EMPTY: last - _size(steps)}
        for first, end, value in steps:
            if (kind := _kind(value)) is not None:
                counts[kind] += end - first + 1
        summary[name] = counts
    summary["ls_duration"] = {"TRUE": last}
    return summary


def rr_ranges(columns: LumisectionColumns) -> dict[str, dict[str, _Ranges]]:
    """Return, for each component and status, the lumisections that have it; EMPTY is always there."""
    present = certified_ranges(columns)
    last = present[-1][1] if present else 0
    answer: dict[str, dict[str, _Ranges]] = {}
    for component, steps in _components(columns, present):
        by_status: dict[str, list[Step]] = {}
        for first, end, value in steps:
            by_status.setdefault(value["status"], []).append((first, end, True))
        holes = [(first, end, True) for first, end in gaps(covered(steps), last)]
        empty = sorted(by_status.pop(EMPTY, []) + holes)
        answer[component] = {EMPTY: covered(empty)} | {status: covered(found) for status, found in by_status.items()}
    return answer


def dcs_ranges(columns: LumisectionColumns) -> dict[str, dict[str, _Ranges]]:
    """Return, for each OMS attribute, where it is true, false, null or EMPTY, and all lumisections of the dataset."""
    present = certified_ranges(columns)
    if not present:
        return {}
    last = present[-1][1]
    answer: dict[str, dict[str, _Ranges]] = {}
    for name, steps in _bits(columns, present):
        found: dict[str, list[Step]] = {"TRUE": [], "FALSE": [], "NULL": []}
        for first, end, value in steps:
            if (kind := _kind(value)) is not None:
                found[kind].append((first, end, True))
        answer[name] = {kind: covered(ranges) for kind, ranges in found.items()} | {EMPTY: gaps(covered(steps), last)}
    answer["all_lumisections"] = {"TRUE": present}
    return answer


def luminosity(columns: LumisectionColumns, name: str) -> float:
    """Return the sum of ``recorded`` or ``delivered`` over the certified lumisections; what is negative or no number counts 0."""
    steps = restrict(columns.oms.get(name, []), certified_ranges(columns))
    return sum(positive_number(value) * (last - first + 1) for first, last, value in steps)


def positive_number(value: Any) -> float:
    """Read a number, or the text of one; anything else, and anything negative, is 0."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return 0.0
    try:
        number = float(value)
    except ValueError:
        return 0.0
    return number if 0 < number < float("inf") else 0.0


def _components(columns: LumisectionColumns, present: _Ranges) -> list[tuple[str, list[Step]]]:
    return [(name, kept) for name, steps in columns.rr.items() if (kept := restrict(steps, present))]


def _bits(columns: LumisectionColumns, present: _Ranges) -> list[tuple[str, list[Step]]]:
    return [(name, kept) for name, steps in _without(columns.oms) if (kept := restrict(steps, present))]


def _without(oms: Mapping[str, Sequence[Step]]) -> list[tuple[str, Sequence[Step]]]:
    return [(name, steps) for name, steps in oms.items() if name not in _NOT_DCS]


def _kind(value: Any) -> str | None:
    if value is None:
        return "NULL"
    return None if not isinstance(value, bool) else "TRUE" if value else "FALSE"


def _size(steps: Sequence[Step]) -> int:
    return sum(last - first + 1 for first, last, _ in steps)
