"""Reading as of a version: what was answered then is answered again, whatever came after."""

from __future__ import annotations

import random
from itertools import product

from tests.contract.filling import EXPRESS, PROMPT, RUNS, add_dataset, create_run, edit, fill

from runregistry.terms import ONLINE

NAMES = (ONLINE, PROMPT, EXPRESS)


def everything(store, reader):
    """All runs, datasets and lumisections, as a reader gives them."""
    with store.reading() as connection:
        runs = {run_number: reader.run(connection, run_number) for run_number in RUNS}
        keys = list(product(RUNS, NAMES))
        datasets = {key: reader.dataset(connection, *key) for key in keys}
        columns = {key: reader.lumisections(connection, *key) for key in keys}
    lumisections = {key: (found.encode_rr(), found.encode_oms()) for key, found in columns.items()}
    return runs, datasets, lumisections


def test_as_of_each_version_the_registry_is_what_it_was_then(store):
    dice = random.Random(7)
    answered = {}

    def remember():
        with store.reading() as connection:
            version = store.records.latest_atomic_version(connection)
        answered[version] = everything(store, store.records)

    for run_number in RUNS[:2]:
        create_run(store, run_number)
        remember()
    add_dataset(store, RUNS[0], PROMPT)
    add_dataset(store, RUNS[1], PROMPT)
    for number in range(25):
        edit_one_of_two(store, dice, number)
        remember()
    with store.write("shifter@cern.ch", "hide") as writer:
        writer.add_dataset_event(RUNS[0], PROMPT, deleted=True)
    remember()
    create_run(store, RUNS[2])
    assert len(answered) > 20
    for version, expected in answered.items():
        assert everything(store, store.as_of(version)) == expected, f"as of {version}"


def edit_one_of_two(store, dice, number):
    """Edit a run that is there."""
    while True:
        state = dice.getstate()
        if dice.choice(RUNS) in RUNS[:2]:
            dice.setstate(state)
            return edit(store, dice, f"edit {number}")


def test_before_the_first_version_there_was_nothing(store):
    fill(store)
    runs, datasets, lumisections = everything(store, store.as_of(0))
    assert set(runs.values()) == set(datasets.values()) == {None}
    assert len(set(lumisections.values())) == 1


def test_as_of_the_newest_version_the_registry_is_what_it_is(store):
    fill(store)
    with store.reading() as connection:
        newest = store.records.latest_atomic_version(connection)
    assert everything(store, store.as_of(newest)) == everything(store, store.records)
