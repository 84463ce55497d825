"""The registry's database as one object."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager

from sqlalchemy import Connection

from runregistry.store.configuration import Configuration
from runregistry.store.connections import USUAL_PATIENCE, Patience
from runregistry.store.cycles import Cycles
from runregistry.store.database import Database
from runregistry.store.documents import Values
from runregistry.store.jobs import Jobs
from runregistry.store.leases import Leases
from runregistry.store.mirrored import Mirrored
from runregistry.store.moments import event_number
from runregistry.store.past import Past
from runregistry.store.past_lists import PastLists
from runregistry.store.queries import Queries
from runregistry.store.records import Records
from runregistry.store.versions import Versions
from runregistry.store.writer import Writer

__all__ = ["Store"]


class Store:
    """A registry's events and what follows from them, on SQLite or PostgreSQL.

    Parameters
    ----------
    database : str or path
        ``sqlite:///file.db``, ``sqlite://`` (in memory), ``postgresql://user@host/name``, or the path of a SQLite file. An empty
        database gets its tables.
    patience : Patience
        How long to wait for what.
    as_mirror : bool
        See `runregistry.store.database.Database`.

    Attributes
    ----------
    queries : Queries
        Filtered, sorted, paged lists of runs and datasets.
    records : Records
        Single runs, datasets, lumisections and histories.
    configuration : Configuration
        Classifiers, accepted datasets, permissions, workspaces.
    jobs : Jobs
        Jobs and generated JSONs.
    cycles : Cycles
        Certification cycles.
    leases : Leases
        What only one process may do at a time.
    mirrored : Mirrored
        What a mirror keeps, and claims to hold.
    versions : Versions
        Versions and tags, and which version a number, a time or a tag means.
    past_lists : PastLists
        Lists as of a version; `as_of` reads single things.

    Examples
    --------
    >>> with Store("sqlite://") as store:
    ...     with store.write("auto@auto", "run 355100 creation") as writer:
    ...         _ = writer.add_run_event(355100, oms={"energy": 6799}, rr={"class": "Collisions22"})
    ...         _ = writer.add_dataset_event(355100, "online")
    ...     with store.reading() as connection:
    ...         store.records.run(connection, 355100).rr_attributes
    '{"class":"Collisions22"}'
    """

    def __init__(self, database: str | os.PathLike[str], *, patience: Patience = USUAL_PATIENCE, as_mirror: bool = False) -> None:
        self.database = Database(database, patience=patience, as_mirror=as_mirror)
        self.values = Values()
        self.queries = Queries(self.database)
        self.records = Records(self.values)
        self.configuration = Configuration()
        self.jobs = Jobs()
        self.cycles = Cycles()
        self.leases = Leases()
        self.mirrored = Mirrored()
        self.versions = Versions()
        self.past_lists = PastLists(self.queries)

    def __enter__(self) -> Store:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close every connection."""
        self.database.close()

    def reading(self) -> AbstractContextManager[Connection]:
        """Open a connection that sees one snapshot."""
        return self.database.reading()

    def changing(self) -> AbstractContextManager[Connection]:
        """Open a writing transaction without a version: for configuration and jobs, which keep their own history."""
        return self.database.writing()

    @contextmanager
    def write(self, by: str, comment: str) -> Iterator[Writer]:
        """Open a writing transaction with a version; see `runregistry.store.writer`.

        Parameters
        ----------
        by : str
            The author. One that begins with ``auto@auto`` makes automatic changes, which never outrank a person's.
        comment : str
            Why.

        Raises
        ------
        StoreConflict
            Another writer held the database too long. Nothing was stored.
        """
        undone = self.values.forgotten_on_failure
        # Inside, before the lock is given back: the next writer may get the numbers that this one gave to other values.
        with undone(), self.database.writing() as connection, undone():
            writer = Writer(connection, self.values, by, comment)
            yield writer
            writer.finish()

    def as_of(self, atomic_version: int) -> Past:
        """Return what reads runs, datasets and lumisections as they were after a version.

        Parameters
        ----------
        atomic_version : int
            The last version that counts; see `Versions.resolve`.

        Examples
        --------
        >>> with Store("sqlite://") as store:
        ...     for energy in (0, 6799):
        ...         with store.write("auto@auto", "from OMS") as writer:
        ...             _ = writer.add_run_event(355100, oms={"energy": energy})
        ...     with store.reading() as connection:
        ...         [store.as_of(version).run(connection, 355100).oms_attributes for version in (1, 2)]
        ['{"energy":0}', '{"energy":6799}']
        """
        return Past(self.values, atomic_version)

    def event_number(self, connection: Connection) -> int:
        """Return the number of the newest event: it grows with every change of runs, datasets and lumisections."""
        return event_number(connection)
