"""Going through a registry and writing its tables, a few hundred runs at a time."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

from runregistry.client import Client
from runregistry.errors import APIError, UsageError, suggestion
from runregistry.export.tables import FORMAT, TABLES, described, made, schema_of
from runregistry.model.as_of import AsOf
from runregistry.version import __version__

__all__ = ["Exported", "export_parquet"]

_RUNS_AT_ONCE = 200
_BLOCK = 10_000
_ROWS_OF_FILE = 5_000_000
_VERBS = {"ranges": "ranges_by_component_of", "oms_ranges": "oms_ranges_of"}
Progress = Callable[[int, int], None]


class Exported(NamedTuple):
    """What was written.

    Attributes
    ----------
    folder : path
        Where.
    rows : dict of str to int
        How many rows each table has.
    version : int or None
        The version that it is as of; None if the registry does not tell, or went on meanwhile.
    """

    folder: Path
    rows: dict[str, int]
    version: int | None


def export_parquet(
    client: Client,
    folder: str | os.PathLike[str],
    *,
    tables: Collection[str] = ("runs", "datasets", "ranges"),
    runs: Any = None,
    run_min: int | None = None,
    run_max: int | None = None,
    run_class: str | Iterable[str] | None = None,
    dataset_name: str | Iterable[str] | None = None,
    as_of: AsOf | None = None,
    progress: Progress = lambda done, total: None,
) -> Exported:
    """Write a registry, or a part of it, as Parquet files into a folder that is there only once it is complete.

    Parameters
    ----------
    client : Client
        The registry.
    folder : path
        A new one, or an empty one.
    tables : collection of str
        Some of `TABLES`.
    runs, run_min, run_max, run_class, dataset_name
        As `Client.datasets` takes them; everything if left out.
    as_of : int, str, datetime or date, optional
        What was then; without it, a registry that is changed meanwhile is written as it was met.
    progress : callable
        Told how many runs are done, of how many.

    Raises
    ------
    UsageError
        The folder holds something; there is no such table.
    MissingExtraError
        pyarrow is not installed.

    Notes
    -----
    Memory does not grow with the registry: some hundred runs, and a row group of each table, are in it at a time. Cost: the pages
    of runs and datasets; for ranges one request a dataset.
    """
    target = _target(folder)
    for name in tables:
        if name not in TABLES:
            raise UsageError(f"there is no table {name!r}{suggestion(name, TABLES)}; there are {', '.join(TABLES)}")
    chosen = {"runs": runs, "run_min": run_min, "run_max": run_max, "run_class": run_class}
    begun = _version(client, as_of)
    asked = _Asked(client, chosen, dataset_name, None if as_of is None else begun)
    unfinished = target.with_name(f".{target.name}.{os.getpid()}.part")
    writers = {name: _Writer(unfinished / name, name) for name in TABLES if name in tables}
    try:
        _write(asked, writers, progress)
        ended = begun if as_of is not None else _version(client, None)
        version = begun if begun == ended else None
        about = {"as_of": asked.as_of, "version_at_begin": begun, "version_at_end": ended, "selection": asked.told()}
        _describe(unfinished, client, writers, about)
        unfinished.rename(target)
    finally:
        for writer in writers.values():
            writer.abandon()
        shutil.rmtree(unfinished, ignore_errors=True)
    return Exported(target, {name: writer.rows for name, writer in writers.items()}, version)


class _Asked(NamedTuple):
    """What is exported."""

    client: Client
    runs: Mapping[str, Any]
    dataset_name: Any
    as_of: int | None

    def n_runs(self) -> int:
        return self.client.count_runs(as_of=self.as_of, **self._given())

    def batches(self) -> Iterator[list[dict[str, Any]]]:
        """Go through the runs, oldest first, some at a time."""
        rows = self.client.iter_runs(sortings=[["run_number", "ASC"]], as_of=self.as_of, **self._given())
        while batch := list(islice(rows, _RUNS_AT_ONCE)):
            yield batch

    def datasets(self, run_numbers: Sequence[int]) -> list[dict[str, Any]]:
        order = [["run_number", "ASC"], ["name", "ASC"]]
        named = {"dataset_name": self.dataset_name}
        return self.client.datasets(runs=run_numbers, sortings=order, as_of=self.as_of, **named)

    def told(self) -> dict[str, Any]:
        """Return the selection as far as it can be written down."""
        given = {**self._given(), "dataset_name": self.dataset_name}
        return {name: value if isinstance(value, int | str) else str(value) for name, value in given.items() if value is not None}

    def _given(self) -> dict[str, Any]:
        return {name: value for name, value in self.runs.items() if value is not None}


class _Writer:
    """The files of one table.

    Attributes
    ----------
    rows, files : int
        How many there are so far.
    """

    def __init__(self, folder: Path, name: str) -> None:
        self.schema = schema_of(name)
        self.rows = self.files = 0
        self._name = name
        self._folder = folder
        self._table = TABLES[name]
        self._waiting: list[Any] = []
        self._file: Any = None
        self._block: int | None = None
        self._rows_of_file = 0

    def add(self, parts: Sequence[Any], first_run: int) -> None:
        """Add what was answered about runs of one block."""
        block = first_run // _BLOCK * _BLOCK if self._table.is_partitioned else None
        if self._block != block or self._rows_of_file > _ROWS_OF_FILE:
            self.close()
        self._block = block
        table = made(self._name, parts, self.schema)
        self._waiting.append(table)
        self.rows += table.num_rows
        self._rows_of_file += table.num_rows
        if sum(each.num_rows for each in self._waiting) >= self._table.row_group:
            self._flush()

    def close(self) -> None:
        """Finish the file at hand."""
        self._flush()
        if self._file is not None:
            self._file.close()
        self._file, self._rows_of_file = None, 0

    def finish(self) -> None:
        """Finish the table; one without rows gets a file without rows, so that readers know its columns."""
        self.close()
        if not self.files:
            self._waiting = [self.schema.empty_table()]
            self.close()

    def abandon(self) -> None:
        """Let go of the file at hand, whatever is wrong with it."""
        if self._file is not None:
            with suppress(OSError):
                self._file.close()

    def _flush(self) -> None:
        if not self._waiting:
            return
        import pyarrow
        from pyarrow import parquet

        if self._file is None:
            folder = self._folder if self._block is None else self._folder / f"run_block={self._block}"
            folder.mkdir(parents=True, exist_ok=True)
            self._file = parquet.ParquetWriter(folder / f"part-{self.files:05}.parquet", self.schema, compression="zstd")
            self.files += 1
        self._file.write_table(pyarrow.concat_tables(self._waiting))
        self._waiting = []


def _write(asked: _Asked, writers: Mapping[str, _Writer], progress: Progress) -> None:
    total, done = asked.n_runs(), 0
    for batch in asked.batches():
        for runs in _blocks(batch):
            _write_runs(asked, writers, runs)
        done += len(batch)
        progress(done, max(total, done))
    for writer in writers.values():
        writer.finish()


def _write_runs(asked: _Asked, writers: Mapping[str, _Writer], runs: Sequence[dict[str, Any]]) -> None:
    numbers = [run["run_number"] for run in runs]
    if "runs" in writers:
        writers["runs"].add(runs, numbers[0])
    if writers.keys() == {"runs"}:
        return
    datasets = asked.datasets(numbers)
    if "datasets" in writers:
        writers["datasets"].add(datasets, numbers[0])
    keys = [(row["run_number"], row["name"]) for row in datasets]
    for name in writers.keys() & _VERBS.keys():
        found = getattr(asked.client, _VERBS[name])(keys, as_of=asked.as_of, progress=False) if keys else {}
        writers[name].add(list(found.values()), numbers[0])


def _blocks(runs: Sequence[dict[str, Any]]) -> Iterator[list[dict[str, Any]]]:
    """Cut runs where a block ends."""
    by_block: dict[int, list[dict[str, Any]]] = {}
    for run in runs:
        by_block.setdefault(run["run_number"] // _BLOCK, []).append(run)
    yield from by_block.values()


def _describe(folder: Path, client: Client, writers: Mapping[str, _Writer], about: Mapping[str, Any]) -> None:
    tables = {
        name: {
            "title": TABLES[name].title,
            "rows": writer.rows,
            "files": writer.files,
            "partitioned_by": ["run_block"] if TABLES[name].is_partitioned else [],
            "columns": described(writer.schema),
        }
        for name, writer in writers.items()
    }
    head = {"format": "runregistry parquet", "format_version": FORMAT, "made_with": f"runregistry {__version__}"}
    moment = {"made_at": datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")}
    document = head | moment | {"source": client.settings.target_name} | dict(about) | {"tables": tables}
    (folder / "_schema.json").write_text(json.dumps(document, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def _version(client: Client, as_of: AsOf | None) -> int | None:
    """Return which version an as-of means; of the present None where the registry does not tell."""
    try:
        return int(client.version(as_of)["atomic_version"])
    except APIError:
        if as_of is not None:
            raise
        return None


def _target(folder: str | os.PathLike[str]) -> Path:
    target = Path(folder).absolute()
    if target.is_file() or (target.is_dir() and any(target.iterdir())):
        raise UsageError(f"{os.fspath(folder)} is there already: name a new folder, or remove it first")
    if not target.parent.is_dir():
        raise UsageError(f"{os.fspath(folder)}: there is no folder {target.parent}; make it first")
    return target
