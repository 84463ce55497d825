"""OMS runs and lumisections into the registry: attributes, class, significance, component statuses.

Source: the OMS poller of the service (its workflows, *Saving new runs*, *Classification of a run*).
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import islice
from types import MappingProxyType
from typing import Any, NamedTuple

from runregistry.engine import OMSLumisections, derived_run_attributes
from runregistry.engine.oms_files import read_lumisections, read_runs
from runregistry.engine.oms_table import OmsRun, OmsTable
from runregistry.errors import RunRegistryError, UsageError
from runregistry.lumis.steps import Step, elementary
from runregistry.model.changes import stored_oms
from runregistry.server.services.classifiers import ActiveClassifiers, active_classifiers
from runregistry.server.services.runs import ReceivedRun, add_run, creation_comment, update_received_run
from runregistry.store import Store
from runregistry.store.documents import decode
from runregistry.terms import AUTOMATIC_AUTHOR

__all__ = ["NEW_RUN", "Loaded", "classified_run", "load_files", "stored_attributes"]

# What is known of a run before it is classified.
NEW_RUN = MappingProxyType({"significant": False, "class": ""})
# Runs that are written in one transaction: enough for the disk to matter little, few enough for other writers not to wait.
_BATCH = 50
# Attributes of OMS's lumisections that say something about the run, where all of a run's lumisections agree.
_OF_THE_RUN = ("fill_number",)
_THERE = ""  # stands for the lumisection itself; no attribute is called so


class Loaded(NamedTuple):
    """What loading did, in runs.

    Attributes
    ----------
    created, updated, unchanged : int
        Runs that were new, that changed, that were there as they are.
    refused : dict of int to str
        Runs that could not be updated, and why: they are no longer OPEN, or would lose lumisections.
    lumisections : int
        Lumisections of all runs in the files.
    """

    created: int
    updated: int
    unchanged: int
    refused: dict[int, str]
    lumisections: int


def load_files(
    store: Store,
    *,
    lumisections: str | os.PathLike[str] | None = None,
    runs: str | os.PathLike[str] | None = None,
    by: str = AUTOMATIC_AUTHOR,
    progress: Callable[[int, int], None] | None = None,
) -> Loaded:
    """Load files of OMS data into a registry: new runs are created and classified, known ones updated.

    Parameters
    ----------
    lumisections, runs : path, optional
        See `runregistry.engine.oms_files`; at least one. Runs that only one of the files has are loaded too.
    by : str
        The author; it must begin with ``auto@auto``, because shifters' changes stay on top of what is loaded.
    progress : callable, optional
        Called with the number of runs done and of all runs.

    Raises
    ------
    UsageError
        A file can't be read or is wrong; nothing was stored.
    """
    if lumisections is None and runs is None:
        raise UsageError("there is nothing to load: name a file of lumisections, of runs, or both")
    if not by.startswith(AUTOMATIC_AUTHOR):
        raise UsageError(f"what is loaded from files is automatic: the author must begin with {AUTOMATIC_AUTHOR}, not {by!r}")
    table = read_lumisections(lumisections) if lumisections is not None else None
    attributes = read_runs(runs) if runs is not None else {}
    with store.reading() as connection:
        classifiers = active_classifiers(store, connection)
    received = (_classified_again(store, classifiers, *pair) for pair in _joined(table, attributes))
    numbers = attributes.keys() | (set(table.run_numbers.tolist()) if table is not None else set())
    done = 0

    def report(n_runs: int) -> None:
        nonlocal done
        done += n_runs
        if progress is not None:
            progress(done, len(numbers))

    return _store_all(store, received, by, report)


def classified_run(
    classifiers: ActiveClassifiers,
    oms_attributes: Mapping[str, Any],
    lumisections: OMSLumisections,
    *,
    start: Mapping[str, Any] = NEW_RUN,
    is_significant: bool = False,
) -> ReceivedRun:
    """Derive a run's attributes, classify it, and, if it is significant, its components.

    Parameters
    ----------
    oms_attributes : mapping
        As delivered; ``run_number`` at least.
    lumisections : OMSLumisections
        All attributes of OMS.
    start : mapping
        The RR attributes that classifiers see; class and significance are worked out anew.
    is_significant : bool
        Whether the run stays significant whatever the classifiers say: its components can't be taken away again.
    """
    oms = {**oms_attributes, **derived_run_attributes(oms_attributes, lumisections)}
    rr = classifiers.run.attributes(lumisections.columns, oms, start)
    rr["significant"] = rr["significant"] or is_significant
    statuses = classifiers.online.statuses(oms, rr, lumisections) if rr["significant"] else {}
    return ReceivedRun(oms, rr, _stored_steps(lumisections), list(elementary(statuses)))


def stored_attributes(store: Store, run_number: int) -> dict[str, Any] | None:
    """Return the RR attributes of a run; None if it is not known."""
    with store.reading() as connection:
        row = store.records.run(connection, run_number)
    return decode(row.rr_attributes) if row else None


def _classified_again(
    store: Store, classifiers: ActiveClassifiers, oms_attributes: Mapping[str, Any], lumisections: OMSLumisections
) -> ReceivedRun:
    known = stored_attributes(store, oms_attributes["run_number"]) or {}
    return classified_run(classifiers, oms_attributes, lumisections, is_significant=known.get("significant") is True)


def _stored_steps(lumisections: OMSLumisections) -> list[Step]:
    """Return the joint steps of what is stored; a lumisection of which nothing is stored is there, and empty."""
    columns: dict[str, list[Step]] = stored_oms(lumisections.columns)
    columns[_THERE] = [(first, last, True) for first, last in lumisections.present]
    return [
        (first, last, {name: value for name, value in here.items() if name != _THERE})
        for first, last, here in elementary(columns)
    ]


def _joined(
    table: OmsTable | None, attributes: Mapping[int, Mapping[str, Any]]
) -> Iterator[tuple[dict[str, Any], OMSLumisections]]:
    """Pair each run's attributes with its lumisections, by run number."""
    runs_of_table = {run.run_number: run for run in table.runs()} if table is not None else {}
    for run_number in sorted(attributes.keys() | runs_of_table.keys()):
        run = runs_of_table.pop(run_number, None) or OmsRun(run_number, [], {}, {})
        known = {name: run.constants[name] for name in _OF_THE_RUN if name in run.constants}
        yield {"run_number": run_number, **known, **attributes.get(run_number, {})}, OMSLumisections(run.columns, run.present)


