"""The tables of an export: which columns each has, whatever the rows hold."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple

from runregistry.client import frames
from runregistry.client.frames.columns import DATASET_STATES, OMS_COLUMNS, RR_COLUMNS
from runregistry.errors import MissingExtraError
from runregistry.terms import LUMINOSITY_ATTRIBUTES

if TYPE_CHECKING:
    import pyarrow

__all__ = ["FORMAT", "OTHER", "TABLES", "Table", "described", "made", "schema_of"]

FORMAT = 1
OTHER = "other"
"""The column that holds attributes that no column is made for, as JSON."""


class Table(NamedTuple):
    """A table.

    Attributes
    ----------
    kind : Kind
        What its rows are.
    title : str
        One sentence.
    row_group : int
        Rows that are written at a time.
    left_out : frozenset of str
        Columns that such rows have elsewhere, and not here.
    is_partitioned : bool
        Whether its files lie in folders by run.
    """

    kind: frames.Kind
    title: str
    row_group: int
    left_out: frozenset[str] = frozenset()
    is_partitioned: bool = False


TABLES = MappingProxyType(
    {
        "runs": Table(frames.RUNS, "One row a run: its attributes.", 10_000),
        "datasets": Table(
            frames.DATASETS,
            "One row a dataset, online ones too: its states, and attributes of its run that people decided on.",
            20_000,
            frozenset(column.name for column in OMS_COLUMNS),
        ),
        "ranges": Table(
            frames.COMPONENT_RANGES,
            "One row for each range of lumisections, both ends included, over which a component of a dataset does not change.",
            100_000,
            is_partitioned=True,
        ),
        "oms_ranges": Table(
            frames.OMS_RANGES,
            "One row for each range of lumisections, both ends included, over which no OMS attribute of a dataset changes.",
            100_000,
            # Ranges leave luminosity out: it is another in every lumisection.
            frozenset(LUMINOSITY_ATTRIBUTES),
            is_partitioned=True,
        ),
    }
)
_SECTIONS = {
    "oms_attributes": frozenset({"run_number", *(column.key for column in OMS_COLUMNS)}),
    "rr_attributes": frozenset(column.key for column in RR_COLUMNS),
    "dataset_attributes": frozenset(column.key for column in DATASET_STATES),
}
_WITH_OTHER = (frames.RUNS, frames.DATASETS)


def schema_of(name: str) -> pyarrow.Schema:
    """Return the Arrow schema of a table: types, and units in the metadata of fields.

    Raises
    ------
    MissingExtraError
        pyarrow is not installed.

    Notes
    -----
    Categories are written as text: Parquet keeps each different one once anyway, and every reader understands it.
    """
    pa = _pyarrow()
    table = TABLES[name]
    empty = frames.ComponentRanges() if table.kind is frames.COMPONENT_RANGES else frames.Rows([], table.kind)
    fields = [_plain(pa, field) for field in empty.to_arrow().schema if field.name not in table.left_out]
    if table.kind in _WITH_OTHER:
        fields.append(pa.field(OTHER, pa.string()))
    return pa.schema(fields, metadata={"runregistry.table": name, "runregistry.format": str(FORMAT)})


def made(name: str, parts: Sequence[Any], schema: pyarrow.Schema) -> pyarrow.Table:
    """Return answers of the client as rows of a table.

    Parameters
    ----------
    parts : sequence
        Rows of runs or datasets as on the wire; or results about lumisections, as the verbs of the client return them.
    """
    pa = _pyarrow()
    kind = TABLES[name].kind
    if kind not in _WITH_OTHER:
        return _conformed(pa, frames.concatenate(parts, kind).to_arrow(), schema)
    split = [_split(row) for row in parts]
    table = frames.Rows([known for known, _ in split], kind).to_arrow()
    others = pa.array([json.dumps(other, ensure_ascii=False) if other else None for _, other in split], pa.string())
    return _conformed(pa, table.append_column(OTHER, others), schema)


def described(schema: pyarrow.Schema) -> list[dict[str, str]]:
    """Return the columns of a schema for people and programs that don't read Arrow's metadata."""
    # How Arrow calls the elements of a list depends on who wrote it.
    types = (str(field.type).replace("item: ", "") for field in schema)
    return [{"name": field.name, "type": type_name, "unit": _unit(field)} for field, type_name in zip(schema, types, strict=True)]


def _pyarrow() -> Any:
    try:
        import pyarrow
    except ModuleNotFoundError as error:
        raise MissingExtraError("Writing Parquet", "tables") from error
    return pyarrow


def _plain(pa: Any, field: Any) -> Any:
    return field.with_type(field.type.value_type) if pa.types.is_dictionary(field.type) else field


def _unit(field: Any) -> str:
    return str((field.metadata or {}).get(b"unit", b""), "utf-8")


def _conformed(pa: Any, table: Any, schema: Any) -> Any:
    """Return the columns of the schema, in its order and with its types; what else there is was not asked for."""
    columns = [table.column(field.name).cast(field.type) for field in schema]
    return pa.Table.from_arrays(columns, schema=schema)


def _split(row: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return a row with the attributes that have columns, and the others by section; the run of a dataset is its own section."""
    known: dict[str, Any] = dict(row)
    other: dict[str, Any] = {}
    for section, names in _SECTIONS.items():
        known[section], rest = _parted(row.get(section), names)
        other |= {section: rest} if rest else {}
    run = row.get("Run")
    if isinstance(run, Mapping):
        rr, rest = _parted(run.get("rr_attributes"), _SECTIONS["rr_attributes"])
        known["Run"] = {"rr_attributes": rr}
        other |= {"rr_attributes": rest} if rest else {}
    return {name: value for name, value in known.items() if value is not None}, other


def _parted(section: Any, names: frozenset[str]) -> tuple[dict[str, Any] | None, dict[str, Any]]:
    if not isinstance(section, Mapping):
        return None, {}
    rest = {name: value for name, value in section.items() if name not in names and value is not None}
    return {name: value for name, value in section.items() if name in names}, rest
