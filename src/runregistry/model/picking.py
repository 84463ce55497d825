"""Reading a few columns out of stored texts: what is not asked for is skipped, not decoded.

A dataset has a hundred columns, a rule reads a dozen of them. A structure with just these fields lets the JSON decoder run over
the rest at the speed of memory.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import lru_cache
from operator import attrgetter
from typing import Any, NamedTuple

import msgspec

__all__ = ["PickedColumns", "StoredDataset", "pick_attributes", "pick_columns", "read_names"]


class StoredDataset(NamedTuple):
    """A dataset with its run's attributes and its lumisections as the store keeps them: documents are JSON text.

    `runregistry.model.LumisectionColumns.decode` reads the last two.
    """

    run_number: int
    name: str
    dataset_attributes: str
    rr_attributes: str
    oms_attributes: str
    rr: str
    oms: str


class PickedColumns(NamedTuple):
    """Some columns of many datasets, still flat.

    Attributes
    ----------
    present : list of list of (first, last)
        Where each dataset has any event.
    values : list of list
        The distinct values of each dataset, of all of its columns.
    columns : list of list of list of int
        For each column asked for, for each dataset, ``first, last, index of the value`` again and again.
    """

    present: list[list[tuple[int, int]]]
    values: list[list[Any]]
    columns: list[list[list[int]]]


_UNFIT = re.compile(r"[\x00-\x1f\"\\]")


class _Names(msgspec.Struct):
    columns: dict[str, msgspec.Raw]


def pick_columns(texts: Sequence[str], names: Sequence[str]) -> PickedColumns:
    """Read columns of the stored texts of one family (components, or OMS attributes); what a dataset lacks is empty.

    Examples
    --------
    >>> text = '{"present":[[1,9]],"values":[true,false],"columns":{"bpix_ready":[1,9,0],"tob_ready":[1,4,0,5,9,1]}}'
    >>> pick_columns([text], ["tob_ready", "ho_ready"])
    PickedColumns(present=[[(1, 9)]], values=[[True, False]], columns=[[[1, 4, 0, 5, 9, 1]], [()]])
    """
    found = list(map(_decoder(tuple(names)), texts))
    values = [each.values for each in found] if names else []
    columns = _fields([each.columns for each in found], names, ()) if names else []
    return PickedColumns([each.present for each in found], values, columns)


def pick_attributes(texts: Sequence[str], names: Sequence[str], missing: Any) -> list[list[Any]]:
    """Read some keys of JSON objects: for each key the value of each object.

    Examples
    --------
    >>> pick_attributes(['{"energy":6800,"b_field":3.8}', '{"energy":null}'], ["b_field", "energy"], "?")
    [[3.8, '?'], [6800, None]]
    """
    decode = msgspec.json.Decoder(_structure(tuple(names), Any)).decode
    return _fields(list(map(decode, texts)), names, missing)


def read_names(texts: Sequence[str]) -> set[str]:
    """Return the names of all columns in stored texts of one family."""
    decode = msgspec.json.Decoder(_Names).decode
    return {name for text in texts for name in decode(text).columns}


@lru_cache(maxsize=64)
def _decoder(names: tuple[str, ...]) -> Callable[[str], Any]:
    fields: list[tuple[str, Any]] = [("present", list[tuple[int, int]])]
    if names:
        fields += [("columns", _structure(names, list[int])), ("values", list[Any])]
    return msgspec.json.Decoder(msgspec.defstruct("_Picked", fields, gc=False)).decode


def _structure(names: tuple[str, ...], kind: Any) -> Any:
    """Return a type with fields c0, c1, … that are called `names` in JSON; for names that no field can have, a dictionary."""
    if any(_UNFIT.search(name) for name in names):
        return dict[str, kind]
    fields = [(f"c{place}", kind, msgspec.field(default=msgspec.UNSET, name=name)) for place, name in enumerate(names)]
    return msgspec.defstruct("_Fields", fields, gc=False)


def _fields(found: Sequence[Any], names: Sequence[str], missing: Any) -> list[list[Any]]:
    """Return what `_structure` made a decoder read, name by name."""
    if found and isinstance(found[0], dict):
        return [[each.get(name, missing) for each in found] for name in names]
    columns = (map(attrgetter(f"c{place}"), found) for place in range(len(names)))
    return [[missing if value is msgspec.UNSET else value for value in column] for column in columns]
