"""Luminosity as OMS tells it: counters that run on over a fill, in /pb."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from runregistry.luminosity.table import FloatArray, LumiTable

__all__ = ["from_oms"]


def from_oms(run_numbers: Any, lumisections: Any, columns: Mapping[str, Any]) -> LumiTable:
    """Return the luminosity of OMS lumisections.

    Parameters
    ----------
    run_numbers, lumisections : array_like of int, shape (n,)
        The key of each row, in any order.
    columns : mapping of str to array_like, shape (n,)
        OMS attributes. Of ``delivered_lumi`` and ``recorded_lumi``, which are counters, a lumisection has what the next one of
        its run has more, so that the last one is not known (NaN), nor one before a gap or before a counter that goes back.
        ``delivered_lumi_per_lumisection`` and ``recorded_lumi_per_lumisection`` are taken as they are, where there are any.
        ``fill_number`` and ``pileup`` are kept.

    Notes
    -----
    Source: the Run Registry's poller, which reads the counters in the same way; it has 0 for the last lumisection.

    Examples
    --------
    >>> columns = {"delivered_lumi": [159.2, 159.5, 159.7], "recorded_lumi": [145.5, 145.75, None], "fill_number": [6629] * 3}
    >>> table = from_oms([315512] * 3, [1, 2, 3], columns)
    >>> table.delivered_invpb.round(3).tolist(), table.recorded_invpb.tolist()
    ([0.3, 0.2, nan], [0.25, nan, nan])
    """
    runs, numbers = np.asarray(run_numbers, dtype=np.int64), np.asarray(lumisections, dtype=np.int64)
    order = np.lexsort((numbers, runs))
    follows = np.zeros(len(order), dtype=bool)
    follows[:-1] = (np.diff(runs[order]) == 0) & (np.diff(numbers[order]) == 1)
    fills = _floats(columns.get("fill_number"), len(runs))
    return LumiTable.from_columns(
        runs[order],
        numbers[order],
        delivered=_per_lumisection("delivered", columns, order, follows),
        recorded=_per_lumisection("recorded", columns, order, follows),
        unit="/pb",
        fill_number=np.nan_to_num(fills[order]).astype(np.int64),
        avg_pileup=_floats(columns.get("pileup"), len(runs))[order],
    )


def _per_lumisection(name: str, columns: Mapping[str, Any], order: NDArray[np.int64], follows: NDArray[np.bool_]) -> FloatArray:
    each = columns.get(f"{name}_lumi_per_lumisection")
    if each is not None:
        return _floats(each, len(order))[order]
    counter = _floats(columns.get(f"{name}_lumi"), len(order))[order]
    more = np.full(len(order), np.nan)
    more[:-1] = np.diff(counter)
    return np.where(follows & (more >= 0), more, np.nan)


def _floats(values: Any, n: int) -> FloatArray:
    if values is None:
        return np.full(n, np.nan)
    return np.array([value if isinstance(value, int | float) else np.nan for value in _listed(values)], dtype=np.float64)


def _listed(values: Any) -> list[Any]:
    listed: list[Any] = np.asarray(values, dtype=object).tolist()
    return listed
