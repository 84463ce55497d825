"""What is odd about the ranges of a golden JSON although they can be understood, with its place; and the field's shorthands.

Three shorthands are in use: ``[-1]`` for all lumisections of a run; an upper bound of 0 for *to the end of the run*, as CMSSW has
it; a lower bound of 0 for *from the first one*, for no lumisection is numbered 0. The end of a run is not known to a JSON, so a
range that goes there is *open*: it ends at the largest number that there is.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Literal, NamedTuple, TypeAlias

from runregistry.lumis.checks import LARGEST, checked_ranges, run_number_of, shown

__all__ = ["Kind", "Problem", "find_problems", "plain_ranges"]

Kind: TypeAlias = Literal["overlap", "order", "touch", "zero", "empty"]
_WHOLE = [-1]
_LUMILIST_END = 0xFFFFFFF  # up to which CMSSW's LumiList writes a run of which only the number was given


class Problem(NamedTuple):
    """Something odd in a golden JSON: it has a meaning, but was hardly meant so.

    Attributes
    ----------
    run_number : int
    place : int or None
        Of the range in its run, counted from 1; None for the run as a whole.
    kind : str
        ``overlap``: it shares lumisections with another range of the run; ``order``: it comes after a later one; ``touch``: it
        continues another one; ``zero``: a bound is 0; ``empty``: the run has no ranges.
    text : str
        What is wrong, in words.
    """

    run_number: int
    place: int | None
    kind: Kind
    text: str

    def __str__(self) -> str:
        where = f"run {self.run_number}" + (f", range {self.place}" if self.place is not None else "")
        return f"{where}: {self.text}"


def plain_ranges(ranges: Any) -> Any:
    """Return ranges with the shorthands of the field written out; everything else stays, for the checks to judge.

    Examples
    --------
    >>> plain_ranges([[-1]]), plain_ranges([[7, 0], [0, 3], [5, 6]])
    ([[1, 4294967295]], [[7, 4294967295], [1, 3], [5, 6]])
    """
    return list(map(_plain_range, ranges)) if isinstance(ranges, list | tuple) else ranges


def _plain_range(item: Any) -> Any:
    if not isinstance(item, list | tuple):
        return item
    if list(item) == _WHOLE:
        return [1, LARGEST]
    if len(item) == 2 and type(item[0]) is int and type(item[1]) is int:
        first, last = item
        return [first or 1, LARGEST if last in (0, _LUMILIST_END) else last]
    return item


def find_problems(document: Mapping[Any, Any]) -> list[Problem]:
    """Return what is odd in a golden JSON, in the order of its text.

    Raises
    ------
    RangeError
        Something in it has no meaning at all: `runregistry.LumiMask.from_json` says the same.

    Examples
    --------
    >>> for problem in find_problems({"314487": [[15, 15], [1, 14], [9, 12]]}):
    ...     print(problem)
    run 314487, range 2: [1, 14] comes after a later range
    run 314487, range 2: [1, 14] could be one with range 1
    run 314487, range 3: [9, 12] shares lumisections 9-12 with range 2
    """
    return [problem for key, ranges in document.items() for problem in _of_run(run_number_of(key), ranges)]


def _of_run(run_number: int, written: Any) -> Iterator[Problem]:
    checked = checked_ranges(plain_ranges(written), run_number)
    if not checked:
        yield Problem(run_number, None, "empty", "has no ranges")
    neighbours: dict[int, list[tuple[Kind, str]]] = {}
    for place, found in _neighbours(checked):
        neighbours.setdefault(place, []).append(found)
    for place, (first, _) in enumerate(checked, 1):
        text = shown(written[place - 1])
        if 0 in written[place - 1]:
            yield Problem(run_number, place, "zero", f"{text} has a bound of 0; lumisections are counted from 1")
        if place > 1 and first < checked[place - 2][0]:
            yield Problem(run_number, place, "order", f"{text} comes after a later range")
        for kind, said in neighbours.get(place, ()):
            yield Problem(run_number, place, kind, f"{text} {said}")


def _neighbours(ranges: list[tuple[int, int]]) -> Iterable[tuple[int, tuple[Kind, str]]]:
    """Yield, for each range that overlaps or touches one that begins before it, what there is to say of the later of the two."""
    reach, reached_by = 0, 0
    for first, last, place in sorted((first, last, place) for place, (first, last) in enumerate(ranges, 1)):
        later, earlier = max(place, reached_by), min(place, reached_by)
        if reached_by and first <= reach:
            end = min(last, reach)
            which = f"lumisection {first}" if first == end else f"lumisections {first}-{'' if end == LARGEST else end}"
            yield later, ("overlap", f"shares {which} with range {earlier}")
        elif reached_by and first == reach + 1:
            yield later, ("touch", f"could be one with range {earlier}")
        if last > reach:
            reach, reached_by = last, place
