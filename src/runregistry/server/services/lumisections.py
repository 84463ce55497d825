"""Lumisections: every shape in which they are read, and the edit of a component over a range."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from sqlalchemy import Connection

from runregistry.errors import APIError, Conflict, NotFound, RunRegistryError, UsageError, suggestion
from runregistry.model import LumisectionColumns, triplet, views
from runregistry.server.services.values import dataset_key, integer, required_text
from runregistry.store import Store
from runregistry.store.documents import decode
from runregistry.terms import BAD, ONLINE, OPEN, STATUSES

__all__ = ["LUMISECTION_VIEWS", "edit_rr_lumisections", "lumisection_bar", "oms_history", "read_lumisections", "rr_history"]

_SHORTEST_COMMENT = 3

# Which shape each endpoint answers, and the dataset it takes when none is named.
LUMISECTION_VIEWS: dict[str, tuple[Callable[[LumisectionColumns], Any], str | None]] = {
    "rr_lumisections": (views.rr_lumisections, None),
    "rr_lumisection_ranges": (views.rr_ranges_joint, None),
    "rr_lumisection_ranges_by_component": (views.rr_ranges_by_component, None),
    "oms_lumisections": (views.oms_lumisections, ONLINE),
    "oms_lumisection_ranges": (views.oms_ranges, ONLINE),
    "oms_lumisection_ranges_by_dcs_bit": (views.oms_ranges_by_dcs_bit, ONLINE),
    "joint_lumisection_ranges": (views.joint_ranges, None),
}


def read_lumisections(store: Store, view: str, body: Mapping[str, Any]) -> Any:
    """Return a dataset's lumisections in one of the shapes of `LUMISECTION_VIEWS`."""
    shape, default = LUMISECTION_VIEWS[view]
    run_number, name = dataset_key(body, default=default)
    with store.reading() as connection:
        columns = store.records.lumisections(connection, run_number, name)
    return shape(columns)


def lumisection_bar(store: Store, body: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the ranges of one component.

    Raises
    ------
    NotFound
        The dataset has no such component.
    """
    run_number, name = dataset_key(body)
    with store.reading() as connection:
        columns = store.records.lumisections(connection, run_number, name)
    ranges = views.rr_ranges_by_component(columns).get(str(body.get("component")))
    if ranges is None:
        raise NotFound("Lumisection ranges not found for component")
    return ranges


def rr_history(store: Store, body: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the events of a dataset's components, automatic ones first."""
    run_number, name = dataset_key(body, named="name")
    with store.reading() as connection:
        return store.records.rr_history(connection, run_number, name)


def oms_history(store: Store, body: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the events of a dataset's OMS attributes and of its run's, by version."""
    run_number, name = dataset_key(body, named="name")
    with store.reading() as connection:
        return store.records.oms_history(connection, run_number, name)


def edit_rr_lumisections(store: Store, body: Mapping[str, Any], by: str) -> dict[str, Any]:
    """Set the triplet of a component over a closed range of lumisections of a dataset.

    Parameters
    ----------
    body : mapping
        ``run_number``, ``dataset_name``, ``component``, and ``new_lumisection_range`` with ``start``, ``end``, ``status``,
        ``comment``, ``cause``.

    Returns
    -------
    dict
        The event: ``run_number``, ``name``, ``lumisection_metadata_id``, ``version``, ``manual_change``.
    """
    change = body.get("new_lumisection_range")
    if not isinstance(change, Mapping):
        raise UsageError(f"new_lumisection_range must be an object with start, end and status, not {change!r}")
    value = _checked_triplet(change)
    run_number, name = dataset_key(body)
    component = required_text(body.get("component"), "component")
    with store.reading() as connection:
        # What the service checks before anything else, with its own text.
        _check_open(store, connection, run_number, name)
    try:
        with store.write(by, f"Edit run {run_number} lumisections of a dataset {name} for component {component}") as writer:
            columns = _editable(store, writer.connection, run_number, name)
            first, last = _checked_range(change, columns.rr_last or columns.oms_last)
            writer.add_dataset_event(run_number, name)
            version, value_id = writer.add_rr_changes(run_number, name, [(first, last, {component: value})])
            is_manual = writer.is_manual
    except RunRegistryError as error:
        _explain(error, f"Error updating lumisections of {name} dataset, run number: {run_number}: ")
    return {
        "run_number": run_number,
        "name": name,
        "lumisection_metadata_id": value_id,
        "version": version,
        "manual_change": is_manual,
    }


def _explain(error: RunRegistryError, prefix: str) -> None:
    """Raise the same kind of error again, with the text that says what failed in front."""
    if isinstance(error, APIError):
        raise type(error)(f"{prefix}{error}", status=error.status) from error
    if isinstance(error, UsageError):
        raise UsageError(f"{prefix}{error}") from error
    raise error


def _checked_triplet(change: Mapping[str, Any]) -> dict[str, str]:
    status, comment, cause = change.get("status"), change.get("comment") or "", change.get("cause") or ""
    if not status:
        raise UsageError("No status present when trying to edit lumisections")
    if status == BAD and len(str(comment)) < _SHORTEST_COMMENT:
        raise UsageError("When setting lumisections as BAD, there MUST be a comment for this action.")
    if status not in STATUSES:
        raise UsageError(f"status {status!r} is none of {', '.join(STATUSES)}{suggestion(str(status), STATUSES)}")
    if not isinstance(comment, str) or not isinstance(cause, str):
        raise UsageError(f"comment and cause must be texts, not {comment!r} and {cause!r}")
    return triplet(status, comment, cause)


def _checked_range(change: Mapping[str, Any], last_lumisection: int) -> tuple[int, int]:
    first, last = integer(change.get("start"), "start"), integer(change.get("end"), "end")
    if first > last:
        raise UsageError("Start Lumisection must be less than end lumisection")
    if first < 1 or last > last_lumisection:
        raise UsageError(f"the range {first}-{last} is not within the lumisections of the dataset, 1-{last_lumisection}")
    return first, last


def _check_open(store: Store, connection: Connection, run_number: int, name: str) -> None:
    if name != ONLINE:
        return
    run = store.records.run(connection, run_number)
    if run is None:
        raise NotFound("Run not found")
    if decode(run.rr_attributes).get("state") != OPEN:
        raise Conflict("Run must be in state OPEN to be edited")


def _editable(store: Store, connection: Connection, run_number: int, name: str) -> LumisectionColumns:
    _check_open(store, connection, run_number, name)
    if store.records.dataset(connection, run_number, name) is None:
        names = store.records.dataset_names(connection, run_number)
        raise NotFound(f"Dataset {name} of run {run_number} not found{suggestion(name, names)}")
    return store.records.lumisections(connection, run_number, name)
