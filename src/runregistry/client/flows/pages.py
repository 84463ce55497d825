"""All pages of a list: the first alone, the others at the same time, the rows in order.

The registry is alive: a run that begins between two pages moves every later row down by one, so that one row comes twice and the
new one not at all. A change of the count, or a row that comes twice, gives this away. Then the pages are read again; if the
registry does not hold still, the readings are put together.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from functools import partial
from typing import Any, NamedTuple, TypeAlias

from runregistry.client.answers import Answer, failure, read_json, refusal_text
from runregistry.client.calls import Call, Flow, call
from runregistry.errors import TransportError

__all__ = ["DATASETS", "RUNS", "Listing", "Page", "Question", "read_pages"]

Row: TypeAlias = dict[str, Any]

_READINGS = 3  # the most times that the pages of a moving list are read


class Listing(NamedTuple):
    """A list that comes in pages: its endpoint, the key of its rows, and what identifies a row."""

    route_name: str
    rows: str
    identity: tuple[str, ...]

    def key(self, row: Row) -> Hashable:
        """Return what identifies a row."""
        return tuple(row.get(name) for name in self.identity)


RUNS = Listing("runs_filtered_ordered", "runs", ("run_number",))
DATASETS = Listing("datasets_filtered_ordered", "datasets", ("run_number", "name"))


class Question(NamedTuple):
    """What is asked: the wire form of the filter, the order, and the rows of a page."""

    filter: Any
    sortings: Sequence[Any] = ()
    page_size: Any = 50


class Page(NamedTuple):
    """One page: its rows, and how many rows and pages there were when it was read."""

    rows: list[Row]
    total: int
    pages: int


def read_pages(
    listing: Listing, question: Question, *, limit: int | None = None, on_count: Callable[[int], None] | None = None
) -> Flow[list[Row]]:
    """Read all rows that a filter matches.

    Parameters
    ----------
    listing, question
        What to read.
    limit : int, optional
        The most rows; no page beyond them is asked for.
    on_count : callable, optional
        Told, after the first page, how many rows there are; may raise.

    Returns
    -------
    list of dict
        As on the wire, in the order of the registry.

    Raises
    ------
    TransportError
        The list moved all the time, and rows are missing.
    """
    (first,) = yield [_page(listing, question, 0)]
    if on_count is not None:
        on_count(first.total)
    readings: list[list[Page]] = []
    while True:
        rest = range(1, _pages_needed(first, limit))
        others = (yield [_page(listing, question, number) for number in rest]) if rest else []
        readings.append([first, *others])
        if _held_still(listing, readings[-1]) or len(readings) == _READINGS:
            break
        (first,) = yield [_page(listing, question, 0)]
    rows = _together(listing, question, readings, limit)
    return rows if limit is None else rows[: max(limit, 0)]


def _page(listing: Listing, question: Question, number: int) -> Call:
    body = {"page": number, **question._asdict()}
    return call(listing.route_name, body, read=partial(_read_page, listing.rows))


def _read_page(rows: str, answer: Answer) -> Page:
    document = read_json(answer)
    if not isinstance(document, dict) or not isinstance(document.get(rows), list):
        if refusal_text(answer):
            raise failure(answer._replace(status=500))
        raise TransportError(f"the answer to {answer.asked} is no page of {rows}: {answer.text[:200]!r}")
    found = document[rows]
    count, pages = document.get("count"), document.get("pages")
    return Page(found, count if isinstance(count, int) else len(found), pages if isinstance(pages, int) else 1)


def _pages_needed(first: Page, limit: int | None) -> int:
    if limit is None or not first.rows:
        return first.pages
    return min(first.pages, -(-limit // len(first.rows)))


def _held_still(listing: Listing, pages: list[Page]) -> bool:
    if len(pages) == 1:
        return True
    keys = [listing.key(row) for page in pages for row in page.rows]
    return len(set(keys)) == len(keys) and len({page.total for page in pages}) == 1


def _together(listing: Listing, question: Question, readings: list[list[Page]], limit: int | None) -> list[Row]:
    """Return the rows of the last reading, filled up from the earlier ones if rows slipped between its pages."""
    last = readings[-1]
    if _held_still(listing, last):
        return [row for page in last for row in page.rows]
    rows = {listing.key(row): row for page in last for row in page.rows}
    wanted = min(page.total for page in last)  # what began or ended meanwhile can't be asked for
    wanted = wanted if limit is None else min(wanted, limit)
    for reading in reversed(readings[:-1]):
        if len(rows) >= wanted:
            break
        for row in (row for page in reading for row in page.rows):
            rows.setdefault(listing.key(row), row)
    if len(rows) < wanted:
        raise TransportError(
            f"{wanted - len(rows)} of {wanted} {listing.rows} are missing: the list changed while its pages were read, "
            f"{len(readings)} times. Ask again, or narrow the filter."
        )
    return list(rows.values()) if question.sortings else sorted(rows.values(), key=_usual_order)


def _usual_order(row: Row) -> tuple[int, str]:
    """The order of the registry where none is asked for: newest run first, then by name."""
    return -row["run_number"], row.get("name", "")
