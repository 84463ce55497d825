"""Lumisections of many runs as a set: what a golden JSON holds."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, NoReturn, Self

from runregistry.errors import RangeError
from runregistry.lumis import arrays, formats
from runregistry.lumis.checks import integer, run_number_of, shown
from runregistry.lumis.ranges import LumiRanges

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

__all__ = ["LumiMask", "MaskDiff"]

_NONE = LumiRanges()


class LumiMask(Mapping[int, LumiRanges]):
    """A set of lumisections of many runs: run number to `LumiRanges`.

    A mapping, sorted by run, that holds no run without lumisections; so two masks are equal exactly if they hold the same
    lumisections, however their files were written. Immutable and hashable. ``run in mask`` and ``(run, lumisection) in mask``
    both work; ``len`` and iteration speak of runs, as for any mapping.

    Parameters
    ----------
    runs : mapping of int or str to LumiRanges or iterable of (first, last)
        Closed ranges in any order, which may overlap or touch; texts are run numbers as golden JSONs write them.

    Raises
    ------
    RangeError
        A key is no run number, a range is wrong, or a run comes twice (as number and as text).

    Examples
    --------
    >>> golden = LumiMask({315257: [(1, 88), (91, 92)], 315259: [(1, 172)]})
    >>> golden
    <LumiMask: 2 runs 315257-315259, 3 ranges, 262 lumisections>
    >>> 315257 in golden, (315257, 90) in golden, golden[315257]
    (True, False, LumiRanges([(1, 88), (91, 92)]))
    >>> (golden - LumiMask({315257: [(1, 500)]})).to_dict()
    {'315259': [[1, 172]]}
    >>> golden(runs=[315257, 315257], lumisections=[88, 89]).tolist()
    [True, False]
    """

    __slots__ = ("_edges", "_runs")

    _runs: dict[int, LumiRanges]
    _edges: npt.NDArray[np.uint64] | None

    def __init__(self, runs: Mapping[Any, Iterable[Iterable[int]]] | None = None) -> None:
        self._edges = None
        if isinstance(runs, LumiMask):
            self._runs = runs._runs
            return
        built: dict[int, LumiRanges] = {}
        for key, ranges in (runs or {}).items():
            run_number = run_number_of(key)
            if run_number in built:
                raise RangeError(f"run {run_number} is given twice, as number and as text", run_number=key, ranges=ranges)
            built[run_number] = LumiRanges(ranges, run_number=run_number)
        self._runs = _sorted(built)

    @classmethod
    def _of(cls, runs: dict[int, LumiRanges]) -> Self:
        """Return a mask of what is known to be sorted and to hold no empty ranges."""
        new = cls.__new__(cls)
        new._runs, new._edges = runs, None
        return new

    @classmethod
    def from_pairs(cls, pairs: Iterable[tuple[int, int]]) -> Self:
        """Return the mask of these ``(run, lumisection)`` pairs, in any order, repeated or not.

        Examples
        --------
        >>> LumiMask.from_pairs([(314487, 2), (314487, 1), (314488, 9)]).to_dict()
        {'314487': [[1, 2]], '314488': [[9, 9]]}
        """
        numbers: dict[int, list[int]] = {}
        for run_number, lumisection_number in pairs:
            numbers.setdefault(run_number_of(run_number), []).append(lumisection_number)
        built = {run: LumiRanges.from_numbers(those, run_number=run) for run, those in numbers.items()}
        return cls._of(_sorted(built))

    @classmethod
    def from_json(cls, source: str | bytes | Mapping[Any, Any]) -> Self:
        """Return the mask that a golden JSON describes.

        Parameters
        ----------
        source : str, bytes or mapping
            Its text, with or without byte-order mark, or what ``json.loads`` made of it.

        Raises
        ------
        RangeError
            It is no golden JSON; the message names the line and column, or the run and the range (counted from 1). Text in which
            a run is written twice is refused. ``[[-1]]``, some tools' *all lumisections*, is refused too.

        Examples
        --------
        >>> LumiMask.from_json('{"314487": [[15, 15], [1, 14]]}').to_dict()
        {'314487': [[1, 15]]}
        """
        if isinstance(source, (str, bytes)):
            return cls(formats.parse_golden_json(source))
        if not isinstance(source, Mapping):
            raise RangeError(f"a golden JSON is text or a mapping of runs to ranges, not {shown(source)}", ranges=source)
        return cls(source)

    @classmethod
    def read(cls, path: str | os.PathLike[str]) -> Self:
        """Return the mask in a file; as `from_json`, with the file in front of the message."""
        try:
            return cls.from_json(Path(path).read_bytes())
        except RangeError as problem:
            place = f"{os.fspath(path)}: {problem}"
            raise RangeError(place, run_number=problem.run_number, ranges=problem.ranges) from None

    def write(self, path: str | os.PathLike[str]) -> None:
        """Write the golden JSON to a file, whole or not at all: a reader never sees half of it."""
        formats.write_whole(path, self.to_json() + "\n")

    def to_json(self) -> str:
        """Return the golden JSON as CMS publishes it: runs ascending, one a line.

        Examples
        --------
        >>> print(LumiMask({314487: [(1, 15)], 314486: [(1, 3), (5, 9)]}).to_json())
        {
          "314486": [[1, 3], [5, 9]],
          "314487": [[1, 15]]
        }
        """
        return formats.format_golden_json((run_number, ranges.ranges) for run_number, ranges in self._runs.items())

    def to_dict(self) -> dict[str, list[list[int]]]:
        """Return the golden JSON as Python objects: texts as keys, lists as ranges; all of it the caller's own."""
        return {str(run_number): ranges.to_list() for run_number, ranges in self._runs.items()}

    @property
    def runs(self) -> tuple[int, ...]:
        """Run numbers, ascending."""
        return tuple(self._runs)

    @property
    def n_runs(self) -> int:
        """How many runs have any lumisection."""
        return len(self._runs)

    @property
    def n_ranges(self) -> int:
        """How many ranges all runs take."""
        return sum(ranges.n_ranges for ranges in self._runs.values())

    @property
    def n_lumisections(self) -> int:
        """How many lumisections all runs have."""
        return sum(map(len, self._runs.values()))

    def pairs(self) -> Iterator[tuple[int, int]]:
        """Iterate over all ``(run, lumisection)`` pairs, ascending."""
        for run_number, ranges in self._runs.items():
            for lumisection_number in ranges.numbers():
                yield run_number, lumisection_number

    def __getitem__(self, run_number: int) -> LumiRanges:
        try:
            return self._runs[run_number]
        except KeyError:
            raise KeyError(f"run {shown(run_number)} is not in the mask") from None

    def __contains__(self, item: object) -> bool:
        if not isinstance(item, tuple):
            return item in self._runs
        if len(item) != 2:
            return False
        run_number, lumisection_number = item
        return lumisection_number in self._runs.get(run_number, _NONE)

    def __iter__(self) -> Iterator[int]:
        return iter(self._runs)

    def __len__(self) -> int:
        return len(self._runs)

    def __eq__(self, other: object) -> bool:
        return self._runs == other._runs if isinstance(other, LumiMask) else NotImplemented

    def __hash__(self) -> int:
        return hash(tuple(self._runs.items()))

    def __and__(self, other: LumiMask) -> LumiMask:
        if not isinstance(other, LumiMask):
            return NotImplemented
        return self._combine(self._runs.keys() & other._runs.keys(), other, LumiRanges.__and__)

    def __or__(self, other: LumiMask) -> LumiMask:
        if not isinstance(other, LumiMask):
            return NotImplemented
        return self._combine(self._runs.keys() | other._runs.keys(), other, LumiRanges.__or__)

    def __sub__(self, other: LumiMask) -> LumiMask:
        if not isinstance(other, LumiMask):
            return NotImplemented
        return self._combine(self._runs.keys(), other, LumiRanges.__sub__)

    def __xor__(self, other: LumiMask) -> LumiMask:
        if not isinstance(other, LumiMask):
            return NotImplemented
        return self._combine(self._runs.keys() | other._runs.keys(), other, LumiRanges.__xor__)

    def __invert__(self) -> NoReturn:
        raise RangeError("~ needs to know which lumisections exist: use complement(known)")

    def _combine(
        self, runs: Iterable[int], other: LumiMask, operator: Callable[[LumiRanges, LumiRanges], LumiRanges]
    ) -> LumiMask:
        """Apply an operator run by run, over runs in any order."""
        mine, theirs = self._runs, other._runs
        combined = {}
        for run_number in sorted(runs):
            ranges = operator(mine.get(run_number, _NONE), theirs.get(run_number, _NONE))
            if ranges:
                combined[run_number] = ranges
        return LumiMask._of(combined)

    def complement(self, known: LumiMask) -> LumiMask:
        """Return what is known to exist but is not in this mask: of a golden JSON and its denominator, the anti-JSON.

        Examples
        --------
        >>> LumiMask({1: [(3, 5)]}).complement(LumiMask({1: [(1, 9)], 2: [(1, 4)]})).to_dict()
        {'1': [[1, 2], [6, 9]], '2': [[1, 4]]}
        """
        return known - self

    def __le__(self, other: LumiMask) -> bool:
        if not isinstance(other, LumiMask):
            return NotImplemented
        return all(ranges <= other._runs.get(run_number, _NONE) for run_number, ranges in self._runs.items())

    def __lt__(self, other: LumiMask) -> bool:
        if not isinstance(other, LumiMask):
            return NotImplemented
        return self <= other and self != other

    def isdisjoint(self, other: LumiMask) -> bool:
        """Tell whether no lumisection is in both."""
        common = self._runs.keys() & other._runs.keys()
        return all(self._runs[run_number].isdisjoint(other._runs[run_number]) for run_number in common)

    def restrict(self, first_run: int | None = None, last_run: int | None = None, runs: Iterable[int] | None = None) -> LumiMask:
        """Keep only some runs.

        Parameters
        ----------
        first_run, last_run : int, optional
            Closed bounds; None leaves that side open.
        runs : iterable of int, optional
            Keep none but these; a mask will do. Runs that are not in this mask are ignored.

        Raises
        ------
        RangeError
            A bound or run is no whole number, or the bounds are reversed.

        Examples
        --------
        >>> mask = LumiMask({1: [(1, 5)], 2: [(1, 5)], 3: [(1, 5)]})
        >>> mask.restrict(first_run=2).runs, mask.restrict(last_run=2, runs=[2, 3, 4]).runs
        ((2, 3), (2,))
        """
        low = -1 if first_run is None else _bound(first_run)
        high = None if last_run is None else _bound(last_run)
        if high is not None and low > high:
            raise RangeError(f"first_run {first_run} is beyond last_run {last_run}", ranges=[first_run, last_run])
        wanted = None if runs is None else {_bound(run) for run in runs}
        return LumiMask._of(
            {
                run: ranges
                for run, ranges in self._runs.items()
                if low <= run and (high is None or run <= high) and (wanted is None or run in wanted)
            }
        )

    def diff(self, other: LumiMask) -> MaskDiff:
        """Return what changes when this mask is replaced by another one.

        Examples
        --------
        >>> change = LumiMask({1: [(1, 5)]}).diff(LumiMask({1: [(3, 8)], 2: [(1, 4)]}))
        >>> change.added.to_dict(), change.removed.to_dict()
        ({'1': [[6, 8]], '2': [[1, 4]]}, {'1': [[1, 2]]})
        >>> for run_number, (added, removed) in change.by_run().items():
        ...     print(run_number, "added", added, "removed", removed or "none")
        1 added 6-8 removed 1-2
        2 added 1-4 removed none
        """
        return MaskDiff(other - self, self - other)

    def contains(self, runs: npt.ArrayLike, lumisections: npt.ArrayLike) -> npt.NDArray[np.bool_]:
        """Tell for each pair whether it is in the mask; calling the mask does the same.

        Parameters
        ----------
        runs, lumisections : array_like of int
            Of one shape, or of shapes that broadcast: columns of events, for example.

        Returns
        -------
        numpy.ndarray of bool
            Of that shape.

        Raises
        ------
        RangeError
            They are no integers, or their shapes do not fit together.

        Notes
        -----
        Cost: one binary search a pair. The first call prepares the mask; the next ones reuse that.
        """
        if self._edges is None:
            self._edges = arrays.mask_edges(self._runs.items())
        return arrays.contains(self._edges, runs, lumisections)

    __call__ = contains

    def __repr__(self) -> str:
        if not self._runs:
            return "<LumiMask: empty>"
        runs = list(self._runs)
        span = str(runs[0]) if len(runs) == 1 else f"{runs[0]}-{runs[-1]}"
        counts = (_count(self.n_ranges, "range"), _count(self.n_lumisections, "lumisection"))
        return f"<LumiMask: {_count(len(runs), 'run')} {span}, {', '.join(counts)}>"


class MaskDiff(NamedTuple):
    """What changes from one mask to another; false when nothing does.

    Attributes
    ----------
    added, removed : LumiMask
        What only the new mask holds, and what only the old one did.
    """

    added: LumiMask
    removed: LumiMask

    @property
    def runs(self) -> tuple[int, ...]:
        """Runs in which anything changes, ascending."""
        return tuple(sorted({*self.added, *self.removed}))

    def by_run(self) -> dict[int, tuple[LumiRanges, LumiRanges]]:
        """Return what was added and what was removed in each run that changes, ascending."""
        return {run: (self.added.get(run, _NONE), self.removed.get(run, _NONE)) for run in self.runs}

    def __bool__(self) -> bool:
        return bool(self.added or self.removed)


def _sorted(runs: dict[int, LumiRanges]) -> dict[int, LumiRanges]:
    """Return runs ascending, without those that have no lumisections."""
    return {run_number: runs[run_number] for run_number in sorted(runs) if runs[run_number]}


def _bound(value: object) -> int:
    """Return a run number, or a bound of them, given as a whole number."""
    number = integer(value)
    if number is None:
        raise RangeError(f"{shown(value)} is no run number: give a whole number", ranges=value)
    return number


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
