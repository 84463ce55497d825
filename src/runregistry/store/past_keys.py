"""Which runs and datasets there were, and were not hidden, after a version."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np
from sqlalchemy import Connection, Table, select

from runregistry.filters import TableName
from runregistry.filters.coded import Coded, Memo
from runregistry.store import schema
from runregistry.store.chunks import chunks
from runregistry.store.versions import EVENTS

__all__ = ["PastKeys", "read_keys", "runs_with_later_events"]

_CHUNK = 400
_TABLES: dict[TableName, tuple[Table, Table]] = {
    "runs": (schema.run, schema.run_event),
    "datasets": (schema.dataset, schema.dataset_event),
}
_Key = tuple[int, str]


class PastKeys(NamedTuple):
    """The keys of visible runs or datasets, in the usual order: newest run first, then by name.

    Attributes
    ----------
    run_numbers : numpy.ndarray of int64, shape (n_rows,)
        The run of each.
    names : Coded
        The name of each; of runs always the empty one.
    """

    run_numbers: np.ndarray
    names: Coded

    def __len__(self) -> int:
        return len(self.run_numbers)

    def all(self) -> list[_Key]:
        """Return run number and name of each."""
        return self.of(np.arange(len(self)))

    def of(self, rows: np.ndarray) -> list[_Key]:
        """Return run number and name of some rows."""
        assert self.names.codes is not None
        numbers, codes = self.run_numbers[rows].tolist(), self.names.codes[rows].tolist()
        return [(number, self.names.values[code]) for number, code in zip(numbers, codes, strict=True)]


def read_keys(connection: Connection, table: TableName, atomic_version: int, changed: Collection[int]) -> PastKeys:
    """Return who was there and not hidden after a version.

    Parameters
    ----------
    changed : collection of int
        The runs that have a later event, at least.

    Notes
    -----
    The projections answer for runs that have no later event, the events for the others.
    """
    is_changed = set(changed)
    keys = [key for key in _present(connection, table) if key[0] not in is_changed]
    keys += _past(connection, table, sorted(is_changed), atomic_version)
    keys.sort(key=lambda key: (-key[0], key[1]))
    names = sorted({name for _, name in keys})
    places = {name: place for place, name in enumerate(names)}
    codes = np.fromiter((places[name] for _, name in keys), dtype=np.int32, count=len(keys))
    return PastKeys(np.array([key[0] for key in keys], dtype=np.int64), Coded(codes, names, Memo()))


def runs_with_later_events(connection: Connection, event: int) -> set[int]:
    """Return the runs of which something was said after an event."""
    found: set[int] = set()
    for table in EVENTS:
        found.update(connection.scalars(select(table.c.run_number).where(table.c.version > event).distinct()))
    return found


def _present(connection: Connection, table: TableName) -> Iterator[_Key]:
    projection = _TABLES[table][0].c
    query = select(*_identity(projection)).where(projection.deleted.is_(False))
    return (_key(row) for row in connection.execute(query))


def _past(connection: Connection, table: TableName, run_numbers: Sequence[int], atomic_version: int) -> Iterator[_Key]:
    event = _TABLES[table][1].c
    query = select(*_identity(event), event.deleted).where(event.atomic_version <= atomic_version).order_by(event.version)
    for chunk in chunks(run_numbers, _CHUNK):
        hidden: dict[_Key, bool] = {}
        for row in connection.execute(query.where(event.run_number.in_(chunk))):
            key = _key(row)
            hidden[key] = hidden.get(key, False) if row.deleted is None else row.deleted
        yield from (key for key, is_hidden in hidden.items() if not is_hidden)


def _identity(table: Any) -> list[Any]:
    return [table.run_number, table.name] if "name" in table else [table.run_number]


def _key(row: Any) -> _Key:
    return row.run_number, row.name if "name" in row._fields else ""
