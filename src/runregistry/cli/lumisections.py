"""What holds in lumisections: statuses and OMS attributes, of one run or of many, range by range or one by one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from runregistry.cli.asking import check_dataset
from runregistry.cli.console import note
from runregistry.cli.filtering import Question, read_names, read_question
from runregistry.cli.opening import open_client
from runregistry.cli.rows import Shown, write_shown
from runregistry.errors import NotFound, RunRegistryError, UsageError, suggestion
from runregistry.terms import DATASET_COMPONENTS, RUN_COMPONENTS, STATUSES

if TYPE_CHECKING:
    from runregistry.cli.options import Looking, LumisectionFilters, Output, Past, Registry
    from runregistry.client import Bulk, Client
    from runregistry.client.frames.tables import Tables

__all__ = ["show_lumisections", "show_ranges"]

Row = dict[str, Any]
_TABLE_NAMES = {"start": "first", "end": "last", "lumisection_number": "lumisection"}
_RANGE, _LUMISECTION = "range", "lumisection"


class _Looked(NamedTuple):
    """What is to be shown of each dataset.

    Attributes
    ----------
    verb : str
        Of the client.
    per : str
        ``range`` or ``lumisection``: what a row stands for.
    statuses : dict or None
        Components that are shown, each with the statuses that it must have, none if any will do; None for all.
    fields : list of str or None
        OMS attributes that are shown; None for all.
    """

    verb: str
    per: str
    statuses: dict[str, tuple[str, ...]] | None
    fields: list[str] | None


def show_lumisections(
    words: Sequence[str] | None, filters: LumisectionFilters, looking: Looking, output: Output, registry: Registry, past: Past
) -> None:
    """Write what holds in each lumisection, a column a component or attribute."""
    per = looking.per or _LUMISECTION
    status_verb = "lumisections_of" if per == _LUMISECTION else "ranges_of"
    _show(words, filters, output, registry, past, _looked(looking, status_verb, per), keep_going=looking.keep_going)


def show_ranges(
    words: Sequence[str] | None, filters: LumisectionFilters, looking: Looking, output: Output, registry: Registry, past: Past
) -> None:
    """Write the ranges over which a component, or all attributes, stay as they are."""
    looked = _looked(looking, "ranges_by_component_of", looking.per or _RANGE)
    _show(words, filters, output, registry, past, looked, keep_going=looking.keep_going)


def _looked(looking: Looking, status_verb: str, per: str) -> _Looked:
    if looking.oms and looking.joint:
        raise UsageError("--oms shows OMS attributes, --joint them and component statuses: say one of them")
    statuses, fields = _statuses(looking.component), read_names(looking.fields)
    if looking.joint:
        return _Looked("joint_ranges_of", per, statuses, fields)
    if not looking.oms:
        if fields:
            raise UsageError("--fields chooses OMS attributes: say --oms or --joint with it; --component chooses components")
        return _Looked(status_verb, per, statuses, None)
    if statuses:
        raise UsageError("--component chooses component statuses, and --oms shows OMS attributes; --joint shows both")
    return _Looked("oms_lumisections_of" if per == _LUMISECTION else "oms_ranges_of", per, None, fields)


def _statuses(given: Iterable[str] | None) -> dict[str, tuple[str, ...]] | None:
    """Read components, each with statuses after an equals sign if only those are wanted."""
    if not given:
        return None
    found: dict[str, tuple[str, ...]] = {}
    for word in given:
        names, equals, values = word.partition("=")
        wanted = tuple(value.strip().upper() for value in values.split(",")) if equals else ()
        for status in wanted:
            if status not in STATUSES:
                raise UsageError(f"--component {word}: {status!r} is no status{suggestion(status, STATUSES)}")
        found |= {name.strip(): wanted for name in names.split(",") if name.strip()}
    return found


def _show(
    words: Sequence[str] | None,
    filters: LumisectionFilters,
    output: Output,
    registry: Registry,
    past: Past,
    looked: _Looked,
    *,
    keep_going: bool,
) -> None:
    question = read_question(words, filters)
    if question.names_runs_only and question.run_list is None:
        raise UsageError("which runs? name them (315512, 315257-315270, @FILE, -), or filter them; --help shows how")
    with open_client(registry.target, registry.database) as client:
        keys, missing = _chosen(client, question, past.as_of)
        if missing and not keep_going:
            raise _not_there(client, missing, filters.dataset_name, past.as_of)
        found: Bulk[Any] = getattr(client, looked.verb)(keys, on_error="keep" if keep_going else "raise", as_of=past.as_of)
    if keys or not missing:
        write_shown(_shown(found, looked), output.style, output.output)
    _complain(found, missing, filters.dataset_name)


def _chosen(client: Client, question: Question, as_of: str | None) -> tuple[list[tuple[int, str]], list[int]]:
    """Return the datasets that are meant, in the order of their runs, and runs that were named and have none."""
    rows = client.datasets(
        question.filter,
        fields=["run_number", "dataset_name"],
        sortings=[["run_number", "ASC"]],
        is_wire_filter=question.is_wire_filter,
        as_of=as_of,
        **question.keywords,
    )
    keys = [(row["run_number"], row["dataset_name"]) for row in rows]
    if not question.names_runs_only or question.run_list is None:
        return keys, []
    there = {run_number for run_number, _ in keys}
    order = {run_number: place for place, run_number in enumerate(question.run_list.numbers)}
    keys.sort(key=lambda key: (order.get(key[0], len(order)), key))
    return keys, [run_number for run_number in question.run_list.numbers if run_number not in there]


def _not_there(client: Client, missing: Sequence[int], dataset_name: str, as_of: str | None) -> NotFound:
    """Return the error that says which runs or datasets there are not; of one with the names that there are."""
    if len(missing) == 1 and as_of is None:
        try:
            check_dataset(client, missing[0], dataset_name)
        except NotFound as fault:
            return fault
    names = ", ".join(map(str, missing))
    when = "" if as_of is None else f" as of {as_of}"
    return NotFound(
        f"these runs have no dataset {dataset_name}{when}: {names} ({client.settings.target_name}); --keep-going shows the rest"
    )


def _complain(found: Bulk[Any], missing: Sequence[int], dataset_name: str) -> None:
    """Say on stderr what could not be shown, and fail if there is something."""
    for run_number in missing:
        note(f"run {run_number}: there is no dataset {dataset_name}")
    for (run_number, name), fault in found.failed.items():
        note(f"run {run_number} {name}: {fault}")
    n_missing = len(missing) + len(found.keys_asked) - len(found)
    if n_missing:
        raise RunRegistryError(
            f"{n_missing} of {len(found.keys_asked) + len(missing)} datasets are missing; the lines above say why"
        )


def _shown(found: Bulk[Any], looked: _Looked) -> Shown:
    rows = [row for (run_number, name), answer in found.items() for row in _rows(run_number, name, answer, looked)]
    is_one = len(found) == 1
    # Of chosen attributes only those are columns, and not all that such a table usually has.
    tabular = (lambda: _table_of_rows(rows)) if looked.fields is not None else (lambda: _table_of_answers(found, looked))
    shape: Row = {} if looked.fields is not None else {"per": looked.per, "wide": looked.verb in ("lumisections_of", "ranges_of")}
    return Shown(rows, (), lambda: [_table_row(row, is_one) for row in rows], tabular, shape)


def _rows(run_number: int, dataset_name: str, answer: Any, looked: _Looked) -> Iterator[Row]:
    """Yield the rows of a dataset, with what they are about in front."""
    about = {"run_number": run_number, "dataset_name": dataset_name}
    for row in _entries(answer, looked):
        if looked.per == _RANGE:
            place: Row = {name: row[name] for name in ("component", "start", "end") if name in row}
            yield {**about, **place, **{name: value for name, value in row.items() if name not in place}}
            continue
        content = {name: value for name, value in row.items() if name not in ("start", "end")}
        for number in range(row["start"], row["end"] + 1):
            yield {**about, "lumisection_number": number, **content}


def _entries(answer: Any, looked: _Looked) -> Iterator[Row]:
    """Yield what holds from a lumisection to another, as far as it is wanted."""
    if isinstance(answer, Mapping):
        for component, ranges in answer.items():
            if looked.statuses is None or component in looked.statuses:
                wanted = (looked.statuses or {}).get(component)
                yield from ({"component": component, **one} for one in ranges if not wanted or one["status"] in wanted)
        return
    for number, row in enumerate(answer, 1):
        if all(_has(row.get(name), wanted) for name, wanted in (looked.statuses or {}).items()):
            kept = {name: value for name, value in row.items() if _is_wanted(name, value, looked)}
            yield {"start": number, "end": number, **kept}


def _has(triplet: Any, wanted: Sequence[str]) -> bool:
    return not wanted or (isinstance(triplet, Mapping) and triplet.get("status") in wanted)


def _is_wanted(name: str, value: Any, looked: _Looked) -> bool:
    if name in ("start", "end"):
        return True
    if isinstance(value, Mapping) or name in RUN_COMPONENTS or name in DATASET_COMPONENTS:
        return looked.statuses is None or name in looked.statuses
    return looked.fields is None or name in looked.fields


def _table_row(row: Row, is_one: bool) -> Row:
    hidden = ("run_number", "dataset_name") if is_one else ()
    return {
        _TABLE_NAMES.get(name, name): value["status"] if isinstance(value, Mapping) and "status" in value else value
        for name, value in row.items()
        if name not in hidden
    }


def _table_of_answers(found: Bulk[Any], looked: _Looked) -> Tables:
    """Return what CSV and Parquet are made from, with the columns that such tables always have."""
    from runregistry.client import frames

    kinds = {
        "lumisections_of": frames.RANGES,
        "ranges_of": frames.RANGES,
        "oms_lumisections_of": frames.OMS_RANGES,
        "oms_ranges_of": frames.OMS_RANGES,
        "joint_ranges_of": frames.JOINT_RANGES,
    }
    kind = kinds.get(looked.verb, frames.COMPONENT_RANGES)
    parts: list[Any] = []
    for (run_number, name), answer in found.items():
        about = {"run_number": run_number, "dataset_name": name}
        entries = _entries(answer, looked)
        parts.append(
            frames.Rows(entries, kind, **about)
            if kind is not frames.COMPONENT_RANGES
            else frames.ComponentRanges(_by_component(entries), **about)
        )
    return frames.concatenate(parts, kind)


def _by_component(entries: Iterable[Row]) -> dict[str, list[Row]]:
    found: dict[str, list[Row]] = {}
    for entry in entries:
        found.setdefault(entry.pop("component"), []).append(entry)
    return found


def _table_of_rows(rows: Iterable[Row]) -> Tables:
    from runregistry.client import frames

    names = {"start": "first", "end": "last"}
    return frames.Rows([{names.get(name, name): value for name, value in row.items()} for row in rows], frames.PLAN)
