"""Rows of brilcalc's CSV to arrays. Columns are read whole; where that fails, the first wrong cell is looked for."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from runregistry.errors import LuminosityError, suggestion
from runregistry.luminosity.sections import Line, Section

__all__ = ["Head", "cell_columns", "numbers", "pairs", "parse_head", "times"]

_LARGEST = 2**31 - 1
_LUMINOSITY = re.compile(r"(delivered|recorded)\(([^)]*)\)")
_NEEDED = ("run:fill", "ls", "delivered", "recorded")
_KNOWN = (*_NEEDED, "time", "beamstatus", "hltpath", "E(GeV)", "avgpu", "source")
_TIME = "%m/%d/%y %H:%M:%S"
_PLAIN_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")
_WHOLE_PAIR = re.compile(r"(\d+):(\d+)")


class Head(NamedTuple):
    """The names of the columns, and the unit that two of them name.

    Attributes
    ----------
    names : tuple of str
        As in the file, but ``delivered`` and ``recorded`` without their unit.
    unit : str
        That unit.
    line : int
        Where the names stand.
    """

    names: tuple[str, ...]
    unit: str
    line: int


def parse_head(head: Line, file: str) -> Head:
    """Read the names of the columns.

    Raises
    ------
    LuminosityError
        One is missing, unknown or there twice, or the two luminosities have different units.

    Examples
    --------
    >>> parse_head((2, "run:fill,ls,time,delivered(/fb),recorded(/fb),source"), "a.csv").unit
    '/fb'
    """
    line, text = head
    written = [name.strip() for name in text.split(",")]
    found = [_LUMINOSITY.fullmatch(name) for name in written]
    units = {match[1]: match[2] for match in found if match}
    names = tuple(match[1] if match else name for match, name in zip(found, written, strict=True))
    if "nls" in names:
        raise LuminosityError("has a row a run, not a row a lumisection: call brilcalc lumi with --byls", file=file, line=line)
    for name in names:
        if name not in _KNOWN and not name.startswith("[bxidx"):
            raise LuminosityError(f"has the unknown column {name!r}{suggestion(name, _KNOWN)}", file=file, line=line)
    if missing := [name for name in _NEEDED if name not in names]:
        raise LuminosityError(f"has no column {', '.join(missing)}; the file may be cut off", file=file, line=line)
    if units.keys() != {"delivered", "recorded"}:
        raise LuminosityError("names no unit of delivered or recorded; the file may be cut off", file=file, line=line)
    if len(set(names)) != len(names):
        raise LuminosityError("has a column twice", file=file, line=line)
    if units["delivered"] != units["recorded"]:
        units_said = f"delivered is in {units['delivered']}, recorded in {units['recorded']}"
        raise LuminosityError(f"mixes units: {units_said}", file=file, line=line)
    return Head(names, units["delivered"], line)


def cell_columns(section: Section, head: Head, file: str) -> dict[str, list[str]]:
    """Return the texts of each column.

    Raises
    ------
    LuminosityError
        A row has not as many cells as there are names.
    """
    width = len(head.names)
    texts = [text for _, text in section.rows]
    for (number, _), n_commas in zip(section.rows, [text.count(",") for text in texts], strict=True):
        if n_commas != width - 1:
            raise LuminosityError(f"has {n_commas + 1} cells, not {width}: the file is cut in the middle", file=file, line=number)
    # One list instead of one a row: a year has a quarter of a million rows.
    cells = ",".join(texts).split(",") if texts else []
    return {name: cells[place::width] for place, name in enumerate(head.names)}


def pairs(texts: Sequence[str], lines: Sequence[Line], file: str, column: str) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Read texts such as ``297050:5839`` as two columns; the first number counts from 1, the second from 0.

    Raises
    ------
    LuminosityError
        One is no such pair.
    """
    joined = ":".join(texts)
    parts = joined.split(":") if joined else []
    if len(parts) == 2 * len(texts) and all(map(str.isdecimal, parts)):
        whole = list(map(int, parts))
        if not whole or (min(whole[::2]) >= 1 and max(whole) <= _LARGEST):
            return np.array(whole[::2], dtype=np.int64), np.array(whole[1::2], dtype=np.int64)
    raise _first_wrong(texts, lines, file, column, _is_pair, "two whole numbers such as 12:12, the first from 1")


