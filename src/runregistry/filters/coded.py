"""Columns in memory, as filters and sortings see them: each distinct value once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from threading import Lock
from typing import Any, NamedTuple

import numpy as np

__all__ = ["Coded", "Memo", "about_values"]

_MAX_REMEMBERED = 64


class Memo:
    """Answers about the distinct values of a column, kept for the next query (the next page asks the same).

    Values are only ever added at the end, so that an answer stays right for the values it was made for.
    """

    def __init__(self) -> None:
        self._answers: dict[Any, Any] = {}
        self._lock = Lock()

    def get(self, key: Any) -> Any:
        """Return what was remembered, as long as the values were when it was; None if nothing was."""
        with self._lock:
            answer = self._answers.pop(key, None)
            if answer is not None:
                self._answers[key] = answer  # the last one again: what is asked for is not forgotten
            return answer

    def put(self, key: Any, answer: Any) -> Any:
        """Remember an answer, and forget the one that was not asked for the longest."""
        with self._lock:
            self._answers.pop(key, None)
            while len(self._answers) >= _MAX_REMEMBERED:
                del self._answers[next(iter(self._answers))]
            self._answers[key] = answer
        return answer


class Coded(NamedTuple):
    """A column in memory: its distinct values, and for each row which one it has.

    Attributes
    ----------
    codes : numpy.ndarray of int, shape (n_rows,), or None
        Position of each row's value; None when `values` is itself one number for each row.
    values : sequence or numpy.ndarray of int64
        Decoded JSON; None is a row without a value. It may grow meanwhile, at the end.
    memo : Memo or None
        Where answers about `values` are kept, if they may be.
    via : numpy.ndarray of int or None
        For a column of another table: the row there of each row here.
    """

    codes: np.ndarray | None
    values: Sequence[Any] | np.ndarray
    memo: Memo | None = None
    via: np.ndarray | None = None

    def of(self, table: np.ndarray, rows: np.ndarray | None) -> np.ndarray:
        """Look up, for each of the rows (None: all), what `table` says about its value."""
        if self.via is not None:
            if rows is None:
                return self._replace(via=None).of(table, None).take(self.via)
            rows = self.via.take(rows)
        places = rows if self.codes is None else self.codes if rows is None else self.codes.take(rows)
        return table if places is None else table.take(places)


def about_values(column: Coded, key: Any, of: Callable[[Any], Any], kind: type[np.generic]) -> np.ndarray:
    """Ask something about each distinct value; what was asked before under this key is remembered."""
    known = column.memo.get(key) if column.memo else None
    more = column.values[0 if known is None else len(known) :]
    if known is not None and not len(more):
        remembered: np.ndarray = known
        return remembered
    fresh = np.fromiter(map(of, more), dtype=kind, count=len(more))
    answer = fresh if known is None else np.concatenate([known, fresh])
    return column.memo.put(key, answer) if column.memo else answer
