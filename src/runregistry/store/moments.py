"""When a registry was as it is: what tells two states of its runs, datasets and lumisections apart."""

from __future__ import annotations

import secrets
from typing import NamedTuple

from sqlalchemy import Connection, delete, insert, select

from runregistry.store import schema

__all__ = ["Moment", "event_number", "mark_rebuilt", "moment_of"]

_REBUILT = "rebuilt"
_EVENT_NUMBER = select(schema.counter.c.value).where(schema.counter.c.name == "event")


class Moment(NamedTuple):
    """A state of a registry. Equal in one database only as long as nothing changed; nearly never equal in two.

    Attributes
    ----------
    event : int
        The newest event of a run, a dataset or its lumisections.
    atomic_version, created_at
        The newest version, and when it was made, to the millisecond: another registry may have got as far, but not then.
    rebuilt : str
        Which rebuilding of the projections it was; empty if they never were.
    """

    event: int
    atomic_version: int
    created_at: str
    rebuilt: str


def moment_of(connection: Connection) -> Moment:
    """Return the state that a connection sees."""
    version = schema.version.c
    newest = select(version.atomic_version, version.created_at).order_by(version.atomic_version.desc()).limit(1)
    row = connection.execute(newest).first()
    info = schema.registry_info.c
    rebuilt = connection.scalar(select(info.value).where(info.key == _REBUILT)) or ""
    return Moment(event_number(connection), row.atomic_version if row else 0, row.created_at if row else "", rebuilt)


def event_number(connection: Connection) -> int:
    """Return the number of the newest event of any kind; 0 if there is none."""
    return connection.scalar(_EVENT_NUMBER) or 0


def mark_rebuilt(connection: Connection) -> None:
    """Note that projections were made anew: what was made of the old ones, under the same versions, must not be used again."""
    connection.execute(delete(schema.registry_info).where(schema.registry_info.c.key == _REBUILT))
    connection.execute(insert(schema.registry_info).values(key=_REBUILT, value=secrets.token_hex(8)))
