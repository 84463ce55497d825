"""Questions about runs and datasets: lists, one of them, its history; and certification cycles."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

from runregistry.cli.console import note
from runregistry.cli.filtering import Question, parse_sortings, read_names, read_question
from runregistry.cli.opening import open_client
from runregistry.cli.rows import Format, Shown, pick, write_json_lines, write_shown, writing
from runregistry.errors import NotFound, suggestion

if TYPE_CHECKING:
    from runregistry.cli.options import DatasetFilters, Listing, Output, Past, Registry, RunFilters
    from runregistry.client import Client
    from runregistry.client.frames import Rows

__all__ = ["check_dataset", "show_cycles", "show_datasets", "show_history", "show_runs", "value_text"]

_TABLE_LIMIT = 50  # rows that a person looks at
_RUN_COLUMNS = (
    "run_number",
    "rr_attributes.class",
    "rr_attributes.state",
    "rr_attributes.significant",
    "oms_attributes.fill_number",
    "oms_attributes.ls_duration",
    "oms_attributes.start_time",
)
_DATASET_COLUMNS = (
    "run_number",
    "name",
    "Run.rr_attributes.class",
    "dataset_attributes.global_state",
    "DatasetTripletCache.dcs_summary.ls_duration.TRUE",
)
_HEADS = {"TRUE": "ls_duration"}
_RR = ("class", "state", "significant", "stop_reason")
_HISTORY_COLUMNS = ("time", "author", "what", "first", "last", "value", "comment")
_CYCLE_PATHS = ("id_cycle", "cycle_name", "deadline", "cycle_attributes.global_state")


class _List(NamedTuple):
    """A list of the registry: its verbs, and how it is shown."""

    noun: str
    read: Callable[..., Rows]
    go_through: Callable[..., Iterator[dict[str, Any]]]
    count: Callable[..., int]
    columns: Sequence[str]
    options: Mapping[str, Any]


def show_runs(
    words: Sequence[str] | None, filters: RunFilters, listing: Listing, output: Output, registry: Registry, past: Past
) -> None:
    """Write the runs that match."""
    question = read_question(words, filters)
    with open_client(registry.target, registry.database) as client:
        runs = _List("runs", client.runs, client.iter_runs, client.count_runs, _RUN_COLUMNS, {})
        _show_list(runs, question, listing, output, past)


def show_datasets(
    words: Sequence[str] | None,
    filters: DatasetFilters,
    listing: Listing,
    output: Output,
    registry: Registry,
    past: Past,
    *,
    with_oms: bool,
) -> None:
    """Write the datasets that match."""
    question = read_question(words, filters)
    options = {"with_oms": True} if with_oms else {}
    with open_client(registry.target, registry.database) as client:
        datasets = _List("datasets", client.datasets, client.iter_datasets, client.count_datasets, _DATASET_COLUMNS, options)
        _show_list(datasets, question, listing, output, past)


def _show_list(asked: _List, question: Question, listing: Listing, output: Output, past: Past) -> None:
    filters = {"is_wire_filter": question.is_wire_filter, "as_of": past.as_of, **question.keywords}
    if listing.count:
        with writing(output.output) as stream:
            print(asked.count(question.filter, **filters), file=stream)
        return
    style, fields = output.style, read_names(listing.fields)
    limit = (_TABLE_LIMIT if style is Format.TABLE else 0) if listing.limit is None else listing.limit
    sortings = parse_sortings(listing.sort, of_datasets=asked.noun == "datasets")
    how = {**filters, **asked.options, "fields": fields, "sortings": sortings}
    if style is Format.JSONL and not limit and [key for key, _ in sortings] in ([], ["run_number"]):
        rows_to_come = asked.go_through(question.filter, **how)  # here, so that a mistake leaves no empty file
        with writing(output.output) as stream:
            write_json_lines(rows_to_come, stream)
        return
    rows = asked.read(question.filter, **how, limit=limit + 1 if limit else None)
    if limit and len(rows) > limit:
        note(f"The first {limit} {asked.noun}; there are more. --limit shows more of them, --limit 0 all.")
        rows = rows[:limit]
    if fields is not None:
        write_shown(Shown(rows, fields, lambda: rows, lambda: rows), style, output.output)
    else:
        table_rows = partial(_for_people, rows, asked.columns)
        heads = [_HEADS.get(name, name) for name in (path.rpartition(".")[2] for path in asked.columns)]
        write_shown(Shown(rows, heads, table_rows, lambda: rows), style, output.output)


def _for_people(rows: Rows, paths: Sequence[str]) -> list[dict[str, Any]]:
    return [{_HEADS.get(name, name): value for name, value in pick(row, paths).items()} for row in rows]


def check_dataset(client: Client, run_number: int, dataset_name: str) -> None:
    """Raise `NotFound` where the registry would answer with nothing."""
    names = client.dataset_names(run_number)
    if not names:
        raise NotFound(f"run {run_number} is not in the registry ({client.settings.target_name})")
    if dataset_name not in names:
        hint = suggestion(dataset_name, names)
        raise NotFound(f"run {run_number} has no dataset {dataset_name}{hint}; it has {', '.join(names)}")


def show_history(run_number: int, dataset_name: str, output: Output, registry: Registry, past: Past) -> None:
    """Write what was changed in a dataset, by whom and why, oldest first."""
    with open_client(registry.target, registry.database) as client:
        check_dataset(client, run_number, dataset_name)
        rows = client.history(run_number, dataset_name, as_of=past.as_of)

    def for_people() -> list[dict[str, Any]]:
        return [changed for row in rows for changed in _changes(row)]

    write_shown(Shown(rows, _HISTORY_COLUMNS, for_people, lambda: rows), output.style, output.output)


def _changes(row: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield a line for each value that an action set: a component that was made GOOD is told by its status."""
    action = {
        "time": str(row.get("createdAt") or "").partition(".")[0],
        "author": row.get("by"),
        "comment": row.get("comment"),
        "first": row.get("start"),
        "last": row.get("end"),
    }
    changes = row.get("jsonb")
    if not isinstance(changes, Mapping):
        # The first event of a run holds all that OMS said, which `runs` shows better.
        changes = {
            name: row[name] for name in ("class", "state", "significant", "stop_reason") if row.get(name) not in (None, "")
        }
    by_value: dict[str, list[str]] = {}
    for name, value in changes.items():
        by_value.setdefault(value_text(value), []).append(name)
    for value, names in by_value.items():
        yield {**action, "what": ", ".join(names), "value": value}
    if not by_value:
        yield {**action, "what": "", "value": ""}


def value_text(value: Any) -> str:
    """Return a value in a few words: a triplet as its status with what is said about it.

    Examples
    --------
    >>> value_text({"status": "BAD", "comment": "HV trip", "cause": ""}), value_text(True)
    ('BAD: HV trip', 'true')
    """
    if isinstance(value, Mapping) and "status" in value:
        said = "; ".join(filter(None, (value.get("comment"), value.get("cause"))))
        return f"{value['status']}: {said}" if said else str(value["status"])
    return str(value).lower() if isinstance(value, bool) else str(value)


def show_cycles(workspace: str, output: Output, registry: Registry) -> None:
    """Write the certification cycles."""
    with open_client(registry.target, registry.database) as client:
        rows = client.cycles(workspace)

    def for_people() -> list[dict[str, Any]]:
        return [{**pick(row, _CYCLE_PATHS), "datasets": len(row.get("CycleDataset") or ())} for row in rows]

    heads = [*(path.rpartition(".")[2] for path in _CYCLE_PATHS), "datasets"]
    write_shown(Shown(rows, heads, for_people, lambda: rows), output.style, output.output)
