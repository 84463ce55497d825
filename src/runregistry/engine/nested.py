"""Arrow tables with a row a dataset, as `runregistry.engine.parquet` describes them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any

import msgspec
import numpy as np

from runregistry.engine.arrow import import_arrow, lists_of, whole
from runregistry.engine.attributes import FIELDS, AttributeTexts
from runregistry.engine.columns import Column, IntArray, Line
from runregistry.engine.origins import paths_of
from runregistry.engine.sources import Source, is_column
from runregistry.errors import UsageError
from runregistry.model import CertifiedDataset

if TYPE_CHECKING:
    from runregistry.engine.snapshot import Snapshot

__all__ = ["KEYS", "Nested", "is_nested", "to_arrow"]

KEYS = ("run_number", "dataset_name", "last_lumisection", "lumisections")
_FORMAT = 1
_TRIPLET = ("status", "comment", "cause")
_UNITS = {"oms.recorded": "/pb", "oms.delivered": "/pb"}
_encode = msgspec.json.Encoder().encode


def is_nested(names: Iterable[str]) -> bool:
    """Whether a table with these columns has a row a dataset."""
    return set(KEYS) <= set(names)


class Nested:
    """Datasets of a table.

    Parameters
    ----------
    read : callable
        Returns an Arrow table of the named columns.
    names : sequence of str
        The columns that there are.
    """

    def __init__(self, read: Callable[[Sequence[str]], Any], names: Sequence[str]) -> None:
        self._read = read
        self._columns = [name for name in names if name.startswith(("rr.", "oms."))]
        self._there = set(names)
        keys = read(KEYS)
        self.run_numbers: list[int] = keys["run_number"].to_pylist()
        self.names: list[str] = keys["dataset_name"].to_pylist()
        self._lasts: IntArray = whole(keys["last_lumisection"]).to_numpy(zero_copy_only=False).astype(np.int64)
        self._present = _ranges(whole(keys["lumisections"]))
        self._attributes = AttributeTexts(self.run_numbers, self.names, self._texts)
        self._read_texts: dict[str, list[str]] = {}

    @cached_property
    def line(self) -> Line:
        """Where the datasets lie."""
        counts, firsts, lasts = self._present
        offsets = np.cumsum(np.append(np.zeros(1, dtype=np.int64), self._lasts + 2))[:-1]
        shift = np.repeat(offsets, counts)
        return Line(offsets, counts, firsts + shift, lasts + shift + 1)

    def attributes(self, sources: Sequence[Source]) -> list[list[Any]]:
        """Return the value of each dataset for each source: see `Origin`."""
        return self._attributes.values(sources)

    def columns(self, sources: Sequence[Source]) -> list[Column]:
        """Return the column of each source: see `Origin`."""
        names = [".".join(source[1:]) for source in sources]
        there = [name for name in names if name in self._there]
        table = self._read(there) if there else {}
        return [self._column(name, whole(table[name])) if name in self._there else self._empty() for name in names]

    def dataset(self, position: int) -> CertifiedDataset:
        """Return one dataset as a whole."""
        made, offset = self._attributes.bare(position), int(self.line.offsets[position])
        for name, column, edges in self._everything:
            piece = slice(edges[position], edges[position + 1])
            firsts, lasts = column.starts[piece] - offset, column.stops[piece] - 1 - offset
            values = [column.values[code] for code in column.codes[piece].tolist()]
            family, _, key = name.partition(".")
            if values:
                steps = list(zip(firsts.tolist(), lasts.tolist(), values, strict=True))
                (made.columns.rr if family == "rr" else made.columns.oms)[key] = steps
        counts, all_firsts, all_lasts = self._present
        stop = int(counts[: position + 1].sum())
        piece = slice(stop - int(counts[position]), stop)
        made.columns.rr_present = list(zip(all_firsts[piece].tolist(), all_lasts[piece].tolist(), strict=True))
        made.columns.oms_present = list(made.columns.rr_present)
        return made

    def paths(self) -> set[str]:
        """Return the paths of everything that any dataset has."""
        families: dict[str, set[str]] = {"lumisection.rr": set(), "lumisection.oms": set()}
        for column in self._columns:
            family, _, name = column.partition(".")
            families[f"lumisection.{family}"].add(name)
        return paths_of(families | self._attributes.keys())

    @cached_property
    def _everything(self) -> list[tuple[str, Column, list[int]]]:
        """All columns, with where each dataset begins: for those who want datasets as a whole."""
        columns = self.columns([("lumisection", *name.split(".", 1)) for name in self._columns])
        edges = [np.cumsum(np.append(np.zeros(1, dtype=np.int64), column.counts)).tolist() for column in columns]
        return list(zip(self._columns, columns, edges, strict=True))

    def _empty(self) -> Column:
        nothing = np.zeros(0, dtype=np.int64)
        return Column(np.zeros(len(self.names), dtype=np.int64), nothing, nothing, nothing, [])

    def _texts(self, field: str) -> list[str]:
        if field not in self._read_texts:
            texts = self._read([field])[field].to_pylist() if field in self._there else [None] * len(self.names)
            self._read_texts[field] = [text or "{}" for text in texts]
        return self._read_texts[field]

    def _column(self, name: str, array: Any) -> Column:
        counts, firsts, lasts = _ranges(array)
        if (lasts > np.repeat(self._lasts, counts)).any() or (firsts > lasts).any():
            raise UsageError(f"column {name} has ranges that are reversed, or go beyond last_lumisection: nobody should write so")
        codes, values = _triplets(array) if name.startswith("rr.") else _values(array)
        return self.line.column(counts, firsts, lasts, codes, values)


def _ranges(array: Any) -> tuple[IntArray, IntArray, IntArray]:
    counts, edges = lists_of(array, "first", "last")
    firsts, lasts = (edge.to_numpy(zero_copy_only=False).astype(np.int64) for edge in edges)
    return counts, firsts, lasts


def _values(array: Any) -> tuple[IntArray, list[Any]]:
    _, [texts] = lists_of(array, "value")
    encoded = texts.dictionary_encode()
    values = msgspec.json.decode(f"[{','.join(encoded.dictionary.to_pylist())}]")
    return encoded.indices.to_numpy(zero_copy_only=False).astype(np.int64), values


def _triplets(array: Any) -> tuple[IntArray, list[Any]]:
    _, fields = lists_of(array, *_TRIPLET)
    codes: IntArray = np.zeros(len(fields[0]), dtype=np.int64)
    triplets: list[dict[str, str]] = [{}]
    for name, field in zip(_TRIPLET, fields, strict=True):
        encoded = field.dictionary_encode()
        texts = [None, *encoded.dictionary.to_pylist()]
        here = encoded.indices.fill_null(-1).to_numpy(zero_copy_only=False).astype(np.int64) + 1
        used, codes = np.unique(codes * len(texts) + here, return_inverse=True)
        pairs = [(triplets[code // len(texts)], texts[code % len(texts)]) for code in used.tolist()]
        triplets = [before if text is None else before | {name: text} for before, text in pairs]
    return codes, triplets


def to_arrow(snapshot: Snapshot) -> Any:
    """Return a snapshot as a table with a row a dataset.

    Raises
    ------
    UsageError
        The status, comment or cause of a component is no text.
    MissingExtraError
        pyarrow is not installed.
    """
    arrow = import_arrow()
    paths = sorted(tuple(path.split(".", 2)) for path in snapshot.paths())
    sources = [source for source in paths if is_column(source)]
    columns = snapshot.raw(sources)
    arrays = _key_arrays(snapshot, columns)
    for source, column in zip(sources, columns, strict=True):
        name = ".".join(source[1:])
        fields: Mapping[str, Sequence[str | None]]
        fields = _triplet_fields(name, column.values) if source[1] == "rr" else {"value": [_text(each) for each in column.values]}
        arrays[name] = _list(snapshot.line, column, fields)
    fields_ = [
        arrow.field(name, array.type, metadata={"unit": _UNITS[name]} if name in _UNITS else None)
        for name, array in arrays.items()
    ]
    about = {"format": _FORMAT, "ranges": "closed, of lumisections counted from 1"}
    return arrow.table(list(arrays.values()), schema=arrow.schema(fields_, metadata={"runregistry": _text(about)}))


def _key_arrays(snapshot: Snapshot, columns: Sequence[Column]) -> dict[str, Any]:
    import pyarrow as arrow

    line = snapshot.line
    present = Column(line.counts, line.starts, line.stops, np.zeros(0, dtype=np.int64), [])
    lasts = np.max([_lasts(line, column) for column in (present, *columns)], axis=0).astype(np.int32)
    keys = (arrow.array(snapshot.run_numbers), arrow.array(list(snapshot.names), arrow.string()), arrow.array(lasts))
    arrays = dict(zip(KEYS, (*keys, _list(line, present, {})), strict=True))
    for family, field in FIELDS.items():
        codes, values = snapshot.attribute(family)
        texts = [_text(_own(family, value)) for value in values[1:]]
        arrays[field] = arrow.array(texts, arrow.string()).take(arrow.array(codes - 1))
    return arrays


def _own(family: Source, attributes: dict[str, Any]) -> dict[str, Any]:
    """Return what a dataset's attributes really are: rules find its name among them."""
    return {key: value for key, value in attributes.items() if family != ("dataset",) or key != "name"}


