"""Registry, OMS and brilcalc side by side: which lumisections somebody misses, has alone, or measured differently."""

from __future__ import annotations

import functools
import math
import operator
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from runregistry.errors import MissingExtraError, UsageError
from runregistry.luminosity.keys import IntArray, mask_keys, pieces, split_keys
from runregistry.luminosity.table import LumiTable
from runregistry.lumis import LumiMask

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Audit", "audit"]

MISSING, EXTRA, DIFFERENT = "missing", "extra", "different"
_QUANTITIES = ("delivered", "recorded")
# What a lumisection's code says: which sources have it (bits 0 to 2), and which quantities differ (bits 3 and 4).
_DIFFERS: Final = {"delivered": 8, "recorded": 16}


@dataclass(frozen=True)
class Audit:
    """What is wrong between sources of lumisections, as ranges.

    Attributes
    ----------
    sources : tuple of str
        Who was compared, of ``registry``, ``oms``, ``brilcalc``.
    columns : dict of str to array
        A row a range: ``run_number``, ``first``, ``last``, ``kind`` (missing, extra, different), ``source`` (who misses or has
        it; for different ones who was compared), ``quantity`` (delivered, recorded), ``lumisections``, and the sums of each
        source with luminosity in /pb, such as ``oms_recorded_invpb``; NaN if not known.
    n_lumisections : int
        How many lumisections any source has.
    n_agreeing : int
        In how many of them nothing is wrong.
    """

    sources: tuple[str, ...]
    columns: Mapping[str, NDArray[Any]]
    n_lumisections: int
    n_agreeing: int

    @property
    def n_ranges(self) -> int:
        """How many rows there are."""
        return len(self.columns["run_number"])

    def __len__(self) -> int:
        return self.n_ranges

    def rows(self) -> list[dict[str, Any]]:
        """Return the ranges as rows; what is not known is None, and sums have as many digits as mean anything."""
        listed = {name: list(map(_shown, values.tolist())) for name, values in self.columns.items()}
        return [dict(zip(listed, cells, strict=True)) for cells in zip(*listed.values(), strict=True)]

    def totals(self) -> dict[tuple[str, str], int]:
        """Return how many lumisections each kind concerns, by kind and source."""
        counts: dict[tuple[str, str], int] = {}
        for kind, source, n in zip(*(self.columns[name].tolist() for name in ("kind", "source", "lumisections")), strict=True):
            counts[kind, source] = counts.get((kind, source), 0) + n
        return dict(sorted(counts.items()))

    def mask(self, kind: str | None = None, source: str | None = None) -> LumiMask:
        """Return the lumisections of all rows, or of those of a kind or a source."""
        keep = np.ones(len(self), dtype=bool)
        if kind is not None:
            keep &= self.columns["kind"] == kind
        if source is not None:
            keep &= self.columns["source"] == source
        ranges: dict[int, list[tuple[int, int]]] = {}
        for run, first, last in zip(
            *(self.columns[name][keep].tolist() for name in ("run_number", "first", "last")), strict=True
        ):
            ranges.setdefault(run, []).append((first, last))
        return LumiMask(ranges)

    def summary(self) -> str:
        """Return a sentence that says how the comparison ended."""
        parts = [f"{n} {kind} ({source})" for (kind, source), n in self.totals().items()]
        wrong = ", ".join(parts) or "nothing missing, extra or different"
        return f"{' × '.join(self.sources)}: {self.n_lumisections} lumisections, {self.n_agreeing} agree; {wrong}"

    def to_pandas(self) -> pd.DataFrame:
        """Return a DataFrame, a row a range; needs the extra ``tables``."""
        try:
            import pandas as pd
        except ModuleNotFoundError as error:
            raise MissingExtraError("A DataFrame", "tables") from error
        return pd.DataFrame(dict(self.columns))


def audit(
    registry: LumiMask | LumiTable | None = None,
    oms: LumiMask | LumiTable | None = None,
    brilcalc: LumiMask | LumiTable | None = None,
    *,
    within: LumiMask | None = None,
    common_runs: bool = False,
    relative: float = 0.01,
    absolute_invpb: float = 1e-3,
) -> Audit:
    """Compare two or three sources lumisection by lumisection.

    Of three, who alone has a lumisection has it *extra*, and who alone has not *misses* it. Of two the first is what the other is
    measured by: the registry before OMS, OMS before brilcalc.

    Parameters
    ----------
    registry, oms, brilcalc : LumiMask or LumiTable, optional
        Lumisections, with or without luminosity; at least two are needed.
    within : LumiMask, optional
        Look only at these lumisections.
    common_runs : bool
        Look only at runs that every source has any lumisection of.
    relative, absolute_invpb : float
        Luminosities differ if they are further apart than both: a fraction of the larger one, and a luminosity in /pb.

    Raises
    ------
    UsageError
        There are less than two sources, or a tolerance is negative.

    Notes
    -----
    Cost: sorting the lumisections of all sources.

    Examples
    --------
    >>> oms = LumiTable.from_columns([1, 1, 1], [1, 2, 3], delivered=[0.3] * 3, recorded=[0.3, 0.3, 0.2], unit="/pb")
    >>> bril = LumiTable.from_columns([1, 1, 1], [2, 3, 4], delivered=[0.3] * 3, recorded=[0.3] * 3, unit="/pb")
    >>> found = audit(oms=oms, brilcalc=bril)
    >>> for row in found.rows():
    ...     print(row["run_number"], row["first"], row["last"], row["kind"], row["quantity"] or row["source"])
    1 1 1 missing brilcalc
    1 3 3 different recorded
    1 4 4 extra brilcalc
    >>> found.summary()
    'oms × brilcalc: 4 lumisections, 1 agree; 1 different (oms, brilcalc), 1 extra (brilcalc), 1 missing (brilcalc)'
    """
    given = {"registry": registry, "oms": oms, "brilcalc": brilcalc}
    sources = {name: source for name, source in given.items() if source is not None}
    if len(sources) < 2:
        raise UsageError(f"an audit compares at least two of registry, oms and brilcalc, not {len(sources)}")
    if not (relative >= 0 and absolute_invpb >= 0):
        raise UsageError(f"a tolerance is a number from 0, not relative={relative}, absolute_invpb={absolute_invpb}")
    keys_by_source = {name: _keys(source) for name, source in sources.items()}
    keys = _looked_at(list(keys_by_source.values()), within, common_runs)
    has = {name: np.isin(keys, some, assume_unique=True) for name, some in keys_by_source.items()}
    values = _values(sources, keys)
    codes = functools.reduce(operator.or_, (there.astype(np.int64) << place for place, there in enumerate(has.values())))
    codes = codes | _differing(values, relative, absolute_invpb)
    return _ranges(tuple(sources), keys, codes, values)


