"""Answers on stdout or in a file: a table for people; JSON, CSV and Parquet for programs."""

from __future__ import annotations

import csv
import json
import os
import shutil
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, NamedTuple, TextIO

from runregistry.cli.colours import is_coloured
from runregistry.cli.console import note
from runregistry.cli.tables import cell_text, make_table
from runregistry.errors import UsageError

if TYPE_CHECKING:
    from runregistry.client.frames.tables import Tables

__all__ = ["Format", "Shown", "pick", "print_table", "screen_width", "write_csv", "write_json_lines", "write_rows", "write_shown"]

Row = Mapping[str, Any]


class Format(StrEnum):
    """How rows are written."""

    TABLE = "table"
    JSON = "json"
    JSONL = "jsonl"
    CSV = "csv"
    PARQUET = "parquet"


class Shown(NamedTuple):
    """An answer, and how it is shown.

    Attributes
    ----------
    rows : sequence
        As JSON has them.
    columns : sequence of str
        Of a table for people, most important first: names of its rows, or else dotted paths into ``rows``; everything if empty.
    table_rows : callable, optional
        Returns the rows of that table.
    tabular : callable, optional
        Returns what CSV and Parquet are made from; the rows as they are, if not given.
    shape : dict
        How: ``per`` and ``wide``.
    """

    rows: Sequence[Row]
    columns: Sequence[str] = ()
    table_rows: Callable[[], Sequence[Row]] | None = None
    tabular: Callable[[], Tables] | None = None
    shape: Mapping[str, Any] = {}


def write_shown(shown: Shown, style: Format, output: Path | None = None) -> None:
    """Write an answer in a format, to stdout or into a file.

    Raises
    ------
    UsageError
        Parquet, which is no text, would go to a terminal.
    MissingExtraError
        Parquet, and its library is not installed.
    """
    if style is Format.PARQUET:
        _write_parquet(shown, output)
        return
    with writing(output) as stream:
        if style is Format.JSON:
            stream.write(json.dumps(list(shown.rows), indent=2, ensure_ascii=False, default=str) + "\n")
        elif style is Format.JSONL:
            write_json_lines(shown.rows, stream)
        elif style is Format.CSV:
            _tabular(shown).to_csv(stream, **shown.shape)
        else:
            rows = shown.table_rows() if shown.table_rows is not None else [pick(row, shown.columns) for row in shown.rows]
            columns = shown.columns if shown.table_rows is not None else [path.rpartition(".")[2] for path in shown.columns]
            print_table(rows, columns, stream)


def write_rows(rows: Sequence[Row], style: Format, columns: Sequence[str] = ()) -> None:
    """Write plain rows to stdout.

    Parameters
    ----------
    columns : sequence of str
        What a table shows, as dotted paths; everything if empty.
    """
    write_shown(Shown(rows, columns), style)


def write_json_lines(rows: Iterable[Row], stream: IO[str]) -> int:
    """Write rows, one a line, as they come; return how many."""
    number = 0
    for number, row in enumerate(rows, 1):  # noqa: B007
        stream.write(json.dumps(row, ensure_ascii=False, separators=(",", ":"), default=str) + "\n")
    return number


def print_table(rows: Sequence[Row], columns: Sequence[str] = (), stream: IO[str] | None = None) -> None:
    """Print a table, as wide as the screen where there is one; columns for which there is no room are named on stderr."""
    out = stream or sys.stdout
    shown = list(columns) or list(dict.fromkeys(name for row in rows for name in row))
    width = screen_width() if out in (sys.stdout, sys.stderr) else None
    table = make_table(rows, shown, width=width, in_colour=is_coloured(out))
    constant = _constant(rows, shown) if table.left_out else {}
    if constant:  # what is the same all along is told in a line, so that there is room for what is not
        ordered = [name for name in shown if name not in constant]
        table = make_table(rows, [*ordered, *constant], width=width, in_colour=is_coloured(out))
    for line in table.lines:
        print(line, file=out)
    _tell_left_out(table.left_out, constant)


