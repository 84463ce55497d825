"""The worker: claims jobs, runs them, and keeps its lease while it does.

A worker that dies leaves its job to the next one when the lease runs out; a job that fails is tried again, as often as allowed.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

from runregistry.errors import StoreError
from runregistry.server.poller import holder_name
from runregistry.store import Job, Store

__all__ = ["LEASE_S", "Worker"]

logger = logging.getLogger(__name__)

LEASE_S = 60.0
_IDLE_S = 1.0
_Runner = Callable[[Job, Callable[[float], None]], None]


class Worker:
    """A thread that works on the jobs of a store.

    Parameters
    ----------
    store : Store
        Where the jobs are.
    run : callable
        Does a job: called with the job and with a function that takes the progress, 0 to 1.
    lease_s : float
        How long a job stays this worker's after a sign of life.
    """

    def __init__(self, store: Store, run: _Runner, lease_s: float = LEASE_S) -> None:
        self._store = store
        self._run = run
        self._lease_s = lease_s
        self._name = holder_name()
        self._wake = threading.Event()
        self._stopping = threading.Event()
        self._finished = threading.Condition()
        self._thread: threading.Thread | None = None
        self._job: Job | None = None

    @property
    def is_alive(self) -> bool:
        """Whether the thread runs."""
        return self._thread is not None and self._thread.is_alive()

    def start(self) -> None:
        """Start the thread; a second call does nothing."""
        if self._thread is None:
            self._thread = threading.Thread(target=self._loop, name="runregistry-worker", daemon=True)
            self._thread.start()

    def stop(self, patience_s: float | None = None) -> None:
        """Finish the job at hand, and end the thread.

        Parameters
        ----------
        patience_s : float or None
            How long the job may take; then it is given back for the next worker. None waits for its end.
        """
        self._stopping.set()
        self._wake.set()
        if self._thread is None:
            return
        self._thread.join(patience_s)
        job = self._job
        if self._thread.is_alive() and job is not None:
            logger.warning("job %d is given back: it did not end within %g s", job.id, patience_s)
            with self._store.changing() as connection:
                self._store.jobs.give_back(connection, job.id, self._name)
        self._thread = None

    def wake(self) -> None:
        """Say that there is a new job; without it the worker looks once a second."""
        self._wake.set()

    def wait_for_any(self, timeout_s: float) -> None:
        """Wait until this worker has finished a job, whichever, or until the time is over."""
        with self._finished:
            self._finished.wait(timeout_s)

    def work_once(self) -> bool:
        """Claim one job and run it; False if there was none."""
        with self._store.reading() as connection:
            if not self._store.jobs.has_work(connection):
                return False
        with self._store.changing() as connection:
            job = self._store.jobs.claim(connection, self._name, self._lease_s)
        if job is None:
            return False
        self._job = job
        try:
            self._work_on(job)
        finally:
            self._job = None
            with self._finished:
                self._finished.notify_all()
        return True

    def _work_on(self, job: Job) -> None:
        try:
            with _Lease(self._store, job, self._name, self._lease_s) as lease:
                self._run(job, lease.report)
        except Exception as error:  # whatever a job did wrong, the worker goes on
            logger.exception("job %d failed in attempt %d", job.id, job.attempts)
            with self._store.changing() as connection:
                self._store.jobs.fail(connection, job.id, self._name, f"{type(error).__name__}: {error}")
            return
        with self._store.changing() as connection:
            self._store.jobs.finish(connection, job.id, self._name)

    def _loop(self) -> None:
        while not self._stopping.is_set():
            self._wake.clear()
            try:
                busy = self.work_once()
            except StoreError:
                logger.exception("the worker can't reach the database; it tries again")
                busy = False
            if not busy:
                self._wake.wait(_IDLE_S)


class _Lease:
    """Keeps a job this worker's while it runs."""

    def __init__(self, store: Store, job: Job, name: str, lease_s: float) -> None:
        self._store, self._job, self._name, self._lease_s = store, job, name, lease_s
        self._progress = 0.0
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._keep, name="runregistry-lease", daemon=True)

    def __enter__(self) -> _Lease:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._done.set()
        self._thread.join()

    def report(self, progress: float) -> None:
        """Take the progress; it is stored with the next renewal."""
        self._progress = progress

    def _keep(self) -> None:
        # A quarter of the lease: three renewals may fail before the job is lost. The first comes soon, to show progress.
        pause = min(1.0, self._lease_s / 4)
        while not self._done.wait(pause):
            pause = min(self._lease_s / 4, 2 * pause)
            try:
                with self._store.changing() as connection:
                    self._store.jobs.renew(connection, self._job.id, self._name, self._lease_s, self._progress)
            except StoreError:
                logger.warning("the lease of job %d could not be renewed", self._job.id)
