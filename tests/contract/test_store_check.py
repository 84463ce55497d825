"""A sound registry is found sound; whatever is wrong with one is named; a rebuild mends what follows from the events."""

from __future__ import annotations

import pytest
from sqlalchemy import delete, insert, update
from tests.contract.filling import PROMPT, RUNS, contents, fill

from runregistry.store import schema
from runregistry.store.check import check
from runregistry.store.rebuild import rebuild
from runregistry.terms import ONLINE

RUN = RUNS[0]


@pytest.fixture
def filled(store):
    fill(store)
    return store


def problems(store):
    with store.reading() as connection:
        return list(check(connection))


def change(store, *statements):
    with store.changing() as connection:
        for statement in statements:
            connection.execute(statement)


def test_an_empty_registry_is_sound(store):
    assert problems(store) == []


def test_a_registry_that_was_written_to_is_sound(filled):
    assert problems(filled) == []


def test_a_rebuild_of_a_sound_registry_changes_nothing(filled):
    with filled.changing() as connection:
        before = contents(connection)
        counts = rebuild(connection)
        assert contents(connection) == before
    assert counts == {"run": 3, "dataset": 7, "dataset_cache": 7}


BROKEN = {
    "a run's attributes": (
        update(schema.run).where(schema.run.c.run_number == RUN).values(rr_attributes='{"class":"Cosmics22"}'),
        f'run {RUN}: rr_attributes is {{"class":"Cosmics22"}}, and from its events ',
    ),
    "a run's version": (
        update(schema.run).where(schema.run.c.run_number == RUN).values(version=1),
        f"run {RUN}: version is 1, and from its events ",
    ),
    "a hidden dataset": (
        update(schema.dataset).where(schema.dataset.c.name == PROMPT, schema.dataset.c.run_number == RUN).values(deleted=True),
        f"dataset {RUN} {PROMPT}: deleted is True, and from its events False",
    ),
    "a summary": (
        update(schema.dataset_cache).where(schema.dataset_cache.c.run_number == RUN).values(triplet_summary="{}"),
        f"dataset_cache {RUN} {ONLINE}: triplet_summary is {{}}, and from its events ",
    ),
    "a luminosity": (
        update(schema.dataset_cache).where(schema.dataset_cache.c.run_number == RUN).values(recorded=1e6),
        f"dataset_cache {RUN} {ONLINE}: recorded is 1000000.0",
    ),
    "lumisections": (
        update(schema.dataset_cache).values(rr='{"present":[],"values":[],"columns":{}}'),
        f"dataset_cache {RUN} {ONLINE}: rr is ",
    ),
    "a run that is gone": (delete(schema.run).where(schema.run.c.run_number == RUN), f"run {RUN}: it is missing"),
    "a dataset out of nowhere": (
        insert(schema.dataset).values(
            run_number=RUN, name="/X", version=1, deleted=False, dataset_attributes="{}", datasets_in_gui="[]"
        ),
        f"dataset {RUN} /X: it is stored, and no event made it",
    ),
}


@pytest.mark.parametrize(("statement", "line"), BROKEN.values(), ids=BROKEN)
def test_a_projection_that_does_not_follow_from_its_events_is_named_and_can_be_rebuilt(filled, statement, line):
    with filled.reading() as connection:
        sound = contents(connection)
    change(filled, statement)
    assert any(problem.startswith(line) for problem in problems(filled)), problems(filled)
    with filled.changing() as connection:
        rebuild(connection)
        assert contents(connection) == sound
    assert problems(filled) == []


def test_the_order_of_keys_in_a_document_is_no_difference(filled):
    other = '{"hlt_key":"/cdaq/ü ☃","energy":6799}'
    change(filled, update(schema.run).where(schema.run.c.run_number == RUN).values(oms_attributes=other))
    assert problems(filled) == []


def test_an_event_that_is_gone_is_named(filled):
    change(filled, delete(schema.run_event).where(schema.run_event.c.version == 1))
    assert "events 1 to 1 are missing; the next one is 2, of dataset_event" in problems(filled)


def test_a_number_that_was_given_twice_is_named(filled):
    row = {"atomic_version": 1, "run_number": RUN, "manual_change": False, "deleted": False}
    change(filled, insert(schema.run_event).values(version=2, oms_metadata="{}", rr_metadata="{}", **row))
    assert "event 2 of run_event: its number was given before" in problems(filled) or (
        "event 2 of dataset_event: its number was given before" in problems(filled)
    )


def test_a_batch_that_has_more_ranges_than_numbers_is_named(filled):
    change(filled, update(schema.rr_change).where(schema.rr_change.c.run_number == RUN).values(ranges="[]"))
    assert any("0 ranges are stored for 1 numbers" in problem for problem in problems(filled))


def test_versions_out_of_order_are_named(filled):
    change(filled, update(schema.run_event).where(schema.run_event.c.version == 1).values(atomic_version=5))
    assert "event 2 of dataset_event belongs to version 1, and one before it to version 5" in problems(filled)


def test_a_counter_that_is_behind_is_named(filled):
    change(filled, update(schema.counter).values(value=3))
    assert any(problem.startswith("the counter of events says 3, and the last event is ") for problem in problems(filled))


def test_a_value_that_was_changed_is_named(filled):
    change(filled, update(schema.value).where(schema.value.c.id == 1).values(document='{"dt0_ready":false}'))
    assert "value 1 has another hash than its text" in problems(filled)


def test_a_value_that_is_gone_is_named(filled):
    change(filled, delete(schema.value).where(schema.value.c.id == 2))
    assert any(problem.endswith("there is no value 2") for problem in problems(filled))


def test_a_cycle_with_a_dataset_that_is_not_there_is_named(filled):
    dates = {"created_at": "", "updated_at": ""}
    change(filled, insert(schema.cycle_dataset).values(id_cycle=4, run_number=1, name="/X", **dates))
    line = "cycle_dataset with id_cycle 4, run_number 1, name '/X': there is no dataset with run_number 1, name '/X'"
    assert line in problems(filled)
