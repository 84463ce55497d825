"""The options of the commands that certify: which rule, of which data, and what is to be explained."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import Annotated

import typer

__all__ = ["Certified", "Explained", "Show", "Style"]

_rule_option = partial(typer.Option, rich_help_panel="Rule and data")
_explain_option = partial(typer.Option, rich_help_panel="Explanation")


class Show(StrEnum):
    """The tables of an explanation."""

    CLAUSES = "clauses"
    COMBINATIONS = "combinations"
    RUNS = "runs"
    RANGES = "ranges"
    REASONS = "reasons"


class Style(StrEnum):
    """How an explanation is written."""

    TEXT = "text"
    TABLE = "table"
    JSON = "json"
    CSV = "csv"


@dataclass(frozen=True)
class Certified:
    """Which rule, and of which data."""

    rule: Annotated[
        str | None,
        _rule_option("--rule", metavar="FILE|JSON", help="The json-logic rule; // comments are fine. Or preset:NAME."),
    ] = None
    preset: Annotated[
        str | None, _rule_option("--preset", metavar="NAME", help="A rule that ships with the package: runregistry json presets.")
    ] = None
    dataset: Annotated[
        str | None,
        _rule_option(
            "--dataset",
            metavar="FILTER",
            help="Datasets by name: _ is any character, % any text, (A|B) either. Without it those of the preset.",
        ),
    ] = None
    source: Annotated[
        str | None,
        _rule_option(
            "--source",
            metavar="FILE",
            help="Certify a file instead of a registry: a Parquet file of datasets, OMS lumisections (.csv, .csv.gz, .parquet), "
            "or the database of a registry.",
        ),
    ] = None
    run_list: Annotated[
        list[str] | None,
        _rule_option("--runs", "--run", metavar="RUNS", help="Only these: 315512, 315257-315270, @FILE with runs or a JSON."),
    ] = None
    run_min: Annotated[int | None, _rule_option("--run-min", metavar="RUN", min=1, help="From this run on.")] = None
    run_max: Annotated[int | None, _rule_option("--run-max", metavar="RUN", min=1, help="Up to this run, included.")] = None
    as_of: Annotated[
        str | None,
        _rule_option(
            "--as-of",
            metavar="VERSION|TIME|TAG",
            help="Certify what was then: a version, a time (2022-07-05T12:00:00Z; a day: at its end) or a tag.",
        ),
    ] = None
    unknown: Annotated[
        bool,
        _rule_option("--allow-unknown-paths", metavar="", help="The rule may read what no dataset has: it is null everywhere."),
    ] = False


@dataclass(frozen=True)
class Explained:
    """What is explained, and how it is written."""

    within: Annotated[Path | None, _explain_option("--within", metavar="FILE", help="Only lumisections of this golden JSON.")] = (
        None
    )
    ignore: Annotated[
        list[str] | None,
        _explain_option(
            "--ignore",
            metavar="CLAUSE",
            help="What if it were fulfilled? A component, an attribute, or the number of a clause; repeat it for several.",
        ),
    ] = None
    show: Annotated[
        Show, _explain_option("--show", help="Which table: --format table, json or csv have one.", case_sensitive=False)
    ] = Show.CLAUSES
    format: Annotated[Style, _explain_option("--format", "-f", help="Text for people, or one table.", case_sensitive=False)] = (
        Style.TEXT
    )
