"""Certification cycles: which datasets are to be certified by when."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import msgspec
from sqlalchemy import Connection

from runregistry.errors import Conflict, NotFound, RunRegistryError, UsageError
from runregistry.server.services.selection import failing_as, select_keys
from runregistry.server.services.shapes import dataset_object
from runregistry.server.services.values import integer
from runregistry.store import Store
from runregistry.store.cycles import CycleMember, CycleRow
from runregistry.terms import GLOBAL, ONLINE

__all__ = [
    "add_datasets",
    "create_cycle",
    "cycle_object",
    "delete_cycle",
    "edit_cycle",
    "known_cycle",
    "list_cycles",
    "remove_datasets",
]

_MOST_DATASETS = 1000
_NO_DATASET = "No dataset found for filter criteria, select at least 1 dataset"
_TOO_MANY = f"Too much datasets for cycle, maximum is {_MOST_DATASETS}"
_CYCLE_STATES = ("pending", "completed")


def list_cycles(store: Store) -> list[dict[str, Any]]:
    """Return the cycles that are not deleted, by deadline, each with its datasets."""
    with store.reading() as connection:
        cycles, members = store.cycles.visible(connection), store.cycles.members(connection)
    answer = []
    for row in cycles:
        joined = members.get(row.id_cycle, [])
        answer.append(cycle_object(row, joined) | {"datasets": [dataset_object(member.dataset) for member in joined]})
    return answer


def create_cycle(store: Store, body: Mapping[str, Any]) -> dict[str, Any]:
    """Create a cycle of the datasets that a filter matches; return it.

    Parameters
    ----------
    body : mapping
        ``cycle_name``, ``cycle_attributes`` (``global_state`` at least), ``deadline``, ``filter``.

    Notes
    -----
    compat: a number is used up even by a cycle that is refused, as by the service's sequence (``tests/conformance``).
    """
    name, attributes, deadline = _checked(body)
    with store.changing() as connection:
        number = store.cycles.take_number(connection)
    with failing_as("Error creating cycle: "):
        keys = _some_keys(store, body)
        if any(dataset_name == ONLINE for _, dataset_name in keys):
            raise UsageError("Online dataset cannot be part of a cycle")
        with store.changing() as connection:
            if store.cycles.has_name(connection, name):
                raise Conflict("SequelizeUniqueConstraintError: Validation error") from _name_taken(name)
            store.cycles.add(connection, number, name, attributes, deadline)
            store.cycles.add_datasets(connection, number, keys)
            return read_cycle(store, connection, number)


def edit_cycle(store: Store, body: Mapping[str, Any]) -> dict[str, Any]:
    """Replace name, attributes and deadline of a cycle; return it."""
    name, attributes, deadline = _checked(body)
    number = cycle_number(body)
    with store.changing() as connection:
        known_cycle(store, connection, number)
        if store.cycles.has_name(connection, name, besides=number):
            raise Conflict("Validation error") from _name_taken(name)
        store.cycles.change(connection, number, name=name, attributes=attributes, deadline=deadline)
        return read_cycle(store, connection, number)


def delete_cycle(store: Store, body: Mapping[str, Any]) -> dict[str, Any]:
    """Delete a cycle; its datasets stay. Return it, without them."""
    number = cycle_number(body)
    with store.changing() as connection:
        row = store.cycles.get(connection, number)
        if row is not None and row.deleted:
            raise Conflict("Cycle already deleted")
        known_cycle(store, connection, number)
        store.cycles.change(connection, number, deleted=True)
        found = store.cycles.get(connection, number)
    assert found is not None
    return _plain_cycle(found)


def add_datasets(store: Store, body: Mapping[str, Any]) -> dict[str, Any]:
    """Put the datasets that a filter matches into a cycle; ``online`` ones, and those that are in it, are left out. Return it."""
    number, keys = cycle_number(body), _some_keys(store, body)
    with store.changing() as connection:
        known_cycle(store, connection, number)
        there = {_key(member) for member in store.cycles.members(connection, number).get(number, [])}
        store.cycles.add_datasets(connection, number, [key for key in keys if key[1] != ONLINE and key not in there])
        return read_cycle(store, connection, number)


def remove_datasets(store: Store, body: Mapping[str, Any]) -> dict[str, Any]:
    """Take the datasets that a filter matches out of a cycle; all of them must be in it. Return it as it is then."""
    number, keys = cycle_number(body), select_keys(store, body, none=_NO_DATASET)
    with store.changing() as connection:
        known_cycle(store, connection, number)
        there = {_key(member) for member in store.cycles.members(connection, number).get(number, [])}
        for run_number, name in keys:
            if (run_number, name) not in there:
                raise Conflict(
                    f"Error deleting runs from cycle: Dataset {run_number}, {name} is not in the Cycle's datasets, please make"
                    " sure the datasets you are deleting from the cycle are in the cycle."
                )
        store.cycles.remove_datasets(connection, number, keys)
        return read_cycle(store, connection, number)


def read_cycle(store: Store, connection: Connection, number: int) -> dict[str, Any]:
    """Return a ``CycleObject``."""
    return cycle_object(known_cycle(store, connection, number), store.cycles.members(connection, number).get(number, []))


def known_cycle(store: Store, connection: Connection, number: int) -> CycleRow:
    """Return a cycle that is not deleted.

    Raises
    ------
    NotFound
        There is none.
    """
    row = store.cycles.get(connection, number)
    if row is None or row.deleted:
        raise NotFound(f"Cycle {number} does not exist")
    return row


def cycle_number(body: Mapping[str, Any]) -> int:
    """Read ``id_cycle`` from a body."""
    return integer(body.get("id_cycle"), "id_cycle")


def cycle_object(row: CycleRow, members: Sequence[CycleMember]) -> dict[str, Any]:
    """Return a ``CycleObject`` of a cycle and its datasets."""
    return _plain_cycle(row) | {
        "CycleDataset": [
            {
                "id_cycle": row.id_cycle,
                "run_number": member.dataset.run_number,
                "name": member.dataset.name,
                "createdAt": member.created_at,
                "updatedAt": member.updated_at,
                "Datasets": [dataset_object(member.dataset)],
            }
            for member in members
        ]
    }


def _plain_cycle(row: CycleRow) -> dict[str, Any]:
    return {
        "id_cycle": row.id_cycle,
        "cycle_name": row.cycle_name,
        "cycle_attributes": msgspec.Raw(row.cycle_attributes.encode()),
        "deadline": row.deadline,
        "deleted": row.deleted,
        "createdAt": row.created_at,
        "updatedAt": row.updated_at,
    }


def _key(member: CycleMember) -> tuple[int, str]:
    return member.dataset.run_number, member.dataset.name


def _some_keys(store: Store, body: Mapping[str, Any]) -> list[tuple[int, str]]:
    keys = select_keys(store, body, none=_NO_DATASET)
    if len(keys) > _MOST_DATASETS:
        raise UsageError(_TOO_MANY)
    return keys


def _name_taken(name: str) -> RunRegistryError:
    return Conflict(f"there is, or was, a cycle with the name {name!r}; take another one")


def _checked(body: Mapping[str, Any]) -> tuple[str, dict[str, str], str]:
    """Return name, attributes and deadline of a body, refused in the order and with the texts of the service."""
    attributes = body.get("cycle_attributes")
    if not isinstance(attributes, dict) or not attributes:
        raise UsageError("There must be at least 1 workspace selected")
    if f"{GLOBAL}_state" not in attributes:
        raise UsageError("Cycle must include global workspace state")
    name = body.get("cycle_name")
    if not isinstance(name, str) or not name:
        raise UsageError("Please add a cycle name (must be unique)")
    if not body.get("deadline"):
        raise UsageError("Please add cycle deadline")
    for key, state in attributes.items():
        if not key.endswith("_state") or state not in _CYCLE_STATES:
            raise UsageError(f"cycle_attributes must say {' or '.join(_CYCLE_STATES)} of each workspace, not {key!r}: {state!r}")
    return name, attributes, _timestamp(body["deadline"])


def _timestamp(value: object) -> str:
    """Read a date and time; one that names no zone is in UTC."""
    try:
        moment = datetime.fromisoformat(str(value))
        moment = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise UsageError(f"the deadline must be a date and time such as 2018-12-01T00:00:00Z, not {value!r}") from error
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
