"""A whole registry in one file, and back: between SQLite and PostgreSQL, and from an older release to this one.

The file is gzipped text, a JSON value a line. Format 1:

    {"format": "runregistry export", "format_version": 1, "schema": "2", "release": "4.0.0", "created_at": "…"}
    {"table": "version", "columns": ["atomic_version", "by", "comment", "created_at"]}
    [1, "auto@auto", "run 355100 creation", "…"]          a row, in the order of the columns; documents are texts that hold JSON
    {"end_of": "version", "rows": 1, "digest": "…"}
    …                                                     every table, those that others refer to first
    {"end_of": "export", "tables": 18}

``digest`` is the sum of the SHA-256 of all lines of rows, as numbers, modulo 2²⁵⁶: it does not depend on their order. Ids and
event numbers are kept. What belongs to a database rather than to the registry (its schema's number, leases of processes) stays
out.
"""

from __future__ import annotations

import gzip
import hashlib
import zlib
from collections.abc import Callable, Iterator, Sequence
from typing import Any, BinaryIO

import msgspec
from sqlalchemy import Connection, MetaData, Table, func, insert, select, update

from runregistry.errors import StoreCorrupt, UsageError
from runregistry.store import schema
from runregistry.store.database import Database
from runregistry.store.documents import decode, now
from runregistry.store.migrations import migrate
from runregistry.version import __version__

__all__ = ["export_registry", "import_registry"]

FORMAT, FORMAT_VERSION = "runregistry export", 1
_BATCH = 1000
_OF_THE_DATABASE = frozenset({schema.registry_info.name, schema.alembic_version.name})
_encode = msgspec.json.Encoder().encode


class _Digest:
    """How many rows there were, and the sum of their hashes."""

    def __init__(self) -> None:
        self.rows = 0
        self._sum = 0

    def add(self, line: bytes) -> None:
        self.rows += 1
        self._sum += int.from_bytes(hashlib.sha256(line).digest())

    def closing(self, table: str) -> dict[str, Any]:
        return {"end_of": str(table), "rows": self.rows, "digest": f"{self._sum % 2**256:064x}"}


def export_registry(connection: Connection, stream: BinaryIO, progress: Callable[[int], None] = lambda _: None) -> dict[str, int]:
    """Write everything that a registry holds, as one snapshot; return how many rows each table has.

    Parameters
    ----------
    connection : sqlalchemy.Connection
        A reading transaction.
    stream : binary file
        Where the gzipped text goes.
    progress : callable
        Called with the number of rows written so far.
    """
    counts: dict[str, int] = {}
    with gzip.GzipFile(fileobj=stream, mode="wb", compresslevel=6, mtime=0, filename="") as out:
        head = {"format": FORMAT, "format_version": FORMAT_VERSION, "schema": schema.SCHEMA_VERSION}
        _write(out, head | {"release": __version__, "created_at": now()})
        for table in _tables(schema.metadata):
            _write(out, {"table": str(table.name), "columns": _column_names(table)})
            digest = _Digest()
            for line in _lines(connection, table):
                out.write(line + b"\n")
                digest.add(line)
            _write(out, digest.closing(table.name))
            counts[table.name] = digest.rows
            progress(sum(counts.values()))
        _write(out, {"end_of": "export", "tables": len(counts)})
    return counts


def import_registry(database: Database, stream: BinaryIO, progress: Callable[[int], None] = lambda _: None) -> dict[str, int]:
    """Fill an empty registry from a file, in one transaction; return how many rows each table has.

    Every table is read back and compared with the file before anything is committed.

    Raises
    ------
    UsageError
        The registry is not empty, or the file was made by a newer release. Nothing was stored.
    StoreCorrupt
        The file is no export, or damaged. Nothing was stored.
    """
    lines = _parsed(stream)
    head = _head(next(lines, None))
    with database.altering() as connection:
        _check_empty(connection, database.name)
        if head["schema"] != schema.SCHEMA_VERSION:
            schema.metadata.drop_all(connection)
            migrate(connection, head["schema"])
        counts = _load(connection, lines, progress)
        if head["schema"] != schema.SCHEMA_VERSION:
            migrate(connection)
        if not database.is_sqlite:
            _set_sequences(connection)
    return counts


def _tables(metadata: MetaData) -> list[Table]:
    return [table for table in metadata.sorted_tables if table.name not in _OF_THE_DATABASE]


def _column_names(table: Table) -> list[str]:
    return [str(column.name) for column in table.columns]


def _write(out: gzip.GzipFile, value: object) -> None:
    out.write(_encode(value) + b"\n")


def _lines(connection: Connection, table: Table) -> Iterator[bytes]:
    query = select(table).order_by(*table.primary_key)
    return (_encode(list(row)) for row in connection.execute(query, execution_options={"yield_per": _BATCH}))


