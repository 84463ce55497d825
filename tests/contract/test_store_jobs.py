"""Jobs: taken with a lease, given back when the worker is gone, finished once. And the JSONs that they make."""

from __future__ import annotations

import pytest

from runregistry.store.jobs import ACTIVE, DONE, FAILED, MAX_ATTEMPTS, WAITING

GONE = -1.0  # a lease that has run out when it is given


def add(store, payload=None):
    with store.changing() as connection:
        return store.jobs.add(connection, "json", payload or {"tags": "a"}).id


def claim(store, worker="w1", lease_s=60.0):
    with store.changing() as connection:
        return store.jobs.claim(connection, worker, lease_s)


def call(store, method, *arguments):
    with store.changing() as connection:
        return getattr(store.jobs, method)(connection, *arguments)


def test_a_new_job_waits(store):
    job = call(store, "get", add(store, {"rule": [1, None]}))
    assert (job.state, job.attempts, job.progress, job.payload) == (WAITING, 0, 0.0, {"rule": [1, None]})


def test_an_unknown_job_is_none(store):
    assert call(store, "get", 99) is None


def test_numbers_of_jobs_grow(store):
    assert add(store) < add(store)


def test_nothing_to_do_is_none(store):
    assert claim(store) is None


def test_the_oldest_job_is_taken_first_and_once(store):
    first, second = add(store), add(store)
    taken = [claim(store, "w1"), claim(store, "w2"), claim(store, "w3")]
    assert [job and job.id for job in taken] == [first, second, None]
    assert taken[0].state == ACTIVE
    assert taken[0].attempts == 1


def test_a_job_is_finished_by_its_holder_alone(store):
    number = add(store)
    claim(store, "w1")
    assert not call(store, "finish", number, "w2")
    assert call(store, "get", number).state == ACTIVE
    assert call(store, "finish", number, "w1")
    assert (call(store, "get", number).state, call(store, "get", number).progress) == (DONE, 1.0)


def test_a_job_is_finished_once(store):
    number = add(store)
    claim(store)
    assert call(store, "finish", number, "w1")
    assert not call(store, "finish", number, "w1")
    assert claim(store) is None


def test_progress_is_told_while_the_lease_is_renewed(store):
    number = add(store)
    claim(store, "w1", GONE)
    assert call(store, "renew", number, "w1", 60.0, 0.5)
    assert call(store, "get", number).progress == 0.5
    assert claim(store, "w2") is None


def test_a_job_whose_lease_ran_out_is_taken_again(store):
    number = add(store)
    claim(store, "w1", GONE)
    again = claim(store, "w2")
    assert (again.id, again.attempts) == (number, 2)


def test_a_worker_that_lost_its_job_can_neither_renew_nor_finish_nor_fail_it(store):
    number = add(store)
    claim(store, "w1", GONE)
    claim(store, "w2")
    assert not call(store, "renew", number, "w1", 60.0, 0.9)
    assert not call(store, "finish", number, "w1")
    call(store, "fail", number, "w1", "too late")
    job = call(store, "get", number)
    assert (job.state, job.error, job.progress) == (ACTIVE, None, 0.0)


def test_a_failed_job_waits_again_with_its_error(store):
    number = add(store)
    claim(store)
    call(store, "renew", number, "w1", 60.0, 0.5)
    call(store, "fail", number, "w1", "no OMS")
    job = call(store, "get", number)
    assert (job.state, job.error, job.attempts, job.progress) == (WAITING, "no OMS", 1, 0.0)


def test_a_job_fails_for_good_after_the_last_attempt(store):
    number = add(store)
    for attempt in range(1, MAX_ATTEMPTS + 1):
        assert claim(store).attempts == attempt
        call(store, "fail", number, "w1", f"error {attempt}")
    job = call(store, "get", number)
    assert (job.state, job.error) == (FAILED, f"error {MAX_ATTEMPTS}")
    assert claim(store) is None


def test_a_job_whose_worker_dies_every_time_fails(store):
    number, other = add(store), add(store)
    for _ in range(MAX_ATTEMPTS):
        assert claim(store, "w1", GONE).id == number
    assert claim(store).id == other
    job = call(store, "get", number)
    assert (job.state, job.error) == (FAILED, "the worker died in every attempt")


def test_a_finished_job_can_not_fail(store):
    number = add(store)
    claim(store)
    call(store, "finish", number, "w1")
    call(store, "fail", number, "w1", "late")
    assert (call(store, "get", number).state, call(store, "get", number).error) == (DONE, None)


def test_a_claim_that_is_undone_gives_the_job_back(store):
    number = add(store)
    with pytest.raises(ZeroDivisionError), store.changing() as connection:
        assert store.jobs.claim(connection, "w1", 60.0).id / 0
    assert claim(store, "w2").id == number


def row(**more):
    fields = {"dataset_name_filter": "%", "tags": "", "created_by": "a@cern.ch", "official": False, "runregistry_version": 7}
    return fields | more


def test_a_json_is_kept_under_its_jobs_number(store):
    number = add(store)
    call(store, "save_json", number, row(), {"generated_json": {"1": [[1, 2]]}})
    found = call(store, "get_json", number)
    assert (found.id, found.deleted, found.document) == (number, False, '{"generated_json":{"1":[[1,2]]}}')


def test_a_json_made_again_replaces_the_first(store):
    number = add(store)
    call(store, "save_json", number, row(), {"generated_json": {}})
    created = call(store, "get_json", number).created_at
    call(store, "save_json", number, row(runregistry_version=8), {"generated_json": {"2": []}})
    found = call(store, "get_json", number)
    assert (found.runregistry_version, found.document, found.created_at) == (8, '{"generated_json":{"2":[]}}', created)


def test_an_unknown_json_is_none(store):
    assert call(store, "get_json", 5) is None
