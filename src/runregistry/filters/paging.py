"""Pages of a list: which one, how long, how many there are."""

from __future__ import annotations

import math
from typing import Any, NamedTuple, TypeVar

from runregistry.errors import UsageError
from runregistry.filters.values import number_of

__all__ = ["Page", "parse_page"]

Rows = TypeVar("Rows")
_MAX = 2**53  # beyond it, a float is no longer the number that was written


class Page(NamedTuple):
    """One page of a list.

    Attributes
    ----------
    page : int or float
        Which one, counted from 0.
    size : int, float or None
        Rows on a page; None puts everything on one. A fraction is allowed, as the service allows it: the bounds are rounded.
    """

    page: float
    size: float | None

    def cut(self, rows: Rows) -> Rows:
        """Return the rows of a list (or array) that are on this page.

        Examples
        --------
        >>> Page(1, 2).cut([10, 20, 30, 40, 50])
        [30, 40]
        >>> Page(0, None).cut([10, 20])
        [10, 20]
        """
        if self.size is None:
            return rows
        start = _rounded(self.page * self.size)
        return rows[start : start + _rounded(self.size)]  # type: ignore[no-any-return, index]  # anything that can be sliced

    @property
    def end(self) -> int | None:
        """How many rows there are up to the end of this page; None for all.

        Examples
        --------
        >>> Page(2, 50).end, Page(0, None).end
        (150, None)
        """
        return None if self.size is None else _rounded(self.page * self.size) + _rounded(self.size)

    def pages(self, count: int) -> int | None:
        """Return how many pages `count` rows make; None where the size says nothing about it.

        Examples
        --------
        >>> Page(0, 50).pages(101), Page(0, 50).pages(0), Page(0, 0).pages(7), Page(0, None).pages(7)
        (3, 0, None, None)
        """
        return math.ceil(count / self.size) if self.size else None


def parse_page(page: Any = 0, page_size: Any = 50) -> Page:
    """Check the paging of a request; numbers may be text. The defaults are for keys that are missing.

    Parameters
    ----------
    page : int, str or None
        None is 0.
    page_size : int, str or None
        0 asks for the count alone, None for everything.

    Raises
    ------
    UsageError
        Not a number, or negative.

    Examples
    --------
    >>> parse_page("2", 25)
    Page(page=2, size=25)
    >>> parse_page(-1)
    Traceback (most recent call last):
    runregistry.errors.UsageError: OFFSET must not be negative: page is -1, pages are counted from 0
    """
    size = None if page_size is None else _number("page_size", page_size)
    if size is not None and size < 0:
        raise UsageError(f"LIMIT must not be negative: page_size is {page_size}")
    number = 0 if page is None else _number("page", page)
    if number < 0:
        raise UsageError(f"OFFSET must not be negative: page is {page}, pages are counted from 0")
    return Page(number, size)


def _number(name: str, value: Any) -> float:
    number = number_of(value)
    if number is None:
        raise UsageError(f"{name} must be a whole number, not {str(value)[:40]!r}")
    if abs(number) > _MAX:
        raise UsageError(f"{name} must be a whole number below 2**53")
    return int(number) if number.is_integer() else number


def _rounded(number: float) -> int:
    return math.floor(number + 0.5)
