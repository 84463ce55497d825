"""``runregistry export``: a registry as Parquet files."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from runregistry.cli.gathering import gathered
from runregistry.cli.options import ASK, Past, Registry, RunsMeant, examples

__all__ = ["Exportable", "add_export_command"]

_filter_option = partial(typer.Option, rich_help_panel="Filter")


@dataclass(frozen=True)
class Exportable(RunsMeant):
    """What is exported."""

    dataset_name: Annotated[
        list[str] | None,
        _filter_option("--dataset", "--name", metavar="NAME", help="Only these datasets, or a pattern: %Collisions2018%."),
    ] = None


def add_export_command(app: typer.Typer) -> None:
    """Add the command to an application."""
    shown = examples(
        "runregistry export registry-2018 --run-min 314472 --run-max 325175",
        "runregistry export certified --as-of golden-2022 --class Collisions22 --tables runs,datasets,ranges,oms_ranges",
    )
    app.command(epilog=shown, rich_help_panel=ASK)(gathered(export))


def export(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="A new folder; it is there only once it is complete.")],
    tables: Annotated[
        list[str] | None,
        typer.Option("--tables", metavar="NAMES", help="runs,datasets,ranges, which are written without it, and oms_ranges."),
    ] = None,
    *,
    exportable: Exportable,
    registry: Registry,
    past: Past,
) -> None:
    """Write runs, datasets and ranges as Parquet files, for pandas, polars, DuckDB and Spark."""
    from runregistry.cli.console import note, progress
    from runregistry.cli.filtering import read_names
    from runregistry.cli.opening import needing, open_client
    from runregistry.cli.run_lists import read_runs

    with needing("Writing Parquet", "tables"):
        from runregistry.export import export_parquet
    chosen = read_runs(exportable.run_list or ())
    options = {} if tables is None else {"tables": read_names(tables) or ()}
    with open_client(registry.target, registry.database) as client, progress("Exporting runs") as advance:
        made = export_parquet(
            client,
            folder,
            runs=None if chosen is None else str(chosen),
            run_min=exportable.run_min,
            run_max=exportable.run_max,
            run_class=exportable.run_class,
            dataset_name=exportable.dataset_name,
            as_of=past.as_of,
            progress=advance,
            **options,
        )
    counts = ", ".join(f"{rows} {name}" for name, rows in made.rows.items())
    when = f" as of version {made.version}" if made.version is not None else ", which may have changed meanwhile"
    note(f"Written: {folder}, {counts}{when}")
