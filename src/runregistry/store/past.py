"""The registry as it was: runs, datasets and lumisections rebuilt from the events up to a version."""

from __future__ import annotations

from sqlalchemy import Connection, select

from runregistry.model.lumisections import LumisectionColumns
from runregistry.store import schema
from runregistry.store.documents import Values
from runregistry.store.projection import cache_row, dataset_events, dataset_row, merged_lumisections, run_events, run_row
from runregistry.store.queries import RunRow
from runregistry.store.records import DatasetRecord
from runregistry.terms import ONLINE

__all__ = ["Past"]


class Past:
    """Reads of single things as of a version, by the functions that make the projections; made by `Store.as_of`.

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

    def keys(self, connection: Connection) -> list[tuple[int, str]]:
        """Return run number and name of every dataset that there was, hidden or not, in this order."""
        event = schema.dataset_event.c
        query = select(event.run_number, event.name).where(event.atomic_version <= self.atomic_version).distinct()
        return [(row[0], row[1]) for row in connection.execute(query.order_by(event.run_number, event.name))]

    def dataset(self, connection: Connection, run_number: int, name: str) -> DatasetRecord | None:
        """Return a dataset as it was; None if there was none."""
        events = dataset_events(connection, run_number, name, self.atomic_version)
        return DatasetRecord(run_number, name, **dataset_row(events)) if events else None

    def lumisections(self, connection: Connection, run_number: int, name: str) -> LumisectionColumns:
        """Return the merged lumisections of a dataset as they were; see `Records.lumisections`."""
        return merged_lumisections(connection, self._values, run_number, name, as_of=self.atomic_version)
