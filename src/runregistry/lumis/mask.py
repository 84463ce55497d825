"""Lumisections of many runs as a set: what a golden JSON holds."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, NoReturn, Self

from runregistry.errors import RangeError
from runregistry.lumis import arrays
from runregistry.lumis.checks import integer, run_number_of, shown
from runregistry.lumis.difference import MaskDiff
from runregistry.lumis.ranges import LumiRanges
from runregistry.lumis.written import WrittenMask

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

__all__ = ["LumiMask"]

_NONE = LumiRanges()


class LumiMask(WrittenMask):
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

    __slots__ = ("_lookup", "_runs")

    _runs: dict[int, LumiRanges]
    _lookup: arrays.Lookup | None

    def __init__(self, runs: Mapping[Any, Iterable[Iterable[int]]] | None = None) -> None:
        self._lookup = None
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
        new._runs, new._lookup = runs, None
        return new

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
        """How many lumisections all runs have; `RangeError` if any run is open, see `open_runs`."""
        if self.open_runs:
            count = _count(len(self.open_runs), "run")
            problem = f"{count}, the first {self.open_runs[0]}, go to the end, which is not known; take the mask & what is known"
            raise RangeError(f"lumisections can't be counted: {problem}", run_number=self.open_runs[0])
        return sum(map(len, self._runs.values()))

    @property
    def open_runs(self) -> tuple[int, ...]:
        """Runs whose ranges go to the end of the run, which is not known: from ``[[-1]]``, for example."""
        return tuple(run_number for run_number, ranges in self._runs.items() if ranges.is_open)

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
        Cost: two look-ups in tables a pair, and 1 byte of memory for the answer. The first call prepares the mask; the next ones
        reuse that. Fastest are columns of unsigned 32-bit integers, the type of both in CMS data.
        """
        if self._lookup is None:
            self._lookup = arrays.make_lookup(self._ranges_of_runs())
        return arrays.contains(self._lookup, runs, lumisections)

    __call__ = contains

    def __repr__(self) -> str:
        if not self._runs:
            return "<LumiMask: empty>"
        runs, n_open = list(self._runs), len(self.open_runs)
        span = str(runs[0]) if len(runs) == 1 else f"{runs[0]}-{runs[-1]}"
        closed = _count(sum(len(ranges) for ranges in self._runs.values() if not ranges.is_open), "lumisection")
        rest = "" if not n_open else " and all of an open run" if n_open == 1 else f" and all of {n_open} open runs"
        return f"<LumiMask: {_count(len(runs), 'run')} {span}, {_count(self.n_ranges, 'range')}, {closed}{rest}>"


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
