"""The index of columns: what it forgets, what it reads again, what it survives."""

from __future__ import annotations

import pytest

from runregistry.filters import Page, parse_filter
from runregistry.store import Store, index

EVERYTHING = Page(0, None)


@pytest.fixture
def store():
    with Store("sqlite://") as opened:
        with opened.write("auto@auto", "creation") as writer:
            for number in range(1, 4):
                writer.add_run_event(number, oms={"n": number, "list": [number], "deep": {"a": {"b": number}}})
        yield opened


def runs(store, filter_):
    return [row.run_number for row in store.queries.runs(parse_filter(filter_, "runs"), (), EVERYTHING).rows]


def test_columns_not_asked_for_lately_are_forgotten_and_read_again(store, monkeypatch):
    monkeypatch.setattr(index, "_MAX_COLUMNS", 3)
    for number in range(20):
        assert runs(store, {f"oms_attributes.unknown{number}": {"<>": None}}) == []
        assert runs(store, {"oms_attributes.n": {">": 1}}) == [3, 2]
    assert len(store.queries._index.runs.columns) == 3


def test_a_filter_with_more_columns_than_are_kept_is_answered(store, monkeypatch):
    monkeypatch.setattr(index, "_MAX_COLUMNS", 2)
    unknown = {f"oms_attributes.unknown{number}": None for number in range(8)}
    assert runs(store, {**unknown, "oms_attributes.n": 2, "oms_attributes.deep.a.b": 2}) == [2]


def test_paths_are_read_at_any_depth(store):
    assert runs(store, {"oms_attributes.deep.a.b": {">=": 2}}) == [3, 2]
    assert runs(store, {"oms_attributes.deep.a": {"contains": {"b": 1}}}) == [1]
    assert runs(store, {"oms_attributes.n.a.b": {"<>": None}}) == []


def test_an_index_that_failed_half_way_is_built_again(store, monkeypatch):
    assert runs(store, {"oms_attributes.n": 1}) == [1]
    with store.write("auto@auto", "creation") as writer:
        writer.add_run_event(4, oms={"n": 1})
    with monkeypatch.context() as patch:
        patch.setattr(store.queries._index.caches, "advance", lambda *_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            runs(store, {})
    assert runs(store, {"oms_attributes.n": 1}) == [4, 1]


def test_an_index_that_is_thrown_away_is_built_again(store):
    assert runs(store, {"oms_attributes.n": 1}) == [1]
    store.queries._index.reset()
    assert runs(store, {"oms_attributes.n": {"in": [1, 3]}}) == [3, 1]
