"""The commands about luminosity. What they need is imported when they run, so that help comes at once."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from runregistry.cli.gathering import gathered
from runregistry.cli.options import Output, Registry, examples

__all__ = ["By", "luminosity_app"]

luminosity_app = typer.Typer(
    help="Luminosity of lumisections, from files of brilcalc lumi --byls, and who misses which.", no_args_is_help=True
)


class By(StrEnum):
    """What luminosity is summed over."""

    RUN = "run"
    FILL = "fill"


_Mask = Annotated[Path | None, typer.Option("--json", metavar="FILE", help="Only the lumisections of this golden JSON.")]
_HltPath = Annotated[
    str | None, typer.Option("--hltpath", metavar="NAME", help="The trigger path, where a file has more than one.")
]


@luminosity_app.command(
    epilog=examples(
        "runregistry luminosity show brilcalc.csv --json golden.json --unit /fb", "runregistry luminosity show *.csv --by fill"
    )
)
@gathered
def show(
    files: Annotated[list[Path], typer.Argument(metavar="FILE...", help="CSVs of brilcalc lumi --byls, gzipped or not.")],
    json: _Mask = None,
    by: Annotated[By | None, typer.Option("--by", help="A row for each run or fill, instead of one for all.")] = None,
    unit: Annotated[
        str | None, typer.Option("--unit", metavar="UNIT", help="/ub, /nb, /pb, /fb; a fitting one if not given.")
    ] = None,
    hltpath: _HltPath = None,
    *,
    output: Output,
) -> None:
    """Show the luminosity in brilcalc files: totals, by run or by fill, of all or of a golden JSON's lumisections."""
    from runregistry.cli.auditing import show_luminosity

    show_luminosity(files, json, by, unit, hltpath, output)


@luminosity_app.command(
    epilog=examples(
        "runregistry luminosity audit --brilcalc brilcalc.csv --oms oms_lumisections.csv.gz --common-runs",
        "runregistry luminosity audit --brilcalc brilcalc.csv --target embedded --json golden.json --format csv",
    )
)
@gathered
def audit(
    brilcalc: Annotated[
        list[Path] | None, typer.Option("--brilcalc", metavar="FILE", help="CSV of brilcalc; can be repeated.")
    ] = None,
    oms: Annotated[
        Path | None, typer.Option("--oms", metavar="FILE", help="OMS lumisections: .csv, .csv.gz, .parquet, .json.")
    ] = None,
    registry_json: Annotated[
        Path | None,
        typer.Option("--registry-json", metavar="FILE", help="The registry's lumisections as a JSON, instead of asking it."),
    ] = None,
    json: _Mask = None,
    common_runs: Annotated[bool, typer.Option("--common-runs", help="Only runs of which every source has anything.")] = False,
    relative: Annotated[float, typer.Option("--relative", min=0, help="Luminosities differ from this fraction on.")] = 0.01,
    absolute: Annotated[
        float, typer.Option("--absolute", min=0, metavar="/PB", help="And from this much in a lumisection on, in /pb.")
    ] = 1e-3,
    hltpath: _HltPath = None,
    *,
    output: Output,
    registry: Registry,
) -> None:
    """Compare registry, OMS and brilcalc, two of them or all: missing, extra and different lumisections as ranges."""
    from runregistry.cli.auditing import Sources, show_audit

    sources = Sources(brilcalc or [], oms, registry_json, registry, hltpath)
    show_audit(sources, json, output, common_runs=common_runs, relative=relative, absolute_invpb=absolute)
