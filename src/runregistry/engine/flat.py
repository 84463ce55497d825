"""Tables with a row a lumisection, or a row a range of them, as snapshots.

Columns are called as in rules: ``lumisection.oms.cms_active`` or short ``oms.cms_active``, ``lumisection.rr.dt-dt`` or
``rr.dt-dt``, ``run.oms.energy``, ``run.rr.class``, ``dataset.dt_state``. A name without a dot is a component if it is written
like one (``dt-dt``), else an attribute of OMS. The keys are ``run_number``, ``dataset_name`` (``online`` if there is no such
column) and ``lumisection_number``, or ``first`` and ``last`` (closed). An empty cell is null.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from runregistry.engine.arrow import codes_and_values, import_arrow, whole
from runregistry.engine.columns import Column, IntArray, Line
from runregistry.engine.origins import paths_of
from runregistry.engine.sources import ABSENT, Source, changes_within_run, is_column
from runregistry.errors import UsageError, suggestion
from runregistry.model import CertifiedDataset, LumisectionColumns, triplet
from runregistry.terms import ONLINE

if TYPE_CHECKING:
    from runregistry.engine.oms_table import OmsTable

__all__ = ["Flat", "Rows", "from_arrow", "from_oms_table", "from_pandas"]

_KEYS = ("run_number", "dataset_name", "lumisection_number", "first", "last")
_ABSENT = -1
_LONGEST = 100_000  # more lumisections than any run can have: beyond it a number is a mistake
_Cells = tuple[IntArray, list[Any]]


class Rows(NamedTuple):
    """Rows, sorted by dataset and lumisection, and disjoint.

    Attributes
    ----------
    starts : array of int64, shape (datasets,)
        The first row of each dataset.
    firsts, lasts : array of int64, shape (rows,)
        Lumisections, closed.
    cells : dict of Source to (array of int64, list)
        For each source the code of each row (-1: it has no value), and the values.
    """

    run_numbers: list[int]
    names: list[str]
    starts: IntArray
    firsts: IntArray
    lasts: IntArray
    cells: Mapping[Source, _Cells]


class Flat:
    """Datasets out of such rows."""

    def __init__(self, rows: Rows) -> None:
        self._rows = rows
        self.run_numbers = rows.run_numbers
        self.names = rows.names
        self._owner = np.repeat(np.arange(len(rows.names)), np.diff(np.append(rows.starts, len(rows.firsts))))

    @cached_property
    def line(self) -> Line:
        """Where the datasets lie."""
        rows = self._rows
        ends = rows.lasts[np.append(rows.starts[1:], len(rows.lasts)) - 1] if len(rows.starts) else rows.lasts
        offsets = np.cumsum(np.append(np.zeros(1, dtype=np.int64), ends + 2))[:-1]
        present = self._column(np.zeros(len(rows.firsts), dtype=np.int64), [True], offsets)
        return Line(offsets, present.counts, present.starts, present.stops)

    def attributes(self, sources: Sequence[Source]) -> list[list[Any]]:
        """Return the value of each dataset for each source: see `Origin`."""
        return [self._attribute(source) for source in sources]

    def columns(self, sources: Sequence[Source]) -> list[Column]:
        """Return the column of each source: see `Origin`."""
        nothing: _Cells = np.full(len(self._owner), _ABSENT), []
        return [self._column(*self._rows.cells.get(source, nothing), self.line.offsets) for source in sources]

    def dataset(self, position: int) -> CertifiedDataset:
        """Return one dataset as a whole."""
        rows, columns = self._rows, LumisectionColumns()
        stop = rows.starts[position + 1] if position + 1 < len(rows.starts) else len(rows.firsts)
        for place in range(int(rows.starts[position]), int(stop)):
            here: dict[str, dict[str, Any]] = {"rr": {}, "oms": {}}
            for source, (codes, values) in rows.cells.items():
                if is_column(source) and codes[place] != _ABSENT:
                    here[source[1]][source[2]] = values[codes[place]]
            edges = int(rows.firsts[place]), int(rows.lasts[place])
            columns.apply_rr([(*edges, here["rr"])])
            columns.apply_oms([(*edges, here["oms"])])
        own, rr, oms = (self._attributes_of(family, position) for family in (("dataset",), ("run", "rr"), ("run", "oms")))
        return CertifiedDataset(self.run_numbers[position], self.names[position], own, rr, oms, columns)

    def paths(self) -> set[str]:
        """Return the paths of everything that any dataset has."""
        return paths_of({}) | {".".join(source) for source in self._rows.cells}

    def _attribute(self, source: Source) -> list[Any]:
        match source:
            case ("run", "run_number"):
                return list(self.run_numbers)
            case ("dataset", "name"):
                return list(self.names)
            case ("run",):
                parts = zip(self._attribute(("run", "oms")), self._attribute(("run", "rr")), self.run_numbers, strict=True)
                return [{"oms": oms, "rr": rr, "run_number": number} for oms, rr, number in parts]
            case ("run", "oms") | ("run", "rr"):
                return [self._attributes_of(source, position) for position in range(len(self.names))]
            case ("dataset",):
                return [self._attributes_of(source, position) | {"name": name} for position, name in enumerate(self.names)]
        if source not in self._rows.cells:
            return [ABSENT] * len(self.names)
        codes, values = self._rows.cells[source]
        return [ABSENT if code == _ABSENT else values[code] for code in codes[self._rows.starts].tolist()]

    def _attributes_of(self, family: Source, position: int) -> dict[str, Any]:
        place = int(self._rows.starts[position])
        return {
            source[-1]: values[codes[place]]
            for source, (codes, values) in self._rows.cells.items()
            if source[:-1] == family and codes[place] != _ABSENT
        }

    def _column(self, codes: IntArray, values: list[Any], offsets: IntArray) -> Column:
        kept = codes != _ABSENT
        codes, owner, firsts, lasts = codes[kept], self._owner[kept], self._rows.firsts[kept], self._rows.lasts[kept]
        begins = np.ones(len(codes), dtype=bool)
        begins[1:] = (codes[1:] != codes[:-1]) | (owner[1:] != owner[:-1]) | (firsts[1:] != lasts[:-1] + 1)
        ends = np.append(begins[1:], True) if len(begins) else begins
        owner = owner[begins]
        counts = np.bincount(owner, minlength=len(self.names)).astype(np.int64)
        shift = offsets[owner]
        return Column(counts, firsts[begins] + shift, lasts[ends] + shift + 1, codes[begins].astype(np.int64), values)


def from_oms_table(table: OmsTable) -> Flat:
    """Take over OMS lumisections; what is the same all over a run is an attribute of the run too."""
    cells: dict[Source, _Cells] = {}
    starts = np.flatnonzero(np.diff(table.run_numbers, prepend=-1))
    _, run = np.unique(table.run_numbers, return_inverse=True)
    cells["run", "oms", "run_number"] = run.reshape(-1), table.run_numbers[starts].tolist()
    for name, (codes, values) in table.columns.items():
        cells["lumisection", "oms", name] = codes.astype(np.int64), values
        if len(starts):
            null = np.array([value is None for value in (*values, None)])  # the last one is for -1
            same = (np.minimum.reduceat(codes, starts) == np.maximum.reduceat(codes, starts)) & ~null[codes[starts]]
            of_run = np.where(same, codes[starts], _ABSENT)
            if same.any():
                cells["run", "oms", name] = np.repeat(of_run, np.diff(np.append(starts, len(codes)))), values
    runs = table.run_numbers[starts].tolist()
    return Flat(Rows(runs, [ONLINE] * len(runs), starts, table.numbers, table.numbers, cells))


def from_pandas(frame: Any) -> Flat:
    """Take over a pandas frame; the index counts as columns where it has names.

    Raises
    ------
    UsageError, MissingExtraError
        As `from_arrow`.
    """
    arrow = import_arrow()
    named = [name for name in frame.index.names if name is not None]
    return from_arrow(arrow.Table.from_pandas(frame.reset_index() if named else frame, preserve_index=False))


def from_arrow(table: Any) -> Flat:
    """Take over an Arrow table.

    Raises
    ------
    UsageError
        A key is missing or wrong, ranges overlap, or an attribute of a run or dataset changes within it.
    MissingExtraError
        pyarrow is not installed.
    """
    import_arrow()
    names = table.column_names
    runs, firsts, lasts = _keys(table, names)
    codes, known = (
        codes_and_values(whole(table["dataset_name"]), "dataset_name") if "dataset_name" in names else (runs * 0, [ONLINE])
    )
    ranks = np.argsort(np.argsort(np.array([str(name) for name in known])))
    order = np.lexsort((firsts, ranks[codes], runs))
    runs, codes, firsts, lasts = runs[order], codes[order], firsts[order], lasts[order]
    begins = np.ones(len(runs), dtype=bool)
    begins[1:] = (runs[1:] != runs[:-1]) | (codes[1:] != codes[:-1])
    wrong = np.flatnonzero(~begins[1:] & (firsts[1:] <= lasts[:-1]))
    if len(wrong):
        place = int(wrong[0]) + 1
        raise UsageError(f"lumisection {firsts[place]} of run {runs[place]}, {known[codes[place]]}, is there twice")
    starts = np.flatnonzero(begins)
    cells = {}
    for name in names:
        if name not in _KEYS:
            cells[_source(name)] = _cells(table, name, order, starts, runs)
    return Flat(Rows(runs[starts].tolist(), [known[code] for code in codes[starts].tolist()], starts, firsts, lasts, cells))


def _keys(table: Any, names: Sequence[str]) -> tuple[IntArray, IntArray, IntArray]:
    runs = _numbers(table, "run_number", 2**31 - 1)
    if "first" not in names and "last" not in names:
        numbers = _numbers(table, "lumisection_number", _LONGEST)
        return runs, numbers, numbers
    firsts, lasts = _numbers(table, "first", _LONGEST), _numbers(table, "last", _LONGEST)
    reversed_ = np.flatnonzero(firsts > lasts)
    if len(reversed_):
        place = int(reversed_[0])
        raise UsageError(f"row {place + 1}: the range {firsts[place]} to {lasts[place]} of run {runs[place]} is reversed")
    return runs, firsts, lasts


def _numbers(table: Any, name: str, highest: int) -> IntArray:
    names = table.column_names
    if name not in names:
        raise UsageError(
            f"the table has no column {name!r}{suggestion(name, names)}; it has {', '.join(map(str, names)) or 'none'}"
        )
    column = whole(table[name])
    values = column.to_pylist() if column.null_count else column.to_numpy(zero_copy_only=False)
    numbers = np.array([0 if value is None else value for value in values]) if column.null_count else values
    if numbers.dtype.kind not in "iuf" or (wrong := ~((numbers >= 1) & (numbers <= highest) & (numbers % 1 == 0))).any():
        place = int(np.flatnonzero(wrong)[0]) if numbers.dtype.kind in "iuf" else 0
        raise UsageError(f"row {place + 1} has the {name} {column[place].as_py()!r}, not a whole number from 1 to {highest}")
    whole_numbers: IntArray = numbers.astype(np.int64)
    return whole_numbers


def _source(name: str) -> Source:
    parts = name.split(".")
    if len(parts) == 1:
        return ("lumisection", "rr" if "-" in name else "oms", name)
    if parts[0] in ("rr", "oms"):
        parts = ["lumisection", *parts]
    fits = (parts[0] in ("lumisection", "run") and len(parts) > 2 and parts[1] in ("rr", "oms")) or parts[0] == "dataset"
    if not fits:
        raise UsageError(f"column {name!r} is called like nothing that a rule can read, such as oms.cms_active or run.oms.energy")
    return (*parts[:2], ".".join(parts[2:])) if parts[0] != "dataset" else ("dataset", ".".join(parts[1:]))


def _cells(table: Any, name: str, order: IntArray, starts: IntArray, runs: IntArray) -> _Cells:
    codes, values = codes_and_values(whole(table[name]), name)
    codes, source = codes[order], _source(name)
    if source[:2] == ("lumisection", "rr"):
        absent = np.array([value is None for value in values])
        return np.where(absent[codes], _ABSENT, codes), [triplet(value) for value in values]
    if not changes_within_run(source) and len(starts):
        changes = np.minimum.reduceat(codes, starts) != np.maximum.reduceat(codes, starts)
        if changes.any():
            run = runs[starts[np.flatnonzero(changes)[0]]]
            raise UsageError(f"{name} changes within run {run}; what belongs to lumisections is called lumisection.oms.…")
    return codes, values