def _parsed(stream: BinaryIO) -> Iterator[tuple[bytes, Any]]:
    """Go through the lines of a file, each as it is and decoded."""
    try:
        with gzip.GzipFile(fileobj=stream, mode="rb") as text:
            for line in text:
                yield line.rstrip(b"\n"), decode(line)
    except (EOFError, zlib.error, gzip.BadGzipFile, msgspec.DecodeError) as error:
        raise StoreCorrupt(f"the file is no export of a registry, or was damaged: {error}; nothing was stored") from error


def _head(first: tuple[bytes, Any] | None) -> dict[str, str]:
    head = first[1] if first else None
    if not isinstance(head, dict) or head.get("format") != FORMAT:
        raise StoreCorrupt("the file is no export of a registry; nothing was stored")
    number = str(head.get("schema"))
    if head.get("format_version") != FORMAT_VERSION or not number.isdecimal() or int(number) > int(schema.SCHEMA_VERSION):
        raise UsageError(
            f"the file was written by runregistry {head.get('release')}, in format {head.get('format_version')} with schema"
            f" {number}; this release reads format {FORMAT_VERSION} with schemas up to {schema.SCHEMA_VERSION}"
        )
    return {"schema": number}


def _check_empty(connection: Connection, name: str) -> None:
    for table in _tables(_reflected(connection)):
        rows = select(func.count()).select_from(table)
        if table.name == schema.counter.name:
            rows = rows.where(table.c.value > 0)
        if found := connection.scalar(rows):
            raise UsageError(
                f"{name} is not empty: its table {table.name} has {found} rows; import into a new database, which"
                " runregistry admin import makes itself"
            )


def _load(connection: Connection, lines: Iterator[tuple[bytes, Any]], progress: Callable[[int], None]) -> dict[str, int]:
    tables = {table.name: table for table in _tables(_reflected(connection))}
    counts: dict[str, int] = {}
    for _, opening in lines:
        if not isinstance(opening, dict) or opening.keys() == {"end_of", "tables"}:
            if opening != {"end_of": "export", "tables": len(tables)} or counts.keys() != tables.keys():
                break
            return counts
        name = opening.get("table")
        if name not in tables or opening.get("columns") != _column_names(tables[name]):
            raise StoreCorrupt(f"the file has a table that its schema does not have: {opening!r}; nothing was stored")
        counts[name] = _load_table(connection, tables[name], lines, lambda done: progress(sum(counts.values()) + done))
    raise StoreCorrupt("the file ends before the end of the export; nothing was stored")


def _reflected(connection: Connection) -> MetaData:
    """The tables as they are: those of the file's schema, which may be an older one."""
    found = MetaData()
    found.reflect(connection)
    return found


def _load_table(connection: Connection, table: Table, lines: Iterator[tuple[bytes, Any]], progress: Callable[[int], None]) -> int:
    names = _column_names(table)
    digest = _Digest()
    batch: list[dict[str, Any]] = []
    for line, value in lines:
        if isinstance(value, dict):
            _insert(connection, table, batch)
            _verify(connection, table, value, digest)
            return digest.rows
        digest.add(line)
        batch.append(dict(zip(names, value, strict=True)))
        if len(batch) == _BATCH:
            _insert(connection, table, batch)
            batch.clear()
            progress(digest.rows)
    raise StoreCorrupt(f"the file ends within the table {table.name}; nothing was stored")


def _insert(connection: Connection, table: Table, rows: Sequence[dict[str, Any]]) -> None:
    if table.name == schema.counter.name:
        # The row that every writer locks: it is there already, and must stay the same one.
        for row in rows:
            connection.execute(update(table).where(table.c.name == row["name"]).values(value=row["value"]))
    elif rows:
        connection.execute(insert(table), rows)


def _verify(connection: Connection, table: Table, closing: dict[str, Any], read: _Digest) -> None:
    stored = _Digest()
    for line in _lines(connection, table):
        stored.add(line)
    for what, digest in (("read from the file", read), ("stored", stored)):
        if digest.closing(table.name) != closing:
            raise StoreCorrupt(
                f"what was {what} of the table {table.name} is not what was exported: {digest.rows} rows of"
                f" {closing.get('rows')}, or another content; nothing was stored"
            )


def _set_sequences(connection: Connection) -> None:
    """Let PostgreSQL count on from the highest id of each table."""
    for table in schema.metadata.sorted_tables:
        column = table.autoincrement_column
        if column is not None:
            highest = connection.scalar(select(func.max(column))) or 0
            sequence = func.pg_get_serial_sequence(table.name, column.name)
            connection.execute(select(func.setval(sequence, highest + 1, False)))
