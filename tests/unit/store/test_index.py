"""The index of columns: what it forgets, what it reads again, what it survives."""

from __future__ import annotations

from contextlib import nullcontext
from threading import Event, Thread

import msgspec
import pytest

from runregistry.filters import Column, Page, SortKey, parse_filter
from runregistry.store import Store, index
from runregistry.terms import STATUSES

EVERYTHING = Page(0, None)
SORTED = (SortKey(Column("oms_attributes", ("m",))),)


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
    assert len(store.queries._index._state.columns) == 3


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
        patch.setattr(store.queries._index._state.datasets, "advance", lambda *_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            runs(store, {})
    assert runs(store, {"oms_attributes.n": 1}) == [4, 1]


def test_an_index_that_is_thrown_away_is_built_again(store):
    assert runs(store, {"oms_attributes.n": 1}) == [1]
    store.queries._index.reset()
    assert runs(store, {"oms_attributes.n": {"in": [1, 3]}}) == [3, 1]


def test_a_column_of_another_table_is_looked_up_through_its_rows(store):
    with store.write("auto@auto", "creation") as writer:
        writer.add_run_event(9, oms={"n": 9})
        writer.add_dataset_event(2, "/Express/X/DQM", {"dt_state": "OPEN"})
    found = store.queries.datasets(parse_filter({"oms_attributes.n": {">=": 2}}, "datasets"), (), EVERYTHING)
    assert [(row.run_number, row.name) for row in found.rows] == [
        (9, "online"),
        (3, "online"),
        (2, "/Express/X/DQM"),
        (2, "online"),
    ]


def test_a_column_that_was_not_asked_for_meanwhile_catches_up(store):
    assert runs(store, {"oms_attributes.n": {">": 1}}) == [3, 2]
    for number in range(4, 9):
        with store.write("auto@auto", "creation") as writer:
            writer.add_run_event(number, oms={"n": number % 3})
        assert len(runs(store, {})) == number
    assert runs(store, {"oms_attributes.n": {">": 1}}) == [8, 5, 3, 2]


def test_many_distinct_values_are_kept_apart(store):
    with store.write("auto@auto", "creation") as writer:
        for number in range(10, 400):
            writer.add_run_event(number, oms={"n": f"value {number}"})
    assert runs(store, {"oms_attributes.n": "value 11"}) == [11]
    assert runs(store, {"oms_attributes.n": {">=": "value 398"}}) == [399, 398, *(n for n in range(99, 39, -1))]


def test_an_older_snapshot_does_not_turn_the_index_back(tmp_path):
    with Store(f"sqlite:///{tmp_path / 'registry.db'}") as store:
        with store.write("auto@auto", "creation") as writer:
            writer.add_run_event(1, oms={"n": 1})
        with store.reading() as old:
            store.event_number(old)  # the snapshot is taken with the first question
            with store.write("auto@auto", "change") as writer:
                writer.add_run_event(1, oms={"n": 2})
            assert runs(store, {"oms_attributes.n": 2}) == [1]
            columns = [Column("oms_attributes", ("n",))]
            held = store.queries._index.hold(store.reading, columns)
            assert store.queries._index.view(old, "runs", columns, held) is None
        assert runs(store, {"oms_attributes.n": 2}) == [1]


def test_columns_can_be_read_from_a_snapshot_that_is_older_than_the_index(tmp_path):
    with Store(f"sqlite:///{tmp_path / 'registry.db'}") as store:
        with store.write("auto@auto", "creation") as writer:
            writer.add_run_event(1, oms={"n": 1, "m": 5})
        with store.reading() as old:
            store.event_number(old)
            with store.write("auto@auto", "change") as writer:
                writer.add_run_event(1, oms={"m": 6})
                writer.add_run_event(2, oms={"m": 7})
            assert runs(store, {"oms_attributes.n": 1}) == [1]
            store.queries._index.hold(lambda: nullcontext(old), [Column("oms_attributes", ("m",))])
        assert runs(store, {"oms_attributes.m": 5}) == []
        assert runs(store, {"oms_attributes.m": {">": 5}}) == [2, 1]


def test_readers_see_whole_changes_while_others_write(tmp_path):
    with Store(f"sqlite:///{tmp_path / 'registry.db'}") as store:
        with store.write("auto@auto", "creation") as writer:
            for number in range(1, 21):
                writer.add_run_event(number, oms={"n": 0, "m": 0})
        wrong, stop = [], Event()

        def read():
            while not stop.is_set():
                found = store.queries.runs(parse_filter({"oms_attributes.n": {"<>": None}}, "runs"), SORTED, EVERYTHING).rows
                values = [msgspec.json.decode(row.oms_attributes)["n"] for row in found]
                if len(found) != 20 or len(set(values)) != 1:
                    wrong.append(values)

        readers = [Thread(target=read) for _ in range(4)]
        for reader in readers:
            reader.start()
        for change in range(1, 15):
            with store.write("auto@auto", "change") as writer:
                for number in range(1, 21):
                    writer.add_run_event(number, oms={"n": change, "m": -change})
        stop.set()
        for reader in readers:
            reader.join()
        assert not wrong
        assert runs(store, {"oms_attributes.n": 14, "oms_attributes.m": -14}) == list(range(20, 0, -1))


def test_who_asks_for_one_status_of_a_component_has_the_others_read_too(store):
    assert runs(store, {"triplet_summary.dt-dt.GOOD": {">": 0}}) == []
    read = store.queries._index._state.columns.keys()
    assert {path[2] for path in read if path[:2] == ("triplet_summary", "dt-dt")} == set(STATUSES)
