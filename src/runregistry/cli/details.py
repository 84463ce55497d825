"""One run, or one of its datasets, in full."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from runregistry.cli.asking import check_dataset
from runregistry.cli.opening import open_client
from runregistry.cli.rows import Format, Shown, print_table, write_shown, writing
from runregistry.cli.tables import cell_text
from runregistry.errors import NotFound
from runregistry.terms import ONLINE, RUN_ATTRIBUTES, STATUSES

if TYPE_CHECKING:
    from runregistry.cli.options import Output, Past, Registry
    from runregistry.client import Client
    from runregistry.client.frames import Rows

__all__ = ["show_run"]

_FIRST = ("run_number", "name", "class", "state", "significant", "stop_reason")
_INCLUDED = "_included"
_COLUMNS = ("component", *STATUSES, "comments", "causes")


def show_run(run_number: int, dataset_name: str, output: Output, registry: Registry, past: Past) -> None:
    """Write a run, or a dataset of it."""
    from runregistry.client import frames

    with open_client(registry.target, registry.database) as client:
        is_run = dataset_name == ONLINE
        row = _read(client, run_number, dataset_name, past.as_of)
        names = _names(client, run_number, past.as_of) if is_run else []
    rows = frames.Rows([row], frames.RUNS if is_run else frames.DATASETS)
    if output.style is not Format.TABLE:
        write_shown(Shown(rows, tabular=lambda: rows), output.style, output.output)
        return
    with writing(output.output) as stream:
        facts = [{"attribute": name, "value": value} for name, value in _facts(rows[0], names)]
        print_table(facts, ("attribute", "value"), stream)
        print(file=stream)
        print_table(*_counts(rows), stream)


def _read(client: Client, run_number: int, dataset_name: str, as_of: str | None) -> dict[str, Any]:
    if as_of is None:
        check_dataset(client, run_number, dataset_name)
    asked = {"as_of": as_of}
    row = client.run(run_number, **asked) if dataset_name == ONLINE else client.dataset(run_number, dataset_name, **asked)
    if row is None:
        what = "" if dataset_name == ONLINE else f" with a dataset {dataset_name}"
        raise NotFound(f"as of {as_of} there was no run {run_number}{what} in the registry ({client.settings.target_name})")
    return row


def _names(client: Client, run_number: int, as_of: str | None) -> list[str]:
    if as_of is None:
        return client.dataset_names(run_number)
    return [row["name"] for row in client.datasets(runs=[run_number], as_of=as_of)]


def _facts(row: Mapping[str, Any], dataset_names: list[str]) -> Iterator[tuple[str, str]]:
    """Yield what there is to say of a run or a dataset, what people look for first, with units."""
    run = row.get("Run") or row
    known: dict[str, Any] = {"run_number": row.get("run_number"), "name": row.get("name")}
    for part in (run.get("rr_attributes"), row.get("dataset_attributes"), run.get("oms_attributes")):
        known.update(
            {name: value for name, value in (part or {}).items() if name != "run_number" and not name.endswith(_INCLUDED)}
        )
    known.update(_included(run.get("oms_attributes") or {}))
    for name in sorted(known, key=lambda one: (one not in _FIRST, _FIRST.index(one) if one in _FIRST else 0)):
        if known[name] not in (None, "", [], {}):
            unit = RUN_ATTRIBUTES[name].unit if name in RUN_ATTRIBUTES else ""
            yield name, f"{cell_text(known[name])} {unit}".rstrip()
    others = [name for name in dataset_names if name != ONLINE]
    if others:
        yield "datasets", ", ".join(others)


def _included(attributes: Mapping[str, Any]) -> dict[str, list[str]]:
    """Gather the dozens of flags that say which detector took part."""
    flags = {name.removesuffix(_INCLUDED): value for name, value in attributes.items() if name.endswith(_INCLUDED)}
    return {
        "included": [name for name, value in flags.items() if value],
        "not_included": [name for name, value in flags.items() if value is False],
    }


def _counts(rows: Rows) -> tuple[list[dict[str, Any]], list[str]]:
    """Return how many lumisections of each component have which status, and the columns in which there is something."""
    counted = [dict(row) for row in rows.component_counts()]
    return counted, [name for name in _COLUMNS if name == "component" or any(row.get(name) for row in counted)]
