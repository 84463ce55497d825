"""The registry as it was: runs, datasets and lumisections made from the events up to a version.

What has not changed since is what the projections say; the rest is made anew by the functions that make the projections. So the
cost grows with what changed since, and not with the registry.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from sqlalchemy import Connection, Table, select

from runregistry.model import LumisectionColumns, StoredDataset
from runregistry.store import schema
from runregistry.store.chunks import chunks
from runregistry.store.documents import Values
from runregistry.store.projection import cache_row, dataset_events, dataset_row, merged_lumisections, run_events, run_row
from runregistry.store.queries import DatasetRow, RunRow
from runregistry.store.records import DatasetRecord
from runregistry.store.replay import Derived, derive
from runregistry.store.selections import DatasetDetail
from runregistry.store.versions import EVENTS, last_of
from runregistry.terms import ONLINE

__all__ = ["Past"]

_RUNS_AT_ONCE = 100
_RUN_FIELDS = ("oms_attributes", "rr_attributes", "version", "deleted")
_DATASET_FIELDS = ("dataset_attributes", "datasets_in_gui", "deleted", "version")
_SUMMARIES = ("triplet_summary", "dcs_summary")
_Key = tuple[int, str]


class Past:
    """Reads as of a version; made by `Store.as_of`.

    Attributes
    ----------
    atomic_version : int
        The last version that counts.
    """

    def __init__(self, values: Values, atomic_version: int) -> None:
        self._values = values
        self.atomic_version = atomic_version

    def run(self, connection: Connection, run_number: int) -> RunRow | None:
        """Return a run as it was; None if there was none."""
        events = run_events(connection, run_number, self.atomic_version)
        if not events:
            return None
        row = run_row(events)
        summary = cache_row(self.lumisections(connection, run_number, ONLINE))["triplet_summary"]
        return RunRow(run_number=run_number, triplet_summary=summary, **row)

    def dataset(self, connection: Connection, run_number: int, name: str) -> DatasetRecord | None:
        """Return a dataset as it was; None if there was none."""
        events = dataset_events(connection, run_number, name, self.atomic_version)
        return DatasetRecord(run_number, name, **dataset_row(events)) if events else None

    def lumisections(self, connection: Connection, run_number: int, name: str) -> LumisectionColumns:
        """Return the merged lumisections of a dataset as they were; see `Records.lumisections`."""
        return merged_lumisections(connection, self._values, run_number, name, as_of=self.atomic_version)

    def runs(self, connection: Connection, run_numbers: Iterable[int]) -> Iterator[RunRow]:
        """Go through runs by number, ascending; those that were not there are left out."""
        for _, derived in self._derived(connection, sorted(set(run_numbers)), ("triplet_summary",), only=ONLINE):
            for (run_number,), row in derived.runs.items():
                summary = derived.caches.get((run_number, ONLINE), {}).get("triplet_summary", "{}")
                yield RunRow(run_number=run_number, triplet_summary=summary, **_some(row, _RUN_FIELDS))

    def datasets(self, connection: Connection, keys: Sequence[_Key]) -> Iterator[DatasetRow]:
        """Go through datasets by key, ascending, with the attributes of their runs; those that were not there are left out."""
        for key, run, dataset, cache in self._certifiable(connection, keys, _SUMMARIES):
            attributes = {name: run[name] for name in ("rr_attributes", "oms_attributes")}
            own = {**_some(dataset, _DATASET_FIELDS), **attributes, **_some(cache, _SUMMARIES)}
            yield DatasetRow(run_number=key[0], name=key[1], **own)

    def details(self, connection: Connection, keys: Sequence[_Key]) -> Iterator[DatasetDetail]:
        """Go through datasets by key, ascending, each with its run and all that follows from its lumisections."""
        names = ("version", "recorded", "delivered", "triplet_summary", "dcs_summary", "rr", "oms")
        for key, run, dataset, cache in self._certifiable(connection, keys, names):
            own = {name: dataset[name] for name in _DATASET_FIELDS}
            attributes = {name: run[name] for name in ("rr_attributes", "oms_attributes")}
            summed = {name: cache[name] for name in names[1:]}
            yield DatasetDetail(run_number=key[0], name=key[1], cache_version=cache["version"], **own, **attributes, **summed)

    def certified(self, connection: Connection, keys: Sequence[_Key]) -> Iterator[StoredDataset]:
        """Go through datasets by key, ascending, each with everything that a rule may ask about it."""
        for key, run, dataset, cache in self._certifiable(connection, keys, ("rr", "oms")):
            attributes = (dataset["dataset_attributes"], run["rr_attributes"], run["oms_attributes"])
            yield StoredDataset(*key, *attributes, cache["rr"], cache["oms"])

    def luminosity_between(self, connection: Connection, first_run: int, last_run: int) -> tuple[float, float]:
        """Return recorded and delivered luminosity of the ``online`` datasets of a range of runs (closed)."""
        run = schema.run.c.run_number
        numbers = connection.scalars(select(run).where(run.between(first_run, last_run)).order_by(run)).all()
        found = self._derived(connection, numbers, ("recorded", "delivered"), only=ONLINE)
        caches = [derived.caches[number, ONLINE] for number, derived in found if (number, ONLINE) in derived.caches]
        return sum(cache["recorded"] for cache in caches), sum(cache["delivered"] for cache in caches)

    def _certifiable(
        self, connection: Connection, keys: Sequence[_Key], of_cache: Sequence[str]
    ) -> Iterator[tuple[_Key, dict[str, Any], dict[str, Any], dict[str, Any]]]:
        """Go through datasets that had a run: key, and the rows of run, dataset and cache."""
        wanted: dict[int, list[str]] = {}
        for run_number, name in sorted(set(keys)):
            wanted.setdefault(run_number, []).append(name)
        for run_number, derived in self._derived(connection, list(wanted), of_cache):
            run = derived.runs.get((run_number,))
            for name in wanted[run_number]:
                dataset = derived.datasets.get((run_number, name))
                if run is not None and dataset is not None:
                    yield (run_number, name), run, dataset, derived.caches[run_number, name]

    def _derived(
        self, connection: Connection, run_numbers: Sequence[int], of_cache: Sequence[str], *, only: str | None = None
    ) -> Iterator[tuple[int, Derived]]:
        """Go through runs, in their order, with the rows that the projections had.

        Parameters
        ----------
        of_cache : sequence of str
            The columns that are wanted of caches.
        only : str or None
            Whose caches are wanted; then no datasets are.
        """
        bounds = [(table, last_of(connection, table, self.atomic_version)) for table in EVENTS] if run_numbers else []
        for chunk in chunks(run_numbers, _RUNS_AT_ONCE):
            changed = _changed(connection, chunk, bounds)
            anew = dict(derive(connection, self._values, sorted(changed), self.atomic_version))
            stored = _stored(connection, [number for number in chunk if number not in changed], of_cache, only)
            yield from ((number, anew[number] if number in changed else stored[number]) for number in chunk)


def _changed(connection: Connection, run_numbers: Sequence[int], bounds: Iterable[tuple[Table, int]]) -> set[int]:
    """Return which of some runs have events after the bounds; an index answers that alone."""
    found: set[int] = set()
    for table, last in bounds:
        later = select(table.c.run_number).where(table.c.run_number.in_(run_numbers), table.c.version > last)
        found.update(connection.scalars(later.distinct()))
    return found


def _stored(connection: Connection, run_numbers: Sequence[int], of_cache: Sequence[str], only: str | None) -> dict[int, Derived]:
    """Read the projections of some runs."""
    found = {number: Derived({}, {}, {}) for number in run_numbers}
    run, dataset, cache = schema.run.c, schema.dataset.c, schema.dataset_cache.c
    runs = select(run.run_number, *(run[name] for name in _RUN_FIELDS))
    datasets = select(dataset.run_number, dataset.name, *(dataset[name] for name in _DATASET_FIELDS))
    caches = select(cache.run_number, cache.name, *(cache[name] for name in of_cache))
    if only is not None:
        caches = caches.where(cache.name == only)
    queries = [(0, runs, run), (2, caches, cache), *([(1, datasets, dataset)] if only is None else [])]
    for place, query, table in queries:
        for row in connection.execute(query.where(table.run_number.in_(run_numbers))):
            fields = row._asdict()
            key = (row.run_number,) if place == 0 else (row.run_number, row.name)
            found[row.run_number][place][key] = {name: fields[name] for name in list(fields)[len(key) :]}
    return found


def _some(row: dict[str, Any], names: Sequence[str]) -> dict[str, Any]:
    return {name: row[name] for name in names}
