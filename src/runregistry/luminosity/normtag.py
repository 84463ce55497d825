"""Normtag files: which calibration holds where, as ``[[tag, {run: ranges}], …]``."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Sequence
from typing import Any

from runregistry.errors import LuminosityError, RangeError
from runregistry.luminosity.sections import read_text
from runregistry.lumis import LumiMask

__all__ = ["Normtag", "read_normtag"]


class Normtag(Sequence[tuple[str, LumiMask]]):
    """The entries of a normtag file, in its order.

    Parameters
    ----------
    entries : sequence of (str, LumiMask)
        A tag, and where it holds.

    Examples
    --------
    >>> normtag = Normtag([("hfet17", LumiMask({1: [(1, 9)]})), ("pcc17", LumiMask({1: [(11, 19)]}))])
    >>> normtag.uncovered(LumiMask({1: [(5, 12)]})).to_dict()
    {'1': [[10, 10]]}
    """

    def __init__(self, entries: Sequence[tuple[str, LumiMask]]) -> None:
        self._entries = tuple(entries)

    def __len__(self) -> int:
        return len(self._entries)

    def __getitem__(self, index: Any) -> Any:
        return self._entries[index]

    def __iter__(self) -> Iterator[tuple[str, LumiMask]]:
        return iter(self._entries)

    def by_tag(self) -> dict[str, LumiMask]:
        """Return where each tag holds."""
        pieces: dict[str, dict[int, list[tuple[int, int]]]] = {}
        for tag, mask in self._entries:
            for run_number, ranges in mask.items():
                pieces.setdefault(tag, {}).setdefault(run_number, []).extend(ranges)
        return {tag: LumiMask(runs) for tag, runs in pieces.items()}

    def mask(self) -> LumiMask:
        """Return where any tag holds."""
        pieces: dict[int, list[tuple[int, int]]] = {}
        for _, mask in self._entries:
            for run_number, ranges in mask.items():
                pieces.setdefault(run_number, []).extend(ranges)
        return LumiMask(pieces)

    def uncovered(self, mask: LumiMask) -> LumiMask:
        """Return what of a mask no tag holds for: brilcalc would leave it out of a sum made with this file."""
        return mask - self.mask()

    def __repr__(self) -> str:
        return f"<Normtag: {len(self)} entries of {len({tag for tag, _ in self})} tags>"


def read_normtag(path: str | os.PathLike[str]) -> Normtag:
    """Read a normtag file, gzipped or not.

    Raises
    ------
    LuminosityError
        It is no JSON (the message gives the line), or an entry is not ``[tag, {run: ranges}]`` (it says which, counted from 1).
    """
    name = os.fspath(path)
    try:
        content = json.loads(read_text(path))
    except json.JSONDecodeError as problem:
        raise LuminosityError(f"is not JSON: {problem.msg} at column {problem.colno}", file=name, line=problem.lineno) from None
    except RecursionError as problem:
        raise LuminosityError(f"is not JSON: {problem}", file=name) from None
    if not isinstance(content, list):
        raise LuminosityError("is no normtag file: it must be a list of [tag, {run: ranges}]", file=name)
    return Normtag([_entry(entry, place, name) for place, entry in enumerate(content, 1)])


def _entry(entry: Any, place: int, name: str) -> tuple[str, LumiMask]:
    if not (isinstance(entry, list) and len(entry) == 2 and isinstance(entry[0], str) and isinstance(entry[1], dict)):
        raise LuminosityError(f"entry {place} is not [tag, {{run: ranges}}]", file=name)
    try:
        return entry[0], LumiMask(entry[1])
    except RangeError as problem:
        raise LuminosityError(f"entry {place}: {problem}", file=name) from None
