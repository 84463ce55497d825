"""Leaving OPEN: what a run must have, and the offline datasets that it gets."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection

from runregistry.errors import Conflict
from runregistry.lumis.steps import Step, elementary
from runregistry.model import LumisectionColumns
from runregistry.server.services.classifiers import active_classifiers
from runregistry.store import RunRow, Store, Writer
from runregistry.store.documents import decode
from runregistry.terms import AUTOMATIC_AUTHOR, CERTIFIABLE_ONLINE, EMPTY, GLOBAL, NO_VALUE_FOUND, ONLINE, OPEN, WAITING_DQM_GUI

__all__ = ["check_can_leave_open", "create_offline_datasets"]

_UNDECIDED = ("", EMPTY, NO_VALUE_FOUND)


def check_can_leave_open(
    store: Store, connection: Connection, run_number: int, attributes: Mapping[str, Any], to_state: str
) -> None:
    """Refuse a move of a run whose components are not all decided.

    Raises
    ------
    Conflict
        With the service's texts, which name the first component and lumisection.
    """
    if to_state == OPEN:
        return
    columns = store.records.lumisections(connection, run_number, ONLINE)
    if not columns.rr_last:
        raise Conflict(f"There is no run lumisection data for run {run_number}, therefore it cannot be signed off")
    first = _first_undecided(columns)
    if first is not None:
        position, column, status = first
        raise Conflict(
            f"There is a {status or 'empty'} lumisection at position {position} of this run in component {column}.\n{' ' * 27}"
            f"Please wait until this component is updated automatically (<5 mins), or ask {column} expert, then change the value"
            " in the 'manage' menu."
        )
    if attributes.get("class") == "":
        raise Conflict("The class of run must not be empty ")


def _first_undecided(columns: LumisectionColumns) -> tuple[int, str, str] | None:
    """Return position, column and status of the first lumisection, then component, that is undecided."""
    found = []
    for order, (workspace, column) in enumerate((space, name) for space, names in CERTIFIABLE_ONLINE.items() for name in names):
        steps = columns.rr.get(f"{workspace}-{column}")
        if steps is None:
            continue  # no classifier speaks for this component: it does not take part
        found += [(position, order, column, status) for position, status in _undecided(steps, columns.rr_last)]
    return min(
        ((position, column, status) for position, _, column, status in sorted(found)), default=None, key=lambda row: row[0]
    )


def _undecided(steps: list[Step], last: int) -> list[tuple[int, str]]:
    answer, position = [], 1
    for first, end, value in steps:
        if first > position:
            answer.append((position, EMPTY))
        if value.get("status") in _UNDECIDED:
            answer.append((first, value["status"]))
        position = end + 1
    if position <= last:
        answer.append((position, EMPTY))
    return answer


def create_offline_datasets(store: Store, writer: Writer, run: RunRow) -> None:
    """Create the datasets that are accepted for a run's class, and that it does not have yet, inside the transaction of the move.

    Every component of every offline workspace is classified; each dataset is recorded as an automatic version of its own.

    Raises
    ------
    Conflict
        The run's OMS and Run Registry lumisections do not match.
    """
    connection = writer.connection
    rr_attributes, oms_attributes = decode(run.rr_attributes), decode(run.oms_attributes)
    names = _accepted_names(store, connection, run.run_number, rr_attributes.get("class"))
    names = [name for name in names if store.records.dataset(connection, run.run_number, name) is None]
    if not names:
        return
    columns = store.records.lumisections(connection, run.run_number, ONLINE)
    if columns.rr_last != columns.oms_last:
        raise Conflict(
            "OMS Lumisection length and RR Lumisection length do not match, please reset the run and then sign off: there are"
            f" {columns.oms_last} and {columns.rr_last}"
        )
    workspaces = [space.workspace for space in store.configuration.workspaces(connection, "offline")]
    attributes: dict[str, Any] = {f"{name}_state": WAITING_DQM_GUI for name in (GLOBAL, *workspaces)} | {"appeared_in": []}
    statuses = active_classifiers(store, connection).offline.statuses(oms_attributes, rr_attributes, columns)
    oms, rr = list(elementary(columns.oms)), list(elementary(statuses))
    for name in names:
        writer.start_version(AUTOMATIC_AUTHOR, f"dataset {name} creation after a run {run.run_number} is signed off")
        writer.add_dataset_event(run.run_number, name, attributes)
        writer.add_oms_changes(run.run_number, name, oms)
        writer.add_rr_changes(run.run_number, name, rr)


def _accepted_names(store: Store, connection: Connection, run_number: int, run_class: object) -> list[str]:
    names = []
    for item in store.configuration.items(connection, "datasets_accepted"):
        fields = item.fields
        if fields["class"] != run_class or not fields["enabled"]:
            continue
        if (fields.get("run_from") or 0) <= run_number <= fields["run_to"]:
            names.append(fields["name"])
    return list(dict.fromkeys(names))