def _lasts(line: Line, column: Column) -> IntArray:
    """Return the last lumisection that a column has of each dataset; 0 where it has none."""
    ends = np.append(column.stops, 1)[np.maximum(np.cumsum(column.counts) - 1, 0)] - 1
    return np.where(column.counts > 0, ends - line.offsets, 0)


def _list(line: Line, column: Column, fields: Mapping[str, Sequence[str | None]]) -> Any:
    import pyarrow as arrow

    shift = np.repeat(line.offsets, column.counts)
    edges = [arrow.array((part - shift).astype(np.int32)) for part in (column.starts, column.stops - 1)]
    codes = arrow.array(column.codes)
    texts = [arrow.array(values, arrow.string()).take(codes) for values in fields.values()]
    elements = arrow.StructArray.from_arrays([*edges, *texts], names=["first", "last", *fields])
    return arrow.ListArray.from_arrays(np.cumsum(np.append(0, column.counts)).astype(np.int32), elements)


def _triplet_fields(name: str, triplets: Sequence[Any]) -> dict[str, list[str | None]]:
    fields = {key: [triplet.get(key) for triplet in triplets] for key in _TRIPLET}
    strange = [value for values in fields.values() for value in values if not isinstance(value, str | None)]
    if strange:
        raise UsageError(f"{name} has {strange[0]!r} where a text belongs: it can't be written as Parquet")
    return fields


def _text(value: Any) -> str:
    return _encode(value).decode()
