"""One table of many answers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from runregistry.client.frames.kinds import Kind
from runregistry.client.frames.parts import Part
from runregistry.client.frames.tables import Tables
from runregistry.errors import UsageError

__all__ = ["Joined", "concatenate"]


class Joined(Tables):
    """Many answers of one kind that are one table.

    Parameters
    ----------
    kind : Kind
        What the rows are.
    parts : sequence of Part
        The answers, in the order of the rows.
    """

    def __init__(self, kind: Kind, parts: Sequence[Part]) -> None:
        self._kind = kind
        self._parts = tuple(parts)

    def __repr__(self) -> str:
        return f"Joined({self._kind}: {len(self._parts)} answers)"

    @property
    def table_kind(self) -> Kind:
        """What the rows are."""
        return self._kind

    def table_parts(self) -> Sequence[Part]:
        """Return the answers."""
        return self._parts


def concatenate(parts: Iterable[Any], kind: Kind | str | None = None) -> Joined:
    """Join the tables of many answers, without making rows in between.

    Parameters
    ----------
    parts : iterable of Rows, ComponentRanges
        Of one kind. A plain dict is a row, and a plain list some rows, with any columns.
    kind : Kind, optional
        What the parts are; needed only where there may be none, for the table to have its columns all the same.

    Raises
    ------
    UsageError
        The parts are of different kinds.

    Examples
    --------
    >>> from runregistry.client.frames import RANGES, Rows
    >>> good = {"status": "GOOD", "comment": "", "cause": ""}
    >>> parts = (Rows([{"dt-dt": good, "start": 1, "end": 5}], RANGES, run_number=run, dataset_name="online") for run in (1, 2))
    >>> print(concatenate(parts).to_csv(), end="")
    run_number,dataset_name,component,first,last,status,comment,cause
    1,online,dt-dt,1,5,GOOD,,
    2,online,dt-dt,1,5,GOOD,,
    """
    found = [part for one in parts for part in _parts(one)]
    kinds = list(dict.fromkeys([*([Kind(kind)] if kind is not None else []), *(part.kind for part in found)]))
    if len(kinds) > 1:
        raise UsageError(f"one table can't hold {' and '.join(kinds)}; make one of each kind")
    return Joined(kinds[0] if kinds else Kind.PLAN, found)


def _parts(one: Any) -> Sequence[Part]:
    if isinstance(one, Tables):
        return one.table_parts()
    return [Part(Kind.PLAN, [one] if isinstance(one, Mapping) else one, {})]
