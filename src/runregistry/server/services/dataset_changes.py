"""Changes of single datasets: created, moved from state to state, reported as appeared, summed up again."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection

from runregistry.errors import APIError, Conflict, NotFound, RunRegistryError, ServerFault, UsageError, suggestion
from runregistry.model.changes import columns_of, differences, joint_steps, triplet_steps
from runregistry.server.services.datasets import get_dataset
from runregistry.server.services.values import dataset_key, required_text, run_number_of
from runregistry.store import Store, Writer
from runregistry.store.documents import decode
from runregistry.store.projection import project_cache
from runregistry.terms import DATASET_STATES, GLOBAL, ONLINE, OPEN, WAITING_DQM_GUI

__all__ = [
    "check_state",
    "checked_workspace",
    "create_dataset",
    "mark_appeared",
    "move_dataset",
    "move_to_state",
    "recalculate_cache",
    "state_key",
]


def create_dataset(store: Store, body: Mapping[str, Any], by: str) -> dict[str, Any]:
    """Create a dataset with its lumisections; return the event of its creation.

    Parameters
    ----------
    body : mapping
        ``run_number``, ``dataset_name``, ``dataset_attributes``, ``rr_lumisections`` and, if they are not those of the run,
        ``oms_lumisections``, of which only what differs is stored.

    Raises
    ------
    APIError
        Nothing was stored: there is such a dataset already, or the body can't make one; why is in the error's cause.
    """
    run_number, name = run_number_of(body), required_text(body.get("dataset_name"), "dataset_name")
    with store.reading() as connection:
        # Before the body is looked at, as the service does; and again in the transaction, for another writer may be faster.
        _check_new(store, connection, run_number, name)
    try:
        attributes = _attributes(body.get("dataset_attributes"))
        rr = triplet_steps(body.get("rr_lumisections"), what="rr_lumisections")
        given = body.get("oms_lumisections")
        oms = None if given is None else joint_steps(given, what="oms_lumisections", oms=True)
        with store.write(by, f'dataset creation "{name}" of run {run_number}') as writer:
            _check_new(store, writer.connection, run_number, name)
            event = writer.add_dataset_event(run_number, name, attributes)
            writer.add_rr_changes(run_number, name, rr)
            if oms is not None:
                inherited = store.records.lumisections(writer.connection, run_number, ONLINE)
                _check_same_length(inherited.oms_last, oms[-1][1] if oms else 0)
                writer.add_oms_changes(run_number, name, differences(inherited.oms, columns_of(oms)))
    except _AlreadyThere:
        raise
    except RunRegistryError as error:
        text = f"Error saving dataset {name} of run {run_number}"
        status = error.status if isinstance(error, APIError) else 400 if isinstance(error, UsageError) else 503
        raise (APIError if status < 500 else ServerFault)(text, status=status) from error
    return event


class _AlreadyThere(Conflict):
    """Told as it is, without what was being tried."""


def move_dataset(store: Store, body: Mapping[str, Any], workspace: str, to_state: str, by: str) -> dict[str, Any] | None:
    """Move a dataset to a state in a workspace; return it as it is then.

    Parameters
    ----------
    workspace : str
        That of the path, for which permissions are given. The body may name it again, and no other one.
    """
    space, key = checked_workspace(body, workspace), dataset_key(body)
    check_state(to_state)
    with store.write(by, "manual change of state of dataset") as writer:
        move_to_state(store, writer, key, space, to_state)
    return get_dataset(store, {"run_number": key[0], "dataset_name": key[1]})


def move_to_state(store: Store, writer: Writer, key: tuple[int, str], workspace: str, to_state: str) -> None:
    """Record the move of one dataset in one workspace, inside a writing transaction.

    Raises
    ------
    NotFound
        There is no such dataset, or no such workspace.
    UsageError
        It is an ``online`` dataset: runs are moved instead.

    Notes
    -----
    Opening a dataset that waits for the DQM GUI in ``global`` opens it in every workspace where it waits.
    """
    attributes = known_attributes(store, writer, key)
    if key[1] == ONLINE:
        raise UsageError("the online dataset of a run has no states; move the run instead")
    name = state_key(workspace)
    if name not in attributes:
        _check_workspace(store, writer, workspace)
    changes = {name: to_state}
    if workspace == GLOBAL and to_state == OPEN and attributes.get(name) == WAITING_DQM_GUI:
        changes = {other: OPEN for other, state in attributes.items() if "_state" in other and state == WAITING_DQM_GUI}
    writer.add_dataset_event(*key, changes)


def mark_appeared(store: Store, body: Mapping[str, Any], where: str, by: str) -> dict[str, Any] | None:
    """Record that a dataset appeared somewhere, ``DQM GUI`` or ``DBS``; return it as it is then."""
    key = dataset_key(body)
    with store.write(by, f"dataset appeared in {where}") as writer:
        before = known_attributes(store, writer, key).get("appeared_in")
        places = before if isinstance(before, list) else [before] if before else []
        if where in places:
            raise Conflict(f"already marked as appeared in {where}")
        writer.add_dataset_event(*key, {"appeared_in": [*places, where]})
    return get_dataset(store, {"run_number": key[0], "dataset_name": key[1]})


def recalculate_cache(store: Store, body: Mapping[str, Any]) -> dict[str, Any] | None:
    """Sum up a dataset's lumisections again, from all of its events; return it as it is then.

    It changes nothing unless the stored sums were spoilt, and so makes no version.
    """
    key = dataset_key(body)
    with store.changing() as connection:
        cache = store.records.cache(connection, *key)
        if cache is None:
            raise NotFound("Dataset not found")
        project_cache(connection, store.values, *key, cache.version)
    return get_dataset(store, {"run_number": key[0], "dataset_name": key[1]})


def state_key(workspace: str) -> str:
    """Return the name of the attribute that holds the state in a workspace.

    Examples
    --------
    >>> state_key("dt")
    'dt_state'
    """
    return f"{workspace}_state"


def check_state(state: object) -> None:
    """Refuse what is no state of a dataset."""
    if state not in DATASET_STATES:
        known = ", ".join(DATASET_STATES)
        raise UsageError(f"the state of a dataset must be one of {known}, not {state!r}{suggestion(str(state), DATASET_STATES)}")


def checked_workspace(body: Mapping[str, Any], workspace: str) -> str:
    """Return the workspace of a path, for which rights were checked; the body may name it again, and no other one.

    Raises
    ------
    UsageError
        The body names another one.
    """
    named = body.get("workspace")
    if named is not None and str(named).lower() != workspace.lower():
        raise UsageError(f"the body says workspace {named!r} and the path {workspace!r}: they must be the same")
    return workspace.lower()


def known_attributes(store: Store, writer: Writer, key: tuple[int, str]) -> dict[str, Any]:
    """Return the attributes of a dataset, hidden or not, inside the transaction that changes them.

    Raises
    ------
    NotFound
        There is no such dataset.
    """
    row = store.records.dataset(writer.connection, *key)
    if row is None:
        raise NotFound("Dataset not found")
    attributes: dict[str, Any] = decode(row.dataset_attributes)
    return attributes


def _check_workspace(store: Store, writer: Writer, workspace: str) -> None:
    known = [GLOBAL, *(row.workspace for row in store.configuration.workspaces(writer.connection, "offline"))]
    if workspace not in known:
        raise NotFound(f"there is no workspace {workspace!r}{suggestion(workspace, known)}")


def _check_new(store: Store, connection: Connection, run_number: int, name: str) -> None:
    if store.records.dataset(connection, run_number, name) is not None:
        raise _AlreadyThere("Dataset already exists")


def _attributes(value: object) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise UsageError(f"dataset_attributes must be an object, not {value!r}")
    return value


def _check_same_length(online: int, given: int) -> None:
    if online != given:
        raise UsageError(f"the run has {online} OMS lumisections, and {given} were sent")
