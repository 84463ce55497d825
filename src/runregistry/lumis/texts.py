"""The texts that a mask is written as and read from, beside the golden JSON and CMSSW's: CSV, pairs, lists.

Each reader returns what it read as ``{run_number: [(first, last), …]}``, not yet checked or joined, or raises `RangeError` with
the place of what it can't understand.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Sequence
from typing import Any, TypeAlias

from runregistry.errors import RangeError
from runregistry.lumis.checks import LARGEST, run_number_of, shown

__all__ = [
    "format_compact",
    "format_csv",
    "format_lists",
    "format_pairs",
    "parse_csv",
    "parse_lists",
    "parse_pairs",
]

Runs: TypeAlias = Iterable[tuple[int, Sequence[tuple[int, int]]]]
Written: TypeAlias = dict[int, list[tuple[int, int]]]

HEADER = "run_number,first,last"


def format_csv(runs: Runs) -> str:
    """Return a line for each range, below a header.

    Examples
    --------
    >>> print(format_csv([(314487, [(1, 15)])]))
    run_number,first,last
    314487,1,15
    """
    return "\n".join([HEADER, *(f"{run},{first},{last}" for run, ranges in runs for first, last in ranges)])


def parse_csv(text: str) -> Written:
    """Read a line for each range, ``run_number,first,last``, or for each lumisection, ``run_number,lumisection_number``.

    Columns are found by the header; without one they are these three, in this order.

    Raises
    ------
    RangeError
        A column is missing, or a line holds something else than numbers.

    Examples
    --------
    >>> parse_csv("run_number,first,last\\n314487,1,15\\n314487,20,20\\n")
    {314487: [(1, 15), (20, 20)]}
    """
    rows = [(number, row) for number, row in enumerate(csv.reader(text.splitlines()), 1) if any(cell.strip() for cell in row)]
    if not rows:
        return {}
    names = [cell.strip().lower() for cell in rows[0][1]]
    has_header = not names[0].lstrip("-").isdigit()
    run, first, last = _csv_columns(names) if has_header else (0, 1, 2)
    written: Written = {}
    for number, row in rows[has_header:]:
        try:
            values = [int(row[column]) for column in (run, first, last)]
        except (ValueError, IndexError):
            raise RangeError(f"line {number}: {shown(','.join(row))} is no {HEADER}", ranges=row) from None
        written.setdefault(run_number_of(values[0]), []).append((values[1], values[2]))
    return written


def _csv_columns(names: list[str]) -> tuple[int, int, int]:
    """Return the places of run, first and last lumisection among the names of columns."""

    def place(*known: str) -> int | None:
        return next((names.index(name) for name in known if name in names), None)

    run = place("run_number", "run")
    first, last = place("first", "start", "lumi_start"), place("last", "end", "lumi_end")
    one = place("lumisection_number", "lumisection", "ls", "lumi")
    first, last = (one, one) if first is None and last is None else (first, last)
    if run is None or first is None or last is None:
        raise RangeError(f"line 1: {shown(','.join(names))} has no columns {HEADER}, or run_number,lumisection_number")
    return run, first, last


def format_compact(runs: Iterable[tuple[int, list[list[int]]]]) -> str:
    """Return a golden JSON in one line.

    Examples
    --------
    >>> format_compact([(314487, [[1, 15]])])
    '{"314487": [[1, 15]]}'
    """
    return json.dumps({str(run): ranges for run, ranges in runs})


def format_pairs(pairs: Iterable[tuple[int, int]]) -> str:
    """Return pairs of run and lumisection as JSON, one a line.

    Examples
    --------
    >>> print(format_pairs([(314487, 1), (314487, 2)]))
    [
    [314487, 1],
    [314487, 2]
    ]
    """
    lines = ",\n".join(f"[{run}, {lumisection}]" for run, lumisection in pairs)
    return f"[\n{lines}\n]" if lines else "[]"


def parse_pairs(text: str) -> Written:
    """Read pairs of run and lumisection from JSON.

    Raises
    ------
    RangeError
        It is no JSON, or holds something else.

    Examples
    --------
    >>> parse_pairs("[[314487, 1], [314487, 2]]")
    {314487: [(1, 1), (2, 2)]}
    """
    try:
        pairs: Any = json.loads(text)
    except json.JSONDecodeError as problem:
        raise RangeError(f"not JSON: {problem.msg} at line {problem.lineno}, column {problem.colno}") from None
    except (ValueError, RecursionError) as problem:
        raise RangeError(f"no list of pairs: {problem}") from None
    written: Written = {}
    for place, pair in enumerate(pairs, 1):
        if not isinstance(pair, list) or len(pair) != 2:
            raise RangeError(f"pair {place}: {shown(pair)} is no [run, lumisection]", ranges=pair)
        written.setdefault(run_number_of(pair[0]), []).append((pair[1], pair[1]))
    return written


def format_lists(runs: Iterable[tuple[int, Iterable[int]]]) -> str:
    """Return a line for each run, with the run and then all its lumisections, between blanks: the form of DBS caches.

    Examples
    --------
    >>> print(format_lists([(190456, [1, 2, 3])]))
    190456 1 2 3
    """
    return "\n".join(" ".join(map(str, (run, *numbers))) for run, numbers in runs)


def parse_lists(text: str) -> Written:
    """Read lines with a run and then its lumisections.

    Raises
    ------
    RangeError
        A word is no whole number.

    Examples
    --------
    >>> parse_lists("190456 1 2 3\\n190457 7")
    {190456: [(1, 1), (2, 2), (3, 3)], 190457: [(7, 7)]}
    """
    written: Written = {}
    for number, line in enumerate(text.splitlines(), 1):
        words = line.split()
        wrong = next((word for word in words if not (word.isascii() and word.isdigit() and len(word) <= len(str(LARGEST)))), None)
        if wrong is not None:
            raise RangeError(f"line {number}: {shown(wrong)} is no whole number", ranges=wrong)
        if words:
            numbers = map(int, words[1:])
            written.setdefault(run_number_of(words[0]), []).extend((one, one) for one in numbers)
    return written
