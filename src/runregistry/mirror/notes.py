"""A note beside a mirror that says of what it is one, so that it can be made again when its file is lost."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from runregistry.errors import UsageError
from runregistry.model.selection import Selection
from runregistry.store.mirrored import Claim

__all__ = ["Note", "note_of", "read_note", "write_note"]


class Note(NamedTuple):
    """The registry that a mirror is of, and what it is to hold; None and nothing if there is no note."""

    source: str | None
    claims: list[Claim]


def note_of(mirror: Path) -> Path:
    """Return the file of the note of a mirror."""
    return mirror.with_name(f"{mirror.name}.json")


def read_note(mirror: Path) -> Note:
    """Read the note of a mirror."""
    try:
        written = json.loads(note_of(mirror).read_text(encoding="utf-8"))
        claims = [
            Claim(number, each["era"], Selection.read(each["selection"])) for number, each in enumerate(written["claims"], 1)
        ]
        return Note(str(written["source"]), claims)
    except (OSError, ValueError, KeyError, TypeError, AttributeError, UsageError):
        return Note(None, [])  # it helps where it is there; the mirror itself knows better


def write_note(mirror: Path, source: str, claims: Sequence[Claim]) -> None:
    """Write the note of a mirror, unless it says so already."""
    held = [{"era": claim.era, "selection": claim.selection._asdict()} for claim in claims]
    text = json.dumps({"source": source, "claims": held}, indent=2) + "\n"
    file = note_of(mirror)
    if not file.is_file() or file.read_text(encoding="utf-8") != text:
        unfinished = file.with_name(f"{file.name}.part")
        unfinished.write_text(text, encoding="utf-8")
        unfinished.replace(file)
