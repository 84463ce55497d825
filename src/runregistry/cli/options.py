"""The options that commands share, in groups: which runs, how the answer is written, which registry is asked."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from runregistry.cli import completion
from runregistry.cli.rows import Format

__all__ = [
    "ADMINISTER",
    "ASK",
    "CHANGE",
    "JSON",
    "OUTPUT",
    "SERVE",
    "DatasetFilters",
    "Doing",
    "Listing",
    "Looking",
    "LumisectionFilters",
    "Output",
    "Past",
    "Per",
    "Registry",
    "RunFilters",
    "RunNumbers",
    "RunsMeant",
    "examples",
]

# Panels of commands.
ASK, CHANGE, JSON, SERVE, ADMINISTER = "Ask", "Change", "JSON", "Serve", "Administer"
# Panels of options.
OUTPUT = "Output"

_filter_option = partial(typer.Option, rich_help_panel="Filter")
_output_option = partial(typer.Option, rich_help_panel=OUTPUT)
_registry_option = partial(typer.Option, rich_help_panel="Registry")
_changing_option = partial(typer.Option, rich_help_panel="Changing")


def examples(*lines: str) -> str:
    """Return the end of a help text: a command a line, as somebody would type it.

    Examples
    --------
    >>> print(examples("runregistry runs --limit 10"))
    Examples:
    <BLANKLINE>
    $ runregistry runs --limit 10
    """
    # Typer joins lines, but not paragraphs, and reads [words] as markup.
    return "\n\n".join(["Examples:", *(f"$ {line}".replace("[", "\\[") for line in lines)])


@dataclass(frozen=True)
class Registry:
    """Which registry is asked."""

    target: Annotated[
        str | None,
        _registry_option(
            "--target",
            "-t",
            metavar="NAME|URL",
            help="production, development, qa, local, embedded, mirror, or a URL. Without it ENVIRONMENT, or production.",
            autocompletion=completion.targets,
        ),
    ] = None
    database: Annotated[
        str | None,
        _registry_option("--database", metavar="URL|FILE", help="Ask the embedded registry of this file, in this process."),
    ] = None


@dataclass(frozen=True)
class Past:
    """As of when it is asked."""

    as_of: Annotated[
        str | None,
        _registry_option(
            "--as-of",
            metavar="VERSION|TIME|TAG",
            help="What was then: a version, a time (2022-07-05T12:00:00Z; a day: at its end) or a tag.",
        ),
    ] = None


@dataclass(frozen=True)
class Output:
    """How the answer is written."""

    format: Annotated[
        Format | None,
        _output_option(
            "--format",
            "-f",
            metavar="FORMAT",
            help="table, for people; json, or jsonl (one a line): rows as the registry sends them; csv or parquet: a table with "
            "fixed columns and types. Without it what the name of --output ends with, or a table.",
            autocompletion=completion.formats,
        ),
    ] = None
    output: Annotated[
        Path | None,
        _output_option("--output", "-o", metavar="FILE", help="Write into this file instead of stdout.", dir_okay=False),
    ] = None

    @property
    def style(self) -> Format:
        """The format that was asked for, or that the name of the file suggests."""
        if self.format is not None:
            return self.format
        suffix = self.output.suffix.lower().removeprefix(".") if self.output is not None else ""
        return Format(suffix) if suffix in (*Format,) else Format.TABLE


@dataclass(frozen=True)
class Listing:
    """How much of a list is shown."""

    count: Annotated[bool, _output_option("--count", metavar="", help="Only say how many match; nothing is fetched.")] = False
    fields: Annotated[
        list[str] | None,
        _output_option(
            "--fields",
            metavar="NAMES",
            help="Only these columns: run_number,class,energy,tracker-strip.BAD",
            autocompletion=completion.attributes,
        ),
    ] = None
    sort: Annotated[
        list[str] | None,
        _output_option(
            "--sort",
            metavar="NAME[:asc|desc]",
            help="The order; without it the newest run comes first.",
            autocompletion=completion.sortings,
        ),
    ] = None
    limit: Annotated[
        int | None,
        _output_option(
            "--limit", metavar="N", min=0, help="The most rows, 0 for all. A table has 50 if not told, other formats all."
        ),
    ] = None


@dataclass(frozen=True)
class RunNumbers:
    """Which runs are meant, by number."""

    run_list: Annotated[
        list[str] | None,
        _filter_option(
            "--runs",
            metavar="RUNS",
            help="315512, 315257-315270, both with commas; @FILE with run numbers or a golden JSON; - for stdin.",
        ),
    ] = None
    run_min: Annotated[int | None, _filter_option("--run-min", metavar="RUN", min=1, help="From this run on.")] = None
    run_max: Annotated[int | None, _filter_option("--run-max", metavar="RUN", min=1, help="Up to this run, included.")] = None


@dataclass(frozen=True)
class RunsMeant(RunNumbers):
    """Which runs are meant, by number and class."""

    run_class: Annotated[
        list[str] | None,
        _filter_option(
            "--class",
            metavar="CLASS",
            help="Collisions24, or a pattern: Collisions%. Repeat it for any of several.",
            autocompletion=completion.classes,
        ),
    ] = None


@dataclass(frozen=True)
class _Rest:
    """What else runs and datasets are filtered by."""

    fill: Annotated[
        list[str] | None,
        _filter_option("--fill", metavar="FILL", help="LHC fill, or from one to another: 6620-6629."),
    ] = None
    significant: Annotated[
        bool, _filter_option("--significant", metavar="", help="Only runs that are marked as significant.")
    ] = False
    not_significant: Annotated[bool, _filter_option("--not-significant", metavar="", help="Only those that are not.")] = False
    since: Annotated[
        str | None,
        _filter_option("--since", metavar="TIME", help="Begun at or after this day or time, UTC: 2018-05-01."),
    ] = None
    until: Annotated[
        str | None,
        _filter_option("--until", metavar="TIME", help="Begun at or before it; a day is meant whole."),
    ] = None
    comment: Annotated[
        list[str] | None,
        _filter_option(
            "--comment", metavar="TEXT", help="This text is in a comment, whatever its case; dt-dt=TEXT looks at one component."
        ),
    ] = None
    cause: Annotated[
        list[str] | None,
        _filter_option("--cause", metavar="TEXT", help="The same of causes."),
    ] = None
    where: Annotated[
        str | None,
        _filter_option(
            "--where", metavar="CONDITION", help='Anything else, in words: "energy > 6000 and not (tracker-strip = BAD)".'
        ),
    ] = None
    filter: Annotated[
        str | None,
        _filter_option(
            "--filter",
            metavar="JSON",
            help='The short form of scripts: {"class": "Cosmics18", "dt-dt": "GOOD"}; @FILE or - reads it.',
        ),
    ] = None
    wire: Annotated[bool, _filter_option("--wire", metavar="", help="--filter is in the wire form.")] = False


_ComponentFilter = Annotated[
    list[str] | None,
    _filter_option(
        "--component",
        metavar="NAME=STATUS",
        help="At least one lumisection has it: dt-dt=GOOD; any of several: dt-dt=BAD,STANDBY. Repeat it for other components.",
        autocompletion=completion.component_statuses,
    ),
]


@dataclass(frozen=True)
class _RunStates:
    """The state of a run and of its components."""

    state: Annotated[
        list[str] | None,
        _filter_option("--state", metavar="STATE", help="OPEN, SIGNOFF or COMPLETED.", autocompletion=completion.run_states),
    ] = None
    component: _ComponentFilter = None


@dataclass(frozen=True)
class RunFilters(_Rest, _RunStates, RunsMeant):
    """What runs are filtered by."""


@dataclass(frozen=True)
class _DatasetStates:
    """How far a dataset is, and where it comes from."""

    era: Annotated[
        list[str] | None,
        _filter_option("--era", metavar="ERA", help="Era in the name of the dataset: 2018A, or A of any year."),
    ] = None
    state: Annotated[
        list[str] | None,
        _filter_option(
            "--state",
            metavar="[WORKSPACE=]STATE",
            help="tracker=OPEN, or OPEN: the state in the workspace global.",
            autocompletion=completion.workspace_states,
        ),
    ] = None
    appeared_in: Annotated[
        list[str] | None,
        _filter_option("--appeared-in", metavar="WHERE", help='"DQM GUI", or DBS.'),
    ] = None


@dataclass(frozen=True)
class _Datasets:
    """Which datasets are meant, by name and components."""

    dataset_name: Annotated[
        list[str] | None,
        _filter_option(
            "--dataset", "--name", metavar="NAME", help="online, /PromptReco/Collisions2018A/DQM, or a pattern: %Collisions2018%."
        ),
    ] = None
    component: _ComponentFilter = None


@dataclass(frozen=True)
class DatasetFilters(_Rest, _DatasetStates, _Datasets, RunsMeant):
    """What datasets are filtered by."""


@dataclass(frozen=True)
class _Dataset:
    """Which dataset of each run is meant."""

    dataset_name: Annotated[
        str,
        _filter_option("--dataset", "--name", metavar="NAME", help="The dataset of each run; % stands for any text."),
    ] = "online"


@dataclass(frozen=True)
class LumisectionFilters(_Rest, _DatasetStates, _Dataset, RunsMeant):
    """Of which datasets the lumisections are shown."""


class Per(StrEnum):
    """What a row stands for."""

    RANGE = "range"
    LUMISECTION = "lumisection"


@dataclass(frozen=True)
class Looking:
    """What of the lumisections is shown."""

    component: Annotated[
        list[str] | None,
        _output_option(
            "--component",
            "-c",
            metavar="NAME[=STATUS]",
            help="Only these components: tracker-strip,tracker-pixel; with a status only where they have it: tracker-strip=BAD.",
            autocompletion=completion.components_and_statuses,
        ),
    ] = None
    oms: Annotated[bool, _output_option("--oms", metavar="", help="OMS attributes (beams, DCS bits) instead of statuses.")] = (
        False
    )
    joint: Annotated[bool, _output_option("--joint", metavar="", help="Both, side by side.")] = False
    fields: Annotated[
        list[str] | None,
        _output_option(
            "--fields",
            metavar="NAMES",
            help="Only these OMS attributes: cms_active,beam1_stable",
            autocompletion=completion.lumisection_attributes,
        ),
    ] = None
    per: Annotated[Per | None, _output_option("--per", help="What a row stands for.")] = None
    keep_going: Annotated[
        bool,
        _output_option(
            "--keep-going",
            "-k",
            metavar="",
            help="Show the rest if some can't be had; these are listed on stderr, and the exit code is 1.",
        ),
    ] = False


@dataclass(frozen=True)
class Doing:
    """How a change is made."""

    dry_run: Annotated[
        bool,
        _changing_option(
            "--dry-run", "-n", metavar="", help="Change nothing: show what would be changed, and what is in the way."
        ),
    ] = False
    yes: Annotated[
        bool,
        _changing_option("--yes", "-y", metavar="", help="Don't ask before changing."),
    ] = False
    keep_going: Annotated[
        bool,
        _changing_option("--keep-going", "-k", metavar="", help="Go on after a failure; all failures are listed at the end."),
    ] = False
    failed: Annotated[
        Path | None,
        _changing_option("--failed", metavar="FILE", help="Write there what was not done, to be tried again.", dir_okay=False),
    ] = None
