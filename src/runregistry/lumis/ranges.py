"""Lumisections of one run as a set."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator
from typing import NoReturn, Self

from runregistry.errors import RangeError
from runregistry.lumis.checks import LARGEST, checked_numbers, checked_ranges, integer
from runregistry.lumis.steps import covered, gaps, intersect

__all__ = ["LumiRanges"]

_SHOWN = 4
_WHOLE = ((1, LARGEST),)


class LumiRanges:
    """A set of lumisections of one run, held as closed ranges.

    The ranges are sorted, disjoint and never touch, so two sets are equal exactly if they hold the same lumisections, however
    they were written. Immutable and hashable. Iterating gives the ranges; ``len`` and ``in`` speak of lumisections.

    A set can be *open*: go to the end of a run, wherever that is (`since`). It then holds every number up to the largest there
    is, 2³² - 1, so that all laws of sets go on to hold; what asks how many there are, or which is the last, raises `RangeError`.

    Parameters
    ----------
    ranges : iterable of (first, last)
        Closed ranges in any order; those that overlap or touch become one.
    run_number : int or str, optional
        The run they belong to: not kept, only named by the error.

    Raises
    ------
    RangeError
        A range is no pair of whole numbers, starts below 1 or is reversed.

    Notes
    -----
    Cost: linear in the number of ranges for all operators, logarithmic for ``in``.

    Examples
    --------
    >>> good = LumiRanges([[15, 15], [1, 14], [20, 30]])
    >>> good
    LumiRanges([(1, 15), (20, 30)])
    >>> 14 in good, len(good), good - LumiRanges([(10, 25)])
    (True, 26, LumiRanges([(1, 9), (26, 30)]))
    """

    __slots__ = ("_ranges",)

    _ranges: tuple[tuple[int, int], ...]

    def __init__(self, ranges: Iterable[Iterable[int]] = (), *, run_number: int | str | None = None) -> None:
        if isinstance(ranges, LumiRanges):
            self._ranges = ranges._ranges
        else:
            self._ranges = _joined(checked_ranges(ranges, run_number))

    @classmethod
    def from_numbers(cls, numbers: Iterable[int], *, run_number: int | str | None = None) -> Self:
        """Return the set of these lumisections, in any order, repeated or not.

        Examples
        --------
        >>> LumiRanges.from_numbers([3, 1, 2, 7])
        LumiRanges([(1, 3), (7, 7)])
        """
        return cls.from_sorted(covered((number, number, None) for number in sorted(checked_numbers(numbers, run_number))))

    @classmethod
    def from_sorted(cls, ranges: Iterable[tuple[int, int]]) -> Self:
        """Return the set of ranges that are *known* to be sorted, disjoint, not touching and valid: nothing is checked.

        For results of this package's own algorithms (`runregistry.lumis.steps.covered`, for one); anything else goes through
        the constructor.
        """
        new = cls.__new__(cls)
        new._ranges = tuple(ranges)
        return new

    @classmethod
    def since(cls, first: int = 1) -> Self:
        """Return all lumisections from one on, to the end of the run: the whole run, without an argument.

        Examples
        --------
        >>> whole = LumiRanges.since()
        >>> whole & LumiRanges([(1, 88)]), whole - LumiRanges([(1, 88)]), 5000 in whole
        (LumiRanges([(1, 88)]), LumiRanges.since(89), True)
        """
        return cls([(first, LARGEST)])

    @property
    def ranges(self) -> tuple[tuple[int, int], ...]:
        """The closed ranges, sorted."""
        return self._ranges

    @property
    def is_open(self) -> bool:
        """Whether the set goes to the end of the run."""
        return bool(self._ranges) and self._ranges[-1][1] == LARGEST

    @property
    def n_ranges(self) -> int:
        """How many ranges it takes."""
        return len(self._ranges)

    @property
    def first(self) -> int:
        """First lumisection; `RangeError` if there is none."""
        self._refuse_empty("first")
        return self._ranges[0][0]

    @property
    def last(self) -> int:
        """Last lumisection; `RangeError` if there is none, or it is the unknown last one of the run."""
        self._refuse_empty("last")
        self._refuse_open("the last lumisection is not known")
        return self._ranges[-1][1]

    def _refuse_empty(self, which: str) -> None:
        if not self._ranges:
            raise RangeError(f"no {which} lumisection: there are none", ranges=[])

    def _refuse_open(self, problem: str) -> None:
        if self.is_open:
            raise RangeError(
                f"{problem}: the ranges go to the end of the run; take them & what is known of it", ranges=self.to_list()
            )

    def numbers(self) -> Iterator[int]:
        """Iterate over the lumisections, ascending; `RangeError` if the set is open.

        Examples
        --------
        >>> list(LumiRanges([(1, 3), (7, 7)]).numbers())
        [1, 2, 3, 7]
        """
        self._refuse_open("lumisections can't be listed")
        return (number for first, last in self._ranges for number in range(first, last + 1))

    def to_list(self) -> list[list[int]]:
        """Return the ranges as a golden JSON holds them: ``[[-1]]`` for the whole run.

        Examples
        --------
        >>> LumiRanges([(1, 3), (7, 7)]).to_list()
        [[1, 3], [7, 7]]
        """
        return [[-1]] if self._ranges == _WHOLE else [[first, last] for first, last in self._ranges]

    def __iter__(self) -> Iterator[tuple[int, int]]:
        return iter(self._ranges)

    def __len__(self) -> int:
        self._refuse_open("lumisections can't be counted")
        return sum(last - first + 1 for first, last in self._ranges)

    def __bool__(self) -> bool:
        return bool(self._ranges)

    def __contains__(self, lumisection_number: object) -> bool:
        number = integer(lumisection_number)
        if number is None:
            return False
        place = bisect_right(self._ranges, number, key=_first_of)
        return place > 0 and number <= self._ranges[place - 1][1]

    def __eq__(self, other: object) -> bool:
        return self._ranges == other._ranges if isinstance(other, LumiRanges) else NotImplemented

    def __hash__(self) -> int:
        return hash(self._ranges)

    def __and__(self, other: LumiRanges) -> LumiRanges:
        if not isinstance(other, LumiRanges):
            return NotImplemented
        return LumiRanges.from_sorted(intersect(self._ranges, other._ranges))

    def __or__(self, other: LumiRanges) -> LumiRanges:
        if not isinstance(other, LumiRanges):
            return NotImplemented
        return LumiRanges.from_sorted(_joined([*self._ranges, *other._ranges]))

    def __sub__(self, other: LumiRanges) -> LumiRanges:
        if not isinstance(other, LumiRanges):
            return NotImplemented
        if not self._ranges or not other._ranges:
            return self
        return LumiRanges.from_sorted(intersect(self._ranges, gaps(other._ranges, self._ranges[-1][1])))

    def __xor__(self, other: LumiRanges) -> LumiRanges:
        if not isinstance(other, LumiRanges):
            return NotImplemented
        return (self | other) - (self & other)

    def __invert__(self) -> NoReturn:
        raise RangeError("~ needs to know how far the run goes: use complement(last) or complement(known)", ranges=self.to_list())

    def complement(self, known: LumiRanges | int) -> LumiRanges:
        """Return what is known to exist but is not in this set.

        Parameters
        ----------
        known : LumiRanges or int
            The lumisections that exist, or the last of them when they start at 1.

        Examples
        --------
        >>> LumiRanges([(3, 5)]).complement(8)
        LumiRanges([(1, 2), (6, 8)])
        >>> LumiRanges([(3, 5)]).complement(LumiRanges([(4, 6)]))
        LumiRanges([(6, 6)])
        """
        return (known if isinstance(known, LumiRanges) else LumiRanges([(1, known)])) - self

    def isdisjoint(self, other: LumiRanges) -> bool:
        """Tell whether no lumisection is in both."""
        return not intersect(self._ranges, other._ranges)

    def __le__(self, other: LumiRanges) -> bool:
        if not isinstance(other, LumiRanges):
            return NotImplemented
        # Ranges never touch, so a subset comes through the intersection range for range.
        return self._ranges == other._ranges or tuple(intersect(self._ranges, other._ranges)) == self._ranges

    def __lt__(self, other: LumiRanges) -> bool:
        if not isinstance(other, LumiRanges):
            return NotImplemented
        return self._ranges != other._ranges and self <= other

    def __str__(self) -> str:
        texts = [str(first) if first == last else f"{first}-{'' if last == LARGEST else last}" for first, last in self._ranges]
        return "all" if self._ranges == _WHOLE else ", ".join(texts)

    def __repr__(self) -> str:
        if self.is_open and self.n_ranges == 1:
            return f"LumiRanges.since({'' if self._ranges == _WHOLE else self.first})"
        if self.n_ranges <= _SHOWN:
            return f"LumiRanges({list(self._ranges)})"
        begin = ", ".join(map(str, self._ranges[: _SHOWN - 1]))
        return f"LumiRanges([{begin}, … {self.n_ranges} ranges to {self._ranges[-1][1]}])"


def _first_of(one: tuple[int, int]) -> int:
    return one[0]


def _joined(ranges: list[tuple[int, int]]) -> tuple[tuple[int, int], ...]:
    """Sort valid ranges and join those that overlap or touch."""
    if len(ranges) < 2:
        return tuple(ranges)
    ranges.sort()
    return tuple(covered((first, last, None) for first, last in ranges))
