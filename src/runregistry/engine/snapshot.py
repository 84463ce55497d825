"""Many datasets at one moment, in columns: what rules are evaluated on."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any

import numpy as np

from runregistry.engine.columns import Bools, Coded, Column, IntArray, Line, coded, column_of_steps, distinct_column
from runregistry.engine.luminosity import Luminosity
from runregistry.engine.origins import Decoded, Origin
from runregistry.engine.regions import complete
from runregistry.engine.sources import ABSENT, Source, as_seen, changes_within_run, is_column, lumisection_steps, sources_of
from runregistry.errors import NotFound, nearest
from runregistry.filters.similar import similar_to
from runregistry.logic import Rule
from runregistry.model import CertifiedDataset

if TYPE_CHECKING:
    import os

    from runregistry.engine.evaluate import Ranges
    from runregistry.engine.golden import GoldenJSON, RuleStatistics

__all__ = ["Snapshot", "unknown_paths"]

_LUMINOSITIES = ("recorded", "delivered")
# What every lumisection has.
_WIDE = {(), ("run",), ("dataset",), *(("lumisection", *rest) for rest in ((), ("oms",), ("rr",), ("lumisection_number",)))}


class Snapshot:
    """Datasets as they were at one moment, with their runs' attributes and their lumisections. Immutable.

    Columns are read, and decoded, when a rule first needs them, and kept. Made by `of`, `read`, `from_oms_file`, `from_arrow` and
    `from_pandas`; the server makes them of its registry.

    Attributes
    ----------
    run_numbers : array of int64, shape (datasets,)
        The run of each dataset.
    names : sequence of str
        The name of each dataset.
    line : Line
        Where the datasets lie on the line of positions that columns refer to.

    Examples
    --------
    >>> from runregistry.logic import parse_rule
    >>> from runregistry.model import LumisectionColumns, triplet
    >>> columns = LumisectionColumns()
    >>> columns.apply_rr([(1, 9, {"dt-dt": triplet("GOOD")}), (4, 5, {"dt-dt": triplet("BAD", "noise")})])
    >>> columns.apply_oms([(1, 8, {"cms_active": True})])
    >>> year = Snapshot.of([CertifiedDataset(355100, "online", {}, {"class": "Collisions22"}, {}, columns)])
    >>> year
    Snapshot(1 datasets, 8 lumisections)
    >>> year.evaluate(parse_rule({"==": [{"var": "lumisection.rr.dt-dt"}, "GOOD"]}))
    [[[1, 3], [6, 8]]]
    """

    def __init__(self, origin: Origin) -> None:
        self._origin = origin
        self.run_numbers: IntArray = np.array(origin.run_numbers, dtype=np.int64)
        self.names: Sequence[str] = origin.names
        self._columns: dict[Source, Column] = {}
        self._attributes: dict[Source, Coded] = {}
        self._luminosities: dict[str, Luminosity] = {}

    @classmethod
    def of(cls, datasets: Iterable[CertifiedDataset]) -> Snapshot:
        """Make a snapshot of datasets in memory; in ascending order of runs, if golden JSONs are to be made."""
        return cls(Decoded(list(datasets)))

    @classmethod
    def read(cls, path: str | os.PathLike[str]) -> Snapshot:
        """Read a Parquet file that `write` wrote: see `runregistry.engine.parquet`."""
        from runregistry.engine.parquet import read_parquet

        return cls(read_parquet(path))

    @classmethod
    def batches(cls, path: str | os.PathLike[str], n: int = 500) -> Iterator[Snapshot]:
        """Go through a Parquet file, `n` datasets at a time, so that no more are in memory."""
        from runregistry.engine.parquet import iter_parquet

        return map(cls, iter_parquet(path, n))

    @classmethod
    def from_oms_file(cls, path: str | os.PathLike[str]) -> Snapshot:
        """Read OMS lumisections, a row each: ``.csv``, ``.csv.gz``, ``.parquet`` or ``.json`` with the two keys and any flags.

        Each run becomes its dataset ``online``. An attribute that is the same in all of a run's lumisections is one of the run
        too (``run.oms.…``).
        """
        from runregistry.engine.flat import from_oms_table
        from runregistry.engine.oms_files import read_lumisections

        return cls(from_oms_table(read_lumisections(path)))

    @classmethod
    def from_arrow(cls, table: Any) -> Snapshot:
        """Take over an Arrow table: a row a dataset (as `to_arrow` gives it), a lumisection or a range of lumisections.

        The columns are described in `runregistry.engine.parquet` and in `runregistry.engine.flat`.
        """
        from runregistry.engine.flat import from_arrow
        from runregistry.engine.nested import Nested, is_nested

        if is_nested(table.column_names):
            return cls(Nested(lambda names: table.select(list(names)), table.column_names))
        return cls(from_arrow(table))

    @classmethod
    def from_pandas(cls, frame: Any) -> Snapshot:
        """Take over a pandas frame, a row a lumisection or a range of them: see `runregistry.engine.flat`."""
        from runregistry.engine.flat import from_pandas

        return cls(from_pandas(frame))

    def write(self, path: str | os.PathLike[str]) -> None:
        """Write a Parquet file, a row a dataset: see `runregistry.engine.parquet`."""
        from runregistry.engine.parquet import write_parquet

        write_parquet(path, self)

    def to_arrow(self) -> Any:
        """Return an Arrow table, a row a dataset: see `runregistry.engine.parquet`."""
        from runregistry.engine.nested import to_arrow

        return to_arrow(self)

    @property
    def n_datasets(self) -> int:
        """How many datasets there are."""
        return len(self.names)

    @property
    def n_lumisections(self) -> int:
        """How many lumisections rules see: those with both Run Registry and OMS data."""
        return self.line.n_lumisections

    @cached_property
    def line(self) -> Line:
        """Where the datasets lie on the line of positions."""
        return self._origin.line

    @cached_property
    def keys(self) -> list[str]:
        """What JSONs with dataset names call each dataset: ``355100-/PromptReco/Collisions2022/DQM``."""
        return [f"{run_number}-{name}" for run_number, name in zip(self.run_numbers.tolist(), self.names, strict=True)]

    def load(self, sources: Iterable[Source]) -> None:
        """Read everything that these sources need at once, which is faster than one by one."""
        wanted = [source for source in dict.fromkeys(sources) if source not in self._columns and source not in self._attributes]
        attributes = [source for source in wanted if not changes_within_run(source)]
        columns = [source for source in wanted if is_column(source)]
        if attributes:
            for source, values in zip(attributes, self._origin.attributes(attributes), strict=True):
                self._attributes[source] = coded(values)
        if columns:
            for source, column in zip(columns, self._origin.columns(columns), strict=True):
                self._columns[source] = complete(distinct_column(column, partial(as_seen, source)), self.line)
        for source in wanted:
            if changes_within_run(source) and not is_column(source):
                steps = [lumisection_steps(source, dataset) for dataset in self.datasets()]
                self._columns[source] = complete(distinct_column(column_of_steps(self.line, steps), list), self.line)

    def column(self, source: Source) -> Column:
        """Return what rules see of a source that changes within runs.

        Its values are distinct, and `ABSENT` is number 0; it covers every lumisection that rules see.
        """
        self.load([source])
        return self._columns[source]

    def attribute(self, source: Source) -> Coded:
        """Return what rules see of a source that is the same all over a dataset, dataset by dataset."""
        self.load([source])
        return self._attributes[source]

    def raw(self, sources: Sequence[Source]) -> list[Column]:
        """Return columns of lumisections as the registry holds them, values not necessarily distinct; they are not kept."""
        return self._origin.columns(sources)

    def triplets(self, component: str) -> Column:
        """Return a component with its comments and causes: a column of triplets, not necessarily distinct."""
        return self.raw([("lumisection", "rr", component)])[0]

    def luminosity(self, name: str) -> Luminosity:
        """Return ``recorded`` or ``delivered`` luminosity along the line."""
        if name not in self._luminosities:
            names = _LUMINOSITIES if name in _LUMINOSITIES else (name,)  # who wants one wants both, and reading costs most
            for each, column in zip(names, self.raw([("lumisection", "oms", each) for each in names]), strict=True):
                self._luminosities[each] = Luminosity(column)
        return self._luminosities[name]

    def dataset(self, position: int) -> CertifiedDataset:
        """Return one dataset as a whole."""
        return self._origin.dataset(position)

    def datasets(self) -> Iterator[CertifiedDataset]:
        """Go through the datasets, each as a whole."""
        return map(self.dataset, range(self.n_datasets))

    def paths(self) -> set[str]:
        """Return the paths of everything that any dataset has, as rules write them."""
        return self._origin.paths()

    def chosen(self, which: Bools) -> Snapshot:
        """Return some datasets, which keep their place on the line.

        Parameters
        ----------
        which : array of bool, shape (datasets,)
            True for those that are chosen.
        """
        return self if which.all() else _Part(self, which)

    def select(self, names: str | None = None, *, runs: Collection[int] | None = None) -> Snapshot:
        """Return the datasets of some names and runs.

        Parameters
        ----------
        names : str, optional
            A dataset filter as the JSON portal has it: ``/PromptReco/Collisions2018(A|B)/DQM``, ``%`` and ``_``.
        runs : range, set or list of int, optional
            Run numbers.

        Raises
        ------
        UsageError
            The filter is no valid expression.
        """
        which = np.ones(self.n_datasets, dtype=bool)
        if names is not None:
            pattern = similar_to(names)
            good = {name for name in set(self.names) if pattern.fullmatch(name)}
            which &= np.fromiter(map(good.__contains__, self.names), dtype=bool, count=self.n_datasets)
        if runs is not None:
            which &= np.isin(self.run_numbers, np.array(list(runs), dtype=np.int64))
        return self.chosen(which)

    def evaluate(self, rule: Rule) -> list[Ranges]:
        """Find the lumisections of each dataset that pass a rule: see `runregistry.engine.evaluate`."""
        from runregistry.engine.evaluate import passing_ranges

        return passing_ranges(rule, self)

    def golden(self, rule: Rule, *, allow_empty: bool = True) -> GoldenJSON:
        """Find what passes a rule, as JSONs with luminosities: see `runregistry.engine.make_golden`.

        Parameters
        ----------
        allow_empty : bool
            False refuses to look for what passes where there is nothing that could.

        Raises
        ------
        LogicError
            The rule fails at some lumisection.
        NotFound
            There is no lumisection, and `allow_empty` is false.
        """
        from runregistry.engine.golden import golden_of

        if not allow_empty and not len(self.line.starts):
            what = f"none of the {self.n_datasets} datasets has" if self.n_datasets else "there are no datasets, so none has"
            raise NotFound(f"the denominator is empty: {what} a lumisection with both Run Registry and OMS data")
        return golden_of(rule, self)

    def statistics(self, rule: Rule) -> RuleStatistics:
        """Find out which parts of a rule keep lumisections from passing: see `runregistry.engine.make_statistics`."""
        from runregistry.engine.golden import statistics_of

        return statistics_of(rule, self)

    def __repr__(self) -> str:
        return f"Snapshot({self.n_datasets} datasets, {self.n_lumisections} lumisections)"


class _Part(Snapshot):
    """Some datasets of a snapshot; reads through it, so that what was read is kept there."""

    def __init__(self, whole: Snapshot, which: Bools) -> None:
        self._whole = whole
        self._which = which
        self._places = np.flatnonzero(which)
        self.run_numbers = whole.run_numbers[which]
        self.names = [whole.names[place] for place in self._places.tolist()]
        self._columns = {}
        self._attributes = {}

    @cached_property
    def line(self) -> Line:
        return self._whole.line.part(self._which)

    def load(self, sources: Iterable[Source]) -> None:
        wanted = list(sources)
        wide = [source for source in wanted if changes_within_run(source) and not is_column(source)]
        self._whole.load(source for source in wanted if source not in wide)
        for source in wide:  # whole documents: too much to make them of datasets that nobody asked for
            if source not in self._columns:
                steps = [lumisection_steps(source, dataset) for dataset in self.datasets()]
                self._columns[source] = complete(distinct_column(column_of_steps(self.line, steps), list), self.line)

    def column(self, source: Source) -> Column:
        if source not in self._columns:
            self.load([source])
        if source not in self._columns:
            self._columns[source] = self._whole.column(source).part(self._which)
        return self._columns[source]

    def attribute(self, source: Source) -> Coded:
        codes, values = self._whole.attribute(source)
        return Coded(codes[self._which], values)

    def raw(self, sources: Sequence[Source]) -> list[Column]:
        return [column.part(self._which) for column in self._whole.raw(sources)]

    def luminosity(self, name: str) -> Luminosity:
        return self._whole.luminosity(name)

    def dataset(self, position: int) -> CertifiedDataset:
        return self._whole.dataset(int(self._places[position]))

    def paths(self) -> set[str]:
        return self._whole.paths()


def unknown_paths(rule: Rule, snapshot: Snapshot) -> list[tuple[str, list[str]]]:
    """Find the paths of a rule that no dataset has anything under: such a part of a rule can only see null.

    Returns
    -------
    list of (path, list of path)
        Sorted; with each path those most like it that there are.

    Examples
    --------
    >>> from runregistry.logic import parse_rule
    >>> from runregistry.model import LumisectionColumns
    >>> year = Snapshot.of([CertifiedDataset(355100, "online", {}, {"class": "Collisions22"}, {}, LumisectionColumns())])
    >>> unknown_paths(parse_rule({"==": [{"var": "run.rr.clas"}, "Collisions22"]}), year)
    [('run.rr.clas', ['run.rr.class'])]
    """
    sources = {path: sources_of([path])[0] for path in rule.paths}
    snapshot.load(source for source in sources.values() if _is_narrow(source))
    unknown = sorted(path for path, source in sources.items() if not _occurs(source, snapshot))
    known = snapshot.paths() if unknown else set()
    return [(path, nearest(path, known)) for path in unknown]


def _occurs(source: Source, snapshot: Snapshot) -> bool:
    if is_column(source):
        return bool(snapshot.column(source).codes.any())
    if _is_narrow(source):
        return any(value is not ABSENT for value in snapshot.attribute(source).values)
    return source in _WIDE


def _is_narrow(source: Source) -> bool:
    return is_column(source) or (len(source) > 1 and not changes_within_run(source))
