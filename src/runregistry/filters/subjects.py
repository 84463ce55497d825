"""What a name of a `where` text stands for: the column that it reads, and the type of what it is compared with."""

from __future__ import annotations

from typing import NamedTuple

from runregistry.errors import nearest
from runregistry.filters.columns import is_document, read_key
from runregistry.filters.tree import Column, TableName
from runregistry.terms.attributes import DATASET_ATTRIBUTES, OPERATORS, RUN_ATTRIBUTES, Attribute
from runregistry.terms.components import DATASET_COMPONENTS, RUN_COMPONENTS
from runregistry.terms.vocabulary import DATASET_STATES, RUN_STATES, STATUSES

__all__ = ["Subject", "components_of", "names_near", "subject_of"]

_LISTS = ("comments", "causes")
_ORDER = ("<", ">", "<=", ">=")
_TYPES = {
    # Times are kept as text of one format, so that a pattern of a day or a month works.
    "date": (*OPERATORS["date"], "like", "notlike"),
    "component": ("=", "<>"),
    "any": ("=", "<>", *_ORDER, "like", "notlike"),
}


class Subject(NamedTuple):
    """What is compared.

    Attributes
    ----------
    name : str
        As it was written.
    column : Column
        What it reads; of a component its whole summary, to which a status is still to be added.
    type : str
        ``number``, ``date``, ``string``, ``boolean``, ``component`` (compared with a status), ``count`` (lumisections with a
        status: none is 0) or ``any``, where nothing is known about the values.
    values : tuple of str
        The only values there are, if they are known.
    """

    name: str
    column: Column
    type: str
    values: tuple[str, ...] = ()

    @property
    def operators(self) -> tuple[str, ...]:
        """Operators that make sense."""
        return _TYPES.get(self.type) or OPERATORS["number" if self.type == "count" else self.type]


def components_of(table: TableName) -> tuple[str, ...]:
    """Return the components that may be named: of datasets also those of runs, since every ``online`` dataset has them."""
    return RUN_COMPONENTS if table == "runs" else tuple(dict.fromkeys((*DATASET_COMPONENTS, *RUN_COMPONENTS)))


def subject_of(name: str, table: TableName) -> Subject | None:
    """Return what a name stands for, or None if for nothing.

    Parameters
    ----------
    name : str
        An attribute (``class``), a component (``dt-dt``), its count of a status (``dt-dt.BAD``), its ``comments`` or ``causes``,
        or a path of the wire form (``oms_attributes.fill_number``).

    Examples
    --------
    >>> subject_of("energy", "runs")
    Subject(name='energy', column=Column(kind='oms_attributes', path=('energy',)), type='number', values=())
    >>> str(subject_of("dt-dt.comments", "datasets").column)
    'triplet_summary.dt-dt.comments'
    >>> subject_of("enrgy", "runs") is None
    True
    """
    attribute = _attributes(table).get(name)
    if attribute is not None:
        column, _ = read_key(attribute.wire, table)
        return _of_column(name, column, attribute)
    component, dot, rest = name.partition(".")
    if component in components_of(table):
        return _of_component(name, component, rest if dot else None)
    return _of_path(name, table)


def names_near(name: str, table: TableName) -> list[str]:
    """Return the names close to one that stands for nothing."""
    component, dot, rest = name.partition(".")
    if dot and component in components_of(table):
        return [f"{component}.{part}" for part in nearest(rest.upper(), STATUSES) or nearest(rest, _LISTS)]
    wires = [attribute.wire for attribute in _attributes(table).values()] if dot else []
    return nearest(name, (*_attributes(table), *components_of(table), *wires))


def _attributes(table: TableName) -> dict[str, Attribute]:
    return {**RUN_ATTRIBUTES} if table == "runs" else {**RUN_ATTRIBUTES, **DATASET_ATTRIBUTES}


def _of_component(name: str, component: str, rest: str | None) -> Subject | None:
    column = Column("triplet_summary", (component,))
    if rest is None:
        return Subject(name, column, "component", STATUSES)
    if rest in _LISTS:
        return Subject(name, Column("triplet_summary", (component, rest)), "string")
    return Subject(name, Column("triplet_summary", (component, rest.upper())), "count") if rest.upper() in STATUSES else None


def _of_path(name: str, table: TableName) -> Subject | None:
    """Read a key of the wire form; what a registry was set up with may be unknown here, the document may not."""
    try:
        column, cast = read_key(name, table)
    except ValueError:
        return None
    if cast is not None or column.kind == "deleted" or (is_document(column) and not column.path):
        return None
    if column.kind == "triplet_summary" and len(column.path) > 1 and column.path[-1] in STATUSES:
        return Subject(name, column, "count")
    wanted = str(column)
    known = next((one for one in _attributes(table).values() if one.wire == wanted), None)
    if known is None:
        return Subject(name, column, "any" if is_document(column) else "number")
    return _of_column(name, column, known)


def _of_column(name: str, column: Column, attribute: Attribute) -> Subject:
    if column.kind == "rr_attributes" and attribute.name == "state":
        return Subject(name, column, "string", RUN_STATES)
    if column.kind == "dataset_attributes" and attribute.name.endswith("_state"):
        return Subject(name, column, "string", DATASET_STATES)
    return Subject(name, column, attribute.type)
