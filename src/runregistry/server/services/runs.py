"""Runs: created, updated, edited, moved from state to state."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from sqlalchemy import Connection

from runregistry.errors import APIError, Conflict, NotFound, RunRegistryError, ServerFault, UsageError
from runregistry.lumis.steps import Step, same
from runregistry.model.changes import check_not_shorter, columns_of, differences, joint_steps, rr_differences, triplet_steps
from runregistry.server.services.shapes import run_object, run_with_summary
from runregistry.server.services.signoff import check_can_leave_open, create_offline_datasets
from runregistry.server.services.values import integer, run_number_of
from runregistry.store import RunRow, Store, Writer
from runregistry.store.documents import decode
from runregistry.terms import AUTOMATIC_AUTHOR, COMPLETED, ONLINE, OPEN, RUN_STATES, SIGNOFF

__all__ = [
    "FLAG",
    "ReceivedRun",
    "add_run",
    "create_run",
    "creation_comment",
    "edit_run",
    "get_run",
    "last_updated_runs",
    "move_run",
    "record_update",
    "run_history",
    "save_received_run",
    "update_received_run",
]

logger = logging.getLogger(__name__)

_LAST_UPDATED = 50
# Set on a run that is no longer OPEN when OMS changed what it was certified with.
FLAG = "run_needs_to_be_updated_manually"


class ReceivedRun(NamedTuple):
    """A run as it was received: attributes, and lumisections as joint ranges ``(first, last, {name: value})``."""

    oms_attributes: dict[str, Any]
    rr_attributes: dict[str, Any]
    oms: list[Step]
    rr: list[Step]

    @property
    def run_number(self) -> int:
        """The run."""
        number: int = self.oms_attributes["run_number"]
        return number

    @property
    def n_lumisections(self) -> int:
        """How many lumisections OMS has of it."""
        return sum(last - first + 1 for first, last, _ in self.oms)


def creation_comment(run_number: int) -> str:
    """Return the comment of the version that creates a run."""
    return f"run {run_number} creation"


def get_run(store: Store, run_number: object) -> dict[str, Any] | None:
    """Return a run with the summary of its ``online`` dataset; None if there is none."""
    with store.reading() as connection:
        row = store.records.run(connection, integer(run_number, "run_number"))
    return run_with_summary(row) if row else None


def last_updated_runs(store: Store) -> list[dict[str, Any]]:
    """Return the 50 runs that OMS updated last."""
    return list(map(run_object, store.queries.runs_last_updated(_LAST_UPDATED)))


def run_history(store: Store, run_number: object) -> list[dict[str, Any]]:
    """Return the events of a run, oldest first: what each changed, and who, when, why."""
    with store.reading() as connection:
        rows = store.records.run_history(connection, integer(run_number, "run_number"))
    answer = []
    for row in rows:
        said = {"by": row.by, "comment": row.comment, "createdAt": row.created_at}
        keys = {"run_number": row.run_number, "version": row.version, "atomic_version": row.atomic_version}
        version = {"atomic_version": row.atomic_version} | said
        answer.append(decode(row.oms_metadata) | decode(row.rr_metadata) | keys | {"Version": version} | said)
    return answer


def create_run(store: Store, body: Mapping[str, Any], by: str) -> dict[str, Any] | None:
    """Create a run with its lumisections; a run that is there is updated instead.

    Returns
    -------
    dict or None
        The event of the creation, or the run as it is after the update, or None if the update changed nothing.

    Raises
    ------
    APIError
        Nothing was stored. The text is the service's, ``Error saving run N``; why is in the error's cause, and so in the answer.
    """
    run_number = _run_number(body)
    with store.reading() as connection:
        known = store.records.run(connection, run_number) is not None
    try:
        run = _received(body, by)
    except UsageError as error:
        raise _failed(f"Error {'updating' if known else 'saving'} run {run_number}", error) from error
    if known:
        return get_run(store, run_number) if update_received_run(store, run, by) else None
    with store.write(by, creation_comment(run_number)) as writer:
        return add_run(writer, run)


def add_run(writer: Writer, run: ReceivedRun) -> dict[str, Any]:
    """Record a new run, OPEN, inside a writing transaction; return the event of the run."""
    attributes = {**run.rr_attributes, "stop_reason": "", "state": OPEN}
    event = writer.add_run_event(run.run_number, oms=run.oms_attributes, rr=attributes)
    writer.add_dataset_event(run.run_number, ONLINE)
    writer.add_oms_changes(run.run_number, ONLINE, run.oms)
    writer.add_rr_changes(run.run_number, ONLINE, run.rr)
    return event


class _NothingToDo(Exception):
    """Leaves the writing transaction without a trace."""


class _NeedsRevision(Exception):
    """An automatic change met a run that is no longer OPEN."""


def save_received_run(store: Store, run: ReceivedRun, by: str, *, in_progress: bool = False) -> str:
    """Create a run, or update it if it is there, whoever else does so at the same time.

    Parameters
    ----------
    in_progress : bool
        See `update_received_run`.

    Returns
    -------
    str
        ``created``, ``updated``, or ``unchanged``.

    Raises
    ------
    APIError
        See `update_received_run`.
    """
    with store.reading() as connection:
        known = store.records.run(connection, run.run_number) is not None
    if not known:
        try:
            with store.write(by, creation_comment(run.run_number)) as writer:
                if store.records.run(writer.connection, run.run_number) is not None:
                    raise _NothingToDo  # another one was faster
                add_run(writer, run)
            return "created"
        except _NothingToDo:
            pass
    return "updated" if update_received_run(store, run, by, in_progress=in_progress) else "unchanged"


def update_received_run(store: Store, run: ReceivedRun, by: str, *, in_progress: bool = False) -> bool:
    """Record what an automatic update of a run changes; return whether it changed anything.

    Parameters
    ----------
    in_progress : bool
        Whether OMS attributes of a run that still takes data are stored although no component changed.

    Raises
    ------
    APIError
        Nothing was changed: the run is no longer OPEN, or would lose lumisections. Why is in the error's cause.

    Notes
    -----
    A run that is no longer OPEN keeps its components and RR attributes: it is flagged for a person to look at, and the update is
    refused. The flag goes when the run is OPEN again and was brought up to date.
    Source: the service's automatic run update (its workflows, *Automatic run update and flagging*); other than there, a run that
    is flagged already is refused too.
    """
    what = f"Error updating run {run.run_number}"
    try:
        with store.write(by, f"run {run.run_number} automatic update") as writer:
            if not record_update(store, writer, run, in_progress=in_progress):
                raise _NothingToDo
    except _NothingToDo:
        return False
    except _NeedsRevision as error:
        _flag(store, run.run_number, by, str(error))
        raise Conflict(what) from Conflict(str(error))
    except RunRegistryError as error:
        raise _failed(what, error) from error
    return True


def record_update(store: Store, writer: Writer, run: ReceivedRun, *, in_progress: bool = False) -> bool:
    """Record an automatic update inside a writing transaction; return whether there was anything to record."""
    run_number = run.run_number
    stored = _known(store, writer.connection, run_number)
    old_rr, old_oms = decode(stored.rr_attributes), decode(stored.oms_attributes)
    is_open = old_rr.get("state") == OPEN
    check_oms = in_progress or old_oms.get("end_time") is not None
    rr_changes, oms_changes = _changed_lumisections(store, writer, run, check_oms=check_oms)
    if rr_changes and not is_open:
        raise _NeedsRevision(f"an automatic change affected the RR Lumisections of run {run_number}. It needs revision")
    new_oms, new_rr = _changed(old_oms, run.oms_attributes), _changed(old_rr, run.rr_attributes)
    if new_rr and not is_open:
        raise _NeedsRevision(f"an automatic change affected the rr_attributes of run {run_number}. It needs revision")
    if is_open and old_rr.get(FLAG):
        new_rr[FLAG] = False
    has_ended = in_progress or run.oms_attributes.get("end_time") is not None
    if not (rr_changes or oms_changes or new_rr or (new_oms and has_ended)):
        return False
    if rr_changes or oms_changes:
        writer.add_dataset_event(run_number, ONLINE)
    writer.add_rr_changes(run_number, ONLINE, rr_changes)
    writer.add_oms_changes(run_number, ONLINE, oms_changes)
    writer.add_run_event(run_number, oms=new_oms, rr=new_rr)
    return True


def _changed_lumisections(store: Store, writer: Writer, run: ReceivedRun, *, check_oms: bool) -> tuple[list[Step], list[Step]]:
    """Return the changes of components and, where components changed or they are asked for, of OMS attributes."""
    # compat: an update of the poller is compared with all events by version alone, one that a user asked for with what is shown.
    records = store.records
    stored = records.automatic_lumisections if writer.by == AUTOMATIC_AUTHOR else records.lumisections
    columns = stored(writer.connection, run.run_number, ONLINE)
    check_not_shorter(columns.rr_last, run.rr[-1][1] if run.rr else 0)
    rr_changes = rr_differences(columns.rr, columns_of(run.rr), columns.rr_last)
    if not rr_changes and not check_oms:
        return [], []
    check_not_shorter(columns.oms_last, run.oms[-1][1] if run.oms else 0)
    return rr_changes, differences(columns.oms, columns_of(run.oms))


def _flag(store: Store, run_number: int, by: str, why: str) -> None:
    try:
        with store.write(by, f"run {run_number} flagged: {why}") as writer:
            row = store.records.run(writer.connection, run_number)
            if row is None or decode(row.rr_attributes).get(FLAG):
                raise _NothingToDo  # no version without an event
            writer.add_run_event(run_number, rr={FLAG: True})
    except _NothingToDo:
        pass


def edit_run(store: Store, run_number: object, attribute: str, body: Mapping[str, Any], by: str) -> dict[str, Any] | None:
    """Change one attribute of an OPEN run by hand; only `attribute` of the body is taken."""
    if attribute not in body:
        raise UsageError(f"Requested to change {attribute} but no suitable data was supplied")
    number = integer(run_number, "run_number")
    with store.reading() as connection:
        old = _editable(store, connection, number)
    value = body[attribute]
    comment = f'run {number} manual edit of attribute {attribute} from "{old.get(attribute)}" to "{value}"'
    if attribute not in old or not same(old[attribute], value):
        with store.write(by, comment) as writer:
            # Again, inside the transaction: the run may have been moved in between.
            _editable(store, writer.connection, number)
            writer.add_run_event(number, rr={attribute: value})
    return get_run(store, number)


def _editable(store: Store, connection: Connection, run_number: int) -> dict[str, Any]:
    attributes = _rr_attributes(_known(store, connection, run_number))
    if attributes.get("state") != OPEN:
        raise Conflict("Run must be in state OPEN to be edited")
    return attributes


def move_run(
    store: Store, to_state: str, body: Mapping[str, Any], by: str, *, check: Callable[[str], None] = lambda state: None
) -> dict[str, Any] | None:
    """Move a run to a state; leaving OPEN creates its offline datasets in the same transaction.

    Parameters
    ----------
    check : callable
        Called with the state that the run is in; raises if the user may not move it from there.
    """
    if to_state not in RUN_STATES:
        raise UsageError("The final state must be SIGNOFF, OPEN OR COMPLETED, no other option is valid")
    run_number = run_number_of(body)
    with store.write(by, f"move state run {run_number} to state {to_state}") as writer:
        row = _known(store, writer.connection, run_number)
        attributes = _rr_attributes(row)
        if attributes.get("state") == to_state:
            raise Conflict(f"Run {run_number} state is already in state {to_state}")
        check(attributes.get("state") or OPEN)
        check_can_leave_open(store, writer.connection, run_number, attributes, to_state)
        writer.add_run_event(run_number, rr={"state": to_state})
        if to_state in (SIGNOFF, COMPLETED):
            create_offline_datasets(store, writer, row)
    return get_run(store, run_number)


def _known(store: Store, connection: Connection, run_number: int) -> RunRow:
    row = store.records.run(connection, run_number)
    if row is None:
        raise NotFound("Run not found")
    return row


def _rr_attributes(row: RunRow) -> dict[str, Any]:
    attributes: dict[str, Any] = decode(row.rr_attributes)
    return attributes


def _run_number(body: Mapping[str, Any]) -> int:
    attributes = body.get("oms_attributes")
    if not isinstance(attributes, Mapping):
        raise UsageError(f"oms_attributes must be an object with a run_number, not {attributes!r}")
    if attributes.get("run_number") is None:
        raise UsageError("Run number cannot be undefined")
    return integer(attributes["run_number"], "oms_attributes.run_number")


def _received(body: Mapping[str, Any], by: str) -> ReceivedRun:
    if not by.startswith(AUTOMATIC_AUTHOR):
        raise UsageError("Manual change must have empty oms_metadata: only automatic authors may send OMS attributes")
    attributes = body.get("rr_attributes")
    if attributes is not None and not isinstance(attributes, Mapping):
        raise UsageError(f"rr_attributes must be an object, not {attributes!r}")
    return ReceivedRun(
        {**body["oms_attributes"], "run_number": _run_number(body)},
        dict(attributes or {}),
        joint_steps(body.get("oms_lumisections"), what="oms_lumisections", oms=True),
        triplet_steps(body.get("rr_lumisections"), what="rr_lumisections"),
    )


def _changed(old: Mapping[str, Any], new: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in new.items() if key not in old or not same(old[key], value)}


def _failed(what: str, error: RunRegistryError) -> APIError:
    """Return the service's text as an error; a user's mistake stays one, and the reason is to be its cause."""
    kind = APIError if isinstance(error, UsageError) else ServerFault
    status = error.status if isinstance(error, APIError) else 400 if isinstance(error, UsageError) else 500
    return kind(what, status=status)
