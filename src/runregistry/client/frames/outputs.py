"""From a table to what libraries hold. Arrow comes first, and everything but text is made from it, so that all agree."""

from __future__ import annotations

import os
from collections.abc import Sequence
from importlib import import_module
from typing import IO, TYPE_CHECKING, Any

import numpy as np

from runregistry.client.frames.frame import Frame, Series
from runregistry.errors import MissingExtraError
from runregistry.terms.columns import CATEGORIES, Column

if TYPE_CHECKING:
    import pandas
    import polars
    import pyarrow

    from runregistry.client.frames.frame import Integers

__all__ = ["to_arrow", "to_pandas", "to_parquet", "to_polars"]


def _library(name: str, extra: str = "tables") -> Any:
    try:
        return import_module(name)
    except ModuleNotFoundError as error:
        raise MissingExtraError(f"A table of {name.partition('.')[0]}", extra) from error


def to_arrow(frame: Frame, extra: str = "tables") -> pyarrow.Table:
    """Return a table; the unit of a column is in its field's metadata."""
    pa = _library("pyarrow", extra)
    arrays = [_array(pa, series) for series in frame.series]
    fields = [
        pa.field(one.column.name, array.type, metadata={"unit": one.column.unit} if one.column.unit else None)
        for one, array in zip(frame.series, arrays, strict=True)
    ]
    return pa.Table.from_arrays(arrays, schema=pa.schema(fields))


def _array(pa: Any, series: Series) -> Any:
    column, values, index = series
    if column.type in CATEGORIES or column.type == "category":
        return _categories(pa, column, values, index)
    array = pa.array(values, _arrow_type(pa, column.type))
    return array if index is None else array.take(pa.array(index))


def _arrow_type(pa: Any, type_name: str) -> Any:
    types = {
        "integer": pa.int64(),
        "number": pa.float64(),
        "boolean": pa.bool_(),
        "time": pa.timestamp("us", tz="UTC"),
        "list": pa.list_(pa.string()),
    }
    return types.get(type_name, pa.string())


def _categories(pa: Any, column: Column, values: Sequence[Any] | Integers, index: Integers | None) -> Any:
    fixed = CATEGORIES.get(column.type, ())
    numbers = {category: number for number, category in enumerate(fixed)}
    # A value that is none of the fixed ones comes after them: the registry takes any text.
    codes = np.array(
        [-1 if value is None else numbers.setdefault(value, len(numbers)) for value in values],
        dtype=np.int8 if fixed and len(numbers) <= np.iinfo(np.int8).max else np.int32,
    )
    codes = codes if index is None else codes[index]
    keys = pa.array(codes, mask=np.less(codes, 0))
    return pa.DictionaryArray.from_arrays(keys, pa.array(list(numbers), pa.string()))


def to_pandas(frame: Frame) -> pandas.DataFrame:
    """Return a data frame; integers and flags are nullable, and ``attrs["units"]`` has the units."""
    pd = _library("pandas")
    pa = _library("pyarrow")
    nullable = {pa.int64(): pd.Int64Dtype(), pa.bool_(): pd.BooleanDtype()}
    data: pandas.DataFrame = to_arrow(frame).to_pandas(types_mapper=nullable.get)
    data.attrs["units"] = {one.column.name: one.column.unit for one in frame.series if one.column.unit}
    return data


def to_polars(frame: Frame) -> polars.DataFrame:
    """Return a data frame; statuses and states are enumerations."""
    pl = _library("polars", "polars")
    table = to_arrow(frame, "polars")
    fixed = {one.column.name for one in frame.series if one.column.type in CATEGORIES}
    enums = {name: pl.Enum(table.column(name).chunk(0).dictionary.to_pylist()) for name in fixed}
    data: polars.DataFrame = pl.from_arrow(table)
    return data.cast(enums) if enums else data  # type: ignore[arg-type]


def to_parquet(frame: Frame, path: str | os.PathLike[str] | IO[bytes]) -> None:
    """Write a file; types and units are in it."""
    parquet = _library("pyarrow.parquet")
    parquet.write_table(to_arrow(frame), os.fspath(path) if isinstance(path, str | os.PathLike) else path, compression="zstd")
