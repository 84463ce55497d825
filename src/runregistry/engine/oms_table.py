"""A table of OMS lumisections in columns, cut into runs and steps."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np

from runregistry.errors import UsageError, suggestion
from runregistry.lumis.steps import Step, same

__all__ = ["OmsRun", "OmsTable", "make_table"]

_KEYS = ("run_number", "lumisection_number")
_ABSENT = -1
_LAST = 100_000  # more lumisections than any run can have: beyond it a number is a mistake


class OmsRun(NamedTuple):
    """The lumisections of one run.

    Attributes
    ----------
    run_number : int
        The run.
    present : list of (first, last)
        The lumisections that the table has of it, closed ranges.
    columns : dict of str to list of (first, last, value)
        Each attribute's steps; a lumisection that the table lacks is in none.
    constants : dict
        Attributes that have one value, not null, in every lumisection of the run.
    """

    run_number: int
    present: list[tuple[int, int]]
    columns: dict[str, list[Step]]
    constants: dict[str, Any]


class OmsTable:
    """Lumisections of many runs, sorted by run and number.

    Parameters
    ----------
    run_numbers, numbers : ndarray of int64, shape (n,)
        The key of each row; sorted, without doubles.
    columns : dict of str to (ndarray of int32, list)
        For each attribute the code of each row (-1: the row lacks it) and the distinct values.
    """

    def __init__(self, run_numbers: np.ndarray, numbers: np.ndarray, columns: Mapping[str, tuple[np.ndarray, list[Any]]]) -> None:
        self.run_numbers = run_numbers
        self.numbers = numbers
        self.columns = columns
        starts = np.flatnonzero(np.diff(run_numbers, prepend=-1)) if len(run_numbers) else np.zeros(0, dtype=np.int64)
        self._bounds = [*starts.tolist(), len(run_numbers)]

    @property
    def n_runs(self) -> int:
        """How many runs there are."""
        return len(self._bounds) - 1

    @property
    def n_lumisections(self) -> int:
        """How many lumisections there are."""
        return len(self.numbers)

    def runs(self, names: set[str] | None = None) -> Iterator[OmsRun]:
        """Go through the runs by number.

        Parameters
        ----------
        names : set of str, optional
            The attributes to make steps of; all if not given. Constants are always all there.
        """
        wanted = [name for name in self.columns if names is None or name in names]
        edges = {name: self._edges(self.columns[name][0]) for name in wanted}
        cursor = dict.fromkeys(wanted, 0)
        for start, stop in pairwise(self._bounds):
            columns = {}
            for name in wanted:
                steps, cursor[name] = self._steps(name, edges[name], cursor[name], stop)
                if steps:
                    columns[name] = steps
            yield OmsRun(int(self.run_numbers[start]), self._present(start, stop), columns, self._constants(start, stop))

    def _edges(self, codes: np.ndarray) -> np.ndarray:
        """Return where a new step begins: another value, another run, or a gap in the numbering."""
        fresh = np.ones(len(codes), dtype=bool)
        fresh[1:] = (codes[1:] != codes[:-1]) | (self.run_numbers[1:] != self.run_numbers[:-1]) | (np.diff(self.numbers) != 1)
        return np.append(np.flatnonzero(fresh), len(codes))

    def _steps(self, name: str, edges: np.ndarray, position: int, stop: int) -> tuple[list[Step], int]:
        codes, values = self.columns[name]
        end = int(np.searchsorted(edges, stop))
        steps = [
            (int(self.numbers[first]), int(self.numbers[following - 1]), values[codes[first]])
            for first, following in zip(edges[position:end].tolist(), edges[position + 1 : end + 1].tolist(), strict=True)
            if codes[first] != _ABSENT
        ]
        return steps, end

    def _present(self, start: int, stop: int) -> list[tuple[int, int]]:
        numbers = self.numbers[start:stop]
        cuts = np.flatnonzero(np.diff(numbers) != 1) + 1
        bounds = [0, *cuts.tolist(), len(numbers)]
        return [(int(numbers[first]), int(numbers[end - 1])) for first, end in pairwise(bounds)]

    def _constants(self, start: int, stop: int) -> dict[str, Any]:
        constants = {}
        for name, (codes, values) in self.columns.items():
            code = codes[start]
            if code != _ABSENT and values[code] is not None and (codes[start:stop] == code).all():
                constants[name] = values[code]
        return constants


def make_table(columns: dict[str, tuple[np.ndarray, list[Any]]], name: str) -> OmsTable:
    """Sort and check columns as read.

    Parameters
    ----------
    columns : dict of str to (ndarray of int32, list)
        Codes and distinct values; `columns` must hold the two keys.
    name : str
        The file, for errors.

    Raises
    ------
    UsageError
        A key is missing or no number, or a lumisection is there twice.
    """
    keys = [_key(columns, key, name) for key in _KEYS]
    order = np.lexsort((keys[1], keys[0]))
    run_numbers, numbers = keys[0][order], keys[1][order]
    twice = np.flatnonzero((np.diff(run_numbers) == 0) & (np.diff(numbers) == 0))
    if len(twice):
        place = int(twice[0])
        raise UsageError(f"{name}: lumisection {numbers[place]} of run {run_numbers[place]} is there twice")
    rest = {key: _merged(codes[order], values) for key, (codes, values) in columns.items() if key not in _KEYS}
    return OmsTable(run_numbers, numbers, rest)


def _key(columns: Mapping[str, tuple[np.ndarray, list[Any]]], key: str, name: str) -> np.ndarray:
    if key not in columns:
        raise UsageError(f"{name} has no column {key!r}{suggestion(key, columns)}; it has {', '.join(columns) or 'no columns'}")
    codes, values = columns[key]
    highest = _LAST if key == "lumisection_number" else 2**31 - 1
    used = np.unique(codes)
    for code in used.tolist():
        value = values[code] if code != _ABSENT else None
        if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= highest:
            row = int(np.flatnonzero(codes == code)[0]) + 1
            raise UsageError(f"{name}: row {row} has the {key} {value!r}, not a whole number from 1 to {highest}")
    numbers = np.array([value if isinstance(value, int) else 0 for value in values], dtype=np.int64)
    key_of_rows: np.ndarray = numbers[codes]
    return key_of_rows


def _merged(codes: np.ndarray, values: list[Any]) -> tuple[np.ndarray, list[Any]]:
    """Give equal values (``1`` and ``1.0`` as text) one code, so that a step ends only where a value changes."""
    distinct: list[Any] = []
    if len(values) > 1000:
        return codes, values  # measurements: hardly ever equal, and never stored
    translate = np.zeros(len(values) + 1, dtype=np.int32)
    translate[_ABSENT] = _ABSENT
    for position, value in enumerate(values):
        found = next((index for index, other in enumerate(distinct) if same(other, value)), None)
        if found is None:
            found = len(distinct)
            distinct.append(value)
        translate[position] = found
    return translate[codes], distinct
