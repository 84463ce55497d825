"""All pages of a list: the first alone, the others at the same time, the rows in order.

The registry is alive: a run that begins between two pages moves every later row down by one, so that one row comes twice and the
new one not at all. A change of the count, or a row that comes twice, gives this away. Then the pages are read again; if the
registry does not hold still, the readings are put together.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from functools import partial
from types import MappingProxyType
from typing import Any, NamedTuple, TypeAlias

from runregistry.client.answers import Answer, failure, read_json, refusal_text
from runregistry.client.calls import Call, Flow, call
from runregistry.errors import TransportError

__all__ = ["DATASETS", "RUNS", "Listing", "Page", "Question", "page_call", "read_pages"]

Row: TypeAlias = dict[str, Any]

_READINGS = 3  # the most times that the pages of a moving list are read
# A list of more pages than this is read in pages several times as wide, but no wider than so many rows: each request costs the
# registry another search of everything that matches, and both of us as much time as fifty rows do.
_FEW_PAGES, _TIMES, _WIDEST = 10, 4, 200


class Listing(NamedTuple):
    """A list that comes in pages: its endpoint, the key of its rows, what identifies a row, and what else each question says."""

    route_name: str
    rows: str
    identity: tuple[str, ...]
    more: Mapping[str, Any] = MappingProxyType({})

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
    """One page: its rows with what identifies each, how many rows and pages there were when it was read, and its full size."""

    rows: list[Row]
    keys: list[Hashable]
    total: int
    pages: int
    size: Any = None


def read_pages(
    listing: Listing,
    question: Question,
    *,
    limit: int | None = None,
    on_count: Callable[[int], None] | None = None,
    keep: Callable[[Row], Row] | None = None,
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
    keep : callable, optional
        Returns what is kept of a row, as soon as its page is there.

    Returns
    -------
    list of dict
        As on the wire, in the order of the registry.

    Raises
    ------
    TransportError
        The list moved all the time, and rows are missing.
    """
    (first,) = yield [page_call(listing, question, keep, 0)]
    if on_count is not None:
        on_count(first.total)
    readings: list[list[Page]] = []
    while True:
        rest = _rest(question, _pages_needed(first, limit))
        others = (yield [page_call(listing, wider, keep, number) for wider, number in rest]) if rest else []
        readings.append([first, *others])
        if _held_still(readings[-1]) or len(readings) == _READINGS:
            break
        (first,) = yield [page_call(listing, question, keep, 0)]
    rows = _together(listing, question, readings, limit)
    return rows if limit is None else rows[: max(limit, 0)]


def page_call(listing: Listing, question: Question, keep: Callable[[Row], Row] | None, number: int) -> Call:
    """Return the call for one page, counted from 0; it is read as a `Page`."""
    body = {"page": number, **question._asdict(), **listing.more}
    return call(listing.route_name, body, read=partial(_read_page, listing, keep, question.page_size))


def _read_page(listing: Listing, keep: Callable[[Row], Row] | None, size: Any, answer: Answer) -> Page:
    document = read_json(answer)
    rows = listing.rows
    if not isinstance(document, dict) or not isinstance(document.get(rows), list):
        if refusal_text(answer):
            raise failure(answer._replace(status=500))
        raise TransportError(f"the answer to {answer.asked} is no page of {rows}: {answer.text[:200]!r}")
    found = document[rows]
    count, pages = document.get("count"), document.get("pages")
    keys = [listing.key(row) for row in found]
    kept = found if keep is None else [keep(row) for row in found]
    return Page(kept, keys, count if isinstance(count, int) else len(found), pages if isinstance(pages, int) else 1, size)


def _pages_needed(first: Page, limit: int | None) -> int:
    if limit is None or not first.rows:
        return first.pages
    return min(first.pages, -(-limit // len(first.rows)))


def _rest(question: Question, n_pages: int) -> list[tuple[Question, int]]:
    """Return the questions after the first page, of which there are so many pages; each with the number of its page."""
    size = question.page_size
    times = min(_TIMES, _WIDEST // size) if _is_plain(size) and n_pages > _FEW_PAGES else 1
    if times < 2:
        return [(question, number) for number in range(1, n_pages)]
    # The first wide page would hold the page that we have.
    narrow = [(question, number) for number in range(1, times)]
    wider = question._replace(page_size=size * times)
    return narrow + [(wider, number) for number in range(1, -(-n_pages // times))]


def _is_plain(size: Any) -> bool:
    """Whether a size is a number of rows: those such as 0 or null, which old scripts may ask for, have a meaning of their own."""
    return isinstance(size, int) and size > 0


def _held_still(pages: list[Page]) -> bool:
    """Whether no row came twice, the count stayed, and no page is shorter than it must be."""
    keys = [key for page in pages for key in page.keys]
    total = pages[0].total
    sizes = [page.size for page in pages]
    due = min(total, sum(sizes)) if all(map(_is_plain, sizes)) else len(keys)
    return len(set(keys)) == len(keys) >= due and all(page.total == total for page in pages)


def _together(listing: Listing, question: Question, readings: list[list[Page]], limit: int | None) -> list[Row]:
    """Return the rows of the last reading, filled up from the earlier ones if rows slipped between its pages."""
    last = readings[-1]
    if _held_still(last):
        return [row for page in last for row in page.rows]
    rows = _by_key(last)
    wanted = min(page.total for page in last)  # what began or ended meanwhile can't be asked for
    wanted = wanted if limit is None else min(wanted, limit)
    for reading in reversed(readings[:-1]):
        if len(rows) >= wanted:
            break
        rows = _by_key(reading) | rows
    if len(rows) < wanted:
        raise TransportError(
            f"{wanted - len(rows)} of {wanted} {listing.rows} are missing: the list changed while its pages were read, "
            f"{len(readings)} times. Ask again, or narrow the filter."
        )
    return list(rows.values()) if question.sortings else [rows[key] for key in sorted(rows, key=_usual_order)]


def _by_key(pages: list[Page]) -> dict[Hashable, Row]:
    return {key: row for page in pages for key, row in zip(page.keys, page.rows, strict=True)}


def _usual_order(key: Any) -> tuple[Any, ...]:
    """The order of the registry where none is asked for: newest run first, then by name."""
    return (-key[0], *key[1:])
