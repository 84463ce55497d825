"""The edit of a DCS bit, or another OMS flag, over a range of lumisections."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from runregistry.errors import APIError, UsageError, suggestion
from runregistry.server.services.edits import SHORTEST_COMMENT, check_open, checked_range, editable_lumisections, explained
from runregistry.server.services.values import dataset_key, required_text
from runregistry.store import Store
from runregistry.terms import OMS_LUMISECTION_WHITELIST

__all__ = ["edit_oms_lumisections"]

_FLAGS = OMS_LUMISECTION_WHITELIST - {"prescale_index", "prescale_name"}
_VALUES: dict[object, bool] = {True: True, False: False, "true": True, "false": False}


def edit_oms_lumisections(store: Store, body: Mapping[str, Any], by: str) -> dict[str, Any]:
    """Set an OMS flag over a closed range of lumisections of a dataset.

    Parameters
    ----------
    body : mapping
        ``run_number``, ``dataset_name``, ``component`` (the flag, e.g. ``dtp_ready``), and ``new_lumisection_range`` with
        ``start``, ``end``, ``status`` (true or false, also as texts) and ``comment``.

    Returns
    -------
    dict
        The event: ``run_number``, ``name``, ``lumisection_metadata_id``, ``version``.

    Notes
    -----
    OMS values are merged by version alone: what OMS says later about the run replaces what was edited here.
    """
    change = body.get("new_lumisection_range")
    if not isinstance(change, Mapping):
        raise UsageError(f"new_lumisection_range must be an object with start, end, status and comment, not {change!r}")
    value, comment = _checked_flag(change)
    run_number, name = dataset_key(body)
    component = required_text(body.get("component"), "component")
    with store.reading() as connection:
        # What the service checks before anything else, with its own text.
        check_open(store, connection, run_number, name)
    try:
        _check_component(component)
        why = (
            f"Edit run {run_number} dataset {name} component {component} OMS lumisection ranges, user comment: '{comment}',"
            f" range [{change.get('start')},{change.get('end')}]"
        )
        with store.write(by, why) as writer:
            columns = editable_lumisections(store, writer.connection, run_number, name)
            first, last = checked_range(change, columns.oms_last)
            writer.add_dataset_event(run_number, name)
            version, value_id = writer.add_oms_changes(run_number, name, [(first, last, {component: value})])
    except (APIError, UsageError) as error:
        raise explained(error, f"Error updating oms lumisections of {name} dataset, run number: {run_number}: ") from error
    return {"run_number": run_number, "name": name, "lumisection_metadata_id": value_id, "version": version}


def _checked_flag(change: Mapping[str, Any]) -> tuple[bool, str]:
    status, comment = change.get("status"), change.get("comment")
    if not isinstance(status, bool | str) or status not in _VALUES:
        raise UsageError("DCS Bits can only be true or false")
    if not isinstance(comment, str) or len(comment) < SHORTEST_COMMENT:
        raise UsageError(
            "No comment present when editing OMS lumisections, comment MUST be present when editing OMS lumisections"
        )
    return _VALUES[status], comment


def _check_component(component: str) -> None:
    if component not in _FLAGS:
        raise UsageError(f"{component} is no OMS flag that can be edited{suggestion(component, sorted(_FLAGS))}")
