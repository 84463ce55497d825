"""Snapshots as Parquet files: a row a dataset, a column a component or attribute, as a list of ranges.

=============================  ===================================================================================
column                         holds
=============================  ===================================================================================
``run_number``                 int64
``dataset_name``               string
``last_lumisection``           int32: the highest lumisection that anything is known of
``lumisections``               list<struct<first, last: int32>>: what rules see, those with both RR and OMS data
``oms_attributes``             string: a JSON object, as are ``rr_attributes`` and ``dataset_attributes``
``rr.<component>``             list<struct<first, last: int32, status, comment, cause: string>>
``oms.<attribute>``            list<struct<first, last: int32, value: string>>, the value as JSON text
=============================  ===================================================================================

Ranges are closed and count from 1, are sorted and disjoint; where a dataset has no range it has no value. The metadata of the
schema (key ``runregistry``) says which version of this layout it is, and that of a field which unit its values have.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from runregistry.engine.arrow import import_arrow
from runregistry.engine.nested import KEYS, Nested, is_nested, to_arrow
from runregistry.errors import UsageError, suggestion

if TYPE_CHECKING:
    from runregistry.engine.snapshot import Snapshot

__all__ = ["iter_parquet", "read_parquet", "write_parquet"]

_ROWS_A_GROUP = 500


def write_parquet(path: str | os.PathLike[str], snapshot: Snapshot) -> None:
    """Write a snapshot; the file appears when it is complete.

    Raises
    ------
    UsageError
        The status, comment or cause of a component is no text, or the file can't be written.
    MissingExtraError
        pyarrow is not installed.
    """
    arrow = import_arrow()
    target = os.fspath(path)
    unfinished = f"{target}.{os.getpid()}.tmp"
    try:
        arrow.parquet.write_table(to_arrow(snapshot), unfinished, row_group_size=_ROWS_A_GROUP, compression="zstd")
        os.replace(unfinished, target)
    except OSError as error:
        raise UsageError(f"can't write {target}: {error.strerror or error}") from error
    finally:
        if os.path.exists(unfinished):
            os.remove(unfinished)


def read_parquet(path: str | os.PathLike[str]) -> Nested:
    """Open a file; columns are read when a rule needs them.

    Raises
    ------
    UsageError
        It is no Parquet file, or not one with a row a dataset.
    MissingExtraError
        pyarrow is not installed.
    """
    file = _open(path)
    return Nested(lambda names: file.read(columns=list(names)), file.schema_arrow.names)


def iter_parquet(path: str | os.PathLike[str], n: int) -> Iterator[Nested]:
    """Go through a file, at least `n` datasets at a time: groups of rows (500, if `write_parquet` wrote them) stay whole."""
    file = _open(path)
    groups: list[int] = []
    rows = 0
    for group in range(file.num_row_groups):
        groups.append(group)
        rows += file.metadata.row_group(group).num_rows
        if rows >= n or group == file.num_row_groups - 1:
            yield _part(file, groups)
            groups, rows = [], 0


def _part(file: Any, groups: list[int]) -> Nested:
    def read(names: Sequence[str]) -> Any:
        return file.read_row_groups(groups, columns=list(names))

    return Nested(read, file.schema_arrow.names)


def _open(path: str | os.PathLike[str]) -> Any:
    arrow = import_arrow()
    name = os.fspath(path)
    try:
        file = arrow.parquet.ParquetFile(name)
    except arrow.ArrowException as error:
        raise UsageError(f"{name} is no Parquet file, or cut off: {error}") from error
    except OSError as error:
        raise UsageError(f"can't read {name}: {error.strerror or error}") from error
    names = file.schema_arrow.names
    if not is_nested(names):
        missing = next(key for key in KEYS if key not in names)
        raise UsageError(
            f"{name} has no column {missing!r}{suggestion(missing, names)}, so it is no file with a row a dataset; one with a row"
            " a lumisection is read by Snapshot.from_oms_file"
        )
    return file
