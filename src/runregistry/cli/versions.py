"""``runregistry diff`` and ``runregistry tag``: what changed, and names for versions."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Annotated

import typer

from runregistry.cli.gathering import gathered
from runregistry.cli.options import ASK, CHANGE, Output, Registry, RunNumbers, examples

__all__ = ["Changed", "add_version_commands"]

_filter_option = partial(typer.Option, rich_help_panel="Filter")
_Version = Annotated[
    str | None, typer.Option("--version", metavar="VERSION|TIME|TAG", help="Which version; the newest one if not given.")
]
_Name = Annotated[str, typer.Argument(metavar="NAME", help="The tag: a letter, then letters, digits and . _ + -")]


@dataclass(frozen=True)
class Changed(RunNumbers):
    """Which changes are shown."""

    dataset: Annotated[
        str | None,
        _filter_option("--dataset", "--name", metavar="NAME", help="Only of datasets of this name; % stands for any text."),
    ] = None
    component: Annotated[
        list[str] | None,
        _filter_option("--component", "-c", metavar="NAMES", help="Only these components or attributes: dt-dt,tracker-strip"),
    ] = None


def add_version_commands(app: typer.Typer) -> None:
    """Add the commands to an application."""
    diff_examples = examples(
        "runregistry diff golden-2022 --run-min 355100 --component tracker-strip",
        "runregistry diff 2022-07-05 2022-07-06 --format csv > changes.csv",
        "runregistry diff --json golden_old.json golden_new.json",
    )
    app.command(epilog=diff_examples, rich_help_panel=ASK)(gathered(diff))
    tag_app = typer.Typer(help="Names for versions, which stay what they are.", no_args_is_help=True)
    tag_app.command("create", epilog=examples('runregistry tag create golden-2022 --note "as published"'))(gathered(_create))
    tag_app.command("list", epilog=examples("runregistry tag list --format json"))(gathered(_list))
    tag_app.command("delete", epilog=examples("runregistry tag delete golden-2022"))(gathered(_delete))
    app.add_typer(tag_app, name="tag", rich_help_panel=CHANGE)


def diff(
    old: Annotated[str, typer.Argument(metavar="FROM", help="A version, a time (UTC) or a tag; with --json a golden JSON.")],
    new: Annotated[str | None, typer.Argument(metavar="TO", help="The newest version if not given; with --json another.")] = None,
    *,
    of_jsons: Annotated[
        bool, typer.Option("--json", metavar="", help="Which edits lie behind what came or went between two golden JSONs?")
    ] = False,
    changed: Changed,
    output: Output,
    registry: Registry,
) -> None:
    """Show what changed from one version to another: what was, what is, by whom, when and why."""
    from runregistry.cli.versioning import show_changes, show_changes_of_jsons

    if of_jsons:
        show_changes_of_jsons(old, new, changed, output, registry)
    else:
        show_changes(old, new, changed, output, registry)


def _create(
    name: _Name,
    note: Annotated[str, typer.Option("--note", metavar="TEXT", help="What it is for.")] = "",
    version: _Version = None,
    *,
    registry: Registry,
) -> None:
    """Put a tag on a version: what is as of this tag never changes."""
    from runregistry.cli.versioning import create_tag

    create_tag(name, note, version, registry)


def _list(*, output: Output, registry: Registry) -> None:
    """Show the tags."""
    from runregistry.cli.versioning import show_tags

    show_tags(output, registry)


def _delete(
    name: _Name,
    yes: Annotated[bool, typer.Option("--yes", "-y", metavar="", help="Don't ask before deleting.")] = False,
    *,
    registry: Registry,
) -> None:
    """Take a tag away; the version stays, and so does the record of who took it."""
    from runregistry.cli.versioning import delete_tag

    delete_tag(name, yes, registry)
