"""A table before any library has it: columns of values, where rows that repeat are written once."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import chain
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

from runregistry.client.frames.columns import column_named
from runregistry.client.frames.values import Troubles, clean, infer_type, read_values
from runregistry.terms.columns import Column

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    Integers: TypeAlias = npt.NDArray[np.int64] | npt.NDArray[np.int32]

__all__ = [
    "Frame",
    "Gathered",
    "Series",
    "as_mapping",
    "combine",
    "component_or_inferred",
    "gather",
    "gather_only",
    "inferred",
    "made",
    "named_or_inferred",
]

# Names the column of a key, given its values.
Choose: TypeAlias = Callable[[str, Sequence[Any]], Column]


class Series(NamedTuple):
    """One column with its values.

    Attributes
    ----------
    column : Column
        Its name, type and unit.
    values : sequence
        Values of the column's type or None; an array of integers where none is missing.
    which : array of int, optional
        Which of the values each row has: so that three million rows of a few hundred triplets need no three million texts.
        If None, the rows are the values.
    """

    column: Column
    values: Sequence[Any] | Integers
    which: Integers | None = None

    def taken(self, index: Integers) -> Series:
        """Return the column with its rows in another order, or repeated."""
        return self._replace(which=index if self.which is None else self.which[index])


class Frame(NamedTuple):
    """A table."""

    length: int
    series: tuple[Series, ...]


class Gathered(NamedTuple):
    """Columns of one section of the rows: the fixed ones, what else there was, and what names those that clash."""

    fixed: list[Series]
    extra: list[Series]
    prefix: str = ""

    def taken(self, index: Integers) -> Gathered:
        """Return the columns with their rows repeated."""
        return self._replace(fixed=[one.taken(index) for one in self.fixed], extra=[one.taken(index) for one in self.extra])


def as_mapping(value: Any) -> Mapping[str, Any]:
    """Return a section of a row; what is none (null, the text of an error) counts as empty."""
    return value if isinstance(value, Mapping) else {}


def made(column: Column, values: Sequence[Any], troubles: Troubles) -> Series:
    """Return a column with its values read."""
    return Series(column, read_values(values, column, troubles))


def gather(
    rows: Sequence[Mapping[str, Any]],
    fixed: Sequence[Column],
    troubles: Troubles,
    *,
    skip: Iterable[str] = (),
    prefix: str = "",
    choose: Choose | None = None,
) -> Gathered:
    """Return the columns of rows: fixed ones in their order, then one for every other key.

    Parameters
    ----------
    skip : iterable of str
        Keys that are shown elsewhere.
    prefix : str
        Goes before the name of another key that is the name of a column already.
    choose : callable, optional
        Returns the column of another key; its type is inferred from the values if not given.
    """
    known = {*(column.key for column in fixed), *skip}
    names = [name for name in dict.fromkeys(chain.from_iterable(rows)) if name not in known]
    choose = choose or inferred
    others = ((str(name), _of(rows, name)) for name in names)
    extra = [made(choose(name, values), values, troubles) for name, values in others]
    return Gathered(gather_only(rows, fixed, troubles).fixed, extra, prefix)


def gather_only(rows: Sequence[Mapping[str, Any]], fixed: Sequence[Column], troubles: Troubles) -> Gathered:
    """Return fixed columns of rows, and nothing of what else they have."""
    return Gathered([made(column, _of(rows, column.key), troubles) for column in fixed], [])


def _of(rows: Sequence[Mapping[str, Any]], key: str) -> list[Any]:
    return [row.get(key) for row in rows]


def inferred(name: str, values: Sequence[Any]) -> Column:
    """Return the column of a key that no table knows."""
    return Column(clean(name), infer_type(values))


def component_or_inferred(name: str, values: Sequence[Any]) -> Column:
    """Return the column of a key that is a component if it holds triplets."""
    found = [value for value in values if value is not None]
    if found and all(isinstance(value, Mapping) for value in found):
        return Column(clean(name), "status")
    return inferred(name, values)


def named_or_inferred(name: str, values: Sequence[Any]) -> Column:
    """Return the column that a name stands for wherever it comes."""
    return column_named(name) or inferred(name, values)


def combine(length: int, *sections: Gathered) -> Frame:
    """Put sections side by side: all fixed columns first; no name comes twice."""
    series = [one for section in sections for one in section.fixed]
    names = {one.column.name for one in series}
    for section in sections:
        for one in section.extra:
            name = next(name for name in _names(one.column.name, section.prefix) if name not in names)
            names.add(name)
            series.append(one._replace(column=one.column._replace(name=name)))
    return Frame(length, tuple(series))


def _names(name: str, prefix: str) -> Iterator[str]:
    yield name
    yield f"{prefix}_{name}" if prefix else f"{name}_2"
    number = 2
    while True:
        number += 1
        yield f"{name}_{number}"
