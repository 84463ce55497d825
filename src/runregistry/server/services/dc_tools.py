"""Batch tools of data certification: many datasets in one transaction, all of them or none.

Everything is done on columns of ranges, so that the work grows with what changes in a dataset and not with its lumisections.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from runregistry.errors import Conflict, NotFound, UsageError, suggestion
from runregistry.filters import parse_filter
from runregistry.lumis.steps import Step
from runregistry.model import LumisectionColumns
from runregistry.model.views import filled_oms_steps, filled_rr_steps
from runregistry.server.services.dataset_changes import state_key
from runregistry.server.services.selection import failing_as, required_key, required_texts, select_keys, selected
from runregistry.server.services.shapes import dataset_item, dataset_with_cache
from runregistry.server.services.values import required_text
from runregistry.store import Store, Writer
from runregistry.store.documents import decode
from runregistry.store.selections import DatasetDetail, dataset_details
from runregistry.terms import COMPLETED, GLOBAL, ONLINE, OPEN, SIGNOFF, STATUSES, WAITING_DQM_GUI

__all__ = [
    "change_all_states",
    "change_states",
    "copy_columns",
    "duplicate_datasets",
    "hide_datasets",
    "unique_dataset_names",
    "update_columns",
]

_MOST_DATASETS = 12000
_STATES = (COMPLETED, SIGNOFF, OPEN)
# compat: changes of states are said to fail with the words of duplication, as in the service.
_DUPLICATING = "Error duplicating datasets: "
_BATCH_STATES = "dc_tool: change multiple states (OPEN, SIGNOFF, COMPLETED) of datasets in batch"
Key = tuple[int, str]


def unique_dataset_names(store: Store, body: Mapping[str, Any]) -> list[str]:
    """Return the distinct names of the datasets that a filter matches; none for none."""
    keys = store.queries.dataset_keys(parse_filter(required_key(body, "filter"), "datasets"))
    if len(keys) > _MOST_DATASETS:
        raise UsageError(f"Dataset query too big, limit is {_MOST_DATASETS}")
    return sorted({name for _, name in keys})


def duplicate_datasets(store: Store, body: Mapping[str, Any], by: str) -> list[dict[str, Any]]:
    """Copy datasets of one name to another name, with their lumisections and some of their states; return the copies.

    Parameters
    ----------
    body : mapping
        ``filter``, ``source_dataset_name``, ``target_dataset_name``, ``workspaces_to_duplicate_into``.

    Notes
    -----
    A target that exists is merged into, and shown again if it was hidden. What is copied counts as the caller's own change.
    """
    source, target = (required_text(body.get(key), key) for key in ("source_dataset_name", "target_dataset_name"))
    workspaces = required_texts(body, "workspaces_to_duplicate_into")
    if target in (ONLINE, source):
        raise UsageError(f"{_DUPLICATING}{source} can't be duplicated into {target}; name another dataset")
    keys = select_keys(store, body)
    with failing_as(_DUPLICATING):
        _check_only(keys, source)
        with store.write(by, "dc_tool: duplication of datasets") as writer:
            _check_workspaces(store, writer, workspaces)
            for row in selected(writer.connection, keys):
                _duplicate(writer, row, target, workspaces)
    return _answer(store, [(run_number, target) for run_number, _ in keys])


def copy_columns(store: Store, body: Mapping[str, Any], by: str) -> list[dict[str, Any]]:
    """Copy components from the dataset of one name to that of another name, run by run; return the targets.

    Parameters
    ----------
    body : mapping
        ``filter``, which must match sources and targets and nothing else, ``source_dataset_name``, ``target_dataset_name``,
        ``columns_to_copy``.
    """
    source, target = (required_text(body.get(key), key) for key in ("source_dataset_name", "target_dataset_name"))
    components = required_texts(body, "columns_to_copy")
    keys = select_keys(store, body)
    _check_pairs(keys, source, target)
    comment = "dc_tool: copy column of lumisections from certain datasets to certain datasets"
    with failing_as(_DUPLICATING), store.write(by, comment) as writer:
        for row in selected(writer.connection, [key for key in keys if key[1] == source]):
            columns = _columns_with(row, components)
            writer.add_dataset_event(row.run_number, target)
            writer.add_rr_changes(row.run_number, target, filled_rr_steps(columns, components) if components else [])
    return _answer(store, [key for key in keys if key[1] == target], oms=False)


def change_states(
    store: Store, body: Mapping[str, Any], workspace: str, from_state: str, to_state: str, by: str
) -> list[dict[str, Any]]:
    """Move to another state all datasets of a filter that are in one state in a workspace; return all that the filter matches."""
    _check_target(to_state)
    keys, name = select_keys(store, body), state_key(workspace.lower())
    with failing_as(_DUPLICATING), store.write(by, f"{_BATCH_STATES} in workspace {workspace}") as writer:
        for row in selected(writer.connection, keys):
            attributes = decode(row.dataset_attributes)
            if name not in attributes:
                where = f"for {row.run_number} in {row.name} in workspace {workspace}"
                raise Conflict(f"No state defined {where}, cannot change state")
            if attributes[name] == from_state != to_state:
                writer.add_dataset_event(row.run_number, row.name, {name: to_state})
    return _items(store, keys)


def change_all_states(store: Store, body: Mapping[str, Any], to_state: str, by: str) -> list[dict[str, Any]]:
    """Move all datasets of a filter to a state, in every workspace in which they are; return them."""
    _check_target(to_state)
    keys = select_keys(store, body)
    with failing_as(_DUPLICATING), store.write(by, f"{_BATCH_STATES} in all workspaces") as writer:
        for row in selected(writer.connection, keys):
            attributes = decode(row.dataset_attributes)
            changes = {name: to_state for name, state in attributes.items() if "_state" in name and state != to_state}
            if changes:
                writer.add_dataset_event(row.run_number, row.name, changes)
    return _items(store, keys)


def update_columns(store: Store, body: Mapping[str, Any], by: str) -> list[dict[str, Any]]:
    """Set the status of components in all lumisections of the datasets of a filter; comments and causes stay. Return them.

    Parameters
    ----------
    body : mapping
        ``filter``, ``columns_to_update``, ``new_status``.
    """
    status, components = body.get("new_status"), required_texts(body, "columns_to_update")
    if not isinstance(status, str) or status not in STATUSES:
        raise UsageError(f"new_status must be one of {', '.join(STATUSES)}, not {status!r}{suggestion(str(status), STATUSES)}")
    keys = select_keys(store, body)
    comment = "dc_tool: change column of lumisections to a certain state (GOOD,BAD) in batch"
    with failing_as("Error updating status of column of datasets in batch: "), store.write(by, comment) as writer:
        for row in selected(writer.connection, keys) if components else []:
            columns = _columns_with(row, components)
            writer.add_dataset_event(row.run_number, row.name)
            writer.add_rr_changes(row.run_number, row.name, _with_status(columns, components, status))
    return _answer(store, keys)


def hide_datasets(store: Store, body: Mapping[str, Any], by: str) -> list[dict[str, Any]]:
    """Hide the datasets of a filter; return them as they were before."""
    reason = body.get("reason_for_hiding")
    if not isinstance(reason, str) or not reason.strip():
        raise UsageError("You must provide a reason for hiding these datasets")
    keys = select_keys(store, body, none="No dataset(s) found for filter criteria")
    with failing_as("Error hiding datasets: "):
        if any(name == ONLINE for _, name in keys):
            raise Conflict("You cannot delete the online dataset belonging to a run")
        with store.write(by, f"dc_tool: hiding datasets, reason: {reason}") as writer:
            before = []
            for row in selected(writer.connection, keys):
                before.append(dataset_item(row))
                writer.add_dataset_event(row.run_number, row.name, deleted=True)
    return before


def _duplicate(writer: Writer, row: DatasetDetail, target: str, workspaces: Sequence[str]) -> None:
    old = decode(row.dataset_attributes)
    states = [state_key(workspace) for workspace in workspaces]
    kept = {name: value for name, value in old.items() if "_state" not in name or name in (*states, state_key(GLOBAL))}
    columns = LumisectionColumns.decode(row.rr, row.oms)
    writer.add_dataset_event(row.run_number, target, dict.fromkeys(states, WAITING_DQM_GUI) | kept, deleted=False)
    writer.add_oms_changes(row.run_number, target, filled_oms_steps(columns))
    writer.add_rr_changes(row.run_number, target, filled_rr_steps(columns))


def _columns_with(row: DatasetDetail, components: Sequence[str]) -> LumisectionColumns:
    """Return a dataset's lumisections, which must have these components."""
    columns = LumisectionColumns.decode(row.rr, row.oms)
    for component in components:
        if component not in columns.rr:
            hint = suggestion(component, columns.rr)
            raise NotFound(f"{row.name} of run {row.run_number} has no column {component}{hint}")
    return columns


