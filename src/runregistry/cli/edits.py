"""Edits of lumisections from a file: CSV, as ``runregistry ranges --format csv`` writes it, or JSON."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from runregistry.cli.run_lists import read_text
from runregistry.errors import UsageError, suggestion

__all__ = ["FIELDS", "read_edit_file", "write_edits"]

_NEEDED = ("run_number", "first", "last", "component", "status")
FIELDS = (*_NEEDED, "comment", "cause", "dataset_name")
# As the registry calls them, and as people do.
_OTHER_NAMES = {"start": "first", "end": "last", "name": "dataset_name", "dataset": "dataset_name", "run": "run_number"}


def read_edit_file(name: str) -> list[dict[str, Any]]:
    """Return the edits in a file, or in stdin if it is called ``-``.

    Raises
    ------
    UsageError
        The file can't be read, or an edit lacks something; the message says where.
    """
    text = read_text("-" if name == "-" else f"@{name}")
    where = "stdin" if name == "-" else name
    rows = _json_rows(text, where) if text.lstrip().startswith(("[", "{")) else _csv_rows(text, where)
    edits = [_edit(row, place) for place, row in rows]
    if not edits:
        raise UsageError(f"{where} holds no edits")
    return edits


def write_edits(path: Path, edits: Sequence[Mapping[str, Any]]) -> None:
    """Write edits as CSV, so that `read_edit_file` reads them."""
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, FIELDS, lineterminator="\n")
        writer.writeheader()
        writer.writerows(edits)


def _csv_rows(text: str, where: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    reader = csv.DictReader(io.StringIO(text), strict=True)
    try:
        for row in reader:
            place = f"{where}, line {reader.line_num}"
            if None in row:
                raise UsageError(f"{place} has more cells than the first line names; put texts with commas into quotes")
            yield place, {key: value for key, value in row.items() if value}
    except csv.Error as error:
        raise UsageError(f"{where}, line {reader.line_num}: {error}") from error


def _json_rows(text: str, where: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    try:
        document = json.loads(text)
    except ValueError as error:
        try:
            document = [json.loads(line) for line in text.splitlines() if line.strip()]
        except ValueError:
            raise UsageError(f"{where} is not JSON: {error}") from error
    for number, row in enumerate(document if isinstance(document, list) else [document], 1):
        if not isinstance(row, dict):
            raise UsageError(f"{where}, edit {number} is no object with {', '.join(FIELDS)}, but {str(row)[:60]}")
        yield f"{where}, edit {number}", {key: value for key, value in row.items() if value is not None}


def _edit(row: Mapping[str, Any], place: str) -> dict[str, Any]:
    edit = {}
    for key, value in row.items():
        name = _OTHER_NAMES.get(key.strip(), key.strip())
        if name not in FIELDS:
            raise UsageError(f"{place}: there is no column {key!r}{suggestion(key, FIELDS)}; there are {', '.join(FIELDS)}")
        edit[name] = value
    missing = [name for name in _NEEDED if name not in edit]
    if missing:
        raise UsageError(f"{place} lacks {', '.join(missing)}")
    for name in ("run_number", "first", "last"):
        edit[name] = _number(name, edit[name], place)
    return {**edit, "status": str(edit["status"]).strip().upper()}


def _number(name: str, value: Any, place: str) -> int:
    text = str(value).strip()
    if not (text.isascii() and text.isdigit()):
        raise UsageError(f"{place}: {name} is {text!r}, and must be a number")
    return int(text)
