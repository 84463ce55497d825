"""Datasets with everything that a rule may ask about them, kept decoded between questions.

An entry is used only while the three versions that it was made from (run, dataset, lumisections) are still those of the
database, so it can't be stale.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator, Sequence
from threading import Lock

from sqlalchemy import Connection

from runregistry.errors import NotFound
from runregistry.filters.similar import similar_to
from runregistry.model import CertifiedDataset, LumisectionColumns
from runregistry.store import CertifiedRow, Store
from runregistry.store.documents import decode

__all__ = ["CertifiedDatasets", "read_certified"]

# About 30 kB each: enough for every dataset of a year, little enough for a laptop.
_KEPT = 4000
_Versions = tuple[int, int, int]


class CertifiedDatasets:
    """The datasets of a store by name, for rules."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._lock = Lock()
        self._kept: OrderedDict[tuple[int, str], tuple[_Versions, CertifiedDataset]] = OrderedDict()

    def matching_names(self, connection: Connection, dataset_name_filter: str) -> list[str]:
        """Return the names of visible datasets that match a filter in SQL's ``SIMILAR TO`` language.

        Raises
        ------
        NotFound
            No name matches.
        UsageError
            The filter is no valid expression.
        """
        pattern = similar_to(dataset_name_filter)
        names = [name for name in self._store.records.visible_names(connection) if pattern.fullmatch(name)]
        if not names:
            raise NotFound("No datasets matched that dataset name")
        return names

    def load(self, connection: Connection, names: list[str]) -> list[CertifiedDataset]:
        """Return all visible datasets of these names, by run number and name."""
        wanted = self._store.records.certified_versions(connection, names)
        with self._lock:
            found = {key: self._kept[key] for key in wanted if key in self._kept and self._kept[key][0] == wanted[key]}
        missing = [key for key in wanted if key not in found]
        fresh = {
            (made.run_number, made.name): (wanted[made.run_number, made.name], made) for made in self._read(connection, missing)
        }
        with self._lock:
            self._kept.update(fresh)
            for key in found:
                if key in self._kept:
                    self._kept.move_to_end(key)
            while len(self._kept) > _KEPT:
                self._kept.popitem(last=False)
        found |= fresh
        return [found[key][1] for key in wanted if key in found]

    def _read(self, connection: Connection, keys: list[tuple[int, str]]) -> Iterator[CertifiedDataset]:
        return read_certified(self._store, connection, keys)


def read_certified(store: Store, connection: Connection, keys: Sequence[tuple[int, str]]) -> Iterator[CertifiedDataset]:
    """Go through datasets by (run_number, name), in any order, hidden ones too; those that do not exist are left out."""
    return map(_certified, store.records.certified(connection, keys))


def _certified(row: CertifiedRow) -> CertifiedDataset:
    return CertifiedDataset(
        row.run_number,
        row.name,
        decode(row.dataset_attributes),
        decode(row.rr_attributes),
        decode(row.oms_attributes),
        LumisectionColumns.decode(row.rr, row.oms),
    )
