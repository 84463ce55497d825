"""Changes: what will be done is planned, asked about, done, and accounted for, run by run."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

from runregistry.cli.confirming import PLAN_COLUMNS, confirm
from runregistry.cli.console import note
from runregistry.cli.edits import read_edit_file, write_edits
from runregistry.cli.opening import open_client
from runregistry.cli.rows import Shown, write_shown
from runregistry.cli.run_lists import read_runs
from runregistry.errors import RunRegistryError, UsageError, suggestion
from runregistry.terms import DATASET_COMPONENTS, RUN_COMPONENTS

if TYPE_CHECKING:
    from runregistry.cli.options import Doing, Output, Registry
    from runregistry.client import Bulk, Client
    from runregistry.client.asked import Edit

__all__ = ["change_class", "edit", "mark_significant", "move_datasets", "move_runs", "refresh_runs"]

DONE, FAILED, UNKNOWN, NOT_TRIED = "done", "failed", "unknown", "not tried"
_COMPLAINT = r"\w+: \d+ of \d+ are missing"  # of the client, in words of Python


class _Change(NamedTuple):
    """A change of several things.

    Attributes
    ----------
    doing : str
        What is done, for the question: ``Move 2 runs from OPEN to SIGNOFF``.
    noun : str
        What is changed, in the plural.
    number : int
        How many of them.
    do : callable
        The verb of the client, which takes ``dry_run``, ``on_error`` and so on.
    """

    doing: str
    noun: str
    number: int
    do: Callable[..., Any]


def move_runs(from_state: str, to_state: str, words: Sequence[str], doing: Doing, output: Output, registry: Registry) -> None:
    """Move runs from one state to another."""
    with open_client(registry.target, registry.database) as client:
        numbers = _run_numbers(client, words)
        verb = partial(client.move_runs, from_state.upper(), to_state.upper(), numbers)
        change = _of_runs("Move", numbers, f"from {from_state.upper()} to {to_state.upper()}", verb)
        _carry_out(client, change, doing, output)


def move_datasets(
    from_state: str,
    to_state: str,
    words: Sequence[str],
    dataset_name: str,
    workspace: str,
    doing: Doing,
    output: Output,
    registry: Registry,
) -> None:
    """Move datasets from one state to another in a workspace."""
    states = tuple(state if " " in state else state.upper() for state in (from_state, to_state))
    with open_client(registry.target, registry.database) as client:
        numbers = _run_numbers(client, words, dataset_name)
        verb = partial(client.move_datasets, states[0], states[1], dataset_name, numbers, workspace=workspace)
        where = f"{dataset_name} of {_count(len(numbers), 'runs')}"
        change = _Change(f"Move {where} from {states[0]} to {states[1]} in {workspace}", "datasets", len(numbers), verb)
        _carry_out(client, change, doing, output)


def mark_significant(words: Sequence[str], doing: Doing, output: Output, registry: Registry) -> None:
    """Mark runs as significant."""
    with open_client(registry.target, registry.database) as client:
        numbers = _run_numbers(client, words)
        change = _of_runs("Mark", numbers, "as significant", partial(client.mark_significant, numbers))
        _carry_out(client, change, doing, output)


def refresh_runs(words: Sequence[str], doing: Doing, output: Output, registry: Registry, *, reset: bool) -> None:
    """Fetch runs from OMS again."""
    with open_client(registry.target, registry.database) as client:
        numbers = _run_numbers(client, words)
        how = "from OMS, as if they were new" if reset else "from OMS"
        change = _of_runs(
            "Reset and refresh" if reset else "Refresh", numbers, how, partial(client.refresh_runs, numbers, reset=reset)
        )
        _carry_out(client, change, doing, output)


def change_class(run_class: str, words: Sequence[str], doing: Doing, output: Output, registry: Registry) -> None:
    """Give runs another class."""
    with open_client(registry.target, registry.database) as client:
        numbers = _run_numbers(client, words)
        change = _of_runs("Change the class of", numbers, f"to {run_class}", partial(client.change_class, numbers, run_class))
        _carry_out(client, change, doing, output)


def edit(edits: Sequence[dict[str, Any]] | str, doing: Doing, output: Output, registry: Registry) -> None:
    """Edit lumisections: edits, or the file that holds them."""
    rows = read_edit_file(edits) if isinstance(edits, str) else edits
    with open_client(registry.target, registry.database) as client:
        _check_components(client, rows)
        verb = partial(client.edit_many, rows)
        one = rows[0]
        doing_one = (
            f"Set {one['component']} of run {one['run_number']}, lumisections {one['first']}-{one['last']}, to {one['status']}"
        )
        change = _Change(doing_one if len(rows) == 1 else f"Make {len(rows)} edits", "edits", len(rows), verb)
        _carry_out(client, change, doing, output)


def _of_runs(verb: str, numbers: Sequence[int], how: str, do: Callable[..., Any]) -> _Change:
    return _Change(f"{verb} {_count(len(numbers), 'runs')} {how}", "runs", len(numbers), do)


def _count(number: int, noun: str) -> str:
    return f"{number} {noun.removesuffix('s') if number == 1 else noun}"


def _run_numbers(client: Client, words: Sequence[str], dataset_name: str | None = None) -> list[int]:
    """Return the runs that were named; of a range those that the registry has."""
    runs = read_runs(words)
    if not runs:
        raise UsageError("there are no runs to change")
    numbers = list(runs.numbers)
    for first, last in runs.ranges:
        within = f"{first}-{last}"
        order = [["run_number", "ASC"]]
        if dataset_name is None:
            rows = client.runs(runs=within, fields=["run_number"], sortings=order)
        else:
            rows = client.datasets(runs=within, dataset_name=dataset_name, fields=["run_number"], sortings=order)
        if not rows:
            raise UsageError(f"the registry has none of {within}")
        numbers += [row["run_number"] for row in rows]
    return list(dict.fromkeys(numbers))


def _check_components(client: Client, rows: Iterable[dict[str, Any]]) -> None:
    """Look up components that no release of the client knew: a registry may have its own, and a slip must not make a new one."""
    for row in rows:
        name = row["component"]
        if name not in RUN_COMPONENTS and name not in DATASET_COMPONENTS:
            there = client.ranges_by_component(row["run_number"], row.get("dataset_name") or "online")
            if name not in there:
                hint = suggestion(name, {*there, *RUN_COMPONENTS, *DATASET_COMPONENTS})
                raise UsageError(
                    f"there is no component {name!r}{hint}; run {row['run_number']} has {', '.join(there) or 'none'}"
                )


def _carry_out(client: Client, change: _Change, doing: Doing, output: Output) -> None:
    """Do it, after the question that is due, and say what became of each."""
    plan = partial(change.do, dry_run=True)
    if doing.dry_run:
        rows = plan()
        write_shown(Shown(rows, _filled(rows), lambda: rows, lambda: rows), output.style, output.output)
        in_the_way = sum(1 for row in rows if row["problem"])
        note(f"Nothing was changed. {change.doing}: {len(rows) - in_the_way} of {len(rows)} would be.")
        return
    confirm(change.doing, change.number, client.settings, plan, yes=doing.yes)
    stop: BaseException | None = None
    try:
        bulk = _done(change, keep_going=doing.keep_going)
    except (RunRegistryError, KeyboardInterrupt) as fault:
        if (found := getattr(fault, "result", None)) is None:
            raise
        stop, bulk = fault, found
    _report(bulk, change, doing, output)
    if isinstance(stop, KeyboardInterrupt):
        raise stop
    if not bulk.is_complete:
        n_asked = len(bulk.keys_asked)
        raise RunRegistryError(f"not changed: {n_asked - len(bulk)} of {_count(n_asked, change.noun)}")


def _done(change: _Change, *, keep_going: bool) -> Bulk[Any]:
    """Do it. The client's warning is left out, since we tell more; only with it, Ctrl-C is not taken for a result."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=_COMPLAINT)
        found: Bulk[Any] = change.do(on_error="warn" if keep_going else "raise")
        return found


