"""The commands that ask a registry. What they need is imported when they run, so that help comes at once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated

import typer

from runregistry.cli import completion
from runregistry.cli.gathering import gathered
from runregistry.cli.options import (
    ASK,
    OUTPUT,
    DatasetFilters,
    Listing,
    Looking,
    LumisectionFilters,
    Output,
    Past,
    Registry,
    RunFilters,
    examples,
)

__all__ = ["add_ask_commands"]

_Runs = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="RUNS",
        show_default=False,
        help="Run numbers, ranges 315257-315270, @FILE with run numbers or a golden JSON, or - for stdin.",
        autocompletion=completion.after_equals,
    ),
]
_Run = Annotated[int, typer.Argument(metavar="RUN", min=1, help="The run number.")]
_Dataset = Annotated[str, typer.Option("--dataset", "--name", metavar="NAME", help="The dataset of the run.")]


def runs(words: _Runs = None, *, filters: RunFilters, listing: Listing, output: Output, registry: Registry, past: Past) -> None:
    """Show the runs that match, newest first."""
    from runregistry.cli.asking import show_runs

    show_runs(words, filters, listing, output, registry, past)


def datasets(
    words: _Runs = None,
    *,
    filters: DatasetFilters,
    listing: Listing,
    with_oms: Annotated[
        bool, typer.Option("--with-oms", metavar="", help="Add the OMS attributes of the run.", rich_help_panel=OUTPUT)
    ] = False,
    output: Output,
    registry: Registry,
    past: Past,
) -> None:
    """Show the datasets that match: the online one of each run, and the offline ones that sign-off makes."""
    from runregistry.cli.asking import show_datasets

    show_datasets(words, filters, listing, output, registry, past, with_oms=with_oms)


def run(run_number: _Run, dataset: _Dataset = "online", *, output: Output, registry: Registry, past: Past) -> None:
    """Show one run, or one of its datasets: its attributes, and how many lumisections of each component have which status."""
    from runregistry.cli.details import show_run

    show_run(run_number, dataset, output, registry, past)


def lumisections(
    words: _Runs = None, *, filters: LumisectionFilters, looking: Looking, output: Output, registry: Registry, past: Past
) -> None:
    """Show the status of each component, lumisection by lumisection, a column a component."""
    from runregistry.cli.lumisections import show_lumisections

    show_lumisections(words, filters, looking, output, registry, past)


def ranges(
    words: _Runs = None, *, filters: LumisectionFilters, looking: Looking, output: Output, registry: Registry, past: Past
) -> None:
    """Show the ranges over which each component keeps its status, with comment and cause."""
    from runregistry.cli.lumisections import show_ranges

    show_ranges(words, filters, looking, output, registry, past)


def history(run_number: _Run, dataset: _Dataset = "online", *, output: Output, registry: Registry, past: Past) -> None:
    """Show what was changed in a run or dataset, by whom and why, oldest first."""
    from runregistry.cli.asking import show_history

    show_history(run_number, dataset, output, registry, past)


def cycles(
    workspace: Annotated[
        str, typer.Option("--workspace", metavar="NAME", help="Whose cycles.", autocompletion=completion.workspaces)
    ] = "global",
    *,
    output: Output,
    registry: Registry,
) -> None:
    """Show the certification cycles."""
    from runregistry.cli.asking import show_cycles

    show_cycles(workspace, output, registry)


_EXAMPLES: dict[Callable[..., None], tuple[str, ...]] = {
    runs: (
        "runregistry runs --class Collisions18 --run-min 315257 --component tracker-strip=GOOD",
        "runregistry runs 315257-315270 --fields run_number,class,fill_number,tracker-strip.BAD",
        "runregistry runs --state OPEN --significant --count",
        "runregistry runs --class Collisions18 --as-of 2018-06-01",
        'runregistry runs --where "energy > 6000 and not stable_beam" --format csv --output runs.csv',
    ),
    datasets: (
        "runregistry datasets --name %Collisions2018A% --state OPEN --state tracker=OPEN",
        "runregistry datasets 315512 --fields run_number,dataset_name,global_state",
    ),
    run: ("runregistry run 315512", "runregistry run 315512 --dataset /PromptReco/Collisions2018A/DQM --format json"),
    lumisections: (
        "runregistry lumisections 315512 --component tracker-strip,tracker-pixel",
        "runregistry lumisections 315512 --oms --fields cms_active,beam1_stable",
        "runregistry lumisections --class Cosmics18 --since 2018-04-01 --format parquet --output cosmics.parquet",
    ),
    ranges: (
        "runregistry ranges 315512",
        "runregistry ranges 315257-315270 --component tracker-strip=BAD,STANDBY",
        "runregistry ranges @golden.json --format csv --keep-going > ranges.csv",
    ),
    history: ("runregistry history 315512",),
    cycles: ("runregistry cycles --format json",),
}


def add_ask_commands(app: typer.Typer) -> None:
    """Add the commands that ask to an application."""
    for command, lines in _EXAMPLES.items():
        app.command(epilog=examples(*lines), rich_help_panel=ASK)(gathered(command))
