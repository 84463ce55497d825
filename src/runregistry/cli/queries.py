"""Questions to a registry: runs, datasets, lumisections, ranges."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from runregistry.cli.console import note
from runregistry.cli.opening import open_client
from runregistry.cli.rows import Format, write_rows
from runregistry.errors import FilterError, NotFound, suggestion

if TYPE_CHECKING:
    from runregistry.client import Client

__all__ = ["parse_filter", "show_datasets", "show_lumisections", "show_ranges", "show_runs"]

_RUN_COLUMNS = (
    "run_number",
    "rr_attributes.class",
    "rr_attributes.state",
    "rr_attributes.significant",
    "oms_attributes.fill_number",
    "oms_attributes.ls_duration",
)
_DATASET_COLUMNS = (
    "run_number",
    "name",
    "Run.rr_attributes.class",
    "dataset_attributes.global_state",
    "DatasetTripletCache.dcs_summary.ls_duration.TRUE",
)
_HEADS = {"DatasetTripletCache.dcs_summary.ls_duration.TRUE": "ls_duration"}


def parse_filter(text: str | None) -> dict[str, Any]:
    """Return the filter that a user wrote as JSON; an empty one if none.

    Raises
    ------
    FilterError
        It is no JSON object.

    Examples
    --------
    >>> parse_filter('{"class": "Collisions24"}')
    {'class': 'Collisions24'}
    """
    if text is None:
        return {}
    try:
        found = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise FilterError(f"--filter is not JSON: {error}; write for example '{{\"run_number\": 355100}}'") from error
    if not isinstance(found, dict):
        raise FilterError(f'--filter must be a JSON object such as {{"run_number": 355100}}, not {text}')
    return found


def show_runs(filter_text: str | None, limit: int, style: Format, target: str | None, database: str | None) -> None:
    """Write the runs that a filter matches, newest first."""
    wanted = parse_filter(filter_text)
    with open_client(target, database) as client:
        rows = client.runs(wanted, limit=_one_more(limit))
    write_rows(_cut(rows, limit, "runs"), style, _RUN_COLUMNS)


def show_datasets(filter_text: str | None, limit: int, style: Format, target: str | None, database: str | None) -> None:
    """Write the datasets that a filter matches."""
    wanted = parse_filter(filter_text)
    with open_client(target, database) as client:
        rows = client.datasets(wanted, limit=_one_more(limit))
    rows = _cut(rows, limit, "datasets")
    if style is Format.TABLE:
        rows = [{**row, "ls_duration": _lumisections_of(row)} for row in rows]
    write_rows(rows, style, [_HEADS.get(column, column) for column in _DATASET_COLUMNS])


def show_lumisections(
    run_number: int, dataset_name: str, style: Format, target: str | None, database: str | None, *, oms: bool
) -> None:
    """Write a dataset's component statuses, or its OMS attributes, one row a lumisection."""
    with open_client(target, database) as client:
        _check_dataset(client, run_number, dataset_name)
        found = client.oms_lumisections(run_number, dataset_name) if oms else client.lumisections(run_number, dataset_name)
    rows = [{"lumisection_number": number, **row} for number, row in enumerate(found, 1)]
    if not oms and style is not Format.JSON:
        rows = [{key: _status(value) for key, value in row.items()} for row in rows]
    write_rows(rows, style)


def show_ranges(
    run_number: int, dataset_name: str, style: Format, target: str | None, database: str | None, *, oms: bool
) -> None:
    """Write the ranges over which a component, or all OMS attributes, stay as they are."""
    with open_client(target, database) as client:
        _check_dataset(client, run_number, dataset_name)
        if oms:
            rows = [_first_last(row) for row in client.oms_ranges(run_number, dataset_name)]
        else:
            by_component = client.ranges_by_component(run_number, dataset_name)
            rows = [{"component": name, **_first_last(row)} for name, ranges in by_component.items() for row in ranges]
    write_rows(rows, style)


def _one_more(limit: int) -> int | None:
    """Return how many rows to ask for, so that it shows whether there are more than are wanted."""
    return limit + 1 if limit else None


def _cut(rows: list[dict[str, Any]], limit: int, noun: str) -> list[dict[str, Any]]:
    if limit and len(rows) > limit:
        note(f"The first {limit} {noun}; there are more. --limit shows more of them, --limit 0 all.")
        return rows[:limit]
    return rows


def _lumisections_of(dataset: Mapping[str, Any]) -> int | None:
    summary: Mapping[str, Any] = dataset["DatasetTripletCache"].get("dcs_summary", {})
    counted: int | None = summary.get("ls_duration", {}).get("TRUE")
    return counted


def _check_dataset(client: Client, run_number: int, dataset_name: str) -> None:
    """Raise `NotFound` where the registry would answer with nothing."""
    names = client.dataset_names(run_number)
    if not names:
        raise NotFound(f"run {run_number} is not in the registry ({client.settings.target_name})")
    if dataset_name not in names:
        hint = suggestion(dataset_name, names)
        raise NotFound(f"run {run_number} has no dataset {dataset_name}{hint}; it has {', '.join(names)}")


def _status(value: Any) -> Any:
    return value["status"] if isinstance(value, Mapping) else value


def _first_last(row: Mapping[str, Any]) -> dict[str, Any]:
    """Return a range as a row that begins with its bounds."""
    return {"start": row["start"], "end": row["end"], **row}