def _with_status(columns: LumisectionColumns, components: Sequence[str], status: str) -> list[Step]:
    """Return the components with another status, in as few ranges as what else is said about them allows."""
    changed = [
        (first, last, {component: value | {"status": status} for component, value in here.items()})
        for first, last, here in filled_rr_steps(columns, components)
    ]
    joined: list[Step] = []
    for first, last, value in changed:
        if joined and joined[-1][2] == value:
            joined[-1] = (joined[-1][0], last, value)
        else:
            joined.append((first, last, value))
    return joined


def _check_only(keys: Sequence[Key], name: str) -> None:
    others = sorted({other for _, other in keys} - {name})
    if others:
        raise UsageError(f"the filter matches more than the dataset to copy from, {name}: it matches {', '.join(others[:3])} too")


def _check_pairs(keys: Sequence[Key], source: str, target: str) -> None:
    if {name for _, name in keys} - {source, target} or source == target:
        raise UsageError(
            "The current filter selection matches more datasets than the ones specified, which where dataset to copy from:"
            f" {source} and the dataset to copy to: {target}"
        )
    sources = {run_number for run_number, name in keys if name == source}
    targets = {run_number for run_number, name in keys if name == target}
    if len(sources) != len(targets):
        raise Conflict("there must be a one to one relationship between source and target datasets")
    if sources != targets:
        raise Conflict("There must te a one to one relationship between source and target datasets")


def _check_target(state: str) -> None:
    if state not in _STATES:
        raise UsageError("The new state must be either COMPLETED, SIGNOFF or OPEN")


def _check_workspaces(store: Store, writer: Writer, workspaces: Sequence[str]) -> None:
    known = {GLOBAL} | {row.workspace for row in store.configuration.workspaces(writer.connection, "offline")}
    for workspace in workspaces:
        if workspace not in known:
            raise NotFound(f"there is no workspace {workspace!r}{suggestion(workspace, known)}")


def _answer(store: Store, keys: Sequence[Key], *, oms: bool = True) -> list[dict[str, Any]]:
    with store.reading() as connection:
        return [dataset_with_cache(row, oms=oms) for row in dataset_details(connection, keys)]


def _items(store: Store, keys: Sequence[Key]) -> list[dict[str, Any]]:
    with store.reading() as connection:
        return list(map(dataset_item, dataset_details(connection, keys)))
