"""Ranges as CMSSW writes and reads them: ``315257:1-315257:88``."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from runregistry.errors import RangeError
from runregistry.lumis.checks import LARGEST, run_number_of, shown

__all__ = ["format_cmssw", "parse_cmssw"]

_MOST_RUNS = 100_000
_NAME = re.compile(r"process\.source\.lumisTo(?:Process|Skip)|(?:cms\.)?(?:untracked\.)?V?LuminosityBlockRange", re.ASCII)
_FILLING = re.compile(r"[\s,;'\"()\[\]*=]+")
_BOUND = re.compile(r"(\d{1,10}):(\d{1,10}|min|max)", re.ASCII | re.IGNORECASE)


def format_cmssw(runs: Iterable[tuple[int, Sequence[tuple[int, int]]]]) -> list[str]:
    """Return ranges as CMSSW reads them (``lumisToProcess``, ``lumisToSkip``).

    Examples
    --------
    >>> format_cmssw([(315257, [(1, 88), (91, 91)]), (315259, [(5, 4294967295)])])
    ['315257:1-315257:88', '315257:91', '315259:5-315259:max']
    """
    return [
        f"{run}:{first}" if first == last else f"{run}:{first}-{run}:{'max' if last == LARGEST else last}"
        for run, ranges in runs
        for first, last in ranges
    ]


def parse_cmssw(text: str) -> dict[int, list[tuple[int, int]]]:
    """Read CMSSW's ranges, also the text of a ``cms.untracked.VLuminosityBlockRange(…)`` around them.

    An upper bound of 0 or ``max`` is the end of the run, ``min`` is 1. A range from one run into another holds the runs between
    them whole.

    Raises
    ------
    RangeError
        Something is no such range.

    Examples
    --------
    >>> parse_cmssw("315257:1-315257:88,315257:91")
    {315257: [(1, 88), (91, 91)]}
    >>> parse_cmssw("cms.untracked.VLuminosityBlockRange('1:5-1:max', '2:3-4:2')")
    {1: [(5, 4294967295)], 2: [(3, 4294967295)], 3: [(1, 4294967295)], 4: [(1, 2)]}
    """
    written: dict[int, list[tuple[int, int]]] = {}
    without_comments = re.sub(r"#.*", "", text)
    words = filter(None, _FILLING.split(_NAME.sub(" ", without_comments)))
    for place, word in enumerate(words, 1):
        begin, dash, end = word.partition("-")
        one = _bound(begin, place, word)
        other = _bound(end, place, word) if dash else one
        _add(written, one, other, place, word)
    return written


def _bound(text: str, place: int, word: str) -> tuple[int, int]:
    found = _BOUND.fullmatch(text)
    if found is None:
        raise RangeError(f"range {place}: {shown(word)} is no range of CMSSW, such as 315257:1-315257:88", ranges=word)
    number = {"min": 1, "max": 0}.get(found[2].lower())
    return run_number_of(found[1]), int(found[2]) if number is None else number


def _add(written: dict[int, list[tuple[int, int]]], begin: tuple[int, int], end: tuple[int, int], place: int, word: str) -> None:
    (first_run, first), (last_run, last) = begin, end
    last = last or LARGEST
    if first == 0:
        # CMSSW takes 0 for the largest number, on this side too, which nobody can mean.
        raise RangeError(f"range {place}: {shown(word)} begins at 0; write min, or 1", run_number=first_run, ranges=word)
    if (first_run, first) > (last_run, last):
        raise RangeError(f"range {place}: {shown(word)} is reversed", run_number=first_run, ranges=word)
    if last_run - first_run > _MOST_RUNS:
        raise RangeError(f"range {place}: {shown(word)} spans more than {_MOST_RUNS:,} runs; name them", ranges=word)
    for run in range(first_run, last_run + 1):
        low, high = first if run == first_run else 1, last if run == last_run else LARGEST
        written.setdefault(run, []).append((low, high))
