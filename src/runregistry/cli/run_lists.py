"""Run numbers as a shifter has them: typed, as ranges, in a file, in a golden JSON, or from another command through a pipe."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any, NamedTuple

from runregistry.errors import UsageError

__all__ = ["RunList", "read_runs", "read_text"]

_WORDS = re.compile(r"[\s,;]+")
_RUN = re.compile(r"(\d{1,9})(?:-(\d{1,9}))?", re.ASCII)
_HEAD = "run_number"  # the first line of a CSV with this column


class RunList(NamedTuple):
    """Runs that were asked for.

    Attributes
    ----------
    numbers : tuple of int
        Runs that were named one by one: they must exist.
    ranges : tuple of (int, int)
        From the first to the last, both included: those of them that exist are meant.
    """

    numbers: tuple[int, ...] = ()
    ranges: tuple[tuple[int, int], ...] = ()

    def __bool__(self) -> bool:
        return bool(self.numbers or self.ranges)

    def __str__(self) -> str:
        return ",".join([*map(str, self.numbers), *(f"{first}-{last}" for first, last in self.ranges)])


def read_runs(given: Iterable[str]) -> RunList | None:
    """Return the runs that words of a command line name; None if there are no words.

    Parameters
    ----------
    given : iterable of str
        Run numbers, ranges ``315257-315270``, several of them with commas, ``@FILE`` or ``-`` for stdin. A file holds the same,
        line by line, or a golden JSON, or JSON that another command wrote.

    Raises
    ------
    UsageError
        One of them is none of these, or a file can't be read.

    Examples
    --------
    >>> str(read_runs(["315512", "315257-315270,315512"]))
    '315512,315257-315270'
    >>> read_runs([]) is None
    True
    """
    words = list(given)
    if not words:
        return None
    numbers: list[int] = []
    ranges: list[tuple[int, int]] = []
    for word in words:
        source = word if word == "-" or word.startswith("@") else ""
        for first, last in _pairs(read_text(word), source) if source else map(_pair, _split(word)):
            numbers += [first] if last is None else []
            ranges += [] if last is None else [(first, last)]
    return RunList(tuple(dict.fromkeys(numbers)), tuple(dict.fromkeys(ranges)))


def read_text(word: str) -> str:
    """Return what a word of the command line means: the text of ``@FILE``, what comes through stdin for ``-``, or itself.

    Raises
    ------
    UsageError
        The file can't be read, or stdin is a terminal, where nothing would come.

    Examples
    --------
    >>> read_text('{"class": "Cosmics18"}')
    '{"class": "Cosmics18"}'
    """
    if word == "-":
        if sys.stdin.isatty():
            raise UsageError("- reads what another command writes into a pipe, and stdin is a terminal")
        return sys.stdin.read()
    if not word.startswith("@"):
        return word
    try:
        return Path(word[1:]).expanduser().read_text(encoding="utf-8-sig")
    except OSError as error:
        raise UsageError(f"can't read {word[1:] or 'the file after @'}: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise UsageError(f"{word[1:]} is no text: {error.reason} at byte {error.start}") from error


def _pairs(text: str, source: str) -> Iterable[tuple[int, int | None]]:
    """Read a file's text: JSON, or words of which a CSV may have more than one a line."""
    where = "stdin" if source == "-" else source[1:]
    try:
        if text.lstrip().startswith(("{", "[")):
            return [_pair(str(number)) for number in _of_json(text)]
        rows = [line.split(",") if "," in line else line.split() for line in text.splitlines()]
        if rows and _HEAD in rows[0]:
            column = rows[0].index(_HEAD)
            return [_pair(row[column].strip()) for row in rows[1:] if len(row) > column]
        return [_pair(word) for word in _split(text)]
    except UsageError as error:
        raise UsageError(f"{where}: {error}") from None


def _of_json(text: str) -> list[Any]:
    """Return the runs of a golden JSON, of a list of run numbers, or of rows, also a row a line."""
    import json

    try:
        document = json.loads(text)
    except ValueError:
        try:
            document = [json.loads(line) for line in text.splitlines() if line.strip()]
        except ValueError as error:
            raise UsageError(f"is not JSON: {error}") from error
    if isinstance(document, dict) and _HEAD not in document:
        return list(document)
    rows = document if isinstance(document, list) else [document]
    return [row.get(_HEAD) if isinstance(row, dict) else row for row in rows]


def _split(text: str) -> list[str]:
    return [word for word in _WORDS.split(text) if word]


def _pair(word: str) -> tuple[int, int | None]:
    found = _RUN.fullmatch(word)
    if found is None:
        hint = "; a file is named @FILE" if Path(word).exists() else ""
        raise UsageError(f"{word!r} is no run number: write 315512, a range 315257-315270, @FILE, or - for stdin{hint}")
    first, last = int(found[1]), int(found[2]) if found[2] else None
    if last is not None and last < first:
        raise UsageError(f"the range {word} ends before it begins")
    return first, last
