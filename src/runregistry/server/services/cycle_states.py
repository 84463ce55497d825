"""How far a cycle is, workspace by workspace: marked completed or pending, and its datasets moved."""

from __future__ import annotations

import html
from collections.abc import Mapping
from typing import Any, NamedTuple

from sqlalchemy import Connection

from runregistry.errors import Conflict, NotFound
from runregistry.server.services.cycles import cycle_number, known_cycle, read_cycle
from runregistry.server.services.dataset_changes import check_state, checked_workspace, move_to_state, state_key
from runregistry.server.services.datasets import get_dataset
from runregistry.server.services.selection import failing_as
from runregistry.server.services.values import dataset_key
from runregistry.store import DatasetRecord, Store
from runregistry.store.documents import decode
from runregistry.terms import COMPLETED, GLOBAL

__all__ = ["mark_completed", "mark_pending", "move_all_datasets", "move_dataset_of_cycle"]

_COMPLETED, _PENDING = "completed", "pending"


def mark_completed(store: Store, body: Mapping[str, Any], workspace: str) -> dict[str, Any]:
    """Mark a cycle completed in a workspace, ``global`` last of all; return it."""
    number, workspace = cycle_number(body), workspace.lower()
    with store.changing() as connection:
        cycle = _cycle(store, connection, number, workspace)
        if workspace == GLOBAL:
            # By length and then by letters: the order in which the service keeps the names.
            states = sorted(cycle.attributes, key=lambda name: (len(name), name))
            open_ones = [name.removesuffix("_state") for name in states if cycle.attributes[name] != _COMPLETED]
            if others := [name for name in open_ones if name != GLOBAL]:
                raise Conflict(
                    "You cannot mark this cycle as completed in the GLOBAL workspace, as it has not yet been moved to completed"
                    f" in {', '.join(others)} workspace(s)"
                )
        if left := cycle.uncompleted(workspace):
            names = "".join(f"<p>{row.run_number} - {html.escape(row.name)}</p>" for row in left)
            said = f"This cycle contains {len(left)} dataset(s) which have not been moved to completed."
            raise Conflict(f"{said} <br/><br/>They are:<br/>{names}")
        store.cycles.change(connection, number, attributes=cycle.attributes | {state_key(workspace): _COMPLETED})
        return read_cycle(store, connection, number)


def mark_pending(store: Store, body: Mapping[str, Any], workspace: str) -> dict[str, Any]:
    """Mark a cycle pending in a workspace, which must not be done while it is completed in ``global``; return it."""
    number, workspace = cycle_number(body), workspace.lower()
    with store.changing() as connection:
        attributes = _cycle(store, connection, number, workspace).attributes
        if workspace != GLOBAL and attributes.get(state_key(GLOBAL)) == _COMPLETED:
            raise Conflict(
                f"Cycle with id {number} can't be moved back to PENDING since it is marked completed in global workspace. Ask DC"
                " Expert to move cycle back to PENDING in global workspace and then proceed"
            )
        store.cycles.change(connection, number, attributes=attributes | {state_key(workspace): _PENDING})
        return read_cycle(store, connection, number)


def move_dataset_of_cycle(store: Store, body: Mapping[str, Any], workspace: str, to_state: str, by: str) -> dict[str, Any] | None:
    """Move a dataset of a cycle to a state, in a workspace in which the cycle is not completed; return the dataset."""
    number, key = cycle_number(body), dataset_key(body)
    space = checked_workspace(body, workspace)
    check_state(to_state)
    with store.write(by, "manual change of state of dataset") as writer:
        known_cycle(store, writer.connection, number)
        members = store.cycles.members(writer.connection, number).get(number, [])
        if key not in {(member.dataset.run_number, member.dataset.name) for member in members}:
            raise NotFound(f"Dataset {key[0]}-{key[1]} does not belong to cycle {number}")
        if _cycle(store, writer.connection, number, space).attributes[state_key(space)] == _COMPLETED:
            raise Conflict(
                "This cycle has already been marked COMPLETED, therefore you cannot change the state of the dataset unless you"
                " change the state of the cycle"
            )
        move_to_state(store, writer, key, space, to_state)
    return get_dataset(store, {"run_number": key[0], "dataset_name": key[1]})


def move_all_datasets(store: Store, body: Mapping[str, Any], workspace: str, by: str) -> dict[str, Any]:
    """Move all datasets of a cycle that have a state in a workspace, and are not COMPLETED there; return the cycle.

    Parameters
    ----------
    body : mapping
        ``id_cycle`` and ``to_state``.
    """
    number, workspace, to_state = cycle_number(body), workspace.lower(), body.get("to_state")
    check_state(to_state)
    with store.reading() as connection:
        count = len(_to_move(store, connection, number, workspace))
    comment = f"Change all datasets in cycle {number} to {to_state}. Workspace = {workspace}. Datasets to move {count}."
    with failing_as(f"Error moving all datasets in cycle {number} to completed. Error: "), store.write(by, comment) as writer:
        rows = _to_move(store, writer.connection, number, workspace)
        if len(rows) != count:
            raise Conflict("somebody moved a dataset of the cycle at this moment; nothing was changed, look again")
        for row in rows:
            writer.add_dataset_event(row.run_number, row.name, {state_key(workspace): to_state})
    with store.reading() as connection:
        return read_cycle(store, connection, number)


class _Cycle(NamedTuple):
    """The states of a cycle, and its datasets."""

    attributes: dict[str, str]
    datasets: list[DatasetRecord]

    def uncompleted(self, workspace: str) -> list[DatasetRecord]:
        """Return the datasets that have a state in a workspace, which is not COMPLETED."""
        name = state_key(workspace)
        return [row for row in self.datasets if decode(row.dataset_attributes).get(name, COMPLETED) != COMPLETED]


def _cycle(store: Store, connection: Connection, number: int, workspace: str) -> _Cycle:
    attributes = decode(known_cycle(store, connection, number).cycle_attributes)
    if state_key(workspace) not in attributes:
        raise NotFound(f"Cycle does not exist in workspace {workspace}")
    members = store.cycles.members(connection, number).get(number, [])
    return _Cycle(attributes, [member.dataset for member in members])


def _to_move(store: Store, connection: Connection, number: int, workspace: str) -> list[DatasetRecord]:
    cycle = _cycle(store, connection, number, workspace)
    if cycle.attributes[state_key(workspace)] == _COMPLETED:
        raise Conflict("This cycle is already marked COMPLETED")
    rows = cycle.uncompleted(workspace)
    if not rows:
        raise Conflict(
            f"All the datasets in this cycle in workspace {workspace}, have already been moved to COMPLETED OR no dataset is in"
            " this workspace in this cycle"
        )
    return rows
