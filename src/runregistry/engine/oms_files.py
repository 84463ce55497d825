"""OMS runs and lumisections out of files: CSV, parquet, and JSON in the shapes that OMS answers.

Nothing is made up: an attribute that a file lacks stays absent, an empty cell is null.
"""

from __future__ import annotations

import csv
import gzip
import json
import os
import re
from array import array
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import IO, Any

import numpy as np

from runregistry.engine.oms_table import OmsTable, make_table
from runregistry.errors import MissingExtraError, UsageError, suggestion

__all__ = ["read_lumisections", "read_runs"]

_FLAG = re.compile(
    r"\w+_(ready|present|stable|included)|cms_active|physics_flag|stable_beam|tier0_transfer|beams_present_and_stable"
)
_TRUE, _FALSE = {"1", "true", "True", "TRUE"}, {"0", "false", "False", "FALSE"}
_LIST = re.compile(r"\[(.*)\]", re.DOTALL)
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")
_TEXTS = frozenset({"prescale_name"})
_BATCH = 5000


def read_lumisections(path: str | os.PathLike[str]) -> OmsTable:
    """Read the lumisections of one or many runs.

    Parameters
    ----------
    path : path
        ``.csv``, ``.csv.gz`` (first line: names; flags as 1/0 or true/false), ``.parquet``, ``.json`` (a list of rows, rows by
        run, or JSON:API ``{"data": [{"attributes": {…}}]}``), each with ``run_number`` and ``lumisection_number``.

    Raises
    ------
    UsageError
        The file is not what its name says, or a row is wrong; the message says which.
    MissingExtraError
        The file is parquet, and pyarrow is not installed.
    """
    name = os.fspath(path)
    try:
        if name.endswith(".parquet"):
            return make_table(_parquet_columns(path), name)
        if name.endswith((".csv", ".csv.gz")):
            return make_table(_csv_columns(path), name)
        if name.endswith(".json"):
            return make_table(_columns_of_rows(_json_rows(path, "lumisections")), name)
    except OSError as error:
        raise UsageError(f"can't read {name}: {error.strerror or error}") from error
    raise UsageError(f"{name} is no file of lumisections: its name must end with .csv, .csv.gz, .parquet or .json")


def read_runs(path: str | os.PathLike[str]) -> dict[int, dict[str, Any]]:
    """Read the attributes of runs from a CSV or JSON file; the same shapes as `read_lumisections`, a row a run."""
    name = os.fspath(path)
    try:
        if name.endswith((".csv", ".csv.gz")):
            columns = {key: [values[code] for code in codes.tolist()] for key, (codes, values) in _csv_columns(path).items()}
            rows: Iterable[Mapping[str, Any]] = [
                dict(zip(columns, cells, strict=True)) for cells in zip(*columns.values(), strict=True)
            ]
        elif name.endswith(".json"):
            rows = _json_rows(path, "runs")
        else:
            raise UsageError(f"{name} is no file of runs: its name must end with .csv, .csv.gz or .json")
    except OSError as error:
        raise UsageError(f"can't read {name}: {error.strerror or error}") from error
    runs: dict[int, dict[str, Any]] = {}
    for position, row in enumerate(rows, 1):
        if "run_number" not in row:
            near = suggestion("run_number", row)
            raise UsageError(f"{name}: row {position} has no run_number{near}; its columns are {', '.join(row) or 'none'}")
        number = row["run_number"]
        if isinstance(number, bool) or not isinstance(number, int):
            raise UsageError(f"{name}: row {position} has no run_number but {number!r}")
        if number in runs:
            raise UsageError(f"{name}: run {number} is there twice, again in row {position}")
        runs[number] = dict(row)
    return runs


def _open_text(path: str | os.PathLike[str]) -> IO[str]:
    if os.fspath(path).endswith(".gz"):
        return gzip.open(path, "rt", encoding="utf-8-sig", newline="")
    return open(path, encoding="utf-8-sig", newline="")


def _csv_columns(path: str | os.PathLike[str]) -> dict[str, tuple[np.ndarray, list[Any]]]:
    """Return each column as codes and distinct values."""
    name = os.fspath(path)
    try:
        with _open_text(path) as stream:
            rows = csv.reader(stream)
            header = [cell.strip() for cell in next(rows, [])]
            names = header[:-1] if len(header) > 1 and not header[-1] else header
            if len(set(names)) != len(names) or not all(names):
                raise UsageError(f"{name}: the first line must hold the names of the columns, each once: {header}")
            return _encode_columns(names, _checked_rows(rows, header, len(names), name))
    except (gzip.BadGzipFile, EOFError, UnicodeDecodeError, csv.Error) as error:
        raise UsageError(f"{name} is cut off or no CSV file: {error}") from error


