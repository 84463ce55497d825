"""The lumisections of one dataset as they are now: columns of steps, merged from all events.

A record of this kind is what the store keeps beside each dataset, what every answer about lumisections is made from, and what the
rules engine reads. `LumisectionColumns.encode_rr` and `encode_oms` give its stored text.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, TypeAlias

import msgspec

from runregistry.lumis.steps import Step, covered, overlay, same

__all__ = ["Columns", "LumisectionColumns", "triplet"]

Columns: TypeAlias = dict[str, list[Step]]


def triplet(status: str, comment: str = "", cause: str = "") -> dict[str, str]:
    """Return the quality of a component as it travels: status, comment, cause.

    Examples
    --------
    >>> triplet("BAD", "HV trip")
    {'status': 'BAD', 'comment': 'HV trip', 'cause': ''}
    """
    return {"status": status, "comment": comment, "cause": cause}


class _Stored(msgspec.Struct):
    """Stored text of one family: where there is any event, the distinct values, and each column as flat first, last, index."""

    present: list[tuple[int, int]]
    values: list[Any]
    columns: dict[str, list[int]]


_decoder = msgspec.json.Decoder(_Stored)
_encoder = msgspec.json.Encoder()


class LumisectionColumns:
    """Run Registry components and OMS attributes of one dataset, over its lumisections.

    Attributes
    ----------
    rr, oms : dict of str to list of (first, last, value)
        Each component's triplet (a dict) and each OMS attribute's value; steps as in `runregistry.lumis.steps`.
    rr_present, oms_present : list of (first, last)
        Where there is any event at all, even one that names no component.
    """

    __slots__ = ("oms", "oms_present", "rr", "rr_present")

    def __init__(self) -> None:
        self.rr: Columns = {}
        self.oms: Columns = {}
        self.rr_present: list[tuple[int, int]] = []
        self.oms_present: list[tuple[int, int]] = []

    @property
    def rr_last(self) -> int:
        """The highest lumisection with Run Registry data; 0 if there is none."""
        return self.rr_present[-1][1] if self.rr_present else 0

    @property
    def oms_last(self) -> int:
        """The highest lumisection with OMS data; 0 if there is none."""
        return self.oms_present[-1][1] if self.oms_present else 0

    def apply_rr(self, events: Iterable[tuple[int, int, Mapping[str, Any]]]) -> None:
        """Put events of components on top, in merge order: each ``(first, last, {component: triplet})``."""
        self.rr_present = _apply(self.rr, self.rr_present, events)

    def apply_oms(self, events: Iterable[tuple[int, int, Mapping[str, Any]]]) -> None:
        """Put events of OMS attributes on top, in merge order: each ``(first, last, {attribute: value})``."""
        self.oms_present = _apply(self.oms, self.oms_present, events)

    def encode_rr(self) -> str:
        """Return the stored text of the components."""
        return _encode(self.rr, self.rr_present)

    def encode_oms(self) -> str:
        """Return the stored text of the OMS attributes."""
        return _encode(self.oms, self.oms_present)

    @classmethod
    def decode(cls, rr: str | bytes, oms: str | bytes) -> LumisectionColumns:
        """Read the two stored texts back."""
        columns = cls()
        columns.rr, columns.rr_present = _decode(rr)
        columns.oms, columns.oms_present = _decode(oms)
        return columns


def _apply(
    columns: Columns, present: list[tuple[int, int]], events: Iterable[tuple[int, int, Mapping[str, Any]]]
) -> list[tuple[int, int]]:
    where: list[Step] = [(first, last, True) for first, last in present]
    for first, last, changes in events:
        overlay(where, first, last, True)
        for name, value in changes.items():
            steps = columns.get(name)
            if steps is None:
                columns[name] = [(first, last, value)]
                continue
            start, end, before = steps[-1]
            # Nearly always an event continues the column; that case is done here, for thousands of them make one dataset.
            if end >= first:
                overlay(steps, first, last, value)
            elif end == first - 1 and (before is value or _are_equal(before, value)):
                steps[-1] = (start, last, before)
            else:
                steps.append((first, last, value))
    return covered(where)


def _are_equal(one: Any, other: Any) -> bool:
    # What Python finds different is different in JSON too; only what it finds equal, such as 1 and true, has to be looked at.
    return bool(one == other) and same(one, other)


def _encode(columns: Columns, present: list[tuple[int, int]]) -> str:
    values: list[Any] = []
    index: dict[bytes, int] = {}
    flat: dict[str, list[int]] = {}
    for name, steps in columns.items():
        out: list[int] = []
        for first, last, value in steps:
            key = _encoder.encode(value)
            position = index.get(key)
            if position is None:
                position = index[key] = len(values)
                values.append(value)
            out += (first, last, position)
        flat[name] = out
    return _encoder.encode(_Stored(present, values, flat)).decode()


def _decode(text: str | bytes) -> tuple[Columns, list[tuple[int, int]]]:
    stored = _decoder.decode(text)
    values = stored.values
    columns = {
        name: [(flat[i], flat[i + 1], values[flat[i + 2]]) for i in range(0, len(flat), 3)]
        for name, flat in stored.columns.items()
    }
    return columns, stored.present