def _create(store: Store, batch: Sequence[ReceivedRun], by: str) -> list[ReceivedRun]:
    """Create what is new of a batch in one transaction; return the runs that are there already."""
    with store.reading() as connection:
        known = [run for run in batch if store.records.run(connection, run.run_number) is not None]
    new = [run for run in batch if run not in known]
    if new:
        with store.write(by, creation_comment(new[0].run_number)) as writer:
            for position, run in enumerate(new):
                if position:
                    writer.start_version(by, creation_comment(run.run_number))
                add_run(writer, run)
    return known


def _store_all(store: Store, received: Iterator[ReceivedRun], by: str, report: Callable[[int], None]) -> Loaded:
    loaded = Loaded(0, 0, 0, {}, 0)
    while batch := list(islice(received, _BATCH)):
        known = _create(store, batch, by)
        outcomes = {run.run_number: _update(store, run, by) for run in known}
        refused = {number: outcome for number, outcome in outcomes.items() if isinstance(outcome, str)}
        changed = sum(outcome is True for outcome in outcomes.values())
        loaded = Loaded(
            loaded.created + len(batch) - len(known),
            loaded.updated + changed,
            loaded.unchanged + len(known) - changed - len(refused),
            loaded.refused | refused,
            loaded.lumisections + sum(run.n_lumisections for run in batch),
        )
        report(len(batch))
    return loaded


def _update(store: Store, run: ReceivedRun, by: str) -> bool | str:
    """Update a run; return whether anything changed, or why it was refused."""
    try:
        return update_received_run(store, run, by)
    except RunRegistryError as error:
        return str(error.__cause__ or error)