def _encode_columns(header: list[str], rows: Iterator[list[str]]) -> dict[str, tuple[np.ndarray, list[Any]]]:
    indexes: list[dict[str, int]] = [{} for _ in header]
    codes = [array("i") for _ in header]
    # In batches, so that no more than these cells are in memory as texts.
    while batch := list(islice(rows, _BATCH)):
        for index, known, column in zip(indexes, codes, zip(*batch, strict=True), strict=True):
            known.extend(index.setdefault(cell, len(index)) for cell in column)
    return {
        name: (
            np.frombuffer(known, dtype=np.int32) if known else np.zeros(0, dtype=np.int32),
            [_cell(name, text.strip()) for text in index],
        )
        for name, known, index in zip(header, codes, indexes, strict=True)
    }


def _checked_rows(rows: Iterator[list[str]], header: list[str], width: int, name: str) -> Iterator[list[str]]:
    for line, cells in enumerate(rows, 2):
        if len(cells) != len(header):
            if not any(cells):
                continue
            raise UsageError(f"{name}: line {line} has {len(cells)} cells, not {len(header)}; the file may be cut off")
        if cells[0].strip() == header[0] and [cell.strip() for cell in cells] == header:
            continue  # exported page by page, each with its names, and put together
        if any(cell.strip() for cell in cells[width:]):
            raise UsageError(f"{name}: line {line} has {cells[width]!r} in a column without a name")
        yield cells[:width]


def _cell(name: str, text: str) -> Any:
    if text == "":
        return None
    if _FLAG.fullmatch(name):
        if text in _TRUE or text in _FALSE:
            return text in _TRUE
        raise UsageError(f"column {name}: {text!r} is no flag; write 1, 0 or nothing")
    if name in _TEXTS:
        return text
    if _NUMBER.fullmatch(text):
        number = float(text)
        return int(text) if re.fullmatch(r"[+-]?\d+", text) else number
    if found := _LIST.fullmatch(text):
        return [part.strip() for part in found[1].split(",") if part.strip()]
    return text


def _parquet_columns(path: str | os.PathLike[str]) -> dict[str, tuple[np.ndarray, list[Any]]]:
    try:
        import pyarrow as pa
        import pyarrow.parquet as pq
    except ModuleNotFoundError as error:
        raise MissingExtraError("Reading parquet files", "tables") from error
    try:
        table = pq.read_table(path)
    except pa.ArrowException as error:
        raise UsageError(f"{os.fspath(path)} is no parquet file: {error}") from error
    columns = {}
    for name in table.column_names:
        column = table.column(name).combine_chunks()
        if not pa.types.is_dictionary(column.type):
            column = column.dictionary_encode()
        values = [None, *map(_parquet_flag if _FLAG.fullmatch(name) else _same, column.dictionary.to_pylist())]
        columns[name] = (column.indices.fill_null(-1).to_numpy(zero_copy_only=False).astype(np.int32) + 1, values)
    return columns


def _same(value: Any) -> Any:
    return value


def _parquet_flag(value: Any) -> Any:
    # Flags written as 1 and 0 are flags all the same.
    return bool(value) if isinstance(value, int | float) else value


def _json_rows(path: str | os.PathLike[str], kind: str) -> list[Mapping[str, Any]]:
    """Return the rows of a JSON file in any of the known shapes."""
    name = os.fspath(path)
    try:
        content = json.loads(Path(path).read_text(encoding="utf-8-sig"))
    except (ValueError, RecursionError) as error:
        raise UsageError(f"{name} is not JSON: {error}") from error
    if isinstance(content, dict) and kind in content:
        content = content[kind]
    if isinstance(content, dict) and isinstance(content.get("data"), list):
        content = content["data"]
    if isinstance(content, dict):
        groups = content.values()
        content = [row for group in groups for row in (group if isinstance(group, list) else [group])]
    if not isinstance(content, list) or not all(isinstance(row, dict) for row in content):
        raise UsageError(f"{name} holds no list of {kind}: it must be rows, rows by run, or JSON:API data with attributes")
    return [row["attributes"] if isinstance(row.get("attributes"), dict) else row for row in content]


def _columns_of_rows(rows: Sequence[Mapping[str, Any]]) -> dict[str, tuple[np.ndarray, list[Any]]]:
    columns = {}
    for name in dict.fromkeys(key for row in rows for key in row):
        index: dict[str, int] = {}
        values: list[Any] = []
        codes = np.full(len(rows), -1, dtype=np.int32)
        for position, row in enumerate(rows):
            if name in row:
                key = json.dumps(row[name])
                if key not in index:
                    index[key] = len(values)
                    values.append(row[name])
                codes[position] = index[key]
        columns[name] = (codes, values)
    return columns
