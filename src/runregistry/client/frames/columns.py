"""The fixed columns of each kind of table, made from the tables in `runregistry.terms`."""

from __future__ import annotations

from collections.abc import Iterable
from types import MappingProxyType

from runregistry.terms import DATASET_ATTRIBUTES, DATASET_COMPONENTS, RUN_ATTRIBUTES, RUN_COMPONENTS, STATUSES, Attribute
from runregistry.terms.attributes import OMS_NAMES
from runregistry.terms.columns import Column
from runregistry.terms.lumisections import OMS_LUMISECTION_COLUMNS

__all__ = [
    "ACCEPTED_COLUMNS",
    "CHANGE_COLUMNS",
    "COMPONENT",
    "COUNT_COLUMNS",
    "CYCLE_COLUMNS",
    "CYCLE_STATES",
    "DATASET_COLUMNS",
    "DATASET_NAME",
    "DATASET_STATES",
    "FIRST",
    "HISTORY_COLUMNS",
    "LAST",
    "LUMISECTION_NUMBER",
    "OMS_COLUMNS",
    "ROW_COLUMNS",
    "RR_COLUMNS",
    "RUN_NUMBER",
    "TAG_COLUMNS",
    "TRIPLET_COLUMNS",
    "column_named",
]

RUN_NUMBER = Column("run_number", "integer")
DATASET_NAME = Column("dataset_name", "category", wire="name")
COMPONENT = Column("component", "category")
LUMISECTION_NUMBER = Column("lumisection_number", "integer")
FIRST = Column("first", "integer", wire="start")
LAST = Column("last", "integer", wire="end")
TRIPLET_COLUMNS = (Column("status", "status"), Column("comment", "string"), Column("cause", "string"))


def _of(attributes: Iterable[Attribute]) -> tuple[Column, ...]:
    return tuple(Column(one.name, one.column, one.unit) for one in attributes)


RR_COLUMNS = _of(one for one in RUN_ATTRIBUTES.values() if one.source == "rr")
OMS_COLUMNS = _of(RUN_ATTRIBUTES[name] for name in OMS_NAMES if name != "run_number")
DATASET_STATES = _of(one for one in DATASET_ATTRIBUTES.values() if one.source == "rr")
# What a row of runs or datasets has beside its attributes.
ROW_COLUMNS = (Column("version", "integer"), Column("deleted", "boolean"))
DATASET_COLUMNS = (Column("datasets_in_gui", "list"), *ROW_COLUMNS)

COUNT_COLUMNS = (
    RUN_NUMBER,
    Column("dataset_name", "category"),
    COMPONENT,
    *(Column(status, "integer", "lumisections") for status in STATUSES),
    Column("lumisections", "integer", "lumisections"),
    Column("good_fraction", "number"),
    Column("comments", "list"),
    Column("causes", "list"),
)
_CREATED_AT = Column("created_at", "time", wire="createdAt")
CYCLE_COLUMNS = (
    Column("id_cycle", "integer"),
    Column("cycle_name", "string"),
    Column("deadline", "time"),
    Column("deleted", "boolean"),
    _CREATED_AT,
    Column("updated_at", "time", wire="updatedAt"),
)
# Not those of datasets: pending, completed.
CYCLE_STATES = tuple(Column(column.name, "string") for column in DATASET_STATES if column.type == "state")
ACCEPTED_COLUMNS = (
    Column("id", "integer"),
    Column("class", "string"),
    DATASET_NAME,
    Column("run_from", "integer"),
    Column("run_to", "integer"),
    Column("enabled", "boolean"),
    Column("regexp", "string"),
    _CREATED_AT,
)
HISTORY_COLUMNS = (
    Column("version", "integer"),
    Column("atomic_version", "integer"),
    Column("time", "time", wire="createdAt"),
    Column("author", "string", wire="by"),
    Column("comment", "string"),
    Column("manual_change", "boolean"),
    RUN_NUMBER,
    DATASET_NAME,
    FIRST,
    LAST,
)

TAG_COLUMNS = (
    Column("name", "string"),
    Column("atomic_version", "integer"),
    Column("note", "string"),
    Column("author", "string", wire="by"),
    _CREATED_AT,
)
_BEFORE_AND_AFTER = ("was", "now")
CHANGE_COLUMNS = (
    RUN_NUMBER,
    DATASET_NAME,
    Column("kind", "category"),
    Column("what", "category"),
    FIRST,
    LAST,
    *(Column(f"status_{side}", "status") for side in _BEFORE_AND_AFTER),
    *(Column(f"{name}_{side}", "string") for side in _BEFORE_AND_AFTER for name in ("comment", "cause")),
    *(Column(f"value_{side}", "json") for side in _BEFORE_AND_AFTER),
    Column("author", "string", wire="by"),
    Column("time", "time", wire="createdAt"),
    Column("comment", "string"),
    Column("version", "integer"),
    Column("atomic_version", "integer"),
)

# Every name that means the same wherever it is a column: of rows with chosen fields, and of plans.
_NAMED = MappingProxyType(
    {
        column.name: column
        for column in (
            *OMS_LUMISECTION_COLUMNS,
            *OMS_COLUMNS,
            *RR_COLUMNS,
            *DATASET_STATES,
            *DATASET_COLUMNS,
            *(RUN_NUMBER, Column("dataset_name", "category"), COMPONENT, LUMISECTION_NUMBER),
            *(Column("first", "integer"), Column("last", "integer"), *TRIPLET_COLUMNS, Column("name", "category")),
            *(
                Column(section, "json")
                for section in ("oms_attributes", "rr_attributes", "dataset_attributes", "triplet_summary")
            ),
            *(Column(component, "json") for component in (*RUN_COMPONENTS, *DATASET_COMPONENTS)),  # its counts by status
        )
    }
)
# What is said of a component behind its name: tracker-strip.GOOD, tracker-strip.comments.
_OF_COMPONENTS = MappingProxyType(
    {
        **{status: Column(status, "integer", "lumisections") for status in STATUSES},
        "comments": Column("comments", "list"),
        "causes": Column("causes", "list"),
    }
)


def column_named(name: str) -> Column | None:
    """Return the column that an attribute's name stands for, or None if the name is not known.

    Examples
    --------
    >>> column_named("energy")
    Column(name='energy', type='number', unit='GeV', wire='')
    >>> column_named("rr_attributes.state").type
    'state'
    """
    head, _, tail = name.rpartition(".")
    found = _OF_COMPONENTS.get(tail) if head else None
    found = found or _NAMED.get(name) or _NAMED.get(tail)
    return None if found is None else found._replace(name=name, wire="")
