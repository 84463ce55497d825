"""A list read window by window, for those who go through it without keeping it.

Each window asks again from the last run on, by a filter and not by a page number: rows that come or go meanwhile shift pages, but
not run numbers, so that no row is missed and none comes twice.
"""

from __future__ import annotations

from collections.abc import Hashable
from itertools import pairwise
from typing import Any

from runregistry.client.calls import Flow, call
from runregistry.client.flows.pages import Listing, Question, Row, read_pages
from runregistry.errors import TransportError, UsageError

__all__ = ["Stream", "count"]

_NEWEST_FIRST = ("DESC", "<=")
_OLDEST_FIRST = ("ASC", ">=")


class Stream:
    """Where the reading of a list stands.

    Parameters
    ----------
    listing, question
        What to read; sorted by run number or not at all.
    window : int
        Rows that are asked for at the same time.

    Raises
    ------
    UsageError
        Another order: it has no place to go on from.
    """

    def __init__(self, listing: Listing, question: Question, window: int) -> None:
        self._listing = listing
        self._question = question
        self._window = max(window, 1)
        self._direction, self._from = _order(question.sortings)
        self._seen: set[Hashable] = set()
        self._last: int | None = None
        self.is_over = False

    def read(self) -> Flow[list[Row]]:
        """Read the next window; `is_over` tells whether it was the last."""
        rows: list[Row] = []
        size = self._window
        while not rows and not self.is_over:
            found = yield from read_pages(self._listing, self._narrowed(), limit=size)
            self.is_over = len(found) < size
            rows = [row for row in found if self._listing.key(row) not in self._seen]
            # One run with more datasets than a window: only a wider one gets past it.
            size = size if rows else 2 * size
        self._seen.update(map(self._listing.key, rows))
        self._go_on([row["run_number"] for row in rows])
        return rows

    def _go_on(self, numbers: list[int]) -> None:
        """Remember where the next window begins; were the rows not in order, some would never be asked for."""
        path = numbers if self._last is None else [self._last, *numbers]
        for before, after in pairwise(path):
            if before != after and (before < after) is (self._direction == "DESC"):
                raise TransportError(f"the {self._listing.rows} did not come in the order of run numbers: {after} after {before}")
        if numbers:
            self._last = numbers[-1]

    def _narrowed(self) -> Question:
        if self._last is None:
            return self._question
        # The rule on the run number comes last: the service drops alternatives of another table that follow one.
        parts = [part for part in (self._question.filter,) if part]
        return self._question._replace(filter={"and": [*parts, {"run_number": {self._from: self._last}}]})


def _order(sortings: Any) -> tuple[str, str]:
    if not sortings:
        return _NEWEST_FIRST
    key, direction = sortings[0][0], str(sortings[0][1]).upper()
    if key != "run_number" or direction not in ("ASC", "DESC") or len(sortings) > 1:
        raise UsageError(
            f"rows can be gone through page by page in the order of run_number only, not {sortings!r}; "
            "leave sortings away, or have the whole list sorted by runs() or datasets()"
        )
    return _NEWEST_FIRST if direction == "DESC" else _OLDEST_FIRST


def count(listing: Listing, question: Question) -> Flow[int]:
    """Return how many rows there are; the registry sends none of them."""
    (document,) = yield [call(listing.route_name, {"page": 0, **question._replace(page_size=0)._asdict(), **listing.more})]
    number = document.get("count") if isinstance(document, dict) else None
    if not isinstance(number, int):
        raise TransportError(f"the registry did not say how many {listing.rows} there are, but {str(document)[:200]!r}")
    return number
