"""Rows by their keys in one statement, whose text is the same however many keys there are: databases keep it, and its plan.

The keys of a page as a list of parameters cost more than finding its rows: the text is made, sent, parsed and planned each time.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from typing import Any

import msgspec
from sqlalchemy import ARRAY, ColumnElement, Connection, FromClause, Integer, Select, Text, bindparam, cast, func

__all__ = ["Wanted"]

_Join = Callable[[FromClause, ColumnElement[int], ColumnElement[str] | None], Select[Any]]


class Wanted:
    """A statement for the rows of some keys.

    Parameters
    ----------
    join : callable
        Makes the statement of what holds the keys, and of its columns: run number and, of datasets, name.
    with_names : bool
        Whether keys are pairs of run number and name, instead of run numbers.
    """

    def __init__(self, join: _Join, *, with_names: bool) -> None:
        self._join = join
        self._with_names = with_names
        self._made = cache(self._make)

    def rows(self, connection: Connection, keys: Sequence[Any]) -> Sequence[Any]:
        """Return the rows of these keys, in any order."""
        if not keys:
            return ()
        is_sqlite = connection.dialect.name == "sqlite"
        return connection.execute(self._made(is_sqlite), self._parameters(keys, is_sqlite)).all()

    def _parameters(self, keys: Sequence[Any], is_sqlite: bool) -> dict[str, Any]:
        if is_sqlite:
            return {"keys": msgspec.json.encode(keys).decode()}
        if not self._with_names:
            return {"numbers": keys}
        numbers, names = zip(*keys, strict=True)
        return {"numbers": list(numbers), "names": list(names)}

    def _make(self, is_sqlite: bool) -> Select[Any]:
        return self._of_json() if is_sqlite else self._of_arrays()

    def _of_json(self) -> Select[Any]:
        wanted = func.json_each(bindparam("keys", type_=Text)).table_valued("value", name="wanted")
        value = wanted.c.value
        if not self._with_names:
            return self._join(wanted, value, None)
        return self._join(wanted, func.json_extract(value, "$[0]"), func.json_extract(value, "$[1]"))

    def _of_arrays(self) -> Select[Any]:
        arrays: list[ColumnElement[Any]] = [cast(bindparam("numbers", type_=ARRAY(Integer)), ARRAY(Integer))]
        if self._with_names:
            arrays.append(cast(bindparam("names", type_=ARRAY(Text)), ARRAY(Text)))
        columns = ("run_number", "name")[: len(arrays)]
        wanted = func.unnest(*arrays).table_valued(*columns, name="wanted").render_derived()
        return self._join(wanted, wanted.c.run_number, wanted.c.name if self._with_names else None)
