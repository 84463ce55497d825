"""The distinct values of a column in order: what sortings, and comparisons of text, go by."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np

from runregistry.filters.coded import Coded

__all__ = ["NO_RANK", "Ranks", "ranks_of"]

NO_RANK = -1
_FEW = 50


class Ranks(NamedTuple):
    """The order of a column's values.

    Attributes
    ----------
    places : numpy.ndarray of int, shape (n_values,)
        Place of each distinct value among all; equal ones share a place, and those without a key have `NO_RANK`.
    keys : list
        What they are ordered by, in order.
    """

    places: np.ndarray
    keys: list[Any]


def ranks_of(column: Coded, key_of: Callable[[Any], Any]) -> Ranks:
    """Return the order of a column's values; values that were added since last time are put in between.

    Examples
    --------
    >>> ranks_of(Coded(None, ["b", None, "a", "b"]), lambda value: value)
    Ranks(places=array([ 1, -1,  0,  1]), keys=['a', 'b'])
    """
    known: Ranks | None = column.memo.get(key_of) if column.memo else None
    more = column.values[0 if known is None else len(known.places) :]
    if known is not None and not len(more):
        return known
    if known is not None and len(more) <= _FEW:
        ranks = _inserted(known, list(map(key_of, more)))
    else:
        ranks = _ranked(list(map(key_of, column.values[:])))
    return column.memo.put(key_of, ranks) if column.memo else ranks


def _ranked(keys: Sequence[Any]) -> Ranks:
    ordered = sorted({key for key in keys if key is not None})
    place_of = {key: place for place, key in enumerate(ordered)}
    places = np.fromiter((NO_RANK if key is None else place_of[key] for key in keys), dtype=np.int64, count=len(keys))
    return Ranks(places, ordered)


def _inserted(known: Ranks, fresh: Sequence[Any]) -> Ranks:
    keys = known.keys.copy()
    places = np.concatenate([known.places, np.full(len(fresh), NO_RANK, dtype=np.int64)])
    for position, key in enumerate(fresh, len(known.places)):
        if key is None:
            continue
        place = bisect_left(keys, key)
        if place == len(keys) or keys[place] != key:
            keys.insert(place, key)
            places[places >= place] += 1
        places[position] = place
    return Ranks(places, keys)
