"""Lumisections in the shapes that the service answers: positional lists, joint ranges, ranges by component."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import Any

from runregistry.lumis.steps import Step, covered, elementary, gaps, same, to_positions
from runregistry.model.lumisections import LumisectionColumns, triplet
from runregistry.terms import EMPTY, OMS_LUMISECTION_WHITELIST

__all__ = [
    "filled_oms_steps",
    "filled_rr_steps",
    "joint_ranges",
    "oms_lumisections",
    "oms_ranges",
    "oms_ranges_by_dcs_bit",
    "rr_lumisections",
    "rr_ranges_by_component",
    "rr_ranges_joint",
]

_HOLE_TEXT = "No data available for this lumisection"


def rr_lumisections(columns: LumisectionColumns) -> list[dict[str, Any]]:
    """Return one ``{component: triplet}`` per lumisection, from 1; what has no value is EMPTY."""
    return _spread(filled_rr_steps(columns))


def oms_lumisections(columns: LumisectionColumns) -> list[dict[str, Any]]:
    """Return one ``{attribute: value}`` per lumisection, from 1; one without data is ``{"err": …}``."""
    return to_positions(_oms_steps(columns), columns.oms_last, lambda: {"err": _HOLE_TEXT})


def rr_ranges_joint(columns: LumisectionColumns) -> list[dict[str, Any]]:
    """Return the ranges over which no component changes: ``[{component: triplet, …, "start": 1, "end": 54}, …]``."""
    return _ranges(filled_rr_steps(columns))


def oms_ranges(columns: LumisectionColumns) -> list[dict[str, Any]]:
    """Return the ranges over which none of the service's OMS attributes changes, without luminosity."""
    kept = [
        (first, last, {name: value for name, value in here.items() if name in OMS_LUMISECTION_WHITELIST})
        for first, last, here in _oms_steps(columns)
    ]
    holes: list[Step] = [(first, last, {}) for first, last in gaps(covered(kept), columns.oms_last)]
    return _ranges(sorted(kept + holes, key=lambda step: step[0]))


def joint_ranges(columns: LumisectionColumns) -> list[dict[str, Any]]:
    """Return the ranges over which neither an OMS attribute nor a component changes, both together in each range."""
    oms = _oms_steps(columns)
    oms += [(first, last, {"err": _HOLE_TEXT}) for first, last in gaps(covered(oms), columns.oms_last)]
    both = elementary({"oms": sorted(oms, key=lambda step: step[0]), "rr": filled_rr_steps(columns)})
    return _ranges((first, last, {**here.get("oms", {}), **here.get("rr", {})}) for first, last, here in both)


def rr_ranges_by_component(columns: LumisectionColumns) -> dict[str, list[dict[str, Any]]]:
    """Return each component's ranges: ``{component: [{"status", "comment", "cause", "start", "end"}, …]}``.

    Notes
    -----
    compat: where a lumisection has data but not this component, the service gives an entry without status for each lumisection
    (pinned by the recorded answers in ``tests/conformance``). Lumisections without any data are left out.
    """
    answer = {}
    for component, steps in columns.rr.items():
        entries = [{**value, "start": first, "end": last} for first, last, value in steps]
        for first, last in _lacking(columns.rr_present, steps):
            entries += [{"start": number, "end": number} for number in range(first, last + 1)]
        answer[component] = sorted(entries, key=lambda entry: entry["start"])
    return answer


def oms_ranges_by_dcs_bit(columns: LumisectionColumns) -> dict[str, list[dict[str, Any]]]:
    """Return each OMS attribute's ranges: ``{bit: [{"status": value, "start", "end"}, …]}``; no ``status`` where it is absent."""
    last = columns.oms_last
    everything = dict(columns.oms)
    if holes := gaps(columns.oms_present, last):
        everything["err"] = [(first, end, _HOLE_TEXT) for first, end in holes]
    answer = {}
    for name, steps in everything.items():
        entries = [{"status": value, "start": first, "end": end} for first, end, value in steps]
        entries += [{"start": first, "end": end} for first, end in gaps(covered(steps), last)]
        answer[name] = sorted(entries, key=lambda entry: entry["start"])
    return answer


def filled_rr_steps(columns: LumisectionColumns, components: Collection[str] | None = None) -> list[Step]:
    """Return the joint steps of components over 1 to the last lumisection, with EMPTY where one has no value.

    Parameters
    ----------
    components : collection of str or None
        Which; None takes all.

    Examples
    --------
    >>> columns = LumisectionColumns()
    >>> columns.apply_rr([(2, 2, {"dt-dt": triplet("GOOD")})])
    >>> [(first, last, here["dt-dt"]["status"]) for first, last, here in filled_rr_steps(columns)]
    [(1, 1, 'EMPTY'), (2, 2, 'GOOD')]
    """
    last = columns.rr_last
    empty = triplet(EMPTY)
    full = {}
    for component, steps in columns.rr.items():
        if components is None or component in components:
            holes = [(first, end, empty) for first, end in gaps(covered(steps), last)]
            full[component] = sorted([*steps, *holes], key=lambda step: step[0])
    if not full:
        # Events that name no component: the lumisections are there, and empty.
        return [(1, last, {})] if last else []
    return list(elementary(full))


def filled_oms_steps(columns: LumisectionColumns) -> list[Step]:
    """Return the joint steps of all OMS attributes over 1 to the last lumisection; where there is none, an empty object.

    Examples
    --------
    >>> columns = LumisectionColumns()
    >>> columns.apply_oms([(2, 3, {"cms_active": True})])
    >>> filled_oms_steps(columns)
    [(1, 1, {}), (2, 3, {'cms_active': True})]
    """
    steps = list(elementary(columns.oms))
    holes: list[Step] = [(first, end, {}) for first, end in gaps(covered(steps), columns.oms_last)]
    return sorted([*steps, *holes], key=lambda step: step[0])


def _oms_steps(columns: LumisectionColumns) -> list[Step]:
    steps = list(elementary(columns.oms))
    bare = _lacking(columns.oms_present, steps)
    return sorted(steps + [(first, last, {}) for first, last in bare], key=lambda step: step[0])


def _lacking(present: Sequence[tuple[int, int]], steps: Sequence[Step]) -> list[tuple[int, int]]:
    """Return what of the present ranges the steps leave uncovered."""
    last = present[-1][1] if present else 0
    taken = [(first, end, True) for first, end, _ in steps] + [(first, end, True) for first, end in gaps(present, last)]
    return gaps(covered(sorted(taken)), last)


def _spread(steps: Iterable[Step]) -> list[dict[str, Any]]:
    answer: list[dict[str, Any]] = []
    for first, last, value in steps:
        answer.extend([value] * (last - first + 1))
    return answer


def _ranges(steps: Iterable[Step]) -> list[dict[str, Any]]:
    """Join neighbours that say the same, and write each range the way the service does."""
    joined: list[Step] = []
    for first, last, value in steps:
        if joined and same(joined[-1][2], value):
            joined[-1] = (joined[-1][0], last, value)
        else:
            joined.append((first, last, value))
    return [{**value, "start": first, "end": last} for first, last, value in joined]
