"""Datasets with everything that a rule may ask about them, kept in columns between questions.

What was read is used only while the three versions that it was made from (run, dataset, lumisections) are still those of the
database, so it can't be stale. Columns are kept in files beside a SQLite database too: see `runregistry.engine.kept`.
"""

from __future__ import annotations

import os
from collections import OrderedDict
from collections.abc import Iterable, Iterator, Sequence
from threading import Lock
from typing import Final, NamedTuple

from sqlalchemy import Connection

from runregistry.engine import Snapshot
from runregistry.engine.kept import ColumnFiles, Kept
from runregistry.engine.leaf import reads
from runregistry.engine.sources import Source, changes_within_run, is_column
from runregistry.engine.stored import Stored, decoded
from runregistry.errors import NotFound, StoreConflict
from runregistry.filters.similar import similar_to
from runregistry.logic import Rule
from runregistry.model import CertifiedDataset, StoredDataset
from runregistry.store import Store
from runregistry.store.moments import Moment, moment_of
from runregistry.store.schema import SCHEMA_VERSION

__all__ = ["BESIDE", "CertifiedDatasets", "names_that_match", "read_certified"]

BESIDE: Final = ""
"""The folder of columns that belongs to a SQLite file."""


# Every dataset of a year or two, little enough for a laptop.
_KEPT_CHARACTERS = 200_000_000
_KEPT_SNAPSHOTS = 4
_Key = tuple[int, str]
_Versions = tuple[int, int, int]


class _Kept(NamedTuple):
    """A snapshot, and what it was made from."""

    moment: Moment
    versions: dict[_Key, _Versions]
    origin: Kept
    snapshot: Snapshot


class CertifiedDatasets:
    """The datasets of a store by name, for rules.

    Parameters
    ----------
    store : Store
        The registry.
    folder : path, optional
        Where columns are kept; by default in the folder ``<database>.columns`` beside a SQLite file, and nowhere for others.
        None keeps them in memory only.
    """

    def __init__(self, store: Store, folder: str | os.PathLike[str] | None = BESIDE) -> None:
        self._store = store
        self._file = store.database.file
        self._folder = (self._file and f"{self._file}.columns") if folder == BESIDE else folder
        self._lock = Lock()
        self._rows = _Rows()
        self._snapshots: OrderedDict[tuple[str, ...], _Kept] = OrderedDict()
        self._visible: tuple[Moment, list[str]] | None = None

    def matching_names(self, connection: Connection, dataset_name_filter: str) -> list[str]:
        """Return the names of visible datasets that match a filter in SQL's ``SIMILAR TO`` language.

        Raises
        ------
        NotFound
            No name matches.
        UsageError
            The filter is no valid expression.
        """
        return names_that_match(self._visible_names(connection), dataset_name_filter)

    def snapshot(self, connection: Connection, names: Sequence[str], rule: Rule | None = None) -> Snapshot:
        """Return all visible datasets of these names, by run number and name, as the connection sees them.

        Parameters
        ----------
        rule : Rule, optional
            What it will be asked. Columns that this rule does not need, nor luminosity, may then be read later, by a connection
            of their own.

        Notes
        -----
        While nothing changes in the registry it is one and the same, with all columns that any rule has read so far. After a
        change, only datasets that it concerns are read again.
        """
        moment, key = moment_of(connection), tuple(names)
        with self._lock:
            kept = self._snapshots.get(key)
        if kept is None or kept.moment != moment:
            versions = self._store.records.certified_versions(connection, names)
            if kept is not None and kept.versions == versions and kept.moment.rebuilt == moment.rebuilt:
                kept = kept._replace(moment=moment)
            else:
                kept = self._new(key, moment, versions)
        if not kept.origin.has(_needed(rule) if rule else [()]):
            kept.origin.fill(self._read(connection, kept))
        with self._lock:
            self._snapshots[key] = kept
            self._snapshots.move_to_end(key)
            while len(self._snapshots) > _KEPT_SNAPSHOTS:
                self._snapshots.popitem(last=False)
        return kept.snapshot

    def _new(self, names: tuple[str, ...], moment: Moment, versions: dict[_Key, _Versions]) -> _Kept:
        def read() -> Stored:
            with self._store.reading() as connection:
                now = moment_of(connection)
                if now.rebuilt != moment.rebuilt or self._store.records.certified_versions(connection, names) != versions:
                    raise StoreConflict("the registry has changed since the rule was first evaluated; evaluate it again")
                return self._read(connection, kept)

        state = repr((SCHEMA_VERSION, self._identity(), moment, list(versions.items())))
        files = ColumnFiles(self._folder, state)
        origin = Kept([run_number for run_number, _ in versions], [name for _, name in versions], files, read)
        kept = _Kept(moment, versions, origin, Snapshot(origin))
        return kept

    def _identity(self) -> tuple[int, ...]:
        """Return what tells a SQLite file from another one that came into its place."""
        if self._file is None:
            return ()
        found = os.stat(self._file)
        return found.st_dev, found.st_ino

    def _read(self, connection: Connection, kept: _Kept) -> Stored:
        versions, rebuilt = kept.versions, kept.moment.rebuilt
        with self._lock:
            found = self._rows.known(versions, rebuilt)
        missing = [key for key in versions if key not in found]
        fresh = {(row.run_number, row.name): row for row in self._store.records.certified(connection, missing)}
        with self._lock:
            self._rows.keep(fresh, versions, rebuilt)
        found |= fresh
        return Stored([found[key] for key in versions])

    def _visible_names(self, connection: Connection) -> list[str]:
        moment, visible = moment_of(connection), self._visible
        if visible is None or visible[0] != moment:
            visible = self._visible = moment, self._store.records.visible_names(connection)
        return visible[1]


