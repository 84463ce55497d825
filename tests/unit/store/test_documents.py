"""Distinct values of lumisections: numbered once, kept in memory while they last."""

from __future__ import annotations

import pytest
from sqlalchemy import event

from runregistry.store import Store, documents
from runregistry.store.documents import Values, encode, merge


@pytest.fixture
def store():
    with Store("sqlite://") as opened:
        yield opened


def test_equal_values_get_one_number_and_others_their_own(store):
    with store.changing() as connection:
        numbers = store.values.ids(connection, [{"a": 1}, {"b": 2}, {"a": 1}])
        assert numbers[0] == numbers[2] != numbers[1]
        assert store.values.ids(connection, [{"b": 2}]) == [numbers[1]]


def test_the_order_of_keys_makes_another_value(store):
    with store.changing() as connection:
        one, other = store.values.ids(connection, [{"a": 1, "b": 2}, {"b": 2, "a": 1}])
    assert one != other


def test_values_come_back_by_number_for_anyone(store):
    with store.changing() as connection:
        numbers = store.values.ids(connection, [{"number": number} for number in range(1200)])
    with store.reading() as connection:
        found = Values().documents(connection, set(numbers))
    assert [found[number] for number in numbers] == [{"number": number} for number in range(1200)]


def test_memory_holds_only_so_many_values(store, monkeypatch):
    monkeypatch.setattr(documents, "_CACHED_VALUES", 10)
    with store.changing() as connection:
        numbers = store.values.ids(connection, [{"number": number} for number in range(50)])
        for _ in range(2):
            assert len(store.values.documents(connection, set(numbers))) == 50
    assert len(store.values._documents) == 10


def test_a_block_that_fails_is_forgotten(store):
    with store.changing() as connection:
        (number,) = store.values.ids(connection, [{"a": 1}])
        store.values.documents(connection, {number})
    with pytest.raises(ZeroDivisionError), store.values.forgotten_on_failure():
        raise ZeroDivisionError
    assert len(store.values._documents) == 0


def test_what_a_failed_writer_read_is_forgotten_before_the_next_writer_may_begin(store, monkeypatch):
    order = []
    event.listen(store.database.engine, "rollback", lambda _: order.append("rollback"))
    monkeypatch.setattr(store.values, "forget", lambda: order.append("forget"))
    with pytest.raises(ZeroDivisionError), store.write("auto@auto", "never"):
        raise ZeroDivisionError
    assert order[:2] == ["forget", "rollback"]


def test_text_is_compact_and_keeps_the_order_of_keys():
    assert encode({"b": [1, 2.5], "a": None, "é": "x"}) == '{"b":[1,2.5],"a":null,"é":"x"}'


def test_merging_is_one_level_deep_and_the_later_wins():
    assert merge(['{"a":{"x":1},"b":1}', '{"a":{"y":2}}']) == {"a": {"y": 2}, "b": 1}
