"""Runs fetched from OMS again: refreshed, reset, marked significant.

A refresh never takes anything from shifters: what they changed stays on top, also after a reset.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any, Protocol

from sqlalchemy import Connection

from runregistry.engine import oms_lumisections
from runregistry.errors import APIError, AuthenticationError, Conflict, NotFound, RunRegistryError, ServerFault, TransportError
from runregistry.server.services.classifiers import active_classifiers
from runregistry.server.services.ingest import NEW_RUN, classified_run, stored_attributes
from runregistry.server.services.runs import ReceivedRun, get_run, record_update, update_received_run
from runregistry.server.services.values import integer
from runregistry.store import Store
from runregistry.store.documents import decode
from runregistry.terms import AUTOMATIC_AUTHOR, OPEN

__all__ = ["OMSSource", "classified_as_of_oms", "mark_significant", "on_behalf_of", "refresh_run"]

logger = logging.getLogger(__name__)


class OMSSource(Protocol):
    """Who knows runs: OMS, or what stands in for it."""

    def run(self, run_number: int) -> dict[str, Any] | None:
        """Return the attributes of a run; None if it is not known."""

    def lumisections(self, run_number: int) -> list[dict[str, Any]]:
        """Return the attributes of all lumisections of a run, in order."""


def on_behalf_of(email: str) -> str:
    """Return the author of an automatic change that a person asked for.

    Examples
    --------
    >>> on_behalf_of("shifter@example.org"), on_behalf_of("")
    ('auto@auto - shifter@example.org', 'auto@auto')
    """
    return f"{AUTOMATIC_AUTHOR} - {email}" if email else AUTOMATIC_AUTHOR


def classified_as_of_oms(
    store: Store, source: OMSSource, oms_attributes: Mapping[str, Any], *, start: Mapping[str, Any] = NEW_RUN, force: bool = False
) -> ReceivedRun:
    """Fetch a run's lumisections and classify it with the classifiers that are in force.

    Parameters
    ----------
    oms_attributes : mapping
        The run as OMS has it.
    start : mapping
        The RR attributes that classifiers see.
    force : bool
        Whether it is significant whatever the classifiers say. A run that is stored as significant always is: shifters may have
        said so, and its components can't be taken away again.
    """
    rows = source.lumisections(oms_attributes["run_number"])
    stored = stored_attributes(store, oms_attributes["run_number"]) or {}
    with store.reading() as connection:
        classifiers = active_classifiers(store, connection)
    is_significant = force or stored.get("significant") is True
    return classified_run(classifiers, oms_attributes, oms_lumisections(rows), start=start, is_significant=is_significant)


def refresh_run(store: Store, source: OMSSource | None, run_number: object, email: str, *, reset: bool = False) -> Any:
    """Fetch an OPEN run from OMS, classify it again, and return it as it is then.

    Parameters
    ----------
    source : OMSSource or None
        None if the registry knows no OMS.
    email : str
        Who asks; may be empty.
    reset : bool
        Whether the classifiers see a new run, instead of one with the attributes that are stored.

    Raises
    ------
    APIError
        There is no such run, it is not OPEN, OMS can't be asked or does not know it, or the update failed. That nothing changed
        is no error.
    """
    number = integer(run_number, "run_number")
    stored = stored_attributes(store, number)
    if stored is None:
        raise NotFound("Run not found")
    if stored.get("state") != OPEN:
        raise Conflict("Run must be in state OPEN to be refreshed")
    received = _fetched(store, source, number, start=NEW_RUN if reset else stored)
    update_received_run(store, received, on_behalf_of(email), in_progress=True)
    return get_run(store, number)


def mark_significant(store: Store, source: OMSSource | None, body: Mapping[str, Any], by: str) -> Any:
    """Mark an OPEN run as significant, fetch it from OMS and classify its components, all as one version; return the run.

    A registry that knows no OMS only marks it.

    Raises
    ------
    APIError
        There is no such run, it is not OPEN or is significant already. Or OMS can't be asked: then the run *is* marked.
    """
    if body.get("run_number") is None:
        raise NotFound("Run not found")
    number = integer(body["run_number"], "run_number")
    with store.reading() as connection:
        stored = _markable(store, connection, number)
    received, trouble = None, None
    if source is not None:
        try:
            received = _fetched(store, source, number, start=stored | {"significant": True}, force=True)
        except RunRegistryError as error:
            trouble = error
    _record_marking(store, number, received, by)
    if trouble is not None:
        raise ServerFault(
            f"Run {number} is marked significant, but its components could not be classified: {trouble} Refresh the run later.",
            status=502,
        ) from trouble
    return get_run(store, number)


def _record_marking(store: Store, run_number: int, received: ReceivedRun | None, by: str) -> None:
    try:
        with store.write(by, f"mark run {run_number} significant") as writer:
            # Again, inside the transaction: somebody may have been faster.
            _markable(store, writer.connection, run_number)
            writer.add_run_event(run_number, rr={"significant": True})
            if received is not None:
                # The rest of this version is automatic, so that shifters' changes stay above it.
                writer.by = on_behalf_of(by)
                rest = {name: value for name, value in received.rr_attributes.items() if name != "significant"}
                record_update(store, writer, received._replace(rr_attributes=rest), in_progress=True)
    except (NotFound, Conflict):
        raise
    except RunRegistryError as error:
        raise APIError(f"Error marking run significant: {error}", status=400) from error


def _markable(store: Store, connection: Connection, run_number: int) -> dict[str, Any]:
    row = store.records.run(connection, run_number)
    if row is None:
        raise NotFound("Run not found")
    attributes: dict[str, Any] = decode(row.rr_attributes)
    if attributes.get("state") != OPEN:
        raise Conflict("Run must be in state OPEN to be marked significant")
    if attributes.get("significant") is True:
        raise Conflict("Run is already significant")
    return attributes


def _fetched(
    store: Store, source: OMSSource | None, run_number: int, *, start: Mapping[str, Any], force: bool = False
) -> ReceivedRun:
    """Fetch a run and classify it; that OMS fails is not the fault of who asks."""
    if source is None:
        raise ServerFault("This registry knows no OMS to fetch runs from; its operator can name one with --oms-url.", status=503)
    try:
        attributes = source.run(run_number)
        if attributes is None:
            raise NotFound(f"OMS does not know run {run_number}.")
        return classified_as_of_oms(store, source, attributes, start=start, force=force)
    except (AuthenticationError, TransportError) as error:
        logger.warning("run %d can't be fetched: %s", run_number, error)
        raise ServerFault(f"Run {run_number} can't be fetched from OMS: {error}", status=502) from error
