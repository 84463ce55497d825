"""The footer of brilcalc's CSV: what it says of the rows above it, and whether that is so."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from runregistry.errors import LuminosityError
from runregistry.luminosity.sections import Line
from runregistry.lumis import LumiMask

__all__ = ["Footer", "Rows", "check_footer", "half_last_digit", "parse_footer", "rounding_of_sum"]

_TOTAL = re.compile(r"tot(delivered|recorded)\(([^)]*)\)")
_LIST = "(run,ls) in json but not in results:"
_PAIRS = re.compile(r"\[(\(\d+, ?\d+\)(, ?\(\d+, ?\d+\))*)?\]")
_COUNTS = {"nfill": "fills", "nrun": "runs", "nls": "lumisections", "ncms": "lumisections that CMS counted"}


class Rows(NamedTuple):
    """What the rows above a footer come to, of one trigger path where there are paths.

    Attributes
    ----------
    counts : dict of str to int
        By the footer's names, ``nfill`` and so on.
    totals, errors : dict of str to float
        ``delivered`` and ``recorded`` in the unit of the file, and how far rounding can have moved each.
    """

    counts: dict[str, int]
    totals: dict[str, float]
    errors: dict[str, float]


class Footer(NamedTuple):
    """What a footer says.

    Attributes
    ----------
    names : list of str
        Of its columns.
    values : list of (line, cells)
        One, or one for each trigger path.
    not_found : LumiMask
        What was asked for and not found.
    unit : str
        Of its totals.
    line : int
        Where its names stand.
    """

    names: list[str]
    values: list[tuple[int, list[str]]]
    not_found: LumiMask
    unit: str
    line: int


def parse_footer(comments: Sequence[Line], file: str) -> Footer | None:
    """Read the lines behind the rows; None if there is no footer among them.

    Raises
    ------
    LuminosityError
        The footer is cut off.
    """
    start = next((place for place, (_, text) in enumerate(comments) if text.startswith("Summary")), None)
    if start is None:
        return None
    line = comments[start][0]
    if len(comments) < start + 3:
        raise LuminosityError("begins a footer that has no totals: the file is cut off", file=file, line=line)
    line, text = comments[start + 1]
    names = [name.strip() for name in text.split(",")]
    found = [_TOTAL.fullmatch(name) for name in names]
    units = {match[1]: match[2] for match in found if match}
    if units.keys() != {"delivered", "recorded"}:
        raise LuminosityError("names no totals: the footer is cut off", file=file, line=line)
    if units["delivered"] != units["recorded"]:
        said = f"totdelivered is in {units['delivered']}, totrecorded in {units['recorded']}"
        raise LuminosityError(f"mixes units: {said}", file=file, line=line)
    values = list(_values(comments[start + 2 :], len(names), file))
    plain = [match[1] if match else name for match, name in zip(found, names, strict=True)]
    return Footer(plain, values, _not_found(comments[start + 2 :], file), units["delivered"], line)


def _values(comments: Iterable[Line], width: int, file: str) -> Iterable[tuple[int, list[str]]]:
    for line, text in comments:
        if not text or text.startswith(("Sum ", "Check JSON", "(")):
            return
        cells = [cell.strip() for cell in text.split(",")]
        if len(cells) != width or not all(cells):
            raise LuminosityError(f"has {len(cells)} totals, not {width}: the footer is cut off", file=file, line=line)
        yield line, cells


def _not_found(comments: Iterable[Line], file: str) -> LumiMask:
    """Read the list of what was asked for and not found, if there is one."""
    for line, text in comments:
        if not text.startswith("("):
            continue
        listed = text.removeprefix(_LIST).strip()
        if not text.startswith(_LIST) or not _PAIRS.fullmatch(listed):
            raise LuminosityError("is no whole list of (run, lumisection): the file is cut off", file=file, line=line)
        return LumiMask.from_pairs(ast.literal_eval(listed))
    return LumiMask()


def check_footer(footer: Footer, unit: str, rows_by_path: dict[str, Rows], file: str) -> None:
    """Compare what a footer says with the rows.

    Parameters
    ----------
    unit : str
        Of the rows.
    rows_by_path : dict of str to Rows
        What they come to, by trigger path; under ``""`` if there are none.

    Raises
    ------
    LuminosityError
        They differ: rows are missing, or are changed.
    """
    if footer.unit != unit:
        raise LuminosityError(f"mixes units: the rows are in {unit}, the footer in {footer.unit}", file=file, line=footer.line)
    paths = set()
    for line, cells in footer.values:
        said = dict(zip(footer.names, cells, strict=True))
        path = said.get("hltpath", "")
        paths.add(path)
        if path not in rows_by_path and int(said.get("ncms") or 0):
            raise LuminosityError(f"tells of {path}, of which there is no row: the file is cut off", file=file, line=line)
        if path in rows_by_path:
            _compare(said, rows_by_path[path], file, line)
    if missing := sorted(rows_by_path.keys() - paths):
        raise LuminosityError(f"does not tell of {', '.join(missing) or 'the rows'}", file=file, line=footer.line)


def _compare(said: dict[str, str], rows: Rows, file: str, line: int) -> None:
    for name, noun in _COUNTS.items():
        if name not in said:
            continue
        if not said[name].isdecimal():
            raise LuminosityError(f"{said[name]!r} is no number of {noun}", file=file, line=line, column=name)
        if int(said[name]) != rows.counts[name]:
            told = f"the footer tells of {said[name]} {noun}, and the rows are of {rows.counts[name]}"
            raise LuminosityError(f"{told}: rows are missing or come twice", file=file, line=line, column=name)
    for name, total in rows.totals.items():
        try:
            value = float(said[name])
        except ValueError:
            raise LuminosityError(f"{said[name]!r} is no total", file=file, line=line, column=f"tot{name}") from None
        if not abs(value - total) <= rows.errors[name] + half_last_digit(said[name]) + 1e-12 * abs(value):
            told = f"the footer's total is {said[name]}, that of the rows {total:.9g}"
            raise LuminosityError(f"{told}, more than rounding explains", file=file, line=line, column=f"tot{name}")


def half_last_digit(text: str) -> float:
    """Return how far rounding can have moved a number that is written so.

    Examples
    --------
    >>> half_last_digit("0.25"), half_last_digit("1.5e-3")
    (0.005, 5e-05)
    """
    mantissa, _, exponent = text.lower().partition("e")
    return float(f"5e{int(exponent or 0) - len(mantissa.partition('.')[2]) - 1}")


def rounding_of_sum(texts: Sequence[str], values: NDArray[np.float64]) -> float:
    """Return how far rounding can have moved the sum of numbers that are written so.

    Examples
    --------
    >>> rounding_of_sum(["0.25", "0.50"], np.array([0.25, 0.5]))
    0.01
    """
    if not texts:
        return 0.0
    if any("e" in text or "E" in text for text in texts[:1]):
        return float(sum(map(half_last_digit, texts)))
    # brilcalc writes 0 for what is below the last digit, so that it can have lost a whole one there.
    precise = max(texts, key=len)
    return half_last_digit(precise) * (len(texts) + int((values == 0).sum()))
