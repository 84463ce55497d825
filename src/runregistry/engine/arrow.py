"""Arrow, where it is installed: how its columns become ours."""

from __future__ import annotations

from typing import Any

import numpy as np

from runregistry.engine.columns import IntArray
from runregistry.errors import MissingExtraError, UsageError

__all__ = ["codes_and_values", "import_arrow", "lists_of", "whole"]

_JSON_TYPES = (str, bool, int, float, list, dict, type(None))


def import_arrow() -> Any:
    """Return the module ``pyarrow``, with ``pyarrow.parquet`` in it.

    Raises
    ------
    MissingExtraError
        It is not installed.
    """
    try:
        import pyarrow
        import pyarrow.parquet
    except ImportError as error:
        raise MissingExtraError("Reading and writing Arrow tables and Parquet files", "tables") from error
    return pyarrow


def whole(column: Any) -> Any:
    """Return a column of a table as one array."""
    chunks = column.combine_chunks()
    return chunks.chunk(0) if hasattr(chunks, "chunk") else chunks


def codes_and_values(array: Any, name: str) -> tuple[IntArray, list[Any]]:
    """Number the distinct values of an array; null is one of them.

    Raises
    ------
    UsageError
        It holds what JSON does not know, such as times.
    """
    encoded = array if hasattr(array, "dictionary") else array.dictionary_encode()
    values = encoded.dictionary.to_pylist()
    strange = next((value for value in values if not isinstance(value, _JSON_TYPES)), None)
    if strange is not None:
        raise UsageError(
            f"column {name!r} holds {strange!r}; rules know numbers, texts, true and false: turn it into a text first"
        )
    codes: IntArray = encoded.indices.fill_null(len(values)).to_numpy(zero_copy_only=False).astype(np.int64)
    # As pandas does, no number stands for "not known".
    return codes, [None if value != value else value for value in (*values, None)]


def lists_of(array: Any, *fields: str) -> tuple[IntArray, list[Any]]:
    """Return how long the lists of an array of ``list<struct<…>>`` are, and fields of all their elements."""
    import pyarrow.compute as compute

    lengths: IntArray = compute.list_value_length(array).fill_null(0).to_numpy(zero_copy_only=False).astype(np.int64)
    elements = array.flatten()
    return lengths, [elements.field(field) for field in fields]