def _filled(rows: Sequence[dict[str, Any]]) -> list[str]:
    return [
        name
        for name in PLAN_COLUMNS
        if name in ("run_number", "now", "then") or any(row.get(name) not in (None, "") for row in rows)
    ]


def _report(bulk: Bulk[Any], change: _Change, doing: Doing, output: Output) -> None:
    """Write what became of each to stdout, and what was not done to stderr, and into a file from which it can be tried again."""
    unknown = set(bulk.unknown)
    rows = [
        {**_named(key), "outcome": _outcome(bulk, key, unknown), "reason": str(bulk.failed.get(key, ""))}
        for key in bulk.keys_asked
    ]
    # The reasons are told on stderr, where a table does not cut them.
    columns = [name for name in rows[0] if name != "reason" and any(row[name] not in (None, "") for row in rows)]
    write_shown(Shown(rows, columns, lambda: rows), output.style, output.output)
    for row, key in zip(rows, bulk.keys_asked, strict=True):
        if row["outcome"] == FAILED:
            note(f"failed: {_in_words(key)}: {row['reason']}")
    for key in bulk.unknown:
        note(f"unknown: {_in_words(key)}: {bulk.failed[key]}")
    if unknown:
        note("What is unknown may have been changed: look before you try it again.")
    left = [key for key in bulk.keys_asked if key not in bulk and key not in unknown]
    if bulk.pending:
        note(f"not tried: {_count(len(bulk.pending), change.noun)}")
    if doing.failed is not None or len(bulk.keys_asked) > 1:
        _keep(left, doing)


def _keep(left: Sequence[Any], doing: Doing) -> None:
    """Write what can be tried again into the file for it, or say that there is one."""
    if doing.failed is None:
        if left:
            note("With --failed FILE what was not done is written down, and FILE can be given to the same command again.")
        return
    if not left:
        with suppress(FileNotFoundError):
            doing.failed.unlink()
        return
    if isinstance(left[0], int):
        doing.failed.write_text("".join(f"{number}\n" for number in left), encoding="utf-8")
        note(f"To try the rest again, give @{doing.failed} instead of the runs.")
    else:
        write_edits(doing.failed, [edit._asdict() for edit in left])
        note(f"To try the rest again: runregistry edit --from {doing.failed}")


def _outcome(bulk: Bulk[Any], key: Any, unknown: set[Any]) -> str:
    if key in bulk:
        return DONE
    return UNKNOWN if key in unknown else FAILED if key in bulk.failed else NOT_TRIED


def _named(key: int | Edit) -> dict[str, Any]:
    return {"run_number": key} if isinstance(key, int) else key._asdict()


def _in_words(key: int | Edit) -> str:
    if isinstance(key, int):
        return f"run {key}"
    return f"run {key.run_number} {key.dataset_name}, {key.component} {key.first}-{key.last}"
