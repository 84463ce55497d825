"""Datasets that appeared in the DQM GUI: remembered, and opened in the workspaces where they waited for it.

Source: the DQM GUI poller of the service (its workflows, *DQM GUI polling*). A hidden dataset stays hidden here, and a classifier
that is not enabled is not used.
"""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterable, Mapping, Sequence
from re import Pattern
from typing import Any, NamedTuple

from sqlalchemy import Connection

from runregistry.errors import LogicError, UsageError
from runregistry.logic import Rule, parse_rule
from runregistry.model import LumisectionColumns
from runregistry.model.summary import dcs_ranges, rr_ranges
from runregistry.server.services.javascript_patterns import javascript_pattern
from runregistry.store import Store
from runregistry.store.documents import decode
from runregistry.store.selections import DatasetDetail, NamedDataset, dataset_details, datasets_named
from runregistry.terms import AUTOMATIC_AUTHOR, ONLINE, OPEN, WAITING_DQM_GUI

__all__ = ["Appeared", "record_appearances"]

logger = logging.getLogger(__name__)

_COMMENT = "new dataset appeared pinging gui"
_NOT_SIGNIFICANT = "not significant for workspace"
_STATE = "_state"
Key = tuple[int, str]


class Appeared(NamedTuple):
    """What the registry did about what is in the GUI.

    Attributes
    ----------
    datasets : int
        Datasets of the registry that were found there under new names.
    names : int
        Those new names.
    problems : tuple of str
        What of the configuration could not be used, and why.
    """

    datasets: int
    names: int
    problems: tuple[str, ...]


class _Accepted(NamedTuple):
    """One accepted dataset: in which runs it is looked for, under which names of the GUI."""

    first_run: int
    last_run: int
    patterns: tuple[Pattern[str], ...]


def record_appearances(store: Store, gui_names: Mapping[int, Collection[str]]) -> Appeared:
    """Record which datasets are in the DQM GUI, all in one version; nothing, if there is nothing new.

    Parameters
    ----------
    gui_names : mapping of int to collection of str
        Names of the datasets that the GUI has, by run number.
    """
    problems: list[str] = []
    with store.reading() as connection:
        accepted = _accepted(store, connection, problems)
        candidates = datasets_named(connection, accepted.keys() - {ONLINE})
        found = _found(accepted, (row for row in candidates if row.run_number in gui_names), gui_names)
    counts = (0, 0)
    if found:
        with store.write(AUTOMATIC_AUTHOR, _COMMENT) as writer:
            rules = _rules(store, writer.connection, problems)
            # Again in the transaction: somebody may have moved a dataset meanwhile, or another process found the same.
            for row in dataset_details(writer.connection, list(found)):
                key = row.run_number, row.name
                known = set(decode(row.datasets_in_gui))
                found[key] = [name for name in found[key] if name not in known]
                if found[key]:
                    writer.add_dataset_event(*key, _new_states(row, rules, problems), in_gui=found[key])
        counts = (sum(map(bool, found.values())), sum(map(len, found.values())))
    problems = list(dict.fromkeys(problems))
    for problem in problems:
        logger.warning("looking for datasets in the DQM GUI: %s", problem)
    return Appeared(*counts, tuple(problems))


def _accepted(store: Store, connection: Connection, problems: list[str]) -> dict[str, list[_Accepted]]:
    """Return the accepted datasets that are enabled, by name; an expression that is wrong is left out, and told."""
    by_name: dict[str, list[_Accepted]] = {}
    for item in store.configuration.items(connection, "datasets_accepted"):
        fields = item.fields
        if not fields["enabled"]:
            continue
        patterns = []
        for line in filter(None, map(str.strip, fields["regexp"].split("\n"))):
            try:
                patterns.append(javascript_pattern(line))
            except UsageError as error:
                problems.append(f"accepted dataset {item.id} ({fields['name']}): {error}")
        entry = _Accepted(fields.get("run_from") or 0, fields["run_to"], tuple(patterns))
        by_name.setdefault(fields["name"], []).append(entry)
    return by_name


def _found(
    accepted: Mapping[str, Sequence[_Accepted]], datasets: Iterable[NamedDataset], gui_names: Mapping[int, Collection[str]]
) -> dict[Key, list[str]]:
    """Return the new names in the GUI of each dataset that has any."""
    # The same names are in the GUI for thousands of runs: each is searched once for each expression.
    seen: dict[tuple[Pattern[str], str], bool] = {}

    def matches(pattern: Pattern[str], name: str) -> bool:
        key = pattern, name
        if key not in seen:
            seen[key] = pattern.search(name) is not None
        return seen[key]

    found: dict[Key, list[str]] = {}
    for row in datasets:
        patterns = [
            pattern
            for entry in accepted[row.name]
            if entry.first_run <= row.run_number <= entry.last_run
            for pattern in entry.patterns
        ]
        names = [name for name in sorted(gui_names[row.run_number]) if any(matches(pattern, name) for pattern in patterns)]
        if names and (new := [name for name in names if name not in decode(row.datasets_in_gui)]):
            found[row.run_number, row.name] = new
    return found


def _rules(store: Store, connection: Connection, problems: list[str]) -> dict[str, Rule]:
    """Return, for each workspace, its first offline dataset classifier that is enabled."""
    rules: dict[str, Rule] = {}
    for item in store.configuration.items(connection, "offline_dataset"):
        workspace = item.fields["workspace"]
        if workspace in rules or not item.fields["enabled"]:
            continue
        try:
            rules[workspace] = parse_rule(item.fields["classifier"], defer_unknown=True)
        except LogicError as error:
            problems.append(f"offline dataset classifier {item.id} ({workspace}): {error}")
    return rules


def _new_states(row: DatasetDetail, rules: Mapping[str, Rule], problems: list[str]) -> dict[str, str]:
    """Decide about every workspace where a dataset waits; without a rule that can be used it goes on waiting there."""
    attributes = decode(row.dataset_attributes)
    waiting = [
        name.removesuffix(_STATE) for name, state in attributes.items() if name.endswith(_STATE) and state == WAITING_DQM_GUI
    ]
    record = _record(row, attributes) if waiting else {}
    states = {}
    for workspace in waiting:
        if workspace not in rules:
            problems.append(f"there is no offline dataset classifier of workspace {workspace}; datasets go on waiting there")
            continue
        try:
            is_significant = rules[workspace].is_true(record)
        except LogicError as error:
            problems.append(f"offline dataset classifier of {workspace} fails on {row.name} of run {row.run_number}: {error}")
            continue
        states[f"{workspace}{_STATE}"] = OPEN if is_significant else _NOT_SIGNIFICANT
    return states


def _record(row: DatasetDetail, attributes: Mapping[str, Any]) -> dict[str, Any]:
    """Return what an offline dataset classifier sees."""
    columns = LumisectionColumns.decode(row.rr, row.oms)
    return {
        "run_number": row.run_number,
        "name": row.name,
        "dataset_attributes": attributes,
        "datasets_in_gui": decode(row.datasets_in_gui),
        "deleted": row.deleted,
        "version": row.version,
        "Run": {"rr_attributes": decode(row.rr_attributes), "oms_attributes": decode(row.oms_attributes)},
        "DatasetTripletCache": {
            "triplet_summary": decode(row.triplet_summary),
            "dcs_summary": decode(row.dcs_summary),
            "rr_ranges": rr_ranges(columns),
            "dcs_ranges": dcs_ranges(columns),
            "brilcalc_recorded_luminosity": row.recorded,
            "brilcalc_delivered_luminosity": row.delivered,
        },
    }
