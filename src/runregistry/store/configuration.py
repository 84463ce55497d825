"""Classifiers, accepted datasets, permissions and workspaces: configuration whose every state is kept.

An item is never changed. An edit ends the old one and adds a new one with a new id, both in one transaction under one row of
settings, so that what was in force at any time can be told.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from sqlalchemy import Connection, Row, func, insert, select, update

from runregistry.errors import Conflict, NotFound
from runregistry.store import schema
from runregistry.store.documents import decode, encode, now

__all__ = ["Configuration", "Item", "SettingsRow", "WorkspaceRow"]

# Old Run Registry texts, which the web front end shows as they are.
_EDITED_TWICE = "You are trying to edit an item multiple times, please refresh the page and try again"
_UNKNOWN_ITEM = "Item trying to delete does not exists"


class Item(NamedTuple):
    """One item of a family: its fields, its number, and since when it is."""

    id: int
    fields: dict[str, Any]
    created_at: str


class WorkspaceRow(NamedTuple):
    """A workspace of one half of the registry, with its columns as ``(id, name, created_at, updated_at)``."""

    id: int
    workspace: str
    online_or_offline: str
    created_at: str
    updated_at: str
    columns: list[Row[Any]]


class SettingsRow(NamedTuple):
    """The newest change of configuration, and for each family how often it was changed since the registry's first settings."""

    id: int
    by: str
    created_at: str
    lists: dict[str, int]


class Configuration:
    """Reads and changes of configuration, each inside the connection that it is given."""

    def items(self, connection: Connection, family: str) -> list[Item]:
        """Return the items of a family that are in force, in the order in which they came."""
        table = schema.config_item.c
        query = select(table.id, table.document, table.created_at).where(table.family == family, table.active_to.is_(None))
        return [Item(row.id, decode(row.document), row.created_at) for row in connection.execute(query.order_by(table.id))]

    def stamp(self, connection: Connection) -> int:
        """Return a number that grows with every change of configuration."""
        return connection.scalar(select(func.max(schema.settings.c.id))) or 0

    def current_settings(self, connection: Connection) -> SettingsRow:
        """Return the newest change; the list of a family is numbered from 1 and gets a new number with each change of it."""
        table, item = schema.settings.c, schema.config_item.c
        row = connection.execute(select(schema.settings).order_by(table.id.desc()).limit(1)).first()
        first = connection.scalar(select(func.min(table.id)))
        stamps: dict[str, set[int]] = {}
        for family, start, end in connection.execute(select(item.family, item.active_from, item.active_to)):
            stamps.setdefault(family, set()).update({start, end} - {None, first})
        lists = defaultdict(lambda: 1, {family: len(changes) + 1 for family, changes in stamps.items()})
        return SettingsRow(row.id, row.by, row.created_at, lists) if row else SettingsRow(0, "", "", lists)

    def add(self, connection: Connection, family: str, fields: Mapping[str, Any], by: str) -> Item:
        """Add an item."""
        return self._insert(connection, family, fields, self._settings(connection, by))

    def load(self, connection: Connection, families: Mapping[str, Sequence[Mapping[str, Any]]], by: str) -> None:
        """Add many items of many families as one change; an item that brings an ``id`` keeps it."""
        stamp, created_at = self._settings(connection, by), now()
        rows = []
        for family, items in families.items():
            highest = self._highest(connection, family)
            for fields in items:
                number = fields["id"] if fields.get("id") is not None else highest + 1
                highest = max(highest, number)
                document = encode({key: value for key, value in fields.items() if key != "id"})
                own = {"family": family, "id": number, "document": document}
                rows.append(own | {"active_from": stamp, "created_at": created_at})
        if rows:
            connection.execute(insert(schema.config_item), rows)

    def replace(self, connection: Connection, family: str, number: int, fields: Mapping[str, Any], by: str) -> Item:
        """Put a new item, with a new id, in the place of one that is in force.

        Raises
        ------
        Conflict
            The item is not in force: someone else edited or removed it first.
        """
        stamp = self._settings(connection, by)
        if not self._end(connection, family, number, stamp):
            raise Conflict(_EDITED_TWICE)
        return self._insert(connection, family, fields, stamp)

    def remove(self, connection: Connection, family: str, number: int, by: str) -> Item:
        """End an item; return what it was.

        Raises
        ------
        NotFound
            No such item is in force.
        """
        found = [item for item in self.items(connection, family) if item.id == number]
        if not found:
            raise NotFound(_UNKNOWN_ITEM)
        self._end(connection, family, number, self._settings(connection, by))
        return found[0]

    def workspaces(self, connection: Connection, half: str) -> list[WorkspaceRow]:
        """Return the workspaces of ``online`` or ``offline``, by name, each with its columns."""
        space, column = schema.workspace.c, schema.workspace_column.c
        columns: dict[int, list[Row[Any]]] = {}
        for row in connection.execute(select(schema.workspace_column).order_by(column.id)):
            columns.setdefault(row.id_workspace, []).append(row)
        rows = connection.execute(
            select(schema.workspace).where(space.online_or_offline == half).order_by(space.workspace, space.id)
        )
        return [
            WorkspaceRow(row.id, row.workspace, row.online_or_offline, row.created_at, row.updated_at, columns.get(row.id, []))
            for row in rows
        ]

    def add_workspaces(
        self, connection: Connection, workspaces: Sequence[Mapping[str, Any]], columns: Sequence[Mapping[str, Any]]
    ) -> None:
        """Add workspaces and columns with the ids that they bring."""
        stamp = now()
        dates = {"created_at": stamp, "updated_at": stamp}
        if workspaces:
            wanted = ("id", "workspace", "online_or_offline")
            connection.execute(insert(schema.workspace), [{key: row[key] for key in wanted} | dates for row in workspaces])
        if columns:
            wanted = ("id", "id_workspace", "name")
            connection.execute(insert(schema.workspace_column), [{key: row[key] for key in wanted} | dates for row in columns])

    def is_empty(self, connection: Connection) -> bool:
        """Whether nothing was ever configured."""
        return connection.scalar(select(func.count()).select_from(schema.workspace)) == 0

    def _settings(self, connection: Connection, by: str) -> int:
        result = connection.execute(insert(schema.settings).values(by=by, created_at=now()).returning(schema.settings.c.id))
        return int(result.scalar_one())

    def _highest(self, connection: Connection, family: str) -> int:
        table = schema.config_item.c
        return connection.scalar(select(func.max(table.id)).where(table.family == family)) or 0

    def _insert(self, connection: Connection, family: str, fields: Mapping[str, Any], stamp: int) -> Item:
        table = schema.config_item
        number, created_at = self._highest(connection, family) + 1, now()
        connection.execute(
            insert(table).values(
                family=family, id=number, active_from=stamp, created_at=created_at, document=encode(dict(fields))
            )
        )
        return Item(number, dict(fields), created_at)

    def _end(self, connection: Connection, family: str, number: int, stamp: int) -> bool:
        table = schema.config_item
        condition = (table.c.family == family, table.c.id == number, table.c.active_to.is_(None))
        return connection.execute(update(table).where(*condition).values(active_to=stamp)).rowcount == 1
