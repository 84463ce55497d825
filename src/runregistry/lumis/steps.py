"""Values over lumisections, as steps: ``(first, last, value)``, sorted, disjoint, closed.

A *column* says what one attribute or component is, lumisection by lumisection, in as few steps as possible: two steps that touch
never hold the same value. A lumisection that no step covers has no value. The registry stores, merges and answers in this shape,
so that the work grows with the number of changes and not with the length of a run.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Any, TypeAlias

__all__ = ["Step", "covered", "elementary", "from_positions", "gaps", "intersect", "overlay", "restrict", "same", "to_positions"]

Step: TypeAlias = tuple[int, int, Any]


def same(one: Any, other: Any) -> bool:
    """Tell whether two JSON values are the same as JavaScript's deep strict equality sees them.

    ``1`` and ``1.0`` are one number, ``1`` and ``true`` are not.

    Examples
    --------
    >>> same(1, 1.0), same(1, True), same({"a": [1]}, {"a": [1.0]}), same({"a": 0}, {"a": False})
    (True, False, True, False)
    """
    if one is other:
        return True
    if isinstance(one, str):  # first, for most of what is compared are texts
        return bool(one == other)
    if isinstance(one, dict):
        return isinstance(other, dict) and len(one) == len(other) and _same_items(one, other)
    if isinstance(one, bool) or isinstance(other, bool):
        return False  # they are not one object, as equal ones would be
    if isinstance(one, list):
        return isinstance(other, list) and len(one) == len(other) and all(map(same, one, other))
    return bool(one == other)


def _same_items(one: dict[str, Any], other: dict[str, Any]) -> bool:
    return all(key in other and same(value, other[key]) for key, value in one.items())


def overlay(steps: list[Step], first: int, last: int, value: Any) -> None:
    """Write one value over ``first`` to ``last`` (closed) in place; what was there before is replaced.

    Cost: constant at the end of the column (the way columns are built), else linear in the number of steps.

    Examples
    --------
    >>> column = [(1, 10, "GOOD")]
    >>> overlay(column, 4, 5, "BAD")
    >>> column
    [(1, 3, 'GOOD'), (4, 5, 'BAD'), (6, 10, 'GOOD')]
    >>> overlay(column, 4, 5, "GOOD")
    >>> column
    [(1, 10, 'GOOD')]
    """
    if not steps or first > steps[-1][1]:
        _append(steps, first, last, value)
        return
    start = bisect_left(steps, first, key=lambda step: step[1])
    tail = steps[start:]
    del steps[start:]
    if tail[0][0] < first:
        _append(steps, tail[0][0], first - 1, tail[0][2])
    _append(steps, first, last, value)
    for old_first, old_last, old in tail:
        if old_last > last:
            _append(steps, max(old_first, last + 1), old_last, old)


def _append(steps: list[Step], first: int, last: int, value: Any) -> None:
    """Add a step after all others, joined to the last one where it continues it."""
    if steps and steps[-1][1] == first - 1 and same(steps[-1][2], value):
        steps[-1] = (steps[-1][0], last, value)
    else:
        steps.append((first, last, value))


def from_positions(values: Iterable[Any], start: int = 1) -> list[Step]:
    """Collapse a positional list (element 0 is lumisection ``start``) into steps.

    Examples
    --------
    >>> from_positions([True, True, None, 1])
    [(1, 2, True), (3, 3, None), (4, 4, 1)]
    """
    steps: list[Step] = []
    for number, value in enumerate(values, start):
        _append(steps, number, number, value)
    return steps


def to_positions(steps: Sequence[Step], last: int, missing: Callable[[], Any]) -> list[Any]:
    """Spread steps over lumisections 1 to ``last``; uncovered ones get a fresh ``missing()``.

    Examples
    --------
    >>> to_positions([(2, 3, "GOOD")], 4, lambda: None)
    [None, 'GOOD', 'GOOD', None]
    """
    answer: list[Any] = []
    for first, end, value in steps:
        answer.extend(missing() for _ in range(len(answer) + 1, first))
        answer.extend([value] * (end - first + 1))
    answer.extend(missing() for _ in range(len(answer), last))
    return answer


def elementary(columns: Mapping[str, Sequence[Step]]) -> Iterator[tuple[int, int, dict[str, Any]]]:
    """Yield the longest ranges over which no column changes, with the values there (absent columns left out).

    Ranges that no column covers are not yielded. Each yielded dict is the caller's own.

    Examples
    --------
    >>> list(elementary({"dt-dt": [(1, 3, "GOOD")], "csc-csc": [(3, 4, "BAD")]}))
    [(1, 2, {'dt-dt': 'GOOD'}), (3, 3, {'dt-dt': 'GOOD', 'csc-csc': 'BAD'}), (4, 4, {'csc-csc': 'BAD'})]
    """
    changes: dict[int, list[tuple[str, bool, Any]]] = {}
    for name, steps in columns.items():
        for first, last, value in steps:
            changes.setdefault(last + 1, []).append((name, False, None))
            changes.setdefault(first, []).append((name, True, value))
    here: dict[str, Any] = {}
    edges = sorted(changes)
    for edge, following in pairwise([*edges, 0]):
        # What ends here goes first: a step that starts at the same lumisection must not be wiped out.
        for name, begins, _ in changes[edge]:
            if not begins:
                here.pop(name, None)
        here |= {name: value for name, begins, value in changes[edge] if begins}
        if here:
            yield edge, following - 1, dict(here)


def covered(steps: Iterable[Step]) -> list[tuple[int, int]]:
    """Return the closed ranges that have any value, joined where they touch.

    Examples
    --------
    >>> covered([(1, 2, "GOOD"), (3, 5, "BAD"), (8, 9, "GOOD")])
    [(1, 5), (8, 9)]
    """
    ranges: list[tuple[int, int]] = []
    for first, last, _ in steps:
        if ranges and first <= ranges[-1][1] + 1:
            ranges[-1] = (ranges[-1][0], max(last, ranges[-1][1]))
        else:
            ranges.append((first, last))
    return ranges


def intersect(one: Sequence[tuple[int, int]], other: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """Return the lumisections that both lists of sorted, disjoint, closed ranges hold.

    Examples
    --------
    >>> intersect([(1, 5), (8, 9)], [(4, 8)])
    [(4, 5), (8, 8)]
    """
    ranges = []
    i = j = 0
    while i < len(one) and j < len(other):
        first, last = max(one[i][0], other[j][0]), min(one[i][1], other[j][1])
        if first <= last:
            ranges.append((first, last))
        if one[i][1] < other[j][1]:
            i += 1
        else:
            j += 1
    return ranges


def gaps(ranges: Sequence[tuple[int, int]], last: int) -> list[tuple[int, int]]:
    """Return what of lumisections 1 to ``last`` the sorted, disjoint, closed ranges leave out.

    Examples
    --------
    >>> gaps([(2, 3)], 5)
    [(1, 1), (4, 5)]
    """
    holes = []
    position = 1
    for first, end in ranges:
        if first > position:
            holes.append((position, first - 1))
        position = max(position, end + 1)
    if position <= last:
        holes.append((position, last))
    return holes


def restrict(steps: Sequence[Step], ranges: Sequence[tuple[int, int]]) -> list[Step]:
    """Keep of a column only what lies in the sorted, disjoint, closed ranges.

    Examples
    --------
    >>> restrict([(1, 5, "GOOD"), (6, 9, "BAD")], [(2, 3), (5, 6)])
    [(2, 3, 'GOOD'), (5, 5, 'GOOD'), (6, 6, 'BAD')]
    """
    kept = []
    i = j = 0
    while i < len(steps) and j < len(ranges):
        first, last = max(steps[i][0], ranges[j][0]), min(steps[i][1], ranges[j][1])
        if first <= last:
            kept.append((first, last, steps[i][2]))
        if steps[i][1] < ranges[j][1]:
            i += 1
        else:
            j += 1
    return kept
