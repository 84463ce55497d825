"""The worker: jobs run once to their end, whatever happens to them on the way."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from runregistry.server.worker import Worker
from runregistry.store import Job, Store
from runregistry.store.jobs import DONE, FAILED, MAX_ATTEMPTS, WAITING

Report = Callable[[float], None]


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store(tmp_path / "jobs.sqlite") as store:
        yield store


def queue(store: Store) -> int:
    with store.changing() as connection:
        return store.jobs.add(connection, "json", {"n": 1}).id


def state(store: Store, number: int) -> Job:
    with store.reading() as connection:
        job = store.jobs.get(connection, number)
    assert job is not None
    return job


def test_a_job_is_run_and_done(store: Store) -> None:
    seen: list[Job] = []
    number = queue(store)
    worker = Worker(store, lambda job, report: seen.append(job))
    assert worker.work_once()
    assert not worker.work_once()
    assert [job.payload for job in seen] == [{"n": 1}]
    assert state(store, number).state == DONE


def test_a_job_that_fails_is_tried_again_and_given_up_after_the_last_attempt(store: Store) -> None:
    attempts: list[int] = []

    def fail(job: Job, report: Report) -> None:
        attempts.append(job.attempts)
        raise ValueError("no luck")

    number = queue(store)
    worker = Worker(store, fail)
    assert worker.work_once()
    assert (state(store, number).state, state(store, number).error) == (WAITING, "ValueError: no luck")
    while worker.work_once():
        pass
    assert attempts == list(range(1, MAX_ATTEMPTS + 1))
    assert state(store, number).state == FAILED


def test_a_started_worker_takes_what_is_queued_and_stops_when_told(store: Store) -> None:
    done = threading.Event()
    worker = Worker(store, lambda job, report: done.set())
    others = set(threading.enumerate())
    worker.start()
    worker.start()
    number = queue(store)
    worker.wake()
    assert done.wait(10)
    worker.stop()
    assert state(store, number).state == DONE
    assert set(threading.enumerate()) <= others


def test_two_workers_share_the_jobs(store: Store) -> None:
    seen: list[int] = []
    for _ in range(6):
        queue(store)
    workers = [Worker(store, lambda job, report: seen.append(job.id)) for _ in range(2)]
    threads = [threading.Thread(target=lambda worker=worker: [worker.work_once() for _ in range(6)]) for worker in workers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(seen) == list(range(1, 7))


def test_who_waits_is_told_when_a_job_has_ended(store: Store) -> None:
    worker = Worker(store, lambda job, report: report(0.5))
    queue(store)
    waiting = threading.Thread(target=worker.wait_for_any, args=(10.0,))
    waiting.start()
    worker.start()
    waiting.join(5)
    worker.stop()
    assert not waiting.is_alive()
