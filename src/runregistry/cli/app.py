"""The commands and their options. What a command needs is imported when it runs, so that help comes at once."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from runregistry.cli import serving
from runregistry.cli.admin import admin_app
from runregistry.cli.rows import Format

__all__ = ["app"]

app = typer.Typer(
    name="runregistry",
    help="CMS Run Registry: ask it, run your own, make golden JSONs.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
json_app = typer.Typer(help="Golden JSONs.", no_args_is_help=True)
app.add_typer(json_app, name="json")
app.add_typer(admin_app, name="admin")

_Database = Annotated[
    str | None,
    typer.Option(
        "--database",
        metavar="URL|FILE",
        help="sqlite:///file.db, a SQLite file, or postgresql://user@host/name. Without it RUNREGISTRY_DATABASE, "
        "or the embedded registry's file in the user's data folder.",
    ),
]
_Target = Annotated[
    str | None,
    typer.Option(
        "--target",
        metavar="NAME|URL",
        help="production, development, qa, local, embedded, or a URL. Without it ENVIRONMENT, or production.",
    ),
]
_Asked = Annotated[str | None, typer.Option("--database", metavar="URL|FILE", help="Ask this embedded registry.")]
_Filter = Annotated[
    str | None,
    typer.Option("--filter", metavar="JSON", help='In the short form, e.g. \'{"class": "Cosmics18", "dt-dt": "GOOD"}\'.'),
]
_Limit = Annotated[int, typer.Option("--limit", min=0, help="The most rows; 0 for all.")]
_Style = Annotated[Format, typer.Option("--format", help="How rows are written.")]
_Run = Annotated[int, typer.Argument(metavar="RUN", min=1, help="The run number.")]
_Dataset = Annotated[str, typer.Option("--dataset", metavar="NAME", help="The dataset of the run.")]
_Oms = Annotated[bool, typer.Option("--oms", help="OMS attributes instead of component statuses.")]


@app.command()
def version() -> None:
    """Print the version."""
    from runregistry.version import __version__

    print(f"runregistry {__version__}")


@app.command()
def demo(
    output: Annotated[Path, typer.Option("--output", metavar="DIR", help="Where the files go.")] = Path("demo-output"),
    data: Annotated[
        Path | None, typer.Option("--data", metavar="DIR", help="The demo's data. Without it ./demo-data, or that of the source.")
    ] = None,
    database: _Database = None,
    run: Annotated[int | None, typer.Option("--run", metavar="RUN", min=1, help="The run in the picture.")] = None,
) -> None:
    """Show the registry at work on real runs of 2018: load, classify, ask, certify, compare, draw."""
    from runregistry.cli.demo import run_demo

    run_demo(output, data, database, run)


app.command()(serving.serve)
app.command()(serving.worker)


@app.command()
def load(
    lumisections: Annotated[
        Path | None, typer.Option("--lumisections", metavar="FILE", help="OMS lumisections: .csv, .csv.gz, .parquet, .json.")
    ] = None,
    runs: Annotated[Path | None, typer.Option("--runs", metavar="FILE", help="OMS runs: .csv, .csv.gz, .json.")] = None,
    database: _Database = None,
) -> None:
    """Load OMS data from files into a registry of your own; the runs are classified."""
    from runregistry.cli.running import load_registry

    load_registry(lumisections, runs, database)


@app.command()
def runs(
    filter: _Filter = None, limit: _Limit = 50, style: _Style = Format.TABLE, target: _Target = None, database: _Asked = None
) -> None:
    """Show the runs that a filter matches, newest first."""
    from runregistry.cli.queries import show_runs

    show_runs(filter, limit, style, target, database)


@app.command()
def datasets(
    filter: _Filter = None, limit: _Limit = 50, style: _Style = Format.TABLE, target: _Target = None, database: _Asked = None
) -> None:
    """Show the datasets that a filter matches."""
    from runregistry.cli.queries import show_datasets

    show_datasets(filter, limit, style, target, database)


@app.command()
def lumisections(
    run: _Run,
    dataset: _Dataset = "online",
    oms: _Oms = False,
    style: _Style = Format.TABLE,
    target: _Target = None,
    database: _Asked = None,
) -> None:
    """Show the status of each component, lumisection by lumisection."""
    from runregistry.cli.queries import show_lumisections

    show_lumisections(run, dataset, style, target, database, oms=oms)


@app.command()
def ranges(
    run: _Run,
    dataset: _Dataset = "online",
    oms: _Oms = False,
    style: _Style = Format.TABLE,
    target: _Target = None,
    database: _Asked = None,
) -> None:
    """Show the ranges over which each component keeps its status."""
    from runregistry.cli.queries import show_ranges

    show_ranges(run, dataset, style, target, database, oms=oms)


@json_app.command()
def create(
    rule: Annotated[str, typer.Option("--rule", metavar="FILE|JSON", help="The json-logic rule.")],
    dataset: Annotated[
        str, typer.Option("--dataset", metavar="FILTER", help="Datasets by name: _ is any character, % any text.")
    ],
    output: Annotated[Path | None, typer.Option("--output", metavar="FILE", help="Instead of stdout.")] = None,
    target: _Target = None,
    database: _Asked = None,
) -> None:
    """Have the JSON portal make a golden JSON."""
    from runregistry.cli.golden import create_golden

    create_golden(rule, dataset, output, target, database)
