"""One look at OMS: which runs are new or changed, and each of them brought up to date.

Source: the OMS poller of the service (its workflows, *One polling cycle*). What comes of it is the same; how it is found is not:
runs are compared with what is stored, paging ends, and what failed is tried again.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any, NamedTuple, Protocol

from runregistry.errors import Conflict, RunRegistryError, TransportError
from runregistry.server.services.refresh import OMSSource, classified_as_of_oms
from runregistry.server.services.runs import save_received_run
from runregistry.store import Store
from runregistry.store.documents import decode
from runregistry.terms import AUTOMATIC_AUTHOR, OPEN

__all__ = ["Cycle", "PollMemory", "RunsSource", "poll_once"]

logger = logging.getLogger(__name__)

_PAGE = 50
_LAST_RUN = 2**31 - 1
# What OMS says of itself when it changed a run; the service looks at both.
_STAMPS = ("last_update", "end_time")
# So many failures one after the other are a fault of OMS, not of the runs: the rest waits for the next look.
_MOST_FAILURES_IN_A_ROW = 5


class RunsSource(OMSSource, Protocol):
    """Who can also say which runs changed last."""

    def latest_runs(self, limit: int, offset: int = 0) -> list[dict[str, Any]]:
        """Return the attributes of runs, those that were updated last first."""


class Cycle(NamedTuple):
    """What one look at OMS did.

    Attributes
    ----------
    created, updated, unchanged : list of int
        Runs that were new; that changed; whose stamps changed and nothing else did that is stored.
    refused : dict of int to str
        Runs that are no longer OPEN and were flagged for a person to look at, and why.
    failed : dict of int to str
        Runs that could not be brought up to date, and why; they are tried again in the next look.
    is_complete : bool
        Whether all that changed was looked at. If not, the next look goes on where this one ended.
    """

    created: list[int]
    updated: list[int]
    unchanged: list[int]
    refused: dict[int, str]
    failed: dict[int, str]
    is_complete: bool


class PollMemory:
    """What a look must know of the looks before it. Nothing is lost without it: it only spares OMS and brings order.

    Attributes
    ----------
    failed : set of int
        Runs that failed in the last look: they come last in the next one, so that they can't hold up the others.
    refused : dict of int to tuple
        Runs that were refused, with the stamps they had: they are not tried again before OMS changes them, or they are OPEN.
    depth : int
        How many runs of OMS's list were gone through when a look ended early; 0 otherwise.
    """

    def __init__(self) -> None:
        self.failed: set[int] = set()
        self.refused: dict[int, tuple[Any, ...]] = {}
        self.depth = 0


def poll_once(
    store: Store,
    source: RunsSource,
    memory: PollMemory,
    *,
    most_runs: int = 1000,
    may_go_on: Callable[[], bool] = lambda: True,
) -> Cycle:
    """Bring the runs up to date that OMS changed since the last look.

    Parameters
    ----------
    store : Store
        Where the runs are.
    source : RunsSource
        OMS.
    memory : PollMemory
        Of the looks before; changed.
    most_runs : int
        The most runs to bring up to date in one look.
    may_go_on : callable
        Asked before each run; False ends the look.

    Returns
    -------
    Cycle
        What was done. No run stops the others: it is among the failed ones.

    Raises
    ------
    AuthenticationError, TransportError
        OMS can't even say which runs changed.

    Notes
    -----
    Runs are brought up to date oldest change first, so that a look that is cut short leaves none behind: what is left is found
    again, because what comes before it in OMS's list has changed too.
    """
    found, is_complete = _changed_runs(store, source, memory, most_runs)
    found.sort(key=lambda run: (run["run_number"] in memory.failed, str(run.get("last_update") or ""), run["run_number"]))
    cycle = Cycle([], [], [], {}, {}, is_complete)
    in_a_row = 0
    for done, attributes in enumerate(found):
        if not may_go_on() or in_a_row >= _MOST_FAILURES_IN_A_ROW:
            logger.warning("this look at OMS ends early: %d runs are left for the next one", len(found) - done)
            cycle = cycle._replace(is_complete=False)
            break
        in_a_row = in_a_row + 1 if _take(store, source, attributes, memory, cycle) else 0
    memory.failed = (memory.failed - _done(cycle)) | cycle.failed.keys()
    return cycle


def _done(cycle: Cycle) -> set[int]:
    return {*cycle.created, *cycle.updated, *cycle.unchanged, *cycle.refused}


def _changed_runs(store: Store, source: RunsSource, memory: PollMemory, most_runs: int) -> tuple[list[dict[str, Any]], bool]:
    """Go through OMS's list up to the first page on which nothing changed; add what failed before and is not on it."""
    found: dict[int, dict[str, Any]] = {}
    offset, before, is_complete = 0, None, False
    while len(found) < most_runs:
        try:
            page = source.latest_runs(_PAGE, offset)
        except TransportError as error:
            if not found:
                raise
            logger.warning("the list of runs that changed can't be fetched beyond %d of them: %s", offset, error)
            break
        changed = [run for run in page if _needs_update(store, run, memory)]
        found.update((run["run_number"], run) for run in changed)
        if not page or page == before or (not changed and offset >= memory.depth):
            is_complete = True
            break
        offset, before = offset + len(page), page
    memory.depth = 0 if is_complete else offset
    return _with_failed(source, memory, found), is_complete


