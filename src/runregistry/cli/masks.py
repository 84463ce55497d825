"""The commands of the algebra of golden JSONs. What they need is imported when they run, so that help comes at once."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from runregistry.cli.gathering import gathered
from runregistry.cli.options import OUTPUT, Output, examples

__all__ = ["Form", "Operator", "Reading", "Writing", "add_mask_commands"]

_ALGEBRA, _LOOK = "Combine", "Look at one"


class Form(StrEnum):
    """The forms in which masks are written."""

    JSON = "json"
    COMPACT = "compact"
    PAIRS = "pairs"
    CMSSW = "cmssw"
    CSV = "csv"
    LIST = "list"


class Operator(StrEnum):
    """What combines two masks."""

    AND = "and"
    OR = "or"
    SUB = "sub"
    XOR = "xor"


@dataclass(frozen=True)
class Reading:
    """How JSONs are read."""

    join: Annotated[
        bool, typer.Option("--join", help="Take ranges that overlap as one, instead of refusing them.", rich_help_panel="Input")
    ] = False
    strict: Annotated[
        bool,
        typer.Option(
            "--strict", help="Refuse also ranges out of order, ranges that touch, bounds of 0.", rich_help_panel="Input"
        ),
    ] = False


@dataclass(frozen=True)
class Writing:
    """How a mask is written."""

    to: Annotated[
        Form,
        typer.Option(
            "--to",
            help="json: as CMS publishes it; compact: in a line; pairs: a JSON of [run, lumisection]; cmssw: for lumisToProcess; "
            "csv: a range a line; list: a run and its lumisections a line.",
            rich_help_panel=OUTPUT,
        ),
    ] = Form.JSON
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", metavar="FILE", help="Instead of stdout.", dir_okay=False, rich_help_panel=OUTPUT),
    ] = None


_HELP = "A file, a URL, or - for stdin: a golden JSON, or another form that --to writes."
_Inputs = Annotated[list[str], typer.Argument(metavar="JSON...", help=_HELP)]
_Input = Annotated[str, typer.Argument(metavar="JSON", help=_HELP)]


@gathered
def _and(inputs: _Inputs, *, reading: Reading, writing: Writing) -> None:
    """Keep lumisections that are in all of several JSONs."""
    _combine(Operator.AND, inputs, reading, writing)


@gathered
def _or(inputs: _Inputs, *, reading: Reading, writing: Writing) -> None:
    """Join JSONs: lumisections that are in any of them."""
    _combine(Operator.OR, inputs, reading, writing)


@gathered
def _sub(inputs: _Inputs, *, reading: Reading, writing: Writing) -> None:
    """Take from the first JSON what is in any of the others."""
    _combine(Operator.SUB, inputs, reading, writing)


@gathered
def _xor(inputs: _Inputs, *, reading: Reading, writing: Writing) -> None:
    """Keep lumisections in which two JSONs differ (of more, those that are in an odd number of them)."""
    _combine(Operator.XOR, inputs, reading, writing)


def _combine(operator: Operator, inputs: list[str], reading: Reading, writing: Writing) -> None:
    from runregistry.cli.masking import combine

    combine(operator, inputs, reading, writing)


@gathered
def _diff(
    old: Annotated[str, typer.Argument(metavar="OLD", help=_HELP)],
    new: Annotated[str, typer.Argument(metavar="NEW", help="The same.")],
    luminosity: Annotated[
        list[Path] | None,
        typer.Option("--luminosity", metavar="FILE", help="CSV of brilcalc lumi --byls, for what a change is worth; repeatable."),
    ] = None,
    *,
    reading: Reading,
    output: Output,
) -> int:
    """Show what changes from one JSON to another, run by run. Ends with 0 if nothing does, 1 if something does, 2 on an error."""
    from runregistry.cli.masking import show_difference

    return show_difference(old, new, luminosity or [], reading, output)


@gathered
def _print(
    source: _Input = "-",
    check: Annotated[
        bool, typer.Option("--check", help="Show what is odd instead: overlaps, order, bounds of 0; ends with 1 if anything is.")
    ] = False,
    *,
    output: Output,
) -> int:
    """Show what a JSON holds, a run a line, and how much in all; or what is odd about it."""
    from runregistry.cli.masking import show_mask, show_problems

    return show_problems(source, output) if check else show_mask(source, output)


@gathered
def _filter(
    source: _Input = "-",
    first_run: Annotated[int | None, typer.Option("--min", metavar="RUN", help="From this run on.")] = None,
    last_run: Annotated[int | None, typer.Option("--max", metavar="RUN", help="Up to this run, included.")] = None,
    runs: Annotated[
        list[str] | None,
        typer.Option("--runs", metavar="RUNS|FILE", help="315512, 315257-315270, several with commas, or a file with them."),
    ] = None,
    lumisections: Annotated[
        str | None,
        typer.Option("--lumisections", metavar="RANGES", help="Of each run only these: 1-100, 20-30,45 or 50- for the rest."),
    ] = None,
    *,
    reading: Reading,
    writing: Writing,
) -> None:
    """Keep some runs of a JSON, or some lumisections of each."""
    from runregistry.cli.masking import Wanted, filter_mask

    filter_mask(source, Wanted(first_run, last_run, runs or [], lumisections), reading, writing)


@gathered
def _convert(source: _Input = "-", *, reading: Reading, writing: Writing) -> None:
    """Write a JSON, or ranges in another form, in the form that is wanted."""
    from runregistry.cli.masking import convert

    convert(source, reading, writing)


def add_mask_commands(json_app: typer.Typer) -> None:
    """Add the commands to those about golden JSONs."""
    pipe = "runregistry json and golden.json dcs.json | runregistry json filter --min 315000 -"
    algebra = ((Operator.AND, _and, pipe), (Operator.OR, _or, None), (Operator.SUB, _sub, None), (Operator.XOR, _xor, None))
    for operator, command, example in algebra:
        line = example or f"runregistry json {operator} golden.json muon.json --output {operator}.json"
        json_app.command(operator.value, rich_help_panel=_ALGEBRA, epilog=examples(line))(command)
    others = {
        "diff": (_diff, _ALGEBRA, "runregistry json diff golden-v1.json golden-v2.json --luminosity brilcalc.csv"),
        "print": (_print, _LOOK, "runregistry json print golden.json --check"),
        "filter": (_filter, _LOOK, "runregistry json filter golden.json --runs 315257-315270,316000 --lumisections 1-100"),
        "convert": (_convert, _LOOK, "runregistry json convert golden.json --to cmssw"),
    }
    for name, (function, panel, line) in others.items():
        json_app.command(name, rich_help_panel=panel, epilog=examples(line))(function)
