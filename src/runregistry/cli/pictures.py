"""``runregistry picture``: pictures as files. What a command needs is imported when it runs, so that help comes at once."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from runregistry.cli import completion
from runregistry.cli.gathering import gathered
from runregistry.cli.options import Registry, RunFilters, examples
from runregistry.cli.options_of_certification import Certified

__all__ = ["Against", "Drawing", "LumiSources", "Order", "picture_app"]

picture_app = typer.Typer(
    help="Pictures for talks and logbooks, as PNG, SVG or PDF; readable in grey and by the colour-blind.", no_args_is_help=True
)


class Against(StrEnum):
    """What luminosity is drawn against."""

    TIME = "time"
    LUMISECTION = "lumisection"


class Order(StrEnum):
    """The order of components."""

    WORST = "worst"
    NAME = "name"
    GIVEN = "given"


@dataclass(frozen=True)
class Drawing:
    """Where a picture goes, and how large it is."""

    output: Annotated[
        Path,
        typer.Option(
            "--output", "-o", metavar="FILE", help="Its ending says what it becomes: .png, .svg or .pdf.", dir_okay=False
        ),
    ]
    title: Annotated[str | None, typer.Option("--title", metavar="TEXT", help="Instead of what it would be.")] = None
    dpi: Annotated[float, typer.Option("--dpi", metavar="N", min=20, max=1200, help="Dots per inch of a PNG.")] = 150
    transparent: Annotated[
        bool, typer.Option("--transparent", metavar="", help="No background, for slides that are not white.")
    ] = False


@dataclass(frozen=True)
class LumiSources:
    """Where luminosity comes from; without a file from the registry."""

    brilcalc: Annotated[
        list[Path] | None,
        typer.Option("--brilcalc", metavar="FILE", help="CSV of brilcalc lumi --byls, gzipped or not; can be repeated."),
    ] = None
    hltpath: Annotated[
        str | None, typer.Option("--hltpath", metavar="NAME", help="The trigger path, where a file has more than one.")
    ] = None
    oms: Annotated[
        Path | None, typer.Option("--oms", metavar="FILE", help="OMS lumisections: .csv, .csv.gz, .parquet, .json.")
    ] = None


_Golden = Annotated[Path | None, typer.Option("--json", metavar="FILE", help="The golden JSON.")]
_Components = Annotated[
    list[str] | None,
    typer.Option(
        "--components",
        "-c",
        metavar="NAMES",
        help="Only these, in this order: tracker-strip,tracker-pixel.",
        autocompletion=completion.components_and_statuses,
    ),
]
_AtMost = Annotated[int | None, typer.Option("--at-most", metavar="N", min=1, help="Draw no more than these, the worst first.")]


@picture_app.command(
    epilog=examples(
        "runregistry picture run 315512 --output run.png",
        "runregistry picture run 315512 --dataset /PromptReco/Collisions2018A/DQM --json golden.json --at-most 15 -o run.svg",
    )
)
@gathered
def run(
    run_number: Annotated[int, typer.Argument(metavar="RUN", min=1, help="The run number.")],
    dataset: Annotated[str, typer.Option("--dataset", "--name", metavar="NAME", help="The dataset of the run.")] = "online",
    golden: _Golden = None,
    components: _Components = None,
    order: Annotated[Order | None, typer.Option("--order", help="Without it the worst first, or as --components has it.")] = None,
    at_most: _AtMost = None,
    no_reasons: Annotated[
        bool, typer.Option("--no-reasons", metavar="", help="Don't write causes and comments of what is not GOOD.")
    ] = False,
    *,
    drawing: Drawing,
    registry: Registry,
) -> None:
    """Draw the status of a run's components, lumisection by lumisection, with the reasons where there is room."""
    from runregistry.cli.drawing import picture_run

    picture_run(run_number, dataset, golden, components, order, at_most, drawing, registry, reasons=not no_reasons)


@picture_app.command(
    epilog=examples(
        "runregistry picture luminosity --brilcalc brilcalc.csv --json golden.json --output year.png",
        "runregistry picture luminosity --run 315512 --json golden.json --target embedded --output run.svg",
        "runregistry picture luminosity --fill 6629 --oms oms_lumisections.csv.gz --output fill.pdf",
    )
)
@gathered
def luminosity(
    runs: Annotated[
        list[str] | None,
        typer.Option("--run", "--runs", metavar="RUNS", help="Only these: 315512, 315257-315270, @FILE with runs or a JSON."),
    ] = None,
    fill: Annotated[int | None, typer.Option("--fill", metavar="FILL", min=1, help="Only this LHC fill.")] = None,
    golden: _Golden = None,
    against: Annotated[
        Against | None, typer.Option("--against", help="Without it time for several runs, where it is known.")
    ] = None,
    *,
    sources: LumiSources,
    drawing: Drawing,
    registry: Registry,
) -> None:
    """Draw recorded luminosity, its golden part filled, and what was delivered as a line."""
    from runregistry.cli.drawing import picture_luminosity

    picture_luminosity(runs, fill, golden, against, sources, drawing, registry)


@picture_app.command(
    epilog=examples(
        "runregistry picture loss --preset golden-2022 --database registry.sqlite --output loss.png",
        "runregistry json explain --rule golden.json --dataset online --format csv > loss.csv",
        "runregistry picture loss --from loss.csv --output loss.svg",
    )
)
@gathered
def loss(
    certified: Certified,
    registry: Registry,
    *,
    within: Annotated[
        Path | None, typer.Option("--within", metavar="FILE", help="Only lumisections of this golden JSON.")
    ] = None,
    explained: Annotated[
        Path | None,
        typer.Option("--from", metavar="FILE", help="Draw what json explain --format csv or json wrote, instead of explaining."),
    ] = None,
    lumisections: Annotated[
        bool, typer.Option("--lumisections", metavar="", help="Count lumisections; done by itself where luminosity is not known.")
    ] = False,
    no_combinations: Annotated[
        bool, typer.Option("--no-combinations", metavar="", help="Leave out which clauses fail together.")
    ] = False,
    at_most: _AtMost = None,
    drawing: Drawing,
) -> None:
    """Draw what each clause of a rule costs, where it alone is to blame, and which clauses fail together."""
    from runregistry.cli.drawing_loss import picture_loss

    picture_loss(
        certified, registry, within, explained, at_most, drawing, lumisections=lumisections, with_combinations=not no_combinations
    )


@picture_app.command(
    epilog=examples(
        "runregistry picture good --class Collisions18 --components tracker-strip,tracker-pixel --output good.png",
        "runregistry picture good 315257-315512 --at-most 10 --output good.svg",
    )
)
@gathered
def good(
    words: Annotated[
        list[str] | None,
        typer.Argument(metavar="RUNS", show_default=False, help="Run numbers, ranges 315257-315270, @FILE, or - for stdin."),
    ] = None,
    components: _Components = None,
    at_most: _AtMost = None,
    *,
    filters: RunFilters,
    drawing: Drawing,
    registry: Registry,
) -> None:
    """Draw which part of each run was GOOD, a lane for each component."""
    from runregistry.cli.drawing import picture_good

    picture_good(words, components, at_most, filters, drawing, registry)
