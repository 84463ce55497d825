"""What runs on a worker: some rows of a file in, as many rows of ranges out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from runregistry.distributed.rules import RuleLike, as_rule
from runregistry.engine import Snapshot
from runregistry.engine.arrow import import_arrow
from runregistry.engine.columns import IntArray, Line
from runregistry.engine.evaluate import Pieces, passing, the_rest
from runregistry.errors import LogicError, UsageError

if TYPE_CHECKING:
    from runregistry.logic import Rule

__all__ = ["evaluate_rows", "result_schema"]

_LUMINOSITIES = ("recorded", "delivered")


def evaluate_rows(rule: RuleLike, table: Any) -> Any:
    """Evaluate a rule on some datasets; for engines that this package has no function for, map it over their batches.

    Parameters
    ----------
    rule : Rule, decoded JSON or JSON text
        Parsed if it is not.
    table : pyarrow.Table or pyarrow.RecordBatch
        A row a dataset, as `Snapshot.write` makes them; columns that the rule does not read may be missing.

    Returns
    -------
    pyarrow.Table
        A row a dataset: ``run_number``, ``dataset_name``; ``passing`` and ``failing``, closed ranges of lumisections as
        ``list<struct<first, last>>``; the four luminosities of a `GoldenJSON`, by its names. Where the rule or the data can't be
        used, instead of all that one row whose ``failure`` says why (and ``failure_path`` where in the rule).

    Notes
    -----
    A failure is an answer, not an exception: engines try a task that fails again, and bury what it said under their own trace.

    Examples
    --------
    >>> import pyarrow as arrow
    >>> ranges = arrow.array([[{"first": 1, "last": 9}]])
    >>> status = arrow.array([[{"first": 1, "last": 7, "status": "GOOD", "comment": "", "cause": ""}]])
    >>> keys = {"run_number": [355100], "dataset_name": ["online"], "last_lumisection": [9], "lumisections": ranges}
    >>> answer = evaluate_rows({"==": [{"var": "lumisection.rr.dt-dt"}, "GOOD"]}, arrow.table({**keys, "rr.dt-dt": status}))
    >>> answer["passing"].to_pylist(), answer["failing"].to_pylist()
    ([[{'first': 1, 'last': 7}]], [[{'first': 8, 'last': 9}]])
    """
    arrow = import_arrow()
    try:
        return _complete(_answers(as_rule(rule), arrow.table(table) if isinstance(table, arrow.RecordBatch) else table))
    except UsageError as failure:
        path = failure.path if isinstance(failure, LogicError) else None
        run_number = min(table["run_number"].to_pylist(), default=None)
        return _complete({"run_number": [run_number], "failure": [str(failure)], "failure_path": [path]})


def result_schema() -> Any:
    """Return the schema of what `evaluate_rows` returns."""
    arrow = import_arrow()
    ranges = arrow.list_(arrow.struct([("first", arrow.int32()), ("last", arrow.int32())]))
    return arrow.schema(
        [
            ("run_number", arrow.int64()),
            ("dataset_name", arrow.string()),
            *((name, ranges) for name in ("passing", "failing")),
            *((f"total_{name}_luminosity", arrow.float64()) for name in _LUMINOSITIES),
            *((f"{name}_luminosity_in_json", arrow.float64()) for name in _LUMINOSITIES),
            ("failure", arrow.string()),
            ("failure_path", arrow.string()),
        ]
    )


def _answers(rule: Rule, table: Any) -> dict[str, Any]:
    snapshot = Snapshot.from_arrow(table)
    line = snapshot.line
    passed = passing(rule, snapshot)
    columns = {
        "run_number": snapshot.run_numbers,
        "dataset_name": snapshot.names,
        "passing": _lists(passed, line),
        "failing": _lists(the_rest(passed, line), line),
    }
    for name in _LUMINOSITIES:
        columns[f"total_{name}_luminosity"] = _sums(snapshot, name, Pieces(line.starts, line.stops))
        columns[f"{name}_luminosity_in_json"] = _sums(snapshot, name, passed)
    return columns


def _complete(columns: dict[str, Any]) -> Any:
    """Make a table of the columns; what is missing is null."""
    arrow = import_arrow()
    schema, n = result_schema(), len(columns["run_number"])
    arrays = [
        arrow.array(columns[field.name], field.type) if field.name in columns else arrow.nulls(n, field.type) for field in schema
    ]
    return arrow.table(arrays, schema=schema)


def _lists(pieces: Pieces, line: Line) -> Any:
    arrow = import_arrow()
    owner = line.owner(pieces.starts)
    shift = line.offsets[owner]
    edges = [arrow.array((part - shift).astype(np.int32)) for part in (pieces.starts, pieces.stops - 1)]
    lengths: IntArray = np.bincount(owner, minlength=len(line.offsets))
    return arrow.ListArray.from_arrays(
        np.cumsum(np.append(0, lengths)).astype(np.int32), arrow.StructArray.from_arrays(edges, names=["first", "last"])
    )


def _sums(snapshot: Snapshot, name: str, pieces: Pieces) -> Any:
    """Sum a luminosity, dataset by dataset: so a sum does not depend on which datasets came in one batch."""
    line = snapshot.line
    amounts = snapshot.luminosity(name).within(pieces.starts, pieces.stops)
    return np.bincount(line.owner(pieces.starts), weights=amounts, minlength=len(line.offsets))