def _constant(rows: Sequence[Row], columns: Sequence[str]) -> dict[str, str]:
    """Return the columns, but for the first, that have one value in all of several rows."""
    if len(rows) < 2:
        return {}
    values = {name: rows[0].get(name) for name in columns[1:]}
    return {name: cell_text(value) for name, value in values.items() if all(row.get(name) == value for row in rows)}


def _tell_left_out(left_out: Sequence[str], constant: Mapping[str, str]) -> None:
    by_value: dict[str, list[str]] = {}
    for name in left_out:
        if name in constant:
            by_value.setdefault(constant[name] or "empty", []).append(name)
    for value, names in by_value.items():
        note(f"Left out, since it is {value} in every row: {', '.join(names)}.")
    others = [name for name in left_out if name not in constant]
    if others:
        note(f"No room for {', '.join(others)}: a wider window shows more, --format csv all.")


def screen_width() -> int | None:
    """Return how wide a table may be: the terminal, or what ``COLUMNS`` says; None where nothing needs to be cut."""
    told = os.environ.get("COLUMNS", "")
    if told.isdigit() and int(told) > 0:
        return int(told)
    return shutil.get_terminal_size().columns if sys.stdout.isatty() else None


@contextmanager
def writing(output: Path | None) -> Iterator[TextIO]:
    """Yield stdout, or a new file that takes its place once it is complete."""
    if output is None:
        yield sys.stdout
        return
    with replacing(output) as unfinished, unfinished.open("w", encoding="utf-8", newline="") as stream:
        yield stream
    note(f"Written: {output}")


@contextmanager
def replacing(output: Path) -> Iterator[Path]:
    """Yield a path beside a file; what is written there takes the place of the file, if nothing went wrong."""
    target = output.resolve() if output.is_symlink() else output
    if target.exists() and not target.is_file():  # /dev/stdout, a named pipe
        yield target
        return
    unfinished = target.with_name(f".{target.name}.{os.getpid()}.part")
    try:
        yield unfinished
        unfinished.replace(target)
    finally:
        unfinished.unlink(missing_ok=True)


def _write_parquet(shown: Shown, output: Path | None) -> None:
    if output is not None:
        with replacing(output) as unfinished:
            _tabular(shown).to_parquet(unfinished, **shown.shape)
        note(f"Written: {output}")
        return
    if sys.stdout.isatty():
        raise UsageError("Parquet is no text, and stdout is a terminal: write it into a file with --output, or into a pipe")
    sys.stdout.flush()
    _tabular(shown).to_parquet(sys.stdout.buffer, **shown.shape)


def _tabular(shown: Shown) -> Tables:
    if shown.tabular is not None:
        return shown.tabular()
    from runregistry.client import frames

    return frames.Rows([dict(row) for row in shown.rows], frames.PLAN)


def pick(row: Row, paths: Sequence[str]) -> dict[str, Any]:
    """Return what dotted paths lead to, under the last part of each; the whole row, if there are none.

    Examples
    --------
    >>> pick({"run_number": 1, "rr_attributes": {"class": "Cosmics24"}}, ["run_number", "rr_attributes.class", "no.such"])
    {'run_number': 1, 'class': 'Cosmics24', 'such': None}
    """
    return {path.rpartition(".")[2]: _inside(row, path) for path in paths} if paths else dict(row)


def _inside(value: Any, path: str) -> Any:
    for key in path.split("."):
        value = value.get(key) if isinstance(value, Mapping) else None
    return value


def write_csv(stream: TextIO, rows: Sequence[Row]) -> None:
    """Write rows as CSV, with the names that any of them has as the first line; None is an empty cell, flags are true/false."""
    names = list(dict.fromkeys(name for row in rows for name in row))
    writer = csv.writer(stream, lineterminator="\n")
    if names:
        writer.writerow(names)
    writer.writerows([cell_text(row.get(name)) for name in names] for row in rows)
