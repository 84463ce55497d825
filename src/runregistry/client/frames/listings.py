"""Tables with one row for each row of a list: runs, datasets, counts, cycles, plans, chosen fields."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from runregistry.client.frames.columns import (
    ACCEPTED_COLUMNS,
    COUNT_COLUMNS,
    CYCLE_COLUMNS,
    CYCLE_STATES,
    DATASET_COLUMNS,
    DATASET_NAME,
    DATASET_STATES,
    OMS_COLUMNS,
    ROW_COLUMNS,
    RR_COLUMNS,
    RUN_NUMBER,
    TAG_COLUMNS,
)
from runregistry.client.frames.frame import Frame, Gathered, as_mapping, combine, gather, gather_only, made, named_or_inferred
from runregistry.client.frames.kinds import Shape
from runregistry.client.frames.parts import Part, all_rows
from runregistry.client.frames.values import Troubles
from runregistry.terms.columns import Column

__all__ = ["accepted", "counts", "cycles", "datasets", "fields", "plan", "runs", "tags"]

Rows = Sequence[Mapping[str, Any]]

_SUMMARIES = "DatasetTripletCache"  # a table of its own: component_counts()
_DATASET_COUNT = Column("dataset_count", "integer")


def runs(parts: Sequence[Part], shape: Shape, troubles: Troubles) -> Frame:
    """Make the table of runs: number, RR attributes, OMS attributes, then what the registry keeps besides."""
    rows = all_rows(parts)
    key = gather_only(rows, (RUN_NUMBER,), troubles)
    rest = gather(rows, ROW_COLUMNS, troubles, skip=("run_number", "oms_attributes", "rr_attributes", _SUMMARIES), prefix="row")
    return combine(len(rows), key, _rr(rows, troubles), _oms(rows, troubles), rest)


def datasets(parts: Sequence[Part], shape: Shape, troubles: Troubles) -> Frame:
    """Make the table of datasets: number, name, RR attributes of the run, states, and OMS attributes if they were sent."""
    rows = all_rows(parts)
    of_runs = [_run_of(row) for row in rows]
    key = gather_only(rows, (RUN_NUMBER, DATASET_NAME), troubles)
    states = gather(_section(rows, "dataset_attributes"), DATASET_STATES, troubles, prefix="dataset")
    shown = ("run_number", "name", "dataset_attributes", "oms_attributes", "Run", _SUMMARIES)
    rest = gather(rows, DATASET_COLUMNS, troubles, skip=shown, prefix="row")
    sections = [key, _rr(of_runs, troubles), states, rest]
    if not rows or any("oms_attributes" in row for row in of_runs):
        sections.append(_oms(of_runs, troubles))
    return combine(len(rows), *sections)


def _run_of(row: Mapping[str, Any]) -> Mapping[str, Any]:
    run = as_mapping(row.get("Run"))
    return {**run, "oms_attributes": row["oms_attributes"]} if "oms_attributes" in row else run


def _section(rows: Rows, key: str) -> Rows:
    return [as_mapping(row.get(key)) for row in rows]


def _rr(rows: Rows, troubles: Troubles) -> Gathered:
    return gather(_section(rows, "rr_attributes"), RR_COLUMNS, troubles, prefix="rr")


def _oms(rows: Rows, troubles: Troubles) -> Gathered:
    # OMS says the number of the run as well, which is the first column.
    return gather(_section(rows, "oms_attributes"), OMS_COLUMNS, troubles, skip=("run_number",), prefix="oms")


def counts(parts: Sequence[Part], shape: Shape, troubles: Troubles) -> Frame:
    """Make the table of lumisections by status, one row a component of a dataset."""
    rows = all_rows(parts)
    return combine(len(rows), gather(rows, COUNT_COLUMNS, troubles))


def accepted(parts: Sequence[Part], shape: Shape, troubles: Troubles) -> Frame:
    """Make the table of datasets accepted."""
    rows = all_rows(parts)
    # Which versions of the settings hold an item is how the service keeps it, and nothing about the item.
    return combine(len(rows), gather(rows, ACCEPTED_COLUMNS, troubles, skip=("DatasetsAcceptedLists",)))


def tags(parts: Sequence[Part], shape: Shape, troubles: Troubles) -> Frame:
    """Make the table of tags."""
    rows = all_rows(parts)
    return combine(len(rows), gather(rows, TAG_COLUMNS, troubles))


def cycles(parts: Sequence[Part], shape: Shape, troubles: Troubles) -> Frame:
    """Make the table of cycles: one row a cycle, or one row a dataset of a cycle."""
    rows = all_rows(parts)
    inside = [_datasets_of_cycle(row) for row in rows]
    shown = ("cycle_attributes", "CycleDataset", "datasets")
    of_cycle = gather(rows, CYCLE_COLUMNS, troubles, skip=shown)
    states = gather(_section(rows, "cycle_attributes"), CYCLE_STATES, troubles, prefix="cycle")
    sizes = [len(found) for found in inside]
    if shape.per == "cycle":
        size = Gathered([made(_DATASET_COUNT, sizes, troubles)], [])
        return combine(len(rows), of_cycle, size, states)
    index = np.repeat(np.arange(len(rows)), sizes)
    found = [as_mapping(one) for several in inside for one in several]
    key = gather_only(found, (RUN_NUMBER, DATASET_NAME), troubles)
    return combine(len(index), key, of_cycle.taken(index), states.taken(index))


def _datasets_of_cycle(row: Mapping[str, Any]) -> Sequence[Any]:
    found = row.get("CycleDataset") or row.get("datasets")
    return found if isinstance(found, list) else ()


def plan(parts: Sequence[Part], shape: Shape, troubles: Troubles) -> Frame:
    """Make the table of rows with any columns; a name that is known anywhere has the type that it has there."""
    rows = all_rows(parts)
    return combine(len(rows), gather(rows, (), troubles, choose=named_or_inferred))


def fields(parts: Sequence[Part], shape: Shape, troubles: Troubles) -> Frame:
    """Make the table of rows with chosen fields, in the order in which they were chosen."""
    rows = all_rows(parts)
    names = dict.fromkeys(name for part in parts for name in part.context.get("fields", ()))
    chosen = [_column_of_field(name, rows) for name in names]
    return combine(len(rows), gather(rows, chosen, troubles, choose=named_or_inferred))


def _column_of_field(name: str, rows: Rows) -> Column:
    return named_or_inferred(name, [row.get(name) for row in rows])
