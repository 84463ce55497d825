"""The only way to change a registry: one transaction, a version that says who and why, events, and their projections.

    with store.write(by="shifter@cern.ch", comment="mark run 355100 significant") as writer:
        writer.add_run_event(355100, rr={"significant": True})

At the end of the block every entity that got an event is projected again, and everything is committed together. An exception
inside the block leaves the database as it was.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Table, insert, select, update

from runregistry.errors import NotFound, StoreCorrupt
from runregistry.lumis.steps import Step
from runregistry.store import schema
from runregistry.store.chunks import chunks
from runregistry.store.documents import Values, encode, now
from runregistry.store.projection import project_cache, project_dataset, project_run, touch_cache
from runregistry.terms import AUTOMATIC_AUTHOR, ONLINE

__all__ = ["Writer"]

# OMS values that differ in nearly every lumisection: kept beside the range, so that the rest of the value is stored once.
_VOLATILE = ("recorded", "delivered")
_CHUNK = 500


class Writer:
    """A writing transaction. Made by `Store.write`, which commits or rolls back.

    Attributes
    ----------
    connection : sqlalchemy.Connection
        The transaction, for reads that must see what was just written.
    atomic_version : int
        The version that the next events belong to.
    """

    def __init__(self, connection: Connection, values: Values, by: str, comment: str) -> None:
        self.connection = connection
        self._values = values
        self._runs: dict[int, None] = {}
        self._datasets: dict[tuple[int, str], None] = {}
        self._caches: dict[tuple[int, str], int] = {}
        # Whose lumisections changed; and the runs of whose ``online`` dataset they did, as other datasets inherit from it.
        self._changed: set[tuple[int, str]] = set()
        self._changed_runs: set[int] = set()
        # Locking the counter first makes writers wait for each other, on both databases.
        locked = select(schema.counter.c.value).where(schema.counter.c.name == "event").with_for_update()
        found = connection.scalar(locked)
        if found is None:
            raise StoreCorrupt("the registry has lost its event counter; restore the database from a backup")
        self.version = int(found)
        self.start_version(by, comment)

    def start_version(self, by: str, comment: str) -> int:
        """Begin another version in the same transaction; later events belong to it."""
        self.by = by
        self.created_at = now()
        result = self.connection.execute(
            insert(schema.version)
            .values(by=by, comment=comment, created_at=self.created_at)
            .returning(schema.version.c.atomic_version)
        )
        self.atomic_version = int(result.scalar_one())
        return self.atomic_version

    @property
    def is_manual(self) -> bool:
        """Whether the author is a person: manual changes outrank automatic ones for ever."""
        return not self.by.startswith(AUTOMATIC_AUTHOR)

    def add_run_event(
        self, run_number: int, *, oms: Mapping[str, Any] | None = None, rr: Mapping[str, Any] | None = None
    ) -> dict[str, Any]:
        """Record a change of a run's attributes; return the event as the service shows it."""
        row = {
            "version": self._next(),
            "run_number": run_number,
            "oms_metadata": encode(dict(oms or {})),
            "rr_metadata": encode(dict(rr or {})),
            "deleted": False,
            "manual_change": self.is_manual,
        }
        self.connection.execute(insert(schema.run_event).values(atomic_version=self.atomic_version, **row))
        self._runs[run_number] = None
        return row | {"oms_metadata": dict(oms or {}), "rr_metadata": dict(rr or {})}

    def add_dataset_event(
        self,
        run_number: int,
        name: str,
        attributes: Mapping[str, Any] | None = None,
        *,
        in_gui: Sequence[str] = (),
        deleted: bool | None = None,
    ) -> dict[str, Any]:
        """Record a change of a dataset's attributes; return the event as the service shows it.

        Parameters
        ----------
        deleted : bool or None
            None leaves a hidden dataset hidden and a visible one visible.
        """
        row = {"version": self._next(), "run_number": run_number, "name": name, "deleted": deleted}
        self.connection.execute(
            insert(schema.dataset_event).values(
                atomic_version=self.atomic_version,
                dataset_metadata=encode(dict(attributes or {})),
                datasets_in_gui=encode(list(in_gui)),
                **row,
            )
        )
        self._datasets[(run_number, name)] = None
        self._caches[(run_number, name)] = self.version
        more = {"dataset_metadata": dict(attributes or {}), "datasets_in_gui": list(in_gui), "deleted": bool(deleted)}
        return row | more

    def add_rr_changes(self, run_number: int, name: str, changes: Sequence[Step]) -> tuple[int, int]:
        """Record ranges of components: each ``(first, last, {component: triplet})``.

        Returns
        -------
        tuple of int
            Version of the last event, and the number of its value.
        """
        return self._add_changes(schema.rr_change, run_number, name, changes, manual_change=self.is_manual)

    def add_oms_changes(self, run_number: int, name: str, changes: Sequence[Step]) -> tuple[int, int]:
        """Record ranges of OMS attributes: each ``(first, last, {attribute: value})``; see `add_rr_changes`."""
        return self._add_changes(schema.oms_change, run_number, name, changes)

    def finish(self) -> None:
        """Project every entity that got an event, and store the counter. Called once, before the commit.

        Raises
        ------
        NotFound
            An event belongs to a run or dataset that the registry does not have.
        """
        self._complete()
        for run_number in self._runs:
            project_run(self.connection, run_number)
        for run_number, name in self._datasets:
            project_dataset(self.connection, run_number, name)
        for key, version in self._with_heirs().items():
            # What concerns attributes alone leaves the lumisections as they are; there may be thousands of such changes.
            if key in self._changed or key[0] in self._changed_runs or not touch_cache(self.connection, *key, version):
                project_cache(self.connection, self._values, *key, version)
        self.connection.execute(update(schema.counter).where(schema.counter.c.name == "event").values(value=self.version))

    def _complete(self) -> None:
        """Give each new run its ``online`` dataset; refuse events whose run or dataset does not exist, as no list shows them."""
        numbers = sorted({*self._runs, *(run_number for run_number, _ in self._caches)})
        runs, datasets = set(self._runs), set(self._datasets)
        run, dataset = schema.run.c, schema.dataset.c
        for chunk in chunks(numbers, _CHUNK):
            runs.update(self.connection.scalars(select(run.run_number).where(run.run_number.in_(chunk))))
            found = self.connection.execute(select(dataset.run_number, dataset.name).where(dataset.run_number.in_(chunk)))
            datasets.update((row.run_number, row.name) for row in found)
        for run_number in self._runs:
            if (run_number, ONLINE) not in datasets:
                self.add_dataset_event(run_number, ONLINE)
                datasets.add((run_number, ONLINE))
        for run_number, name in self._caches:
            if run_number not in runs:
                raise NotFound(f"run {run_number} is not in the registry; create the run before its dataset {name}")
            if (run_number, name) not in datasets:
                raise NotFound(f"run {run_number} has no dataset {name}; create the dataset before its lumisections")

    def _with_heirs(self) -> dict[tuple[int, str], int]:
        """Add the datasets that inherit OMS values from an ``online`` dataset that changed."""
        affected = dict(self._caches)
        datasets = schema.dataset.c
        for (run_number, name), version in self._caches.items():
            if name == ONLINE:
                names = self.connection.scalars(select(datasets.name).where(datasets.run_number == run_number))
                for heir in names.all():
                    affected[(run_number, heir)] = max(version, affected.get((run_number, heir), 0))
        return affected

    def _add_changes(self, table: Table, run_number: int, name: str, changes: Sequence[Step], **more: Any) -> tuple[int, int]:
        if not changes:
            return self.version, 0
        volatile = [{key: value[key] for key in _VOLATILE if key in value} for _, _, value in changes]
        plain = [
            {key: item for key, item in value.items() if key not in extra} if extra else value
            for (_, _, value), extra in zip(changes, volatile, strict=True)
        ]
        ids = self._values.ids(self.connection, plain)
        ranges = [
            [first, last, number, extra] if extra else [first, last, number]
            for (first, last, _), number, extra in zip(changes, ids, volatile, strict=True)
        ]
        first_version = self.version + 1
        self.version += len(changes)
        self.connection.execute(
            insert(table).values(
                version=first_version,
                last_version=self.version,
                atomic_version=self.atomic_version,
                run_number=run_number,
                name=name,
                ranges=encode(ranges),
                **more,
            )
        )
        self._caches[(run_number, name)] = self.version
        self._changed.add((run_number, name))
        if name == ONLINE and table is schema.oms_change:
            self._changed_runs.add(run_number)
        return self.version, ids[-1]

    def _next(self) -> int:
        self.version += 1
        return self.version
