"""Lumisections: every shape in which they are read, and the edit of a component over a range."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from runregistry.errors import APIError, NotFound, UsageError, suggestion
from runregistry.model import LumisectionColumns, triplet, views
from runregistry.server.services.edits import SHORTEST_COMMENT, check_open, checked_range, editable_lumisections, explained
from runregistry.server.services.values import dataset_key, required_text
from runregistry.store import Store
from runregistry.terms import BAD, ONLINE, STATUSES

__all__ = ["LUMISECTION_VIEWS", "edit_rr_lumisections", "lumisection_bar", "oms_history", "read_lumisections", "rr_history"]

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
        check_open(store, connection, run_number, name)
    try:
        with store.write(by, f"Edit run {run_number} lumisections of a dataset {name} for component {component}") as writer:
            columns = editable_lumisections(store, writer.connection, run_number, name)
            first, last = checked_range(change, columns.rr_last or columns.oms_last)
            writer.add_dataset_event(run_number, name)
            version, value_id = writer.add_rr_changes(run_number, name, [(first, last, {component: value})])
            is_manual = writer.is_manual
    except (APIError, UsageError) as error:
        raise explained(error, f"Error updating lumisections of {name} dataset, run number: {run_number}: ") from error
    return {
        "run_number": run_number,
        "name": name,
        "lumisection_metadata_id": value_id,
        "version": version,
        "manual_change": is_manual,
    }


def _checked_triplet(change: Mapping[str, Any]) -> dict[str, str]:
    status, comment, cause = change.get("status"), change.get("comment") or "", change.get("cause") or ""
    if not status:
        raise UsageError("No status present when trying to edit lumisections")
    if status == BAD and len(str(comment)) < SHORTEST_COMMENT:
        raise UsageError("When setting lumisections as BAD, there MUST be a comment for this action.")
    if status not in STATUSES:
        raise UsageError(f"status {status!r} is none of {', '.join(STATUSES)}{suggestion(str(status), STATUSES)}")
    if not isinstance(comment, str) or not isinstance(cause, str):
        raise UsageError(f"comment and cause must be texts, not {comment!r} and {cause!r}")
    return triplet(status, comment, cause)
