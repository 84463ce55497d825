"""A table of luminosity: a row a lumisection."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from runregistry.errors import LuminosityError, MissingExtraError, RangeError
from runregistry.luminosity.keys import IntArray, keys_of, mask_of_keys
from runregistry.luminosity.totals import Luminosity
from runregistry.luminosity.units import invpb_per
from runregistry.lumis import LumiMask

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

__all__ = ["FloatArray", "LumiTable"]

FloatArray = NDArray[np.float64]
_COLUMNS = (
    *("run_number", "fill_number", "lumisection", "cms_lumisection", "time", "beam_status", "energy_gev"),
    *("delivered_invpb", "recorded_invpb", "avg_pileup", "source"),
)


@dataclass(frozen=True, eq=False, repr=False)
class LumiTable:
    """Luminosity lumisection by lumisection, sorted by run and lumisection, each there once.

    Made by `runregistry.luminosity.read_brilcalc`, `read_many` or `from_columns`.

    Attributes
    ----------
    run_number, fill_number, lumisection : array of int64, shape (n,)
        Fill 0 is not known.
    cms_lumisection : array of int64, shape (n,)
        The number that CMS gave; 0 if CMS did not count the lumisection.
    delivered_invpb, recorded_invpb : array of float64, shape (n,)
        In /pb, whatever the unit of the file; NaN is not known.
    time : array of datetime64[s], shape (n,)
        UTC; NaT is not known.
    avg_pileup, energy_gev : array of float64, shape (n,)
        NaN is not known.
    beam_status, source : array of str, shape (n,)
        Empty is not known.
    unit : str
        Of the file, ``/pb`` for values that come from several.
    is_checked : bool
        Whether the rows agree with the footer of the file, all of them if there were several.
    not_found : LumiMask
        What the file's footer says was asked for and not found.

    Examples
    --------
    >>> table = LumiTable.from_columns([315512, 315512], [2, 1], delivered=[0.3, 0.2], recorded=[0.2, 0.1], unit="/pb")
    >>> table
    <LumiTable: 1 runs, recorded 300 /nb, delivered 500 /nb, 2 lumisections>
    >>> print(table.total(LumiMask({315512: [(2, 4)]})).format())
    recorded 200 /nb, delivered 300 /nb, 1 lumisections; 2 more are not in the table
    """

    run_number: IntArray
    fill_number: IntArray
    lumisection: IntArray
    cms_lumisection: IntArray
    time: NDArray[np.datetime64]
    beam_status: NDArray[np.str_]
    energy_gev: FloatArray
    delivered_invpb: FloatArray
    recorded_invpb: FloatArray
    avg_pileup: FloatArray
    source: NDArray[np.str_]
    unit: str = "/pb"
    is_checked: bool = False
    not_found: LumiMask = field(default_factory=LumiMask)

    @classmethod
    def from_columns(
        cls,
        run_number: Any,
        lumisection: Any,
        *,
        delivered: Any,
        recorded: Any,
        unit: str,
        fill_number: Any = None,
        cms_lumisection: Any = None,
        time: Any = None,
        beam_status: Any = None,
        energy_gev: Any = None,
        avg_pileup: Any = None,
        source: Any = None,
        is_checked: bool = False,
        not_found: LumiMask | None = None,
    ) -> LumiTable:
        """Return the table of columns in any order of rows.

        Parameters
        ----------
        run_number, lumisection : array_like of int, shape (n,)
            The key of each row.
        delivered, recorded : array_like of float, shape (n,)
            In `unit`; NaN is not known.
        unit : str
            As `runregistry.luminosity.invpb_per` reads it.

        Raises
        ------
        LuminosityError
            A lumisection is there twice.
        UsageError
            There is no such unit.
        """
        factor = invpb_per(unit)
        run, number = np.asarray(run_number, dtype=np.int64), np.asarray(lumisection, dtype=np.int64)
        n = len(run)
        table = cls(
            run_number=run,
            fill_number=np.zeros(n, dtype=np.int64) if fill_number is None else np.asarray(fill_number, dtype=np.int64),
            lumisection=number,
            cms_lumisection=number if cms_lumisection is None else np.asarray(cms_lumisection, dtype=np.int64),
            time=np.full(n, "NaT", dtype="datetime64[s]") if time is None else np.asarray(time, dtype="datetime64[s]"),
            beam_status=_texts(beam_status, n),
            energy_gev=_numbers(energy_gev, n),
            delivered_invpb=_numbers(delivered, n) * factor,
            recorded_invpb=_numbers(recorded, n) * factor,
            avg_pileup=_numbers(avg_pileup, n),
            source=_texts(source, n),
            unit=unit,
            is_checked=is_checked,
            not_found=not_found or LumiMask(),
        )
        return table._sorted()

    @classmethod
    def read_many(cls, paths: Iterable[str | os.PathLike[str]], **options: Any) -> LumiTable:
        """Read several brilcalc files as one table; `options` are those of `runregistry.luminosity.read_brilcalc`.

        Raises
        ------
        LuminosityError
            A file is wrong, or two of them have the same lumisection.
        """
        from runregistry.luminosity.brilcalc import read_brilcalc

        return cls.concatenate([read_brilcalc(path, **options) for path in paths])

    @classmethod
    def concatenate(cls, tables: Sequence[LumiTable]) -> LumiTable:
        """Return one table of several, none of which may have what another has."""
        if len(tables) == 1:
            return tables[0]
        if not tables:
            return cls.from_columns([], [], delivered=[], recorded=[], unit="/pb")
        units = {table.unit for table in tables}
        not_found = LumiMask()
        for table in tables:
            not_found |= table.not_found
        columns = {name: np.concatenate([getattr(table, name) for table in tables]) for name in _COLUMNS}
        joined = cls(
            **columns,
            unit=units.pop() if len(units) == 1 else "/pb",
            is_checked=all(table.is_checked for table in tables),
            not_found=not_found,
        )
        return joined._sorted()

    def _sorted(self) -> LumiTable:
        keys = self.keys
        steps = np.diff(keys)
        if not len(steps) or (steps > 0).all():
            return self
        order = np.argsort(keys, kind="stable")
        again = np.flatnonzero(np.diff(keys[order]) == 0)
        if len(again):
            place = order[again[0]]
            raise LuminosityError(
                f"lumisection {self.lumisection[place]} of run {self.run_number[place]} is there twice; which one counts?"
            )
        return self._taken(order)

    def _taken(self, index: Any) -> LumiTable:
        return replace(self, **{name: getattr(self, name)[index] for name in _COLUMNS})

    @property
    def keys(self) -> IntArray:
        """One number for each row, ascending: what tables are joined on."""
        return keys_of(self.run_number, self.lumisection)

    @property
    def n_lumisections(self) -> int:
        """How many rows there are."""
        return len(self.run_number)

    def __len__(self) -> int:
        return self.n_lumisections

    def mask(self) -> LumiMask:
        """Return the lumisections that the table has."""
        return mask_of_keys(self.keys)

    def select(self, mask: LumiMask) -> LumiTable:
        """Return the rows of the lumisections of a mask; it is no longer what the footer was about."""
        inside = mask.contains(self.run_number, self.lumisection)
        return self if inside.all() else replace(self._taken(inside), is_checked=False)

    def lookup(self, run_numbers: Any, lumisections: Any) -> tuple[FloatArray, FloatArray]:
        """Return delivered and recorded luminosity in /pb of pairs in any order, NaN for those that the table has not.

        Examples
        --------
        >>> table = LumiTable.from_columns([1, 1], [1, 2], delivered=[3.0, 4.0], recorded=[1.0, 2.0], unit="/nb")
        >>> table.lookup([1, 1], [2, 7])[1].tolist()
        [0.002, nan]
        """
        wanted, keys = keys_of(run_numbers, lumisections), self.keys
        if not len(keys):
            return np.full(wanted.shape, np.nan), np.full(wanted.shape, np.nan)
        place = np.minimum(np.searchsorted(keys, wanted), len(keys) - 1)
        is_there = keys[place] == wanted
        return np.where(is_there, self.delivered_invpb[place], np.nan), np.where(is_there, self.recorded_invpb[place], np.nan)

    def total(self, mask: LumiMask | None = None) -> Luminosity:
        """Return the luminosity of all rows, or of those in a mask with what the mask has more.

        Raises
        ------
        RangeError
            A run is in the mask to its end, ``[[-1]]``, and the table has none of it: how much is missing is not known.
        """
        if mask is None:
            return self._summed(LumiMask())
        return self.select(mask)._summed(self._missing(mask))

    def _missing(self, mask: LumiMask) -> LumiMask:
        """Return what a mask has and the table has not; of a run without end, up to the last lumisection of the table."""
        own = self.mask()
        missing = mask - own
        if not missing.open_runs:
            return missing
        unknown = [run for run in missing.open_runs if run not in own]
        if unknown:
            raise RangeError(
                f"run {unknown[0]} is in the mask to its end, and the table has none of it: how much is missing can't be told. "
                "Cut the mask with one that knows the run (mask & known).",
                run_number=unknown[0],
            )
        whole = {run: [(1, own[run].ranges[-1][1])] for run in missing.open_runs}
        return missing & (LumiMask(whole) | missing.restrict(runs=set(missing) - set(whole)))

    def _summed(self, missing: LumiMask) -> Luminosity:
        return Luminosity(
            float(np.nansum(self.delivered_invpb)), float(np.nansum(self.recorded_invpb)), self.n_lumisections, missing
        )

    def by_run(self, mask: LumiMask | None = None) -> dict[int, Luminosity]:
        """Return the luminosity of each run, ascending; with a mask of each of its runs, even of one that the table has not."""
        if mask is None:
            return self._by(self.run_number)
        missing = self._missing(mask)
        found = self.select(mask)._by(self.run_number[mask.contains(self.run_number, self.lumisection)])
        none = Luminosity(0.0, 0.0, 0)
        return {run: found.get(run, none)._replace(missing=missing.restrict(run, run)) for run in mask}

    def by_fill(self) -> dict[int, Luminosity]:
        """Return the luminosity of each fill, ascending; fill 0 is that of rows whose fill is not known."""
        return self._by(self.fill_number)

    def _by(self, groups: IntArray) -> dict[int, Luminosity]:
        numbers, place, counts = np.unique(groups, return_inverse=True, return_counts=True)
        delivered = np.bincount(place, np.nan_to_num(self.delivered_invpb), len(numbers))
        recorded = np.bincount(place, np.nan_to_num(self.recorded_invpb), len(numbers))
        rows = zip(numbers.tolist(), delivered.tolist(), recorded.tolist(), counts.tolist(), strict=True)
        return {number: Luminosity(*sums) for number, *sums in rows}

    def to_columns(self) -> dict[str, NDArray[Any]]:
        """Return the columns by name; the unit of luminosity is in its name."""
        return {name: getattr(self, name) for name in _COLUMNS}

    def to_pandas(self) -> pd.DataFrame:
        """Return a DataFrame, a row a lumisection; needs the extra ``tables``."""
        try:
            import pandas as pd
        except ModuleNotFoundError as error:
            raise MissingExtraError("A DataFrame", "tables") from error
        return pd.DataFrame(self.to_columns())

    def to_arrow(self) -> pa.Table:
        """Return an Arrow table, a row a lumisection; needs the extra ``tables``."""
        try:
            import pyarrow as pa
        except ModuleNotFoundError as error:
            raise MissingExtraError("An Arrow table", "tables") from error
        return pa.table({name: pa.array(values) for name, values in self.to_columns().items()})

    def covers(self, mask: LumiMask) -> bool:
        """Tell whether the table has every lumisection of a mask."""
        return mask <= self.mask()

    def __repr__(self) -> str:
        n_runs = len(np.unique(self.run_number))
        return f"<LumiTable: {n_runs} runs, {self.total().format()}>"


def _numbers(values: Any, n: int) -> FloatArray:
    return np.full(n, np.nan) if values is None else np.asarray(values, dtype=np.float64)


def _texts(values: Any, n: int) -> NDArray[np.str_]:
    return np.full(n, "", dtype=np.str_) if values is None else np.asarray(values, dtype=np.str_)