class _Rows:
    """Texts of datasets, with the versions that they were read at; those that were not asked for longest are forgotten."""

    def __init__(self) -> None:
        self._kept: OrderedDict[_Key, tuple[tuple[_Versions, str], StoredDataset]] = OrderedDict()
        self._size = 0

    def known(self, versions: dict[_Key, _Versions], rebuilt: str) -> dict[_Key, StoredDataset]:
        """Return those that are still as they were."""
        found = {}
        for key, wanted in versions.items():
            if key in self._kept and self._kept[key][0] == (wanted, rebuilt):
                found[key] = self._kept[key][1]
                self._kept.move_to_end(key)
        return found

    def keep(self, rows: dict[_Key, StoredDataset], versions: dict[_Key, _Versions], rebuilt: str) -> None:
        """Remember rows that were just read."""
        for key, row in rows.items():
            self._forget(key)
            self._kept[key] = (versions[key], rebuilt), row
            self._size += _characters(row)
        while self._size > _KEPT_CHARACTERS:
            self._forget(next(iter(self._kept)))

    def _forget(self, key: _Key) -> None:
        if key in self._kept:
            self._size -= _characters(self._kept.pop(key)[1])


def _needed(rule: Rule) -> Iterator[Source]:
    """Return what a rule, and the luminosities of what passes, are made from; the empty source if that is everything."""
    yield from (source if is_column(source) or not changes_within_run(source) else () for source in reads([rule]))
    yield from (("lumisection", "oms", name) for name in ("recorded", "delivered"))


def _characters(row: StoredDataset) -> int:
    return sum(len(text) for text in row[1:])


def names_that_match(names: Iterable[str], dataset_name_filter: str) -> list[str]:
    """Return those names that match a filter; errors as of `CertifiedDatasets.matching_names`."""
    pattern = similar_to(dataset_name_filter)
    found = [name for name in names if pattern.fullmatch(name)]
    if not found:
        raise NotFound("No datasets matched that dataset name")
    return found


def read_certified(store: Store, connection: Connection, keys: Sequence[_Key]) -> Iterator[CertifiedDataset]:
    """Go through datasets by (run_number, name), in any order, hidden ones too; those that do not exist are left out."""
    return map(decoded, store.records.certified(connection, keys))
