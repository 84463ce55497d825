"""What changed between versions or golden JSONs, and tags, from the command line."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from runregistry.cli.asking import value_text
from runregistry.cli.confirming import confirm
from runregistry.cli.console import note
from runregistry.cli.filtering import read_names
from runregistry.cli.opening import open_client
from runregistry.cli.rows import Shown, write_shown
from runregistry.cli.run_lists import read_runs
from runregistry.errors import NotFound, UsageError, suggestion
from runregistry.terms import DATASET_ATTRIBUTES, DATASET_COMPONENTS, RUN_ATTRIBUTES, RUN_COMPONENTS
from runregistry.terms.lumisections import OMS_LUMISECTION_COLUMNS

if TYPE_CHECKING:
    from runregistry.cli.options import Output, Registry
    from runregistry.cli.versions import Changed

__all__ = ["create_tag", "delete_tag", "show_changes", "show_changes_of_jsons", "show_tags"]

_COLUMNS = ("run_number", "dataset", "what", "first", "last", "was", "now", "author", "time", "comment")
_OF_JSONS = ("run_number", "dataset", "what", "first", "last", "went", "came", "was", "now", "author", "time", "comment")
_TAG_COLUMNS = ("name", "version", "note", "author", "time")
_KNOWN = {
    *RUN_COMPONENTS,
    *DATASET_COMPONENTS,
    *RUN_ATTRIBUTES,
    *DATASET_ATTRIBUTES,
    *(one.name for one in OMS_LUMISECTION_COLUMNS),
}


def show_changes(old: str, new: str | None, changed: Changed, output: Output, registry: Registry) -> None:
    """Write what changed from one version to another."""
    chosen = read_runs(changed.run_list or ())
    components = read_names(changed.component)
    for name in components or ():
        if name not in _KNOWN and "." not in name:
            note(f"--component {name}: this package knows no such component or attribute{suggestion(name, _KNOWN)}")
    with open_client(registry.target, registry.database) as client:
        rows = client.diff(
            old,
            new,
            runs=None if chosen is None else str(chosen),
            run_min=changed.run_min,
            run_max=changed.run_max,
            dataset_name=changed.dataset,
            component=components,
        )
    shown = Shown(rows, _COLUMNS, lambda: [_for_people(row) for row in rows], lambda: rows)
    write_shown(shown, output.style, output.output)


def show_changes_of_jsons(old: str, new: str | None, changed: Changed, output: Output, registry: Registry) -> None:
    """Write which changes lie behind the lumisections that came or went between two golden JSONs."""
    from runregistry import certification
    from runregistry.client import frames

    if new is None:
        raise UsageError("--json compares two golden JSONs: name the other one too")
    if any(value is not None for value in vars(changed).values()):
        raise UsageError("--json looks at what differs between the two JSONs: leave the filters out")
    found = certification.changes(old, new, source=registry.database or registry.target)
    table = [_for_people(row) | {side: _ranges_text(row[side]) for side in ("went", "came")} for row in found.rows]
    rows = frames.Rows(found.rows, frames.CHANGES)
    write_shown(Shown(rows, _OF_JSONS, lambda: table, lambda: rows), output.style, output.output)
    note(found.text())


def create_tag(name: str, said: str, version: str | None, registry: Registry) -> None:
    """Put a tag on a version."""
    with open_client(registry.target, registry.database) as client:
        tag = client.create_tag(name, said, version)
        note(f"{name} is version {tag['atomic_version']} of {client.settings.target_name}.")


def delete_tag(name: str, yes: bool, registry: Registry) -> None:
    """Take a tag away."""
    with open_client(registry.target, registry.database) as client:
        tags = client.tags()
        found = [tag for tag in tags if tag["name"] == name]
        if not found:
            raise NotFound(f"there is no tag {name}{suggestion(name, [tag['name'] for tag in tags])}")
        confirm(f"Delete the tag {name}", 1, client.settings, lambda: found, yes=yes)
        tag = client.delete_tag(name)
        note(f"{name} is gone; it was version {tag['atomic_version']}.")


def show_tags(output: Output, registry: Registry) -> None:
    """Write the tags."""
    with open_client(registry.target, registry.database) as client:
        rows = client.tags()

    def for_people() -> list[dict[str, Any]]:
        return [
            {"name": tag["name"], "version": tag["atomic_version"], "note": tag["note"], **_who(tag, comment=False)}
            for tag in rows
        ]

    write_shown(Shown(rows, _TAG_COLUMNS, for_people, lambda: rows), output.style, output.output)


def _for_people(row: Mapping[str, Any]) -> dict[str, Any]:
    place = {"run_number": row["run_number"], "dataset": row["name"], "first": row["start"], "last": row["end"]}
    if row["kind"] == "created":
        return {**place, "what": f"{row['what']} created", "was": "", "now": "", **_who(row)}
    values = {side: "" if row[side] is None else value_text(row[side]) for side in ("was", "now")}
    return {**place, "what": row["what"].rpartition(".")[2], **values, **_who(row)}


def _who(row: Mapping[str, Any], *, comment: bool = True) -> dict[str, Any]:
    said = {"comment": row.get("comment")} if comment else {}
    return {"author": row["by"], "time": str(row["createdAt"]).partition(".")[0], **said}


def _ranges_text(ranges: Iterable[Iterable[int]]) -> str:
    return ", ".join(str(first) if first == last else f"{first}-{last}" for first, last in ranges)
