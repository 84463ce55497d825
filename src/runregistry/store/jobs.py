"""Jobs and the JSONs they make. A job is a row: claimed with a lease, it survives the worker that dies with it.

A worker holds a job as long as it renews its lease; when the lease runs out the job is anyone's again. Finishing needs the lease,
so that a job is never run to its end twice.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, Row, func, insert, or_, select, update

from runregistry.store import schema
from runregistry.store.documents import decode, encode, now

__all__ = ["ACTIVE", "DONE", "FAILED", "WAITING", "Job", "Jobs"]

WAITING, ACTIVE, DONE, FAILED = "waiting", "active", "done", "failed"
MAX_ATTEMPTS = 5


class Job(NamedTuple):
    """A job as it stands."""

    id: int
    kind: str
    state: str
    payload: dict[str, Any]
    attempts: int
    progress: float
    error: str | None
    created_at: str
    worker: str | None = None


class Jobs:
    """Reads and changes of jobs and generated JSONs, each inside the connection that it is given."""

    def add(self, connection: Connection, kind: str, payload: Mapping[str, Any]) -> Job:
        """Queue a job."""
        stamp = now()
        text = encode(dict(payload))
        query = insert(schema.job).values(kind=kind, state=WAITING, payload=text, attempts=0, progress=0.0, created_at=stamp)
        number = connection.execute(query.returning(schema.job.c.id)).scalar_one()
        return Job(number, kind, WAITING, dict(payload), 0, 0.0, None, stamp)

    def get(self, connection: Connection, number: int) -> Job | None:
        """Return a job; None if there is none."""
        row = connection.execute(select(schema.job).where(schema.job.c.id == number)).first()
        return _job(row) if row else None

    def has_work(self, connection: Connection) -> bool:
        """Whether there is a job that could be claimed: to ask before the lock of writers is taken."""
        return connection.scalar(select(schema.job.c.id).where(_free()).limit(1)) is not None

    def claim(self, connection: Connection, worker: str, lease_s: float) -> Job | None:
        """Take the oldest job that waits, or whose worker is gone; None if there is nothing to do.

        A job that has used up its attempts is marked failed instead.
        """
        query = select(schema.job).where(_free()).order_by(schema.job.c.id).limit(1).with_for_update(skip_locked=True)
        while (row := connection.execute(query).first()) is not None:
            if row.attempts < MAX_ATTEMPTS:
                taken = {"state": ACTIVE, "attempts": row.attempts + 1, "progress": 0.0, "worker": worker}
                self._set(connection, row.id, lease_until=time.time() + lease_s, **taken)
                return _job(row)._replace(**taken)
            self._set(connection, row.id, state=FAILED, error=row.error or "the worker died in every attempt", worker=None)
        return None

    def renew(self, connection: Connection, number: int, worker: str, lease_s: float, progress: float) -> bool:
        """Report progress (0 to 1) and keep the job; False if it is no longer this worker's."""
        table = schema.job
        condition = (table.c.id == number, table.c.worker == worker, table.c.state == ACTIVE)
        values = {"progress": progress, "lease_until": time.time() + lease_s}
        return connection.execute(update(table).where(*condition).values(**values)).rowcount == 1

    def is_held(self, connection: Connection, number: int, worker: str | None) -> bool:
        """Whether a job is still this worker's: asked in the transaction that stores what the job made."""
        table = schema.job
        condition = (table.c.id == number, table.c.worker == worker, table.c.state == ACTIVE)
        return connection.scalar(select(func.count()).select_from(table).where(*condition)) == 1

    def finish(self, connection: Connection, number: int, worker: str) -> bool:
        """Mark a job done; False if it is no longer this worker's, and then nothing of it may be committed."""
        table = schema.job
        condition = (table.c.id == number, table.c.worker == worker, table.c.state == ACTIVE)
        return connection.execute(update(table).where(*condition).values(state=DONE, progress=1.0, error=None)).rowcount == 1

    def fail(self, connection: Connection, number: int, worker: str, error: str) -> None:
        """Give a job back after an error: it waits again, or has failed for good after the last attempt."""
        job = self.get(connection, number)
        if job is None or job.state != ACTIVE:
            return
        state = FAILED if job.attempts >= MAX_ATTEMPTS else WAITING
        table = schema.job
        condition = (table.c.id == number, table.c.worker == worker)
        connection.execute(update(table).where(*condition).values(state=state, error=error, worker=None, progress=0.0))

    def give_back(self, connection: Connection, number: int, worker: str) -> bool:
        """Let go of an interrupted job: it waits again, and the attempt does not count; False if it is not this worker's."""
        table = schema.job
        condition = (table.c.id == number, table.c.worker == worker, table.c.state == ACTIVE)
        values = {"state": WAITING, "worker": None, "attempts": table.c.attempts - 1, "progress": 0.0}
        return connection.execute(update(table).where(*condition).values(**values)).rowcount == 1

    def counts(self, connection: Connection) -> dict[str, int]:
        """Return how many jobs are in each state."""
        rows = connection.execute(select(schema.job.c.state, func.count()).group_by(schema.job.c.state))
        return dict.fromkeys((WAITING, ACTIVE, DONE, FAILED), 0) | {row[0]: row[1] for row in rows}

    def save_json(self, connection: Connection, number: int, row: Mapping[str, Any], document: Mapping[str, Any]) -> None:
        """Store a generated JSON under its job's number; made again, it replaces what was there."""
        table = schema.generated_json
        stamp = now()
        known = connection.scalar(select(func.count()).select_from(table).where(table.c.id == number))
        if known:
            values = {**row, "document": encode(dict(document)), "updated_at": stamp}
            connection.execute(update(table).where(table.c.id == number).values(**values))
        else:
            connection.execute(
                insert(table).values(
                    id=number, deleted=False, created_at=stamp, updated_at=stamp, document=encode(dict(document)), **row
                )
            )

    def get_json(self, connection: Connection, number: int) -> Row[Any] | None:
        """Return a generated JSON, hidden or not; None if there is none."""
        return connection.execute(select(schema.generated_json).where(schema.generated_json.c.id == number)).first()

    def list_jsons(
        self,
        connection: Connection,
        limit: int,
        *,
        before: int | None = None,
        created_by: str | None = None,
        official: bool | None = None,
    ) -> list[Row[Any]]:
        """Return generated JSONs that are not hidden, newest first.

        Parameters
        ----------
        before : int or None
            Only those with a smaller number: the next page of the list.
        created_by, official
            Only those of this owner, of this kind.
        """
        table = schema.generated_json.c
        query = select(schema.generated_json).where(table.deleted.is_(False))
        if before is not None:
            query = query.where(table.id < before)
        if created_by is not None:
            query = query.where(table.created_by == created_by)
        if official is not None:
            query = query.where(table.official.is_(official))
        return list(connection.execute(query.order_by(table.id.desc()).limit(limit)))

    def hide_json(self, connection: Connection, number: int) -> Row[Any]:
        """Take a generated JSON that exists off the lists; it can still be fetched by its number."""
        table = schema.generated_json
        query = update(table).where(table.c.id == number).values(deleted=True, updated_at=now())
        return connection.execute(query.returning(table)).one()

    def without_json(self, connection: Connection, kind: str) -> list[Job]:
        """Return the jobs of a kind that wait, are worked on, or have failed, and whose JSON is not stored; oldest first."""
        table = schema.job.c
        stored = select(schema.generated_json.c.id).where(schema.generated_json.c.id == table.id).exists()
        query = select(schema.job).where(table.kind == kind, table.state.in_((WAITING, ACTIVE, FAILED)), ~stored)
        return [_job(row) for row in connection.execute(query.order_by(table.id))]

    def latest_states(self, connection: Connection, kind: str, limit: int) -> dict[int, tuple[str, float]]:
        """Return state and progress of the newest jobs of a kind, by number, and of all that are not at their end."""
        table = schema.job.c
        newest = connection.scalar(select(func.max(table.id))) or 0
        current = or_(table.id > newest - limit, table.state.in_((WAITING, ACTIVE)))
        query = select(table.id, table.state, table.progress).where(table.kind == kind, current).order_by(table.id)
        return {row.id: (row.state, row.progress) for row in connection.execute(query)}

    def _set(self, connection: Connection, number: int, **values: Any) -> None:
        connection.execute(update(schema.job).where(schema.job.c.id == number).values(**values))


def _free() -> ColumnElement[bool]:
    table = schema.job.c
    return or_(table.state == WAITING, (table.state == ACTIVE) & (table.lease_until < time.time()))


def _job(row: Row[Any]) -> Job:
    fields = (row.attempts, row.progress, row.error, row.created_at, row.worker)
    return Job(row.id, row.kind, row.state, decode(row.payload), *fields)
