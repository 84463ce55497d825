"""What happens to the jobs of the JSON portal, told to whoever listens, whichever process works on them.

The state of the jobs is looked at once a second, for all listeners together; each one is told what changed since it last heard.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from threading import Event, Lock
from typing import Any, NamedTuple

from sqlalchemy import Connection

from runregistry.server.services.portal import JOB_KIND
from runregistry.server.services.portal_shapes import job_object, json_object
from runregistry.store import Store
from runregistry.store.jobs import ACTIVE, DONE, FAILED

__all__ = ["LOOK_EVERY_S", "Notification", "Notifications", "Snapshot"]

LOOK_EVERY_S = 1.0
# A job that came and went between two looks must still be among those that are looked at.
_REMEMBERED = 100

Snapshot = dict[int, tuple[str, float]]


class Notification(NamedTuple):
    """Something that happened to a job.

    Attributes
    ----------
    event : str
        ``new_json_added_to_queue``, ``progress`` or ``completed``, as the service calls them.
    payload : dict
        With the job's ``id``, as text.
    """

    event: str
    payload: dict[str, Any]


class Notifications:
    """Watches the jobs of a store.

    Parameters
    ----------
    store : Store
        Where the jobs are.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._lock = Lock()
        self._seen: tuple[float, Snapshot] = (float("-inf"), {})
        self._closed = Event()

    @property
    def is_closed(self) -> bool:
        """Whether nobody is told anything any more."""
        return self._closed.is_set()

    def close(self) -> None:
        """Have every listener leave, as the registry is about to stop."""
        self._closed.set()

    def look(self) -> Snapshot:
        """Return state and progress of the jobs, at most `LOOK_EVERY_S` old."""
        with self._lock:
            if time.monotonic() - self._seen[0] >= LOOK_EVERY_S:
                with self._store.reading() as connection:
                    states = self._store.jobs.latest_states(connection, JOB_KIND, _REMEMBERED)
                self._seen = (time.monotonic(), states)
            return self._seen[1]

    def between(self, before: Snapshot, after: Snapshot) -> list[Notification]:
        """Return what happened between two looks, by job, each thing once."""
        if before == after:
            return []
        with self._store.reading() as connection:
            return [told for number in sorted(before | after) for told in self._of_job(connection, number, before, after)]

    def _of_job(self, connection: Connection, number: int, before: Snapshot, after: Snapshot) -> Iterator[Notification]:
        old_state, old_progress = before.get(number, ("", 0.0))
        # One that is looked at no longer is at its end, and too old.
        state, progress = after.get(number, (DONE, 1.0))
        if not old_state and (job := self._store.jobs.get(connection, number)) is not None:
            yield Notification("new_json_added_to_queue", {"id": str(number), "job": job_object(job)})
        if state == ACTIVE and progress != old_progress:
            yield Notification("progress", {"id": str(number), "progress": progress})
        is_new = state == DONE and old_state not in (DONE, FAILED)
        if is_new and (row := self._store.jobs.get_json(connection, number)) is not None:
            made = json_object(row)
            result = {key: made[key] for key in ("generated_json", "generated_json_with_dataset_names")}
            yield Notification("completed", {"id": str(number), "result": result})
