"""Which row a key has: rows are numbered in the order in which their keys were first seen, and keep their number."""

from __future__ import annotations

import numpy as np

__all__ = ["Keys"]


class Keys:
    """Distinct whole numbers, and the row of each: 12 bytes a key, where a dict takes a hundred.

    Examples
    --------
    >>> keys = Keys()
    >>> keys.place(np.array([355101, 355100])).tolist(), keys.place(np.array([355100, 355102])).tolist()
    ([0, 1], [1, 2])
    >>> keys.find(np.array([355102, 1])).tolist()
    [2, -1]
    """

    def __init__(self) -> None:
        # One tuple, replaced as a whole: whoever looks something up in another thread sees both arrays as they belong together.
        self._sorted = (np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int32))

    def __len__(self) -> int:
        return len(self._sorted[0])

    def find(self, keys: np.ndarray) -> np.ndarray:
        """Return the row of each key; -1 for those that have none."""
        known, rows = self._sorted
        if not len(known):
            return np.full(len(keys), -1, dtype=np.int32)
        places = np.searchsorted(known, keys)
        places[places == len(known)] = 0
        return np.where(known[places] == keys, rows[places], np.int32(-1))

    def place(self, keys: np.ndarray) -> np.ndarray:
        """Return the row of each key, giving the next ones to keys that have none."""
        found = self.find(keys)
        fresh, first = np.unique(keys[found < 0], return_index=True)
        if not len(fresh):
            return found
        known, rows = self._sorted
        # In the order in which they came, not in that of their values.
        given = np.empty(len(fresh), dtype=np.int32)
        given[np.argsort(first, kind="stable")] = np.arange(len(known), len(known) + len(fresh), dtype=np.int32)
        places = np.searchsorted(known, fresh)
        self._sorted = np.insert(known, places, fresh), np.insert(rows, places, given)
        return self.find(keys)
