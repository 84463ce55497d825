"""Versions, and what people call them: which one a number, a time or a tag means; tags, which freeze one under a name."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

from sqlalchemy import Connection, Row, Table, delete, func, insert, select

from runregistry.errors import Conflict, NotFound, UsageError, suggestion
from runregistry.model.as_of import AsOf, PointInTime, read_as_of
from runregistry.store import schema
from runregistry.store.chunks import chunks
from runregistry.store.documents import now

__all__ = ["EVENTS", "Tag", "Versions", "last_event", "last_of"]

EVENTS = (schema.run_event, schema.dataset_event, schema.rr_change, schema.oms_change)
_CHUNK = 500


class Tag(NamedTuple):
    """A name for a version.

    Attributes
    ----------
    name : str
        Unique.
    atomic_version : int
        What it freezes.
    note : str
        Why.
    by, created_at : str
        Who put it there, and when.
    """

    name: str
    atomic_version: int
    note: str
    by: str
    created_at: str


class Versions:
    """Reads and changes of versions and tags, each inside the connection that it is given."""

    def resolve(self, connection: Connection, as_of: AsOf | None) -> int:
        """Return the version that an as-of means; None is the newest, 0 in a registry that has none.

        Raises
        ------
        UsageError
            The registry has no such version: it is before the first or in the future; there is no such tag; it is no as-of.
        """
        newest = connection.scalar(select(func.max(schema.version.c.atomic_version))) or 0
        if as_of is None:
            return newest
        point = read_as_of(as_of)
        if not newest:
            raise UsageError(f"as_of {as_of}: the registry has no versions yet")
        if point.tag is not None:
            return self._of_tag(connection, point.tag)
        if point.time is not None:
            return self._at(connection, point.time)
        return _within(point, newest)

    def get(self, connection: Connection, atomic_version: int) -> Row[Any] | None:
        """Return a version: who, when, why; None if there is none."""
        version = schema.version
        return connection.execute(select(version).where(version.c.atomic_version == atomic_version)).first()

    def named(self, connection: Connection, atomic_versions: Iterable[int]) -> dict[int, Row[Any]]:
        """Return versions by their numbers."""
        version = schema.version
        found: dict[int, Row[Any]] = {}
        for chunk in chunks(sorted(set(atomic_versions)), _CHUNK):
            query = select(version).where(version.c.atomic_version.in_(chunk))
            found |= {row.atomic_version: row for row in connection.execute(query)}
        return found

    def last_event(self, connection: Connection, atomic_version: int) -> int:
        """Return the number of the last event up to a version; 0 if there was none."""
        return last_event(connection, atomic_version)

    def tags(self, connection: Connection, atomic_version: int | None = None) -> list[Tag]:
        """Return the tags, of one version or all: by version and name."""
        tag = schema.tag.c
        query = select(*(tag[name] for name in Tag._fields)).order_by(tag.atomic_version, tag.name)
        if atomic_version is not None:
            query = query.where(tag.atomic_version == atomic_version)
        return [Tag(*row) for row in connection.execute(query)]

    def tag(self, connection: Connection, name: str) -> Tag | None:
        """Return a tag; None if there is none of this name."""
        tag = schema.tag.c
        row = connection.execute(select(*(tag[field] for field in Tag._fields)).where(tag.name == name)).first()
        return Tag(*row) if row else None

    def add_tag(self, connection: Connection, name: str, atomic_version: int, note: str, by: str) -> Tag:
        """Put a tag on a version, inside a writing transaction.

        Raises
        ------
        Conflict
            There is a tag of this name: a tag that moved would freeze nothing.
        """
        found = self.tag(connection, name)
        if found is not None:
            raise Conflict(
                f"there is a tag {name} already, {found.by} put it on version {found.atomic_version} at {found.created_at};"
                " take another name, or delete it first"
            )
        tag = Tag(name, atomic_version, note, by, now())
        connection.execute(insert(schema.tag).values(**tag._asdict()))
        return tag

    def remove_tag(self, connection: Connection, name: str) -> Tag:
        """Take a tag away, inside a writing transaction; the version stays.

        Raises
        ------
        NotFound
            There is none of this name.
        """
        found = self.tag(connection, name)
        if found is None:
            raise NotFound(f"there is no tag {name!r}{self._others(connection, name)}")
        connection.execute(delete(schema.tag).where(schema.tag.c.name == name))
        return found

    def _of_tag(self, connection: Connection, name: str) -> int:
        found = self.tag(connection, name)
        if found is None:
            raise UsageError(f"as_of: there is no tag {name!r}{self._others(connection, name)}")
        return found.atomic_version

    def _others(self, connection: Connection, name: str) -> str:
        names = connection.scalars(select(schema.tag.c.name)).all()
        return suggestion(name, names) or (f"; there are {', '.join(sorted(names)[:5])}" if names else "; there are none")

    def _at(self, connection: Connection, time: str) -> int:
        # A day that has begun is taken as far as it has come.
        present = now()
        if time > present and time[:10] != present[:10]:
            raise UsageError(f"as_of {time} is in the future; it is {present}")
        version = schema.version.c
        # Backwards, and no further than needed: people ask for what was lately.
        query = select(version.atomic_version).where(version.created_at <= time).order_by(version.atomic_version.desc())
        found = connection.scalar(query.limit(1))
        if found is None:
            first = connection.execute(select(schema.version).order_by(version.atomic_version).limit(1)).one()
            raise UsageError(f"as_of {time} is before the first version of this registry, which is of {first.created_at}")
        return int(found)


def last_event(connection: Connection, atomic_version: int) -> int:
    """Return the number of the last event of any kind up to a version; 0 if there was none."""
    return max(last_of(connection, table, atomic_version) for table in EVENTS)


def last_of(connection: Connection, table: Table, atomic_version: int) -> int:
    """Return the number of the last row of a table of events up to a version; 0 if there is none.

    Events are numbered in the order of their versions, so that this goes back no further than the version is old.
    """
    last = table.c.get("last_version", table.c.version)
    query = select(last).where(table.c.atomic_version <= atomic_version).order_by(table.c.version.desc())
    return connection.scalar(query.limit(1)) or 0


def _within(point: PointInTime, newest: int) -> int:
    version = point.version or 0
    if not 1 <= version <= newest:
        raise UsageError(f"as_of must be a version of this registry, 1 to {newest}, not {version}")
    return version