def _with_failed(source: RunsSource, memory: PollMemory, found: dict[int, dict[str, Any]]) -> list[dict[str, Any]]:
    for run_number in sorted(memory.failed - found.keys()):
        try:
            attributes = source.run(run_number)
        except TransportError as error:
            logger.warning("run %d, which failed before, can't be asked for: %s", run_number, error)
            continue
        if attributes is None:
            memory.failed.discard(run_number)
        else:
            found[run_number] = attributes
    return list(found.values())


def _needs_update(store: Store, oms: dict[str, Any], memory: PollMemory) -> bool:
    run_number = oms.get("run_number")
    if isinstance(run_number, bool) or not isinstance(run_number, int) or not 0 < run_number <= _LAST_RUN:
        logger.warning("OMS lists a run with the number %r, which can't be one", run_number)
        return False
    with store.reading() as connection:
        row = store.records.run(connection, run_number)
    if row is None or run_number in memory.failed:
        return True
    if memory.refused.get(run_number) == _stamps(oms) and decode(row.rr_attributes).get("state") != OPEN:
        return False
    return _stamps(decode(row.oms_attributes)) != _stamps(oms)


def _stamps(oms: dict[str, Any]) -> tuple[Any, ...]:
    return tuple(oms.get(name) for name in _STAMPS)


def _take(store: Store, source: RunsSource, oms: dict[str, Any], memory: PollMemory, cycle: Cycle) -> bool:
    """Bring one run up to date, and write down what came of it; True if it failed."""
    run_number: int = oms["run_number"]
    memory.refused.pop(run_number, None)
    try:
        received = classified_as_of_oms(store, source, oms)
        outcome = save_received_run(store, received, AUTOMATIC_AUTHOR, in_progress=True)
    except Conflict as error:
        reason = str(error.__cause__ or error)
        logger.warning("run %d is no longer OPEN, and OMS changed it: %s", run_number, reason)
        cycle.refused[run_number] = reason
        memory.refused[run_number] = _stamps(oms)
        return False
    except Exception as error:  # whatever is wrong with one run, the others must go on
        known = isinstance(error, RunRegistryError)
        reason = str(error.__cause__ or error) if known else f"{type(error).__name__}: {error}"
        logger.warning("run %d could not be brought up to date: %s", run_number, reason, exc_info=None if known else error)
        cycle.failed[run_number] = reason
        return True
    getattr(cycle, outcome).append(run_number)
    return False
