"""Where a registry's facts are kept: events, and what follows from them, on SQLite or PostgreSQL."""

from runregistry.store.configuration import Item
from runregistry.store.jobs import Job
from runregistry.store.queries import DatasetRow, RunRow
from runregistry.store.records import DatasetRecord
from runregistry.store.store import Store
from runregistry.store.writer import Writer

__all__ = ["DatasetRecord", "DatasetRow", "Item", "Job", "RunRow", "Store", "Writer"]
