"""``runregistry mirror``: a copy of a registry for oneself; `runregistry.cli.mirroring` does it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from runregistry.cli import completion
from runregistry.cli.gathering import gathered
from runregistry.cli.options import Output, examples

__all__ = ["Manners", "Part", "mirror_app"]

mirror_app = typer.Typer(help="Keep a copy of a registry, and ask it instead.", no_args_is_help=True)

_WHICH, _HOW = "Which part", "How it is asked"
_Mirror = Annotated[
    Path | None,
    typer.Option(
        "--mirror",
        metavar="FILE",
        dir_okay=False,
        help="The mirror. Without it RUNREGISTRY_MIRROR, or mirror.sqlite in the user's data folder.",
    ),
]


@dataclass(frozen=True)
class Part:
    """Which part of a registry is copied."""

    run_min: Annotated[
        int | None, typer.Option("--run-min", metavar="RUN", min=1, help="From this run on.", rich_help_panel=_WHICH)
    ] = None
    run_max: Annotated[
        int | None, typer.Option("--run-max", metavar="RUN", min=1, help="Up to this run, included.", rich_help_panel=_WHICH)
    ] = None
    run_class: Annotated[
        list[str] | None,
        typer.Option(
            "--class",
            metavar="CLASS",
            help="Collisions24, or a pattern: Collisions%. Repeat it for any of several.",
            autocompletion=completion.classes,
            rich_help_panel=_WHICH,
        ),
    ] = None
    era: Annotated[
        str | None,
        typer.Option(
            "--era", metavar="ERA", help="2018A: from the first to the last run with a dataset of it.", rich_help_panel=_WHICH
        ),
    ] = None
    dataset_name: Annotated[
        list[str] | None,
        typer.Option(
            "--dataset",
            "--name",
            metavar="NAME",
            help="Only these datasets, besides online: /PromptReco/Collisions2018A/DQM, or a pattern: /PromptReco/%.",
            rich_help_panel=_WHICH,
        ),
    ] = None
    jsons: Annotated[bool, typer.Option("--jsons/--no-jsons", help="Copy generated JSONs too.", rich_help_panel=_WHICH)] = True


@dataclass(frozen=True)
class Manners:
    """How politely a registry is asked."""

    rate: Annotated[
        str | None,
        typer.Option("--rate", metavar="N/s", help="The most requests: 5/s, 30/min, 500/h.", rich_help_panel=_HOW),
    ] = None
    parallel: Annotated[
        int, typer.Option("--parallel", metavar="N", min=1, help="Requests at the same time.", rich_help_panel=_HOW)
    ] = 4
    night: Annotated[
        str | None,
        typer.Option("--night", metavar="FROM-TO", help="Ask only then, local time: 22:00-06:00.", rich_help_panel=_HOW),
    ] = None
    full: Annotated[
        bool,
        typer.Option("--full", metavar="", help="Trust nothing that is there: ask for everything again.", rich_help_panel=_HOW),
    ] = False
    dry_run: Annotated[
        bool, typer.Option("--dry-run", "-n", metavar="", help="Store nothing: say what would be.", rich_help_panel=_HOW)
    ] = False


@mirror_app.command(
    epilog=examples(
        "runregistry mirror sync --from production --era 2018A --rate 5/s",
        "runregistry mirror sync",
        "runregistry runs --target mirror",
    )
)
@gathered
def sync(
    source: Annotated[
        str | None,
        typer.Option(
            "--from",
            metavar="NAME|URL",
            help="The registry: production, development, qa, local, or a URL. Of a mirror that is there, the one that it is of.",
            autocompletion=completion.targets,
        ),
    ] = None,
    mirror: _Mirror = None,
    *,
    part: Part,
    manners: Manners,
) -> int:
    """Copy a part of a registry, or bring what is there up to date; after a cut, the same command goes on."""
    from runregistry.cli.mirroring import sync_mirror

    return sync_mirror(source, mirror, part, manners)


@mirror_app.command()
@gathered
def status(
    mirror: _Mirror = None,
    check: Annotated[
        bool, typer.Option("--check", metavar="", help="Read everything, and compare it with what was copied.")
    ] = False,
    *,
    output: Output,
) -> int:
    """Show what the mirror holds, of which registry, and as of when."""
    from runregistry.cli.mirroring import show_status

    return show_status(mirror, check, output)
