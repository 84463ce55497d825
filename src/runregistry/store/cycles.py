"""Certification cycles and the datasets in them. A deleted cycle is kept, and keeps its name."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from sqlalchemy import Connection, delete, func, insert, select, update

from runregistry.store import schema
from runregistry.store.documents import encode, now
from runregistry.store.records import DatasetRecord

__all__ = ["CycleMember", "CycleRow", "Cycles"]

_COUNTER = "cycle"


class CycleRow(NamedTuple):
    """A cycle as stored; its attributes are JSON text."""

    id_cycle: int
    cycle_name: str
    cycle_attributes: str
    deadline: str
    deleted: bool
    created_at: str
    updated_at: str


class CycleMember(NamedTuple):
    """A dataset in a cycle, and since when it is in it."""

    created_at: str
    updated_at: str
    dataset: DatasetRecord


class Cycles:
    """Reads and changes of cycles, each inside the connection that it is given."""

    def visible(self, connection: Connection) -> list[CycleRow]:
        """Return the cycles that are not deleted, by deadline."""
        table = schema.cycle.c
        query = select(schema.cycle).where(table.deleted.is_(False)).order_by(table.deadline, table.id_cycle)
        return [CycleRow(*row) for row in connection.execute(query)]

    def get(self, connection: Connection, number: int) -> CycleRow | None:
        """Return a cycle, deleted or not; None if there is none."""
        row = connection.execute(select(schema.cycle).where(schema.cycle.c.id_cycle == number)).first()
        return CycleRow(*row) if row else None

    def members(self, connection: Connection, number: int | None = None) -> dict[int, list[CycleMember]]:
        """Return the datasets of one cycle, or of each: as they joined, and as they were created; hidden ones too."""
        link, dataset, event = schema.cycle_dataset.c, schema.dataset.c, schema.dataset_event.c
        same_dataset = (link.run_number == dataset.run_number) & (link.name == dataset.name)
        created = (
            select(func.min(event.version))
            .where(event.run_number == link.run_number, event.name == link.name)
            .correlate(schema.cycle_dataset)
            .scalar_subquery()
        )
        columns = [dataset[field] for field in DatasetRecord._fields]
        query = select(link.id_cycle, link.created_at, link.updated_at, *columns).join(schema.dataset, same_dataset)
        query = query.order_by(link.id_cycle, link.created_at, created)
        if number is not None:
            query = query.where(link.id_cycle == number)
        answer: dict[int, list[CycleMember]] = {}
        for row in connection.execute(query):
            answer.setdefault(row[0], []).append(CycleMember(row[1], row[2], DatasetRecord(*row[3:])))
        return answer

    def take_number(self, connection: Connection) -> int:
        """Return a number for a new cycle, which no other one gets, whatever becomes of this one."""
        counter = schema.counter.c
        last = connection.scalar(select(counter.value).where(counter.name == _COUNTER).with_for_update())
        highest = connection.scalar(select(func.max(schema.cycle.c.id_cycle))) or 0
        number = max(last or 0, highest) + 1
        if last is None:
            connection.execute(insert(schema.counter).values(name=_COUNTER, value=number))
        else:
            connection.execute(update(schema.counter).where(counter.name == _COUNTER).values(value=number))
        return number

    def has_name(self, connection: Connection, name: str, *, besides: int | None = None) -> bool:
        """Whether a cycle, deleted or not, has this name; one may be left out."""
        table = schema.cycle.c
        query = select(table.id_cycle).where(table.cycle_name == name, table.id_cycle != (besides or 0))
        return connection.scalar(query.limit(1)) is not None

    def add(self, connection: Connection, number: int, name: str, attributes: Mapping[str, Any], deadline: str) -> None:
        """Add a cycle under a number from `take_number`."""
        stamp = now()
        connection.execute(
            insert(schema.cycle).values(
                id_cycle=number,
                cycle_name=name,
                cycle_attributes=encode(dict(attributes)),
                deadline=deadline,
                deleted=False,
                created_at=stamp,
                updated_at=stamp,
            )
        )

    def change(
        self,
        connection: Connection,
        number: int,
        *,
        name: str | None = None,
        attributes: Mapping[str, Any] | None = None,
        deadline: str | None = None,
        deleted: bool | None = None,
    ) -> None:
        """Change what is given of a cycle."""
        text = None if attributes is None else encode(dict(attributes))
        values = {"cycle_name": name, "cycle_attributes": text, "deadline": deadline, "deleted": deleted}
        given = {key: value for key, value in values.items() if value is not None}
        connection.execute(update(schema.cycle).where(schema.cycle.c.id_cycle == number).values(updated_at=now(), **given))

    def add_datasets(self, connection: Connection, number: int, keys: Iterable[tuple[int, str]]) -> None:
        """Put datasets into a cycle; they must not be in it."""
        stamp = now()
        dates = {"created_at": stamp, "updated_at": stamp}
        rows = [{"id_cycle": number, "run_number": run_number, "name": name} | dates for run_number, name in keys]
        if rows:
            connection.execute(insert(schema.cycle_dataset), rows)

    def remove_datasets(self, connection: Connection, number: int, keys: Iterable[tuple[int, str]]) -> None:
        """Take datasets out of a cycle; those that are not in it are ignored."""
        table = schema.cycle_dataset
        for run_number, name in keys:
            which = (table.c.id_cycle == number, table.c.run_number == run_number, table.c.name == name)
            connection.execute(delete(table).where(*which))
