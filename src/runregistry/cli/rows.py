"""Rows on stdout: a table for people, JSON and CSV for programs."""

from __future__ import annotations

import csv
import json
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from enum import StrEnum
from typing import Any, TextIO

__all__ = ["Format", "flatten", "format_table", "write_csv", "write_rows"]

Row = Mapping[str, Any]


class Format(StrEnum):
    """How rows are written."""

    TABLE = "table"
    JSON = "json"
    CSV = "csv"


def write_rows(rows: Sequence[Row], style: Format, columns: Sequence[str] = ()) -> None:
    """Write rows to stdout.

    Parameters
    ----------
    style : Format
        ``json`` writes the rows as they are; ``csv`` all that is in them, one level deep; ``table`` only some columns.
    columns : sequence of str
        What a table shows, as names of `flatten`; everything if empty.
    """
    if style is Format.JSON:
        print(json.dumps(rows, indent=2, ensure_ascii=False))
        return
    flat = [dict(flatten(row)) for row in rows]
    if style is Format.CSV:
        write_csv(sys.stdout, flat)
    else:
        print(format_table(flat, columns or list(dict.fromkeys(name for row in flat for name in row))))


def flatten(row: Row, prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Yield what is in a row with dotted names; lists become JSON text.

    Examples
    --------
    >>> dict(flatten({"run_number": 1, "rr_attributes": {"class": "Cosmics24"}, "causes": []}))
    {'run_number': 1, 'rr_attributes.class': 'Cosmics24', 'causes': '[]'}
    """
    for key, value in row.items():
        if isinstance(value, Mapping):
            yield from flatten(value, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}", json.dumps(value) if isinstance(value, list) else value


def write_csv(stream: TextIO, rows: Sequence[Row]) -> None:
    """Write rows as CSV, with the names that any of them has as the first line; None is an empty cell, flags are true/false."""
    names = list(dict.fromkeys(name for row in rows for name in row))
    writer = csv.writer(stream, lineterminator="\n")
    if names:
        writer.writerow(names)
    writer.writerows([_cell(row.get(name)) for name in names] for row in rows)


def format_table(rows: Sequence[Row], columns: Sequence[str]) -> str:
    """Return a table as text; numbers are flush right, a column is headed by the last part of its name.

    Examples
    --------
    >>> print(format_table([{"run_number": 355100, "rr_attributes.class": "Cosmics22"}], ["run_number", "rr_attributes.class"]))
    run_number  class
        355100  Cosmics22
    """
    heads = [column.rpartition(".")[2] for column in columns]
    cells = [[_cell(row.get(column)) for column in columns] for row in rows]
    widths = [max(map(len, texts)) for texts in zip(heads, *cells, strict=True)]
    right = [bool(rows) and all(_is_number(row.get(column)) for row in rows) for column in columns]

    def line(texts: Iterable[str]) -> str:
        placed = zip(texts, widths, right, strict=True)
        return "  ".join(text.rjust(width) if flush else text.ljust(width) for text, width, flush in placed).rstrip()

    return "\n".join(map(line, [heads, *cells]))


def _cell(value: Any) -> str:
    if value is None:
        return ""
    return str(value).lower() if isinstance(value, bool) else str(value)


def _is_number(value: Any) -> bool:
    return value is None or (isinstance(value, int | float) and not isinstance(value, bool))
