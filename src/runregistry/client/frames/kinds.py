"""The kinds of results that have tables, and the shapes that each can take."""

from __future__ import annotations

from enum import StrEnum
from types import MappingProxyType
from typing import NamedTuple

from runregistry.errors import UsageError, suggestion

__all__ = [
    "ACCEPTED",
    "CHANGES",
    "COMPONENT_RANGES",
    "COUNTS",
    "CYCLES",
    "DATASETS",
    "FIELDS",
    "HISTORY",
    "JOINT_RANGES",
    "LUMISECTIONS",
    "OMS_LUMISECTIONS",
    "OMS_RANGES",
    "PLAN",
    "RANGES",
    "RUNS",
    "TAGS",
    "Kind",
    "Shape",
    "shape_of",
]


class Kind(StrEnum):
    """What a row of a result is."""

    RUNS = "runs"
    DATASETS = "datasets"
    COUNTS = "counts"
    LUMISECTIONS = "lumisections"
    OMS_LUMISECTIONS = "oms_lumisections"
    RANGES = "ranges"
    COMPONENT_RANGES = "component_ranges"
    OMS_RANGES = "oms_ranges"
    JOINT_RANGES = "joint_ranges"
    CYCLES = "cycles"
    ACCEPTED = "accepted"
    HISTORY = "history"
    CHANGES = "changes"
    TAGS = "tags"
    PLAN = "plan"
    FIELDS = "fields"


RUNS = Kind.RUNS
DATASETS = Kind.DATASETS
COUNTS = Kind.COUNTS
LUMISECTIONS = Kind.LUMISECTIONS
OMS_LUMISECTIONS = Kind.OMS_LUMISECTIONS
RANGES = Kind.RANGES
COMPONENT_RANGES = Kind.COMPONENT_RANGES
OMS_RANGES = Kind.OMS_RANGES
JOINT_RANGES = Kind.JOINT_RANGES
CYCLES = Kind.CYCLES
ACCEPTED = Kind.ACCEPTED
HISTORY = Kind.HISTORY
CHANGES = Kind.CHANGES
TAGS = Kind.TAGS
PLAN = Kind.PLAN
FIELDS = Kind.FIELDS

_BY_RANGE = ("range", "lumisection")
# What one row can stand for, the usual one first; kinds that are not here have one shape only.
_PER = MappingProxyType(
    {
        **dict.fromkeys((RANGES, COMPONENT_RANGES, OMS_RANGES, JOINT_RANGES), _BY_RANGE),
        **dict.fromkeys((LUMISECTIONS, OMS_LUMISECTIONS), ("lumisection",)),
        CYCLES: ("cycle", "dataset"),
    }
)
_MAY_BE_WIDE = (LUMISECTIONS, RANGES)


class Shape(NamedTuple):
    """What one row of a table stands for, and whether each component has a column."""

    per: str = ""
    wide: bool = False


def shape_of(kind: Kind, per: str | None, wide: bool) -> Shape:
    """Return the shape that was asked for.

    Raises
    ------
    UsageError
        Results of this kind don't have it.

    Examples
    --------
    >>> shape_of(RANGES, None, False)
    Shape(per='range', wide=False)
    """
    possible = _PER.get(kind, ("",))
    if wide and kind not in _MAY_BE_WIDE:
        names = " and ".join(_MAY_BE_WIDE)
        raise UsageError(f"wide=True is for {names}, where components can be columns; these rows are {kind}")
    if per is not None and per not in possible:
        hint = suggestion(per, possible) if possible != ("",) else ""
        allowed = f"per= can be {' or '.join(map(repr, possible))}" if possible != ("",) else "there is no per="
        raise UsageError(f"per={per!r}: for {kind} {allowed}{hint}")
    return Shape(per or possible[0], wide)
