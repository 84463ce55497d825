"""Making the projections anew from the events."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sqlalchemy import Connection, delete, insert

from runregistry.store.documents import Values
from runregistry.store.moments import mark_rebuilt
from runregistry.store.replay import PROJECTIONS, derive, run_number_chunks

__all__ = ["rebuild"]


def rebuild(connection: Connection, progress: Callable[[int], None] = lambda _: None) -> dict[str, int]:
    """Make every row of every projection anew, inside a writing transaction; return how many rows each has.

    Servers that have the registry open do not notice in their lists: they must be started again if `check` had found differences.
    Columns that rules are evaluated on are made anew; see `Moment`.

    Parameters
    ----------
    progress : callable
        Called with the number of runs done so far.
    """
    values = Values()
    counts = dict.fromkeys((table.name for table in PROJECTIONS), 0)
    done = 0
    for chunk in run_number_chunks(connection):
        derived = [rows for _, rows in derive(connection, values, chunk)]
        for place, table in enumerate(PROJECTIONS):
            connection.execute(delete(table).where(table.c.run_number.in_(chunk)))
            keys = [column.name for column in table.primary_key]
            rows: list[dict[str, Any]] = [
                dict(zip(keys, key, strict=True)) | row for each in derived for key, row in each[place].items()
            ]
            if rows:
                connection.execute(insert(table), rows)
            counts[table.name] += len(rows)
        done += len(chunk)
        progress(done)
    mark_rebuilt(connection)
    return counts
