"""The commands and their options. What a command needs is imported when it runs, so that help comes at once."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from runregistry.cli import doctor, serving, signing_in
from runregistry.cli.admin import admin_app
from runregistry.cli.ask_commands import add_ask_commands
from runregistry.cli.certifying import add_certification_commands
from runregistry.cli.change_commands import add_change_commands
from runregistry.cli.exporting import add_export_command
from runregistry.cli.luminosity import luminosity_app
from runregistry.cli.masks import add_mask_commands
from runregistry.cli.mirror import mirror_app
from runregistry.cli.options import ADMINISTER, ASK, JSON, SERVE, examples
from runregistry.cli.pictures import picture_app
from runregistry.cli.versions import add_version_commands

__all__ = ["app"]

app = typer.Typer(
    name="runregistry",
    help="CMS Run Registry: ask it, change it, make golden JSONs, run your own. Data goes to stdout, all else to stderr.",
    epilog=examples(
        "runregistry runs --class Collisions18 --limit 10",
        "runregistry ranges 315512 --target embedded",
        "runregistry --install-completion",
    ),
    no_args_is_help=True,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
json_app = typer.Typer(help="Golden JSONs.", no_args_is_help=True)
app.add_typer(json_app, name="json", rich_help_panel=JSON)
app.add_typer(admin_app, name="admin", rich_help_panel=ADMINISTER)
app.add_typer(luminosity_app, name="luminosity", rich_help_panel=ASK)
app.add_typer(picture_app, name="picture", rich_help_panel=JSON)
app.add_typer(mirror_app, name="mirror", rich_help_panel=SERVE)
add_mask_commands(json_app)
add_ask_commands(app)
add_change_commands(app)
add_version_commands(app)
add_export_command(app)
add_certification_commands(json_app)

_Database = Annotated[
    str | None,
    typer.Option(
        "--database",
        metavar="URL|FILE",
        help="sqlite:///file.db, a SQLite file, or postgresql://user@host/name. Without it RUNREGISTRY_DATABASE, "
        "or the embedded registry's file in the user's data folder.",
    ),
]


@app.command(rich_help_panel=SERVE)
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


app.command(rich_help_panel=SERVE)(serving.serve)
app.command(rich_help_panel=SERVE)(serving.worker)
app.command(rich_help_panel=ADMINISTER)(signing_in.login)
app.command(rich_help_panel=ADMINISTER)(signing_in.logout)
app.command(rich_help_panel=ADMINISTER)(doctor.doctor)


@app.command(rich_help_panel=SERVE)
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


@app.command(rich_help_panel=ADMINISTER)
def version() -> None:
    """Print the version."""
    from runregistry.version import __version__

    print(f"runregistry {__version__}")
