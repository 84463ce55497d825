"""The commands that change a registry. What they need is imported when they run, so that help comes at once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any

import typer

from runregistry.cli import completion
from runregistry.cli.gathering import gathered
from runregistry.cli.options import CHANGE, Doing, Output, Registry, examples
from runregistry.errors import UsageError

__all__ = ["add_change_commands"]

_Runs = Annotated[
    list[str],
    typer.Argument(
        metavar="RUNS",
        help="Run numbers, ranges 315257-315270 (those that there are), @FILE with run numbers or a golden JSON, or - for stdin.",
    ),
]
_FromState = Annotated[
    str, typer.Argument(metavar="FROM", help="The state now: OPEN, SIGNOFF or COMPLETED.", autocompletion=completion.run_states)
]
_ToState = Annotated[str, typer.Argument(metavar="TO", help="The state to be.", autocompletion=completion.run_states)]
_FromDatasetState = Annotated[
    str,
    typer.Argument(
        metavar="FROM",
        help='The state now: "waiting dqm gui", OPEN, SIGNOFF or COMPLETED.',
        autocompletion=completion.dataset_states,
    ),
]
_ToDatasetState = Annotated[str, typer.Argument(metavar="TO", help="The state to be.", autocompletion=completion.dataset_states)]
_EDIT = "Edit"


def move(from_state: _FromState, to_state: _ToState, words: _Runs, *, doing: Doing, output: Output, registry: Registry) -> None:
    """Move runs from one state to another: OPEN to SIGNOFF signs them off, and makes their offline datasets."""
    from runregistry.cli.changing import move_runs

    move_runs(from_state, to_state, words, doing, output, registry)


def move_datasets(
    from_state: _FromDatasetState,
    to_state: _ToDatasetState,
    words: _Runs,
    dataset: Annotated[str, typer.Option("--dataset", "--name", metavar="NAME", help="The name of the dataset of each run.")],
    workspace: Annotated[
        str,
        typer.Option("--workspace", metavar="NAME", help="In which one.", autocompletion=completion.workspaces),
    ] = "global",
    *,
    doing: Doing,
    output: Output,
    registry: Registry,
) -> None:
    """Move offline datasets from one state to another, in one workspace."""
    from runregistry.cli import changing

    changing.move_datasets(from_state, to_state, words, dataset, workspace, doing, output, registry)


@dataclass(frozen=True)
class _Wanted:
    """An edit, or the file that holds several."""

    run_number: Annotated[int | None, typer.Argument(metavar="RUN", min=1, show_default=False, help="The run number.")] = None
    first: Annotated[
        int | None, typer.Argument(metavar="FIRST", min=1, show_default=False, help="The first lumisection that changes.")
    ] = None
    last: Annotated[int | None, typer.Argument(metavar="LAST", min=1, show_default=False, help="The last one, included.")] = None
    component: Annotated[
        str | None,
        typer.Argument(metavar="COMPONENT", show_default=False, help="E.g. tracker-strip.", autocompletion=completion.components),
    ] = None
    status: Annotated[
        str | None,
        typer.Argument(
            metavar="STATUS",
            show_default=False,
            help="GOOD, BAD, STANDBY, EXCLUDED or NOTSET.",
            autocompletion=completion.editable_statuses,
        ),
    ] = None
    comment: Annotated[
        str, typer.Option("--comment", metavar="TEXT", show_default=False, help="Why; BAD needs one.", rich_help_panel=_EDIT)
    ] = ""
    cause: Annotated[
        str, typer.Option("--cause", metavar="TEXT", show_default=False, help="The cause, in a word.", rich_help_panel=_EDIT)
    ] = ""
    dataset: Annotated[
        str, typer.Option("--dataset", "--name", metavar="NAME", help="The dataset of the run.", rich_help_panel=_EDIT)
    ] = "online"
    source: Annotated[
        str | None,
        typer.Option(
            "--from",
            metavar="FILE",
            help="Many edits: CSV or JSON with run_number, first, last, component, status, and if wanted comment, cause, "
            "dataset_name; as ranges --format csv writes it. - for stdin.",
            rich_help_panel=_EDIT,
        ),
    ] = None

    def edits(self) -> str | list[dict[str, Any]]:
        """Return the name of the file, or the edit.

        Raises
        ------
        UsageError
            It is neither, or both.
        """
        given = {name: getattr(self, name) for name in ("run_number", "first", "last", "component", "status")}
        if self.source is not None:
            if any(value is not None for value in given.values()) or self.comment or self.cause:
                raise UsageError("--from names a file with whole edits: leave the rest out")
            return self.source
        missing = [name for name, value in given.items() if value is None]
        if missing:
            raise UsageError(f"an edit needs RUN FIRST LAST COMPONENT STATUS, or --from FILE; missing: {', '.join(missing)}")
        triplet = {"status": str(self.status).upper(), "comment": self.comment, "cause": self.cause}
        return [{**given, **triplet, "dataset_name": self.dataset}]


def edit(wanted: _Wanted, *, doing: Doing, output: Output, registry: Registry) -> None:
    """Set the status of a component from one lumisection to another, with comment and cause."""
    from runregistry.cli import changing

    changing.edit(wanted.edits(), doing, output, registry)


def significant(words: _Runs, *, doing: Doing, output: Output, registry: Registry) -> None:
    """Mark runs as significant."""
    from runregistry.cli.changing import mark_significant

    mark_significant(words, doing, output, registry)


def refresh(
    words: _Runs,
    reset: Annotated[
        bool,
        typer.Option("--reset", metavar="", help="Classify them as if they were new: automatic values go, edits of people stay."),
    ] = False,
    *,
    doing: Doing,
    output: Output,
    registry: Registry,
) -> None:
    """Fetch runs from OMS again, and classify them."""
    from runregistry.cli.changing import refresh_runs

    refresh_runs(words, doing, output, registry, reset=reset)


def change_class(
    run_class: Annotated[
        str, typer.Argument(metavar="CLASS", help="The class to be, e.g. Cosmics24.", autocompletion=completion.classes)
    ],
    words: _Runs,
    *,
    doing: Doing,
    output: Output,
    registry: Registry,
) -> None:
    """Give runs another class."""
    from runregistry.cli import changing

    changing.change_class(run_class, words, doing, output, registry)


_EXAMPLES: dict[Callable[..., None], tuple[str, ...]] = {
    move: (
        "runregistry move OPEN SIGNOFF 315512 315510",
        "runregistry move OPEN SIGNOFF 315257-315270 --dry-run",
        "runregistry runs --state OPEN --class Cosmics18 --format jsonl | runregistry move OPEN SIGNOFF - --yes",
        "runregistry move OPEN SIGNOFF @runs.txt --keep-going --failed left.txt",
    ),
    move_datasets: (
        'runregistry move-datasets "waiting dqm gui" OPEN 315512 --dataset /PromptReco/Collisions2018A/DQM --workspace tracker',
    ),
    edit: (
        'runregistry edit 315512 10 20 tracker-strip BAD --comment "HV trip" --cause HV',
        "runregistry edit --from edits.csv --dry-run",
    ),
    significant: ("runregistry significant 315512",),
    refresh: ("runregistry refresh 315512 --dry-run",),
    change_class: ("runregistry change-class Cosmics18 315512",),
}


def add_change_commands(app: typer.Typer) -> None:
    """Add the commands that change to an application."""
    for command, lines in _EXAMPLES.items():
        app.command(epilog=examples(*lines), rich_help_panel=CHANGE)(gathered(command))
