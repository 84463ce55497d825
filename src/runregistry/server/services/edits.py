"""What edits of lumisections have in common: what may be edited, over which range, and how a refusal is told."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection

from runregistry.errors import APIError, Conflict, NotFound, UsageError, suggestion
from runregistry.model import LumisectionColumns
from runregistry.server.services.values import integer
from runregistry.store import Store
from runregistry.store.documents import decode
from runregistry.terms import ONLINE, OPEN

__all__ = ["SHORTEST_COMMENT", "check_open", "checked_range", "editable_lumisections", "explained"]

SHORTEST_COMMENT = 3


def check_open(store: Store, connection: Connection, run_number: int, name: str) -> None:
    """Refuse to edit the ``online`` dataset of a run that is not OPEN.

    Raises
    ------
    NotFound, Conflict
        The run does not exist, or is in another state.
    """
    if name != ONLINE:
        return
    run = store.records.run(connection, run_number)
    if run is None:
        raise NotFound("Run not found")
    if decode(run.rr_attributes).get("state") != OPEN:
        raise Conflict("Run must be in state OPEN to be edited")


def editable_lumisections(store: Store, connection: Connection, run_number: int, name: str) -> LumisectionColumns:
    """Return the lumisections of a dataset that exists and may be edited.

    Raises
    ------
    NotFound, Conflict
        See `check_open`; or the run has no such dataset.
    """
    check_open(store, connection, run_number, name)
    if store.records.dataset(connection, run_number, name) is None:
        names = store.records.dataset_names(connection, run_number)
        raise NotFound(f"Dataset {name} of run {run_number} not found{suggestion(name, names)}")
    return store.records.lumisections(connection, run_number, name)


def checked_range(change: Mapping[str, Any], last_lumisection: int) -> tuple[int, int]:
    """Read ``start`` and ``end`` of a change: a closed range within the lumisections that there are.

    Raises
    ------
    UsageError
        It is reversed, or goes beyond 1 to the last lumisection.
    """
    first, last = integer(change.get("start"), "start"), integer(change.get("end"), "end")
    if first > last:
        raise UsageError("Start Lumisection must be less than end lumisection")
    if first < 1 or last > last_lumisection:
        raise UsageError(f"the range {first}-{last} is not within the lumisections of the dataset, 1-{last_lumisection}")
    return first, last


def explained(error: APIError | UsageError, prefix: str) -> APIError | UsageError:
    """Return the same kind of error with the text that says what failed in front.

    Examples
    --------
    >>> explained(UsageError("start must be a whole number"), "Error updating run 355100: ")
    UsageError('Error updating run 355100: start must be a whole number')
    """
    if isinstance(error, APIError):
        return type(error)(f"{prefix}{error}", status=error.status)
    return UsageError(f"{prefix}{error}")
