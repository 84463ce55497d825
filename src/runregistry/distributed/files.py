"""Where the rows are: files of any file system that Arrow knows, and the groups of rows in them."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple, TypeAlias

from runregistry.distributed.columns import check_columns
from runregistry.engine.arrow import import_arrow
from runregistry.errors import UsageError

__all__ = ["Group", "Paths", "as_texts", "open_parquet", "row_groups"]

Paths: TypeAlias = str | os.PathLike[str] | Sequence[str | os.PathLike[str]]


class Group(NamedTuple):
    """A group of rows of a file: what one task works on."""

    path: str
    number: int


def as_texts(path: Paths) -> list[str]:
    """Return one path or several as a list of texts.

    Raises
    ------
    UsageError
        There is none.

    Examples
    --------
    >>> as_texts("2018.parquet"), as_texts(["2018.parquet", "2022.parquet"])
    (['2018.parquet'], ['2018.parquet', '2022.parquet'])
    """
    texts = [os.fspath(path)] if isinstance(path, str | os.PathLike) else [os.fspath(each) for each in path]
    if not texts:
        raise UsageError("no file is named: give the path of a Parquet file, or of a folder with such files")
    return texts


def row_groups(path: Paths) -> Iterator[Group]:
    """Find all groups of rows of all files; of folders, those that end in ``.parquet``, at any depth.

    Raises
    ------
    UsageError
        There is no such file, or one is no Parquet file with a row a dataset.
    """
    for text in as_texts(path):
        for name in _files(text):
            file = open_parquet(name)
            check_columns(file.schema_arrow.names, name)
            yield from (Group(name, number) for number in range(file.num_row_groups))


def open_parquet(name: str) -> Any:
    """Open a file by its path or URI.

    Raises
    ------
    UsageError
        It can't be read, or is no Parquet file.
    """
    arrow = import_arrow()
    try:
        filesystem, path = _filesystem(name)
        return arrow.parquet.ParquetFile(path, filesystem=filesystem)
    except arrow.ArrowException as error:
        raise UsageError(f"{name} is no Parquet file, or cut off: {error}") from error
    except OSError as error:
        raise UsageError(f"can't read {name}: {error.strerror or error}") from error


def _files(text: str) -> list[str]:
    from pyarrow import fs

    try:
        filesystem, path = _filesystem(text)
        if filesystem.get_file_info(path).type != fs.FileType.Directory:
            return [text]
        found = filesystem.get_file_info(fs.FileSelector(path, recursive=True))
    except (OSError, ValueError) as error:  # Arrow's own errors are ValueErrors
        raise UsageError(f"can't look for files in {text}: {error}") from error
    prefix = text[: len(text) - len(path)] if "://" in text else ""
    names = sorted(prefix + each.path for each in found if each.is_file and each.path.endswith(".parquet"))
    if not names:
        raise UsageError(f"{text} holds no file whose name ends in .parquet")
    return names


def _filesystem(text: str) -> tuple[Any, str]:
    """Return the file system of a path or URI, and the path in it."""
    from pyarrow import fs

    if "://" in text:
        filesystem, path = fs.FileSystem.from_uri(text)
        return filesystem, path
    return fs.LocalFileSystem(), text
