"""Results of the client: rows as on the wire, which know how to become a table."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, SupportsIndex, overload

from runregistry.client.frames.counts import status_counts
from runregistry.client.frames.display import rows_html
from runregistry.client.frames.kinds import Kind
from runregistry.client.frames.parts import Part
from runregistry.client.frames.tables import Tables

__all__ = ["ComponentRanges", "Rows"]

_BY_POSITION = (Kind.LUMISECTIONS, Kind.OMS_LUMISECTIONS)


class Rows(list[dict[str, Any]], Tables):
    """A list of rows as they came, equal to a plain list of them.

    Parameters
    ----------
    rows : iterable of dict
        As on the wire.
    kind : Kind
        What they are: a constant of this package.
    **context
        What the rows don't say themselves: ``run_number``, ``dataset_name``; ``fields``, of rows that were cut to some.

    Examples
    --------
    >>> good = {"status": "GOOD", "comment": "", "cause": ""}
    >>> rows = Rows([{"dt-dt": good}], "lumisections", run_number=1, dataset_name="online")
    >>> print(rows.to_csv(), end="")
    run_number,dataset_name,lumisection_number,component,status,comment,cause
    1,online,1,dt-dt,GOOD,,
    """

    def __init__(self, rows: Iterable[dict[str, Any]], kind: Kind | str, **context: Any) -> None:
        super().__init__(rows)
        self.kind = Kind(kind)
        self.context = context
        if self.kind in _BY_POSITION:
            # The place in the list is the number of the lumisection: a slice keeps it.
            context.setdefault("lumisection_numbers", range(1, len(self) + 1))

    @overload
    def __getitem__(self, place: SupportsIndex) -> dict[str, Any]: ...
    @overload
    def __getitem__(self, place: slice) -> Rows: ...
    def __getitem__(self, place: SupportsIndex | slice) -> dict[str, Any] | Rows:
        if not isinstance(place, slice):
            return super().__getitem__(place)
        context = dict(self.context)
        if "lumisection_numbers" in context:
            context["lumisection_numbers"] = context["lumisection_numbers"][place]
        return Rows(super().__getitem__(place), self.kind, **context)

    def copy(self) -> Rows:
        """Return a copy that shares the rows."""
        return self[:]

    @property
    def table_kind(self) -> Kind:
        """What the rows are."""
        return self.kind

    def table_parts(self) -> Sequence[Part]:
        """Return itself as the only part of a table."""
        return [Part(self.kind, self, self.context)]

    def component_counts(self) -> Rows:
        """Return how many lumisections of each component have which status: one row a run, dataset and component.

        ``lumisections`` is how many there are, and ``good_fraction`` the GOOD part of those that are not EMPTY.

        Raises
        ------
        UsageError
            The rows are not runs or datasets, or were cut to fields.

        Examples
        --------
        >>> cache = {"triplet_summary": {"dt-dt": {"GOOD": 3, "BAD": 1, "EMPTY": 2}}}
        >>> (counted,) = Rows([{"run_number": 1, "DatasetTripletCache": cache}], "runs").component_counts()
        >>> counted["component"], counted["GOOD"], counted["lumisections"], counted["good_fraction"]
        ('dt-dt', 3, 6, 0.75)
        """
        return Rows(status_counts(self.kind, self), Kind.COUNTS)

    def _repr_html_(self) -> str:
        return rows_html(self.kind, self)


class ComponentRanges(dict[str, list[dict[str, Any]]], Tables):
    """The ranges of each component as they came, equal to a plain dict of them.

    Parameters
    ----------
    ranges : dict
        Component to ranges, as on the wire.
    **context
        ``run_number`` and ``dataset_name``.

    Examples
    --------
    >>> good = {"status": "GOOD", "comment": "", "cause": "", "start": 1, "end": 5}
    >>> print(ComponentRanges({"dt-dt": [good]}, run_number=1, dataset_name="online").to_csv(), end="")
    run_number,dataset_name,component,first,last,status,comment,cause
    1,online,dt-dt,1,5,GOOD,,
    """

    kind = Kind.COMPONENT_RANGES

    def __init__(self, ranges: Mapping[str, list[dict[str, Any]]] | Iterable[Any] = (), **context: Any) -> None:
        super().__init__(ranges)
        self.context = context

    def copy(self) -> ComponentRanges:
        """Return a copy that shares the ranges."""
        return ComponentRanges(self, **self.context)

    @property
    def table_kind(self) -> Kind:
        """What the rows are."""
        return self.kind

    def table_parts(self) -> Sequence[Part]:
        """Return itself as the only part of a table."""
        return [Part(self.kind, self, self.context)]