def _keys(source: LumiMask | LumiTable) -> IntArray:
    return mask_keys(source) if isinstance(source, LumiMask) else source.keys


def _looked_at(keys_by_source: list[IntArray], within: LumiMask | None, common_runs: bool) -> IntArray:
    keys: IntArray = np.unique(np.concatenate(keys_by_source))
    if within is not None:
        keys = keys[within.contains(*split_keys(keys))]
    if common_runs:
        runs = functools.reduce(np.intersect1d, (np.unique(split_keys(some)[0]) for some in keys_by_source))
        keys = keys[np.isin(split_keys(keys)[0], runs)]
    return keys


def _values(sources: Mapping[str, LumiMask | LumiTable], keys: IntArray) -> dict[tuple[str, str], NDArray[np.float64]]:
    """Return the luminosity of every lumisection, by quantity and source; only of sources that tell it."""
    runs, numbers = split_keys(keys)
    found = {name: source.lookup(runs, numbers) for name, source in sources.items() if isinstance(source, LumiTable)}
    return {(quantity, name): both[place] for place, quantity in enumerate(_QUANTITIES) for name, both in found.items()}


def _differing(values: Mapping[tuple[str, str], NDArray[np.float64]], relative: float, absolute_invpb: float) -> Any:
    codes: Any = np.int64(0)
    for quantity, bit in _DIFFERS.items():
        told = [column for (name, _), column in values.items() if name == quantity]
        if len(told) < 2:
            continue
        # fmax and fmin pass over NaN: who does not know a value does not contradict.
        high, low = functools.reduce(np.fmax, told), functools.reduce(np.fmin, told)
        largest = functools.reduce(np.fmax, map(np.abs, told))
        codes = codes | np.where(high - low > np.maximum(absolute_invpb, relative * largest), bit, 0)
    return codes


def _ranges(
    names: tuple[str, ...], keys: IntArray, codes: IntArray, values: Mapping[tuple[str, str], NDArray[np.float64]]
) -> Audit:
    everyone = (1 << len(names)) - 1
    wrong = np.flatnonzero(codes != everyone)
    kept, kept_codes = keys[wrong], codes[wrong]
    starts = pieces(kept, kept_codes)
    stops = np.append(starts[1:], len(kept))[: len(starts)]
    runs, firsts = split_keys(kept[starts])
    told = [_told(int(code), names) for code in kept_codes[starts]]
    columns: dict[str, NDArray[Any]] = {
        "run_number": runs,
        "first": firsts,
        "last": split_keys(kept[stops - 1])[1],
        **{
            name: np.array([one[place] for one in told], dtype=np.str_)
            for place, name in enumerate(("kind", "source", "quantity"))
        },
        "lumisections": stops - starts,
    }
    for (quantity, name), column in values.items():
        columns[f"{name}_{quantity}_invpb"] = _sums(column[wrong], starts)
    return Audit(names, columns, len(keys), len(keys) - len(wrong))


def _sums(values: NDArray[np.float64], starts: IntArray) -> NDArray[np.float64]:
    """Sum each range up; NaN where nothing in it is known."""
    if not len(starts):
        return np.zeros(0)
    known = np.add.reduceat(np.isfinite(values).astype(np.int64), starts)
    return np.where(known > 0, np.add.reduceat(np.nan_to_num(values), starts), np.nan)


def _told(code: int, names: tuple[str, ...]) -> tuple[str, str, str]:
    """Return kind, source and quantity of a code."""
    there = [name for place, name in enumerate(names) if code >> place & 1]
    absent = [name for name in names if name not in there]
    quantity = " and ".join(name for name, bit in _DIFFERS.items() if code & bit)
    if not absent:
        return DIFFERENT, ", ".join(there), quantity
    is_extra = len(there) == 1 and (len(names) > 2 or there[0] != names[0])
    return (EXTRA, there[0], quantity) if is_extra else (MISSING, absent[0], quantity)


def _shown(value: Any) -> Any:
    if not isinstance(value, float):
        return value
    return float(f"{value:.9g}") if math.isfinite(value) else None
