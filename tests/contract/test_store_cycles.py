"""Cycles and selections of datasets: kept, numbered, ordered the same on every database."""

from __future__ import annotations

import pytest

from runregistry.store.selections import dataset_details, datasets_named

NAMES = ("/B/DQM", "/A/DQM")
GOOD = {"status": "GOOD", "comment": "", "cause": ""}


@pytest.fixture
def filled(store):
    """A store with datasets that were created in another order than that of their keys."""
    with store.write("auto@auto", "test") as writer:
        for run_number in (355102, 355100):
            writer.add_run_event(run_number, rr={"class": "Collisions22"}, oms={"energy": 6799})
            for name in NAMES:
                writer.add_dataset_event(run_number, name, {"global_state": "OPEN"})
                writer.add_rr_changes(run_number, name, [(1, 2, {"dt-dt": GOOD})])
                writer.add_oms_changes(run_number, name, [(1, 2, {"cms_active": True})])
    return store


KEYS = [(355102, "/B/DQM"), (355102, "/A/DQM"), (355100, "/B/DQM"), (355100, "/A/DQM")]


def add(store, name="week 30", keys=(), deadline="2022-08-01T00:00:00.000Z"):
    with store.changing() as connection:
        number = store.cycles.take_number(connection)
        store.cycles.add(connection, number, name, {"global_state": "pending"}, deadline)
        store.cycles.add_datasets(connection, number, keys)
    return number


def members(store, number):
    with store.reading() as connection:
        found = store.cycles.members(connection, number).get(number, [])
    return [(member.dataset.run_number, member.dataset.name) for member in found]


def test_numbers_of_cycles_grow_and_are_never_given_twice(store):
    first = add(store)
    with store.changing() as connection:
        used_up = store.cycles.take_number(connection)
    assert first < used_up < add(store, "week 31")


def test_the_datasets_of_a_cycle_are_in_the_order_in_which_they_were_created(filled):
    assert members(filled, add(filled, keys=sorted(KEYS))) == KEYS


def test_members_of_all_cycles_come_with_the_number_of_their_cycle(filled):
    one, other = add(filled, "a", KEYS[:1]), add(filled, "b", KEYS[:2])
    with filled.reading() as connection:
        found = filled.cycles.members(connection)
    assert {number: len(entries) for number, entries in found.items()} == {one: 1, other: 2}


def test_removing_datasets_leaves_the_others(filled):
    number = add(filled, keys=KEYS)
    with filled.changing() as connection:
        filled.cycles.remove_datasets(connection, number, KEYS[:2])
    assert members(filled, number) == KEYS[2:]


def test_only_cycles_that_are_not_deleted_are_listed_by_deadline(store):
    late, early, gone = (add(store, name, deadline=date) for name, date in (("c", "2022-09"), ("b", "2022-07"), ("a", "2022-08")))
    with store.changing() as connection:
        store.cycles.change(connection, gone, deleted=True)
    with store.reading() as connection:
        assert [row.id_cycle for row in store.cycles.visible(connection)] == [early, late]
        assert store.cycles.get(connection, gone).deleted
        assert store.cycles.get(connection, 99) is None


def test_a_change_keeps_what_it_does_not_name(store):
    number = add(store)
    with store.changing() as connection:
        store.cycles.change(connection, number, attributes={"global_state": "completed"})
        row = store.cycles.get(connection, number)
    assert (row.cycle_name, row.cycle_attributes) == ("week 30", '{"global_state":"completed"}')
    assert row.updated_at >= row.created_at


def test_names_are_taken_even_by_deleted_cycles(store):
    number = add(store)
    with store.changing() as connection:
        store.cycles.change(connection, number, deleted=True)
        assert store.cycles.has_name(connection, "week 30")
        assert not store.cycles.has_name(connection, "week 30", besides=number)
        assert not store.cycles.has_name(connection, "week 31")


def test_details_come_in_the_order_of_creation_and_without_unknown_keys(filled):
    with filled.reading() as connection:
        rows = list(dataset_details(connection, [*sorted(KEYS), (1, "/No")]))
    assert [(row.run_number, row.name) for row in rows] == KEYS
    assert {row.oms_attributes for row in rows} == {'{"energy":6799}'}
    assert rows[0].triplet_summary == '{"dt-dt":{"EMPTY":0,"comments":[],"causes":[],"GOOD":2}}'


def test_details_of_many_datasets_are_all_there(filled, monkeypatch):
    monkeypatch.setattr("runregistry.store.selections._CHUNK", 3)
    with filled.reading() as connection:
        assert [(row.run_number, row.name) for row in dataset_details(connection, sorted(KEYS))] == KEYS
        assert list(dataset_details(connection, [])) == []


def test_datasets_of_a_name_are_found_hidden_or_not(filled):
    with filled.write("x@example.org", "hide") as writer:
        writer.add_dataset_event(355100, "/A/DQM", deleted=True, in_gui=["/X/Y/DQMIO"])
    with filled.reading() as connection:
        found = sorted(datasets_named(connection, ["/A/DQM", "/No"]))
    assert found == [(355100, "/A/DQM", '["/X/Y/DQMIO"]'), (355102, "/A/DQM", "[]")]


def test_an_event_about_attributes_alone_leaves_the_lumisections_and_tells_the_followers(filled):
    with filled.reading() as connection:
        before = filled.records.cache(connection, 355100, "/A/DQM")
    with filled.write("x@example.org", "move") as writer:
        version = writer.add_dataset_event(355100, "/A/DQM", {"global_state": "SIGNOFF"})["version"]
    with filled.reading() as connection:
        assert filled.records.cache(connection, 355100, "/A/DQM") == before._replace(version=version)
