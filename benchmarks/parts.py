"""Where the time of a page goes: its parts, one after the other, in one process."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from pages import PAGE_SIZE, QUESTIONS, Question

from runregistry.filters import AllOf, Page, parse_filter, parse_sortings
from runregistry.server.faults import json_response
from runregistry.server.services.shapes import dataset_item
from runregistry.store import Store
from runregistry.store.queries import DatasetRow, RowPage, dataset_rows

PARTS = (
    "a transaction, and what changed since the last one",
    "filter parsed",
    "rows selected and counted, asked for the first time",
    "… asked before: the next page",
    f"{PAGE_SIZE} rows read from the database",
    "… made one answer of stored text",
)
_TIMES = 60


def parts_of(store: Store) -> dict[str, list[float]]:
    """Return the seconds of each part, over all kinds of questions about datasets."""
    spent: dict[str, list[float]] = {part: [] for part in PARTS}
    questions = [question for question in QUESTIONS if question.table == "datasets"]
    for question in questions:
        _ask(store, question, random.Random(1))
    dice = random.Random(2)
    for _ in range(_TIMES):
        for question in questions:
            for part, seconds in zip(PARTS, _times(store, question, dice), strict=True):
                spent[part].append(seconds)
    return spent


def _ask(store: Store, question: Question, dice: random.Random) -> RowPage:
    body = question.body(dice)
    sortings = parse_sortings(body["sortings"], "datasets")
    return store.queries.datasets(parse_filter(body["filter"], "datasets"), sortings, Page(0, PAGE_SIZE))


def _times(store: Store, question: Question, dice: random.Random) -> Iterator[float]:
    body = question.body(dice)
    sortings = parse_sortings(body["sortings"], "datasets")
    with _timed() as transaction, store.queries.view("datasets", AllOf(()), ()):
        pass
    yield transaction()
    with _timed() as parsed:
        node = parse_filter(body["filter"], "datasets")
    yield parsed()
    with store.queries.view("datasets", node, sortings) as (connection, view):
        view.answers.forget()
        with _timed() as selected:
            found = view.select(node, sortings)
            rows = found.between(0, min(PAGE_SIZE, found.n_found))
        yield selected()
        with _timed() as again:
            view.select(node, sortings).between(max(found.n_found - PAGE_SIZE, 0), found.n_found)
        yield again()
        with _timed() as read:
            stored: list[DatasetRow] = dataset_rows(connection, view.dataset_keys(rows))
        yield read()
    with _timed() as answered:
        json_response({"datasets": list(map(dataset_item, stored)), "pages": 1, "count": found.n_found})
    yield answered()


@contextmanager
def _timed() -> Iterator[Callable[[], float]]:
    spent: list[float] = []
    begun = time.perf_counter()
    yield lambda: spent[0]
    spent.append(time.perf_counter() - begun)
