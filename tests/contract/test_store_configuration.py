"""Classifiers and other configuration: replaced, never changed."""

from __future__ import annotations

import pytest

from runregistry.errors import Conflict, NotFound

FAMILY = "class"
BY = "expert@cern.ch"


def add(store, family=FAMILY, **fields):
    with store.changing() as connection:
        return store.configuration.add(connection, family, fields, BY)


def items(store, family=FAMILY):
    with store.reading() as connection:
        return [(item.id, item.fields) for item in store.configuration.items(connection, family)]


def call(store, method, *arguments):
    with store.changing() as connection:
        return getattr(store.configuration, method)(connection, *arguments)


def test_items_come_in_the_order_in_which_they_were_added(store):
    add(store, name="b")
    add(store, name="a")
    assert items(store) == [(1, {"name": "b"}), (2, {"name": "a"})]


def test_each_family_counts_for_itself(store):
    add(store, "class", name="a")
    assert add(store, "dataset", name="b").id == 1
    assert items(store, "dataset") == [(1, {"name": "b"})]


def test_an_edit_puts_a_new_item_in_the_place_of_the_old_one(store):
    old = add(store, name="a", extra=1)
    new = call(store, "replace", FAMILY, old.id, {"name": "b"}, BY)
    assert new.id == old.id + 1
    assert items(store) == [(new.id, {"name": "b"})]


def test_an_item_is_edited_once(store):
    old = add(store, name="a")
    call(store, "replace", FAMILY, old.id, {"name": "b"}, BY)
    with pytest.raises(Conflict, match="edit an item multiple times"):
        call(store, "replace", FAMILY, old.id, {"name": "c"}, BY)
    assert [fields for _, fields in items(store)] == [{"name": "b"}]


def test_a_removed_item_is_what_it_was_and_its_number_is_not_given_again(store):
    item = add(store, name="a")
    assert call(store, "remove", FAMILY, item.id, BY) == item
    assert items(store) == []
    assert add(store, name="b").id == item.id + 1


@pytest.mark.parametrize("number", [1, 99])
def test_what_is_not_in_force_can_not_be_removed(store, number):
    call(store, "remove", FAMILY, add(store, name="a").id, BY)
    with pytest.raises(NotFound, match="Item trying to delete does not exists"):
        call(store, "remove", FAMILY, number, BY)


def test_a_refused_change_leaves_no_settings_behind(store):
    item = add(store, name="a")
    with store.reading() as connection:
        before = store.configuration.stamp(connection)
    with pytest.raises(Conflict):
        call(store, "replace", FAMILY, 99, {"name": "b"}, BY)
    with store.reading() as connection:
        assert store.configuration.stamp(connection) == before
    assert items(store) == [(item.id, {"name": "a"})]


def test_the_stamp_grows_with_every_change(store):
    stamps = [call(store, "stamp")]
    add(store, name="a")
    stamps.append(call(store, "stamp"))
    call(store, "replace", FAMILY, 1, {"name": "b"}, BY)
    stamps.append(call(store, "stamp"))
    call(store, "remove", FAMILY, 2, BY)
    stamps.append(call(store, "stamp"))
    assert stamps == sorted(set(stamps))


def test_items_that_are_loaded_keep_their_numbers(store):
    call(store, "load", {FAMILY: [{"id": 7, "name": "a"}, {"name": "b"}], "dataset": [{"id": 3, "name": "c"}]}, BY)
    assert items(store) == [(7, {"name": "a"}), (8, {"name": "b"})]
    assert items(store, "dataset") == [(3, {"name": "c"})]


def test_workspaces_come_by_name_each_with_its_columns(store):
    assert call(store, "is_empty")
    workspaces = [
        {"id": 1, "workspace": "tracker", "online_or_offline": "online"},
        {"id": 2, "workspace": "dt", "online_or_offline": "online"},
        {"id": 3, "workspace": "dt", "online_or_offline": "offline"},
    ]
    columns = [
        {"id": 1, "id_workspace": 1, "name": "strip"},
        {"id": 2, "id_workspace": 1, "name": "pixel"},
        {"id": 3, "id_workspace": 3, "name": "dt"},
    ]
    call(store, "add_workspaces", workspaces, columns)
    with store.reading() as connection:
        online = store.configuration.workspaces(connection, "online")
        offline = store.configuration.workspaces(connection, "offline")
    assert [(space.workspace, [column.name for column in space.columns]) for space in online] == [
        ("dt", []),
        ("tracker", ["strip", "pixel"]),
    ]
    assert [space.id for space in offline] == [3]
    assert not call(store, "is_empty")
