"""The lumisections of a dataset out of what the service answers about them, so that every shape can be made of them again.

No single answer tells everything: ranges by component tell where a component has no value, but the service counts their positions
among the lumisections that exist; joint ranges have the right positions, but EMPTY where there is nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from runregistry.lumis.steps import Step, covered, gaps, intersect
from runregistry.model import LumisectionColumns
from runregistry.model.summary import rr_ranges
from runregistry.terms import EMPTY

__all__ = ["columns_of", "has_ranges"]

_HOLE = "err"
_Ranges = list[tuple[int, int]]


def columns_of(
    by_component: Mapping[str, Sequence[Mapping[str, Any]]],
    joint: Sequence[Mapping[str, Any]] | None,
    by_bit: Mapping[str, Sequence[Mapping[str, Any]]],
    certified: Sequence[Sequence[int]] = (),
) -> LumisectionColumns:
    """Return the lumisections of a dataset.

    Parameters
    ----------
    by_component, joint, by_bit
        Answers of ``rr_lumisection_ranges_by_component``, ``rr_lumisection_ranges`` and ``oms_lumisection_ranges_by_dcs_bit``;
        without the second one, positions of the first are taken as they are.
    certified : sequence of (first, last)
        Lumisections that have Run Registry and OMS data, as the dataset's own summary lists them.

    Examples
    --------
    >>> good = {"status": "GOOD", "comment": "", "cause": ""}
    >>> columns = columns_of({"dt-dt": [good | {"start": 1, "end": 9}]}, [{"dt-dt": good, "start": 1, "end": 9}],
    ...                      {"cms_active": [{"status": True, "start": 1, "end": 9}]})
    >>> columns.rr_present, columns.oms
    ([(1, 9)], {'cms_active': [(1, 9, True)]})
    """
    columns = LumisectionColumns()
    columns.oms_present, columns.oms = _oms(by_bit)
    present = covered(sorted(_spans(each) for entries in by_component.values() for each in entries))
    if joint is None or _has_positions(by_component, present, joint):
        columns.rr_present = present
        columns.rr = {name: _steps(entries, _triplet) for name, entries in by_component.items()}
    else:
        columns.rr_present, columns.rr = _of_joint(list(by_component), joint, [(first, last) for first, last in certified])
    return columns


def has_ranges(columns: LumisectionColumns, answered: Mapping[str, Mapping[str, Any]]) -> bool:
    """Whether the ranges of each component and status are those that the dataset's own summary has.

    A difference means that the dataset changed while it was read.
    """
    made = rr_ranges(columns)
    return _without_empty(made) == _without_empty(answered)


def _without_empty(ranges: Mapping[str, Mapping[str, Any]]) -> dict[str, dict[str, _Ranges]]:
    return {
        name: {
            status: [(first, last) for first, last in found] for status, found in by_status.items() if found and status != EMPTY
        }
        for name, by_status in ranges.items()
    }


def _oms(by_bit: Mapping[str, Sequence[Mapping[str, Any]]]) -> tuple[_Ranges, dict[str, list[Step]]]:
    last = max((each["end"] for entries in by_bit.values() for each in entries), default=0)
    holes = covered(_steps(by_bit.get(_HOLE, ()), lambda each: True if "status" in each else _Missing))
    names = [name for name in by_bit if name != _HOLE]
    return gaps(holes, last), {name: _steps(by_bit[name], lambda each: each.get("status", _Missing)) for name in names}


class _Missing:
    """Stands for no value, where None is one."""


def _triplet(entry: Mapping[str, Any]) -> Any:
    value = {key: item for key, item in entry.items() if key not in ("start", "end")}
    return value or _Missing


def _steps(entries: Sequence[Mapping[str, Any]], value_of: Any) -> list[Step]:
    found = [(each["start"], each["end"], value_of(each)) for each in entries]
    return sorted((step for step in found if step[2] is not _Missing), key=lambda step: step[0])


def _spans(entry: Mapping[str, Any]) -> Step:
    return entry["start"], entry["end"], True


def _has_positions(
    by_component: Mapping[str, Sequence[Mapping[str, Any]]], present: _Ranges, joint: Sequence[Mapping[str, Any]]
) -> bool:
    """Whether positions among ranges by component are those of the joint ranges, also where lumisections are missing."""
    last = max((each["end"] for each in joint), default=0)
    if not present or present[-1][1] != last:
        return False
    if present == [(1, last)]:
        return True
    for name, entries in by_component.items():
        steps = _steps(entries, _triplet)
        for each in joint:
            span, value = (each["start"], each["end"]), each.get(name)
            if not _is_empty(value) and intersect([step[:2] for step in steps if step[2] == value], [span]) != [span]:
                return False
    return True


def _is_empty(triplet: Any) -> bool:
    return not isinstance(triplet, Mapping) or (
        triplet.get("status") == EMPTY and not triplet.get("comment") and not triplet.get("cause")
    )


def _of_joint(
    names: Sequence[str], joint: Sequence[Mapping[str, Any]], certified: _Ranges
) -> tuple[_Ranges, dict[str, list[Step]]]:
    """Take what the joint ranges have; where all is EMPTY, only lumisections that are known to be certified exist."""
    spans = [(each["start"], each["end"]) for each in joint]
    if not names:  # events that name no component
        return [(1, max((last for _, last in spans), default=0))] if spans else [], {}
    filled = [
        (*span, True) for span, each in zip(spans, joint, strict=True) if not all(_is_empty(each.get(name)) for name in names)
    ]
    present = covered(sorted([*filled, *((first, last, True) for first, last in certified)]))
    columns: dict[str, list[Step]] = {}
    for name in names:
        steps: list[Step] = []
        for first, last, value in sorted(
            (*span, each.get(name)) for span, each in zip(spans, joint, strict=True) if name in each
        ):
            for start, end in intersect([(first, last)], present):
                if steps and steps[-1][1] == start - 1 and steps[-1][2] == value:
                    steps[-1] = (steps[-1][0], end, value)
                else:
                    steps.append((start, end, value))
        columns[name] = steps
    return present, columns
