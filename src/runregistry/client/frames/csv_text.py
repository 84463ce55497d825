"""Tables as CSV, with Python's own library: what was read is written again, empty where there is nothing."""

from __future__ import annotations

import csv
import io
import json
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from types import MappingProxyType
from typing import IO, Any

from runregistry.client.frames.frame import Frame, Series

__all__ = ["to_csv", "write_csv"]

_CHUNK = 50_000  # rows that are text at the same time


def to_csv(frame: Frame, path: str | os.PathLike[str] | IO[str] | None = None) -> str | None:
    """Write a table to a file or an open stream; without either, return its text."""
    if path is None:
        stream = io.StringIO(newline="")
        write_csv(stream, frame)
        return stream.getvalue()
    if not isinstance(path, str | os.PathLike):
        write_csv(path, frame)
        return None
    with open(path, "w", encoding="utf-8", newline="") as file:
        write_csv(file, frame)
    return None


class _Lines:
    """Ends lines with a line feed, as programs here do; the writer is told otherwise, or it would not quote a carriage return."""

    def __init__(self, stream: IO[str]) -> None:
        self._write = stream.write

    def write(self, line: str) -> None:
        self._write(line[:-2] + "\n")


def write_csv(stream: IO[str], frame: Frame) -> None:
    """Write a header and the rows; lines end with a line feed."""
    writer = csv.writer(_Lines(stream), lineterminator="\r\n")
    if frame.series:
        writer.writerow([one.column.name for one in frame.series])
    columns = [_prepared(one) for one in frame.series]
    for start in range(0, frame.length, _CHUNK):
        writer.writerows(zip(*(_cells(one, start) for one in columns), strict=True))


def _prepared(series: Series) -> Series:
    """Turn the values into what is written, each once."""
    values = series.values if isinstance(series.values, Sequence) else series.values.tolist()
    form = _FORMS.get(series.column.type)
    return series._replace(values=values if form is None else [None if value is None else form(value) for value in values])


def _cells(series: Series, start: int) -> Iterator[Any]:
    stop = start + _CHUNK
    if series.which is None:
        return iter(series.values[start:stop])
    return map(series.values.__getitem__, series.which[start:stop].tolist())


def _time(value: datetime) -> str:
    precision = "seconds" if not value.microsecond else "auto" if value.microsecond % 1000 else "milliseconds"
    return value.replace(tzinfo=None).isoformat(timespec=precision) + "Z"


_FORMS: Mapping[str, Callable[[Any], Any]] = MappingProxyType(
    {
        "boolean": lambda value: "true" if value else "false",
        "time": _time,
        "list": lambda value: json.dumps(value, ensure_ascii=False),
    }
)
