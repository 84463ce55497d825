"""The checked filter: comparisons of columns, joined by *and* and *or*.

A filter has no negation of a group, so SQL's third truth value never shows: a comparison that SQL calls NULL is simply not true,
and `match` needs only yes and no. What that means for rows without a value is decided comparison by comparison, in `compare`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, NamedTuple, TypeAlias

__all__ = ["AllOf", "AnyOf", "Column", "Comparison", "Node", "Operand", "SortKey", "TableName"]

TableName: TypeAlias = Literal["runs", "datasets"]

# The type of the operand says how values are compared: numbers as numbers, booleans as booleans, text as text.
Scalar: TypeAlias = str | int | float | bool | None
Operand: TypeAlias = Scalar | tuple[Scalar, ...]


class Column(NamedTuple):
    """What a filter or a sorting reads of a row.

    Attributes
    ----------
    kind : str
        ``run_number``, ``version``, ``deleted``, ``name``, or a document: ``oms_attributes``, ``rr_attributes``,
        ``dataset_attributes``, ``datasets_in_gui``, ``triplet_summary``.
    path : tuple of str
        Where in the document; empty for the whole of it.
    """

    kind: str
    path: tuple[str, ...] = ()

    def __str__(self) -> str:
        return ".".join((self.kind, *self.path))


@dataclass(frozen=True, slots=True)
class Comparison:
    """One column against one operand.

    Attributes
    ----------
    operator : str
        ``= <> < > <= >= like notlike in "not in" contains``.
    operand : str, number, bool or None
        For ``in`` and ``not in`` a tuple of these; for ``contains`` the JSON text of what must be in the document.
    """

    column: Column
    operator: str
    operand: Operand


@dataclass(frozen=True, slots=True)
class AllOf:
    """True where every part is true; without parts, everywhere."""

    parts: tuple[Node, ...] = ()


@dataclass(frozen=True, slots=True)
class AnyOf:
    """True where at least one part is true."""

    parts: tuple[Node, ...]


Node: TypeAlias = Comparison | AllOf | AnyOf


@dataclass(frozen=True, slots=True)
class SortKey:
    """One key of an order.

    Attributes
    ----------
    nulls_first : bool
        Where rows without a value go. PostgreSQL puts them last ascending and first descending, unless told otherwise.
    """

    column: Column
    descending: bool = False
    nulls_first: bool = False
