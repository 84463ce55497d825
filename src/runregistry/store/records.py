"""Single runs and datasets, their lumisections and their histories."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from sqlalchemy import Connection, Row, Table, func, select

from runregistry.model import LumisectionColumns, StoredDataset
from runregistry.store import schema
from runregistry.store.chunks import chunks
from runregistry.store.documents import Values
from runregistry.store.moments import event_number
from runregistry.store.projection import changes_of, merged_lumisections
from runregistry.store.queries import RunRow, is_one_of
from runregistry.terms import ONLINE

__all__ = ["Cache", "DatasetRecord", "Records"]

_CHUNK = 400


class DatasetRecord(NamedTuple):
    """A dataset as stored, without its run; documents are JSON text."""

    run_number: int
    name: str
    dataset_attributes: str
    datasets_in_gui: str
    deleted: bool
    version: int


class Cache(NamedTuple):
    """What follows from a dataset's lumisections; documents are JSON text."""

    version: int
    recorded: float
    delivered: float
    triplet_summary: str
    dcs_summary: str
    rr: str
    oms: str


class Records:
    """Reads of one thing by its key. Every method works inside the connection that it is given."""

    def __init__(self, values: Values) -> None:
        self._values = values

    def run(self, connection: Connection, run_number: int) -> RunRow | None:
        """Return a run, hidden or not; None if there is none."""
        run, cache = schema.run.c, schema.dataset_cache.c
        row = connection.execute(
            select(run.run_number, run.oms_attributes, run.rr_attributes, run.version, run.deleted, cache.triplet_summary)
            .join(schema.dataset_cache, (cache.run_number == run.run_number) & (cache.name == ONLINE))
            .where(run.run_number == run_number)
        ).first()
        return RunRow(*row) if row else None

    def dataset(self, connection: Connection, run_number: int, name: str) -> DatasetRecord | None:
        """Return a dataset, hidden or not; None if there is none."""
        table = schema.dataset.c
        columns = [table[field] for field in DatasetRecord._fields]
        row = connection.execute(select(*columns).where(table.run_number == run_number, table.name == name)).first()
        return DatasetRecord(*row) if row else None

    def dataset_names(self, connection: Connection, run_number: int, *, hidden: bool = False) -> list[str]:
        """Return the names of a run's datasets, ``online`` included."""
        table = schema.dataset.c
        query = select(table.name).where(table.run_number == run_number).order_by(table.name)
        return list(connection.scalars(query if hidden else query.where(table.deleted.is_(False))))

    def visible_datasets(self, connection: Connection) -> Iterator[DatasetRecord]:
        """Go through all datasets that are not hidden, by run number and name."""
        table = schema.dataset.c
        columns = [table[field] for field in DatasetRecord._fields]
        query = select(*columns).where(table.deleted.is_(False)).order_by(table.run_number, table.name)
        return (DatasetRecord(*row) for row in connection.execute(query))

    def visible_names(self, connection: Connection) -> list[str]:
        """Return the distinct names of datasets that are not hidden."""
        table = schema.dataset.c
        return list(connection.scalars(select(table.name).where(table.deleted.is_(False)).distinct().order_by(table.name)))

    def certified_versions(self, connection: Connection, names: Sequence[str]) -> dict[tuple[int, str], tuple[int, int, int]]:
        """Return the versions of run, dataset and lumisections of each visible dataset of these names, by run number and name."""
        run, dataset, cache = schema.run.c, schema.dataset.c, schema.dataset_cache.c
        query = (
            select(dataset.run_number, dataset.name, run.version, dataset.version, cache.version)
            .join(schema.run, run.run_number == dataset.run_number)
            .join(schema.dataset_cache, (cache.run_number == dataset.run_number) & (cache.name == dataset.name))
            .where(dataset.deleted.is_(False))
            .order_by(dataset.run_number, dataset.name)
        )
        wanted = set(names)
        if len(wanted) <= _CHUNK:
            query = query.where(dataset.name.in_(wanted))
        return {(row[0], row[1]): (row[2], row[3], row[4]) for row in connection.execute(query) if row[1] in wanted}

    def certified(self, connection: Connection, keys: Sequence[tuple[int, str]]) -> Iterator[StoredDataset]:
        """Go through datasets by key, in any order, each with everything that a rule may ask about it."""
        run, dataset, cache = schema.run.c, schema.dataset.c, schema.dataset_cache.c
        query = (
            select(
                dataset.run_number,
                dataset.name,
                dataset.dataset_attributes,
                run.rr_attributes,
                run.oms_attributes,
                cache.rr,
                cache.oms,
            )
            .join(schema.run, run.run_number == dataset.run_number)
            .join(schema.dataset_cache, (cache.run_number == dataset.run_number) & (cache.name == dataset.name))
        )
        for chunk in chunks(keys, _CHUNK):
            found = connection.execute(query.where(is_one_of(dataset, chunk)))
            yield from (StoredDataset(*row) for row in found)

    def cache(self, connection: Connection, run_number: int, name: str) -> Cache | None:
        """Return what is summed up from a dataset's lumisections; None for an unknown dataset."""
        table = schema.dataset_cache.c
        columns = [table[field] for field in Cache._fields]
        row = connection.execute(select(*columns).where(table.run_number == run_number, table.name == name)).first()
        return Cache(*row) if row else None

    def lumisections(self, connection: Connection, run_number: int, name: str) -> LumisectionColumns:
        """Return the merged lumisections of a dataset; an unknown dataset of a known run has the run's OMS values only."""
        cache = self.cache(connection, run_number, name)
        if cache is not None:
            return LumisectionColumns.decode(cache.rr, cache.oms)
        online = self.cache(connection, run_number, ONLINE)
        columns = LumisectionColumns()
        if online is not None:
            full = LumisectionColumns.decode(online.rr, online.oms)
            columns.oms, columns.oms_present = full.oms, full.oms_present
        return columns

    def automatic_lumisections(self, connection: Connection, run_number: int, name: str) -> LumisectionColumns:
        """Return a dataset's lumisections merged by version alone: what an automatic update compares itself with."""
        return merged_lumisections(connection, self._values, run_number, name, shifter_priority=False)

    def run_history(self, connection: Connection, run_number: int) -> list[Row[Any]]:
        """Return the events of a run with their versions, oldest first."""
        query = select(schema.run_event, schema.version.c.by, schema.version.c.comment, schema.version.c.created_at)
        return _history(connection, query.join(schema.version), schema.run_event, run_number)

    def rr_history(self, connection: Connection, run_number: int, name: str) -> list[dict[str, Any]]:
        """Return the events of a dataset's components, automatic ones first, each by version."""
        events = self._lumisection_history(connection, schema.rr_change, run_number, [name])
        return sorted(events, key=lambda event: (event["manual_change"], event["version"]))

    def oms_history(self, connection: Connection, run_number: int, name: str) -> list[dict[str, Any]]:
        """Return the events of a dataset's OMS attributes, and of its run's, by version."""
        return self._lumisection_history(connection, schema.oms_change, run_number, sorted({ONLINE, name}))

    def latest_atomic_version(self, connection: Connection) -> int:
        """Return the newest version of the registry; 0 when nothing was ever written."""
        return connection.scalar(select(func.max(schema.version.c.atomic_version))) or 0

    def count_versions(self, connection: Connection) -> int:
        """Return how many versions there are."""
        return connection.scalar(select(func.count()).select_from(schema.version)) or 0

    def versions(self, connection: Connection, offset: int, limit: int) -> list[Row[Any]]:
        """Return versions, newest first."""
        query = select(schema.version).order_by(schema.version.c.atomic_version.desc())
        return list(connection.execute(query.offset(offset).limit(limit)))

    def attributes(self, connection: Connection) -> Iterator[Row[Any]]:
        """Go through all visible datasets, by run number and name: key, attributes, and attributes of the run, as JSON text."""
        run, dataset = schema.run.c, schema.dataset.c
        columns = (dataset.run_number, dataset.name, dataset.dataset_attributes, run.rr_attributes, run.oms_attributes)
        query = select(*columns).join(schema.run, run.run_number == dataset.run_number).where(dataset.deleted.is_(False))
        return iter(connection.execute(query.order_by(dataset.run_number, dataset.name)))

    def luminosity_between(self, connection: Connection, first_run: int, last_run: int) -> tuple[float, float]:
        """Return recorded and delivered luminosity of the ``online`` datasets of a range of runs (closed)."""
        table = schema.dataset_cache.c
        row = connection.execute(
            select(func.sum(table.recorded), func.sum(table.delivered)).where(
                table.name == ONLINE, table.run_number.between(first_run, last_run)
            )
        ).one()
        return float(row[0] or 0), float(row[1] or 0)

    def counts(self, connection: Connection) -> dict[str, int]:
        """Return how much the registry holds."""
        cache = schema.dataset_cache.c
        online = cache.name == ONLINE
        summed = connection.execute(select(func.sum(cache.n_lumisections)).where(online)).scalar()
        return {
            "runs": connection.scalar(select(func.count()).select_from(schema.run)) or 0,
            "datasets": connection.scalar(select(func.count()).select_from(schema.dataset)) or 0,
            "lumisections": int(summed or 0),
            "ranges": int(connection.scalar(select(func.sum(cache.n_ranges))) or 0),
            "events": event_number(connection),
            "versions": connection.scalar(select(func.count()).select_from(schema.version)) or 0,
        }

    def _lumisection_history(
        self, connection: Connection, table: Table, run_number: int, names: list[str]
    ) -> list[dict[str, Any]]:
        query = select(table, schema.version.c.by, schema.version.c.comment, schema.version.c.created_at)
        answer = []
        for row in _history(connection, query.join(schema.version).where(table.c.name.in_(names)), table, run_number):
            for offset, (first, last, value) in enumerate(changes_of(connection, self._values, row.ranges)):
                event = {"version": row.version + offset}
                if table is schema.rr_change:
                    event["manual_change"] = row.manual_change
                answer.append(
                    event
                    | {"run_number": row.run_number, "name": row.name, "start": first, "end": last}
                    | {"by": row.by, "comment": row.comment, "createdAt": row.created_at, "jsonb": value}
                )
        return answer


def _history(connection: Connection, query: Any, table: Table, run_number: int) -> list[Row[Any]]:
    return list(connection.execute(query.where(table.c.run_number == run_number).order_by(table.c.version)))
