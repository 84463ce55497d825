"""Processes killed at the worst moment: what was acknowledged is there, what was begun is whole or gone, jobs are done once."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path

import pytest
from tests.contention import create_run, problems, write_at_once
from tests.integration.test_cli_registry import serving

from runregistry.store import Store
from runregistry.store.jobs import ACTIVE, DONE

ROUNDS, N_WRITERS, ENDLESS = 3, 4, 10**6
LEASE_S = 1.0
PATIENCE_S = 30

# A worker whose jobs say that they have begun, take as long as they are told, and store what they made as the portal does.
WORKER = """
import sys, time
from runregistry.errors import JobError
from runregistry.server.worker import Worker
from runregistry.store import Store

database, pause_s, name, lease_s = sys.argv[1], float(sys.argv[2]), sys.argv[3], float(sys.argv[4])

def work(job, report):
    print(f"begun {job.attempts}", flush=True)
    time.sleep(pause_s)
    with store.changing() as connection:
        if not store.jobs.is_held(connection, job.id, job.worker):
            print("lost", flush=True)
            raise JobError("not mine any more")
        row = {"dataset_name_filter": "%", "tags": name, "created_by": "x", "official": False, "runregistry_version": 1}
        store.jobs.save_json(connection, job.id, row, {})
    print("stored", flush=True)

with Store(database) as store:
    worker = Worker(store, work, lease_s=lease_s)
    print("ready", flush=True)
    while True:
        if not worker.work_once():
            time.sleep(0.02)
"""


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of an empty database that several processes can open."""
    if request.param == "postgresql":
        return str(request.getfixturevalue("postgres_url"))
    return f"sqlite:///{tmp_path / 'shared.sqlite'}"


def test_what_was_acknowledged_survives_a_server_that_is_killed_while_it_writes(database: str) -> None:
    dice = random.Random()
    acknowledged: list[str] = []
    for number in range(ROUNDS):
        with serving("--database", database) as (process, url):
            if number == 0:
                create_run(url)
            pause_s = dice.uniform(0.0, 0.5)
            fuse = Fuse(process, pause_s)
            written = write_at_once([url], N_WRITERS, ENDLESS, name=f"round {number}", goes_on=fuse.is_alive)
            fuse.killer.join()
        acknowledged += written.acknowledged
        assert problems(database, acknowledged) == [], f"killed after {pause_s} s of round {number}"
    assert len(acknowledged) >= ROUNDS


class Fuse:
    """Kills a server some time after its first answer, however slow the machine is until then."""

    def __init__(self, process: subprocess.Popen[str], pause_s: float) -> None:
        self.killer = threading.Timer(pause_s, process.kill)
        self._process = process
        self._asked = count()
        self._lock = threading.Lock()

    def is_alive(self) -> bool:
        """Asked by each writer before each edit: the first that asks again has had an answer."""
        with self._lock:
            if next(self._asked) == N_WRITERS:
                self.killer.start()
        return self._process.poll() is None


@contextmanager
def working(database: str, pause_s: float, name: str) -> Iterator[subprocess.Popen[str]]:
    """Run a worker in a process of its own, that is ready."""
    command = [sys.executable, "-c", WORKER, database, str(pause_s), name, str(LEASE_S)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
        try:
            assert said(process) == "ready"
            yield process
        finally:
            process.kill()


def said(process: subprocess.Popen[str]) -> str:
    """The next line that a worker prints."""
    assert process.stdout is not None
    return process.stdout.readline().strip()


def queued(store: Store) -> int:
    with store.changing() as connection:
        return store.jobs.add(connection, "json", {}).id


def until_done(store: Store, number: int) -> tuple[int, str]:
    """Wait for the end of a job; return how often it was begun, and who stored what it made."""
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline:
        with store.reading() as connection:
            job, made = store.jobs.get(connection, number), store.jobs.get_json(connection, number)
        assert job is not None
        if job.state == DONE:
            assert made is not None
            return job.attempts, made.tags
        time.sleep(0.02)
    raise AssertionError(f"job {number} was not done within {PATIENCE_S} s")


def test_the_job_of_a_worker_that_is_killed_is_done_by_another_once_its_lease_is_over(database: str) -> None:
    with Store(database) as store:
        number = queued(store)
        with working(database, 3600, "first") as first:
            assert said(first) == "begun 1"
            first.kill()
            first.wait()
        with store.reading() as connection:
            job = store.jobs.get(connection, number)
            assert job is not None
            assert job.state == ACTIVE
        with working(database, 0, "second") as second:
            assert said(second) == "begun 2"
            assert until_done(store, number) == (2, "second")


def test_a_worker_that_wakes_up_after_its_lease_can_not_end_a_job_that_another_has_done(database: str) -> None:
    with Store(database) as store, working(database, 0.3, "sleeper") as sleeper:
        number = queued(store)
        assert said(sleeper) == "begun 1"
        os.kill(sleeper.pid, signal.SIGSTOP)
        try:
            with working(database, 0, "other") as other:
                assert said(other) == "begun 2"
                assert until_done(store, number) == (2, "other")
        finally:
            os.kill(sleeper.pid, signal.SIGCONT)
        assert said(sleeper) == "lost"
        assert until_done(store, number) == (2, "other")


def test_a_job_that_takes_longer_than_its_lease_stays_with_a_worker_that_is_alive(database: str) -> None:
    with Store(database) as store, working(database, 2.5 * LEASE_S, "slow") as slow:
        number = queued(store)
        assert said(slow) == "begun 1"
        with working(database, 0, "idle"):
            assert until_done(store, number) == (1, "slow")
