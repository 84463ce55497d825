"""Lumisections of many runs as one sorted array of numbers, which is what joins and audits are made on."""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from runregistry.errors import UsageError
from runregistry.lumis import LumiMask, LumiRanges

__all__ = ["IntArray", "keys_of", "mask_keys", "mask_of_keys", "pieces", "split_keys"]

_MOST = 50_000_000

IntArray: TypeAlias = NDArray[np.int64]


def keys_of(run_numbers: Any, lumisections: Any) -> IntArray:
    """Return one number for each pair: the run in the high 31 bits, the lumisection in the low 32."""
    keys: IntArray = (np.asarray(run_numbers, dtype=np.int64) << 32) | np.asarray(lumisections, dtype=np.int64)
    return keys


def split_keys(keys: IntArray) -> tuple[IntArray, IntArray]:
    """Return the runs and lumisections of keys.

    Examples
    --------
    >>> runs, numbers = split_keys(keys_of([315512], [7]))
    >>> runs.tolist(), numbers.tolist()
    ([315512], [7])
    """
    return keys >> 32, keys & 0xFFFFFFFF


def mask_keys(mask: LumiMask) -> IntArray:
    """Return the keys of all lumisections of a mask, sorted.

    Raises
    ------
    UsageError
        They are more than all years of data taking have, as with ranges that stand for whole runs.

    Examples
    --------
    >>> runs, numbers = split_keys(mask_keys(LumiMask({2: [(1, 2), (5, 5)], 3: [(9, 9)]})))
    >>> runs.tolist(), numbers.tolist()
    ([2, 2, 2, 3], [1, 2, 5, 9])
    """
    ranges = [(run_number, first, last) for run_number, some in mask.items() for first, last in some]
    if not ranges:
        return np.zeros(0, dtype=np.int64)
    runs, firsts, lasts = np.array(ranges, dtype=np.int64).T
    lengths = lasts - firsts + 1
    if lengths.sum() > _MOST:
        raise UsageError(f"the mask has {lengths.sum()} lumisections; do some of its ranges stand for whole runs?")
    # Each range counts on from its first key: the position within all, less where the range begins, plus that key.
    begins = np.cumsum(lengths) - lengths
    keys: IntArray = np.arange(lengths.sum()) + np.repeat(keys_of(runs, firsts) - begins, lengths)
    return keys


def pieces(keys: IntArray, codes: NDArray[Any] | None = None) -> IntArray:
    """Return where ranges begin in sorted keys: at a gap, at another run, or where the code changes."""
    if not len(keys):
        return np.zeros(0, dtype=np.int64)
    fresh = np.diff(keys) != 1
    if codes is not None:
        fresh |= codes[1:] != codes[:-1]
    return np.append(0, np.flatnonzero(fresh) + 1).astype(np.int64)


def mask_of_keys(keys: IntArray) -> LumiMask:
    """Return the mask of sorted keys, each there once.

    Examples
    --------
    >>> mask_of_keys(keys_of([2, 2, 3], [1, 2, 9])).to_dict()
    {'2': [[1, 2]], '3': [[9, 9]]}
    """
    starts = pieces(keys)
    stops = np.append(starts[1:], len(keys))[: len(starts)]
    runs, firsts = split_keys(keys[starts])
    lasts = split_keys(keys[stops - 1])[1]
    ranges: dict[int, list[tuple[int, int]]] = {}
    for run_number, first, last in zip(runs.tolist(), firsts.tolist(), lasts.tolist(), strict=True):
        ranges.setdefault(run_number, []).append((first, last))
    return LumiMask({run_number: LumiRanges.from_sorted(some) for run_number, some in ranges.items()})