def numbers(
    texts: Sequence[str], lines: Sequence[Line], file: str, column: str, *, may_be_negative: bool = False
) -> NDArray[np.float64]:
    """Read numbers.

    Raises
    ------
    LuminosityError
        One is no finite number, or is negative where that is not allowed.
    """

    def is_right(text: str) -> bool:
        return _is_number(text) and (may_be_negative or float(text) >= 0)

    try:
        values = np.array(list(map(float, texts)), dtype=np.float64)
    except ValueError:
        values = np.array([np.nan])
    # float() takes 1_0 as well, which nobody means.
    if np.isfinite(values).all() and (may_be_negative or (values >= 0).all()) and "_" not in "".join(texts):
        return values
    hint = "a finite number" if may_be_negative else "a finite number from 0 (allow_negative=True takes negative ones too)"
    raise _first_wrong(texts, lines, file, column, is_right, hint)


def times(texts: Sequence[str], lines: Sequence[Line], file: str) -> NDArray[np.datetime64]:
    """Read times as brilcalc writes them, ``06/16/17 20:55:44``, or with ``--tssec`` seconds since 1970; all of one kind.

    Raises
    ------
    LuminosityError
        One is no time.
    """
    if texts and all(map(str.isdecimal, texts)) and max(map(len, texts)) <= 11:
        return np.array(list(map(int, texts)), dtype=np.int64).astype("datetime64[s]")
    if all(len(text) == 17 and text.isascii() for text in texts):
        found = _fixed_times(texts)
        if found is not None:
            return found
    raise _first_wrong(texts, lines, file, "time", _is_time, "a time such as 06/16/17 20:55:44, or seconds since 1970")


def _fixed_times(texts: Sequence[str]) -> NDArray[np.datetime64] | None:
    """Read times by the places of their digits, all at once; None if one is wrong."""
    bytes_ = np.frombuffer("".join(texts).encode("ascii"), dtype=np.uint8).reshape(-1, 17)
    if not (bytes_[:, [2, 5, 8, 11, 14]] == np.frombuffer(b"// ::", dtype=np.uint8)).all():
        return None
    digits = bytes_[:, [0, 1, 3, 4, 6, 7, 9, 10, 12, 13, 15, 16]].astype(np.int64) - ord("0")
    if ((digits < 0) | (digits > 9)).any():
        return None
    month, day, year, hour, minute, second = (digits[:, 0::2] * 10 + digits[:, 1::2]).T
    # strptime reads 69 to 99 as the last century; LHC has run in this one only.
    months = (year + 30) * 12 + month - 1
    days = months.astype("datetime64[M]").astype("datetime64[D]") + (day - 1)
    is_right = (month >= 1) & (month <= 12) & (day >= 1) & (days.astype("datetime64[M]").astype(np.int64) == months)
    if not (is_right & (hour < 24) & (minute < 60) & (second < 61)).all():
        return None
    return np.asarray(days.astype("datetime64[s]") + (hour * 3600 + minute * 60 + second))


def _first_wrong(
    texts: Sequence[str], lines: Sequence[Line], file: str, column: str, is_right: Callable[[str], bool], wanted: str
) -> LuminosityError:
    """Return the error about the first cell that is wrong."""
    place = next((place for place, text in enumerate(texts) if not is_right(text)), 0)
    return LuminosityError(f"{texts[place]!r} is not {wanted}", file=file, line=lines[place][0], column=column)


def _is_pair(text: str) -> bool:
    found = _WHOLE_PAIR.fullmatch(text)
    return found is not None and 1 <= int(found[1]) <= _LARGEST and int(found[2]) <= _LARGEST


def _is_number(text: str) -> bool:
    return _PLAIN_NUMBER.fullmatch(text.strip()) is not None and math.isfinite(float(text))


def _is_time(text: Any) -> bool:
    if len(text) != 17 or not text.isascii():
        return False
    return _fixed_times([text]) is not None
