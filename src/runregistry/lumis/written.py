"""The forms in which a mask is written and read: what `LumiMask` knows besides the algebra."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from runregistry.errors import RangeError
from runregistry.lumis import arrays, cmssw, formats, forms, texts
from runregistry.lumis.checks import run_number_of, shown
from runregistry.lumis.problems import Problem, find_problems, plain_ranges
from runregistry.lumis.ranges import LumiRanges

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

__all__ = ["WrittenMask"]


class WrittenMask(Mapping[int, LumiRanges]):
    """Base of `LumiMask`: reads and writes what its constructor takes and its mapping holds."""

    __slots__ = ()

    def __init__(self, runs: Mapping[Any, Iterable[Iterable[int]]] | None = None) -> None:
        raise NotImplementedError

    @classmethod
    def from_pairs(cls, pairs: Iterable[tuple[int, int]] | npt.NDArray[np.integer[Any]]) -> Self:
        """Return the mask of these ``(run, lumisection)`` pairs, in any order, repeated or not; an array of shape (n, 2) will do.

        Examples
        --------
        >>> from runregistry.lumis import LumiMask
        >>> LumiMask.from_pairs([(314487, 2), (314487, 1), (314488, 9)]).to_dict()
        {'314487': [[1, 2]], '314488': [[9, 9]]}
        """
        numbers: dict[int, list[int]] = {}
        for run_number, lumisection_number in pairs:
            numbers.setdefault(run_number_of(run_number), []).append(lumisection_number)
        return cls({run: LumiRanges.from_numbers(those, run_number=run) for run, those in numbers.items()})

    @classmethod
    def from_json(cls, source: str | bytes | Mapping[Any, Any], *, strict: bool = False) -> Self:
        """Return the mask that a golden JSON describes.

        Ranges may be unsorted, touch or overlap, as those of published files do. The shorthands of the field are understood:
        ``[[-1]]`` is the whole run, ``[5, 0]`` goes from 5 to its end, ``[0, 5]`` is ``[1, 5]``.

        Parameters
        ----------
        source : str, bytes or mapping
            Its text, with or without byte-order mark, or what ``json.loads`` made of it.
        strict : bool
            Refuse what `problems` finds: ranges that overlap, touch or are out of order, bounds of 0, runs without ranges.

        Raises
        ------
        RangeError
            It is no golden JSON; the message names the line and column, or the run and the range (counted from 1). Text in which
            a run is written twice is refused, and so is a range that is reversed.

        Examples
        --------
        >>> from runregistry.lumis import LumiMask
        >>> LumiMask.from_json('{"314487": [[15, 15], [1, 14]], "314488": [[-1]]}')
        <LumiMask: 2 runs 314487-314488, 2 ranges, 15 lumisections and all of an open run>
        >>> LumiMask.from_json('{"314487": [[15, 15], [1, 14]]}', strict=True)
        Traceback (most recent call last):
        runregistry.errors.RangeError: run 314487, range 2: [1, 14] comes after a later range; and 1 more problem
        """
        document = _golden(source)
        if strict:
            _refuse(find_problems(document))
        return cls({run: plain_ranges(ranges) for run, ranges in document.items()})

    @staticmethod
    def problems(source: str | bytes | Mapping[Any, Any]) -> list[Problem]:
        """Return what is odd in a golden JSON although `from_json` understands it, each with its run and range.

        Texts of ranges in other forms will do as well; lists of lumisections have no ranges that could be odd.

        Examples
        --------
        >>> from runregistry.lumis import LumiMask
        >>> [str(problem) for problem in LumiMask.problems('{"5": [[1, 5], [4, 9]]}')]
        ['run 5, range 2: [4, 9] shares lumisections 4-5 with range 1']
        """
        if not isinstance(source, (str, bytes)):
            return find_problems(_golden(source))
        text = forms.decoded(source)
        form = forms.form_of(text)
        return [] if form in ("pairs", "list") else find_problems(forms.parse_text(text, form))

    @classmethod
    def from_text(cls, text: str | bytes, form: str | None = None) -> Self:
        """Return the mask that a text describes, in any form that `to_text` writes.

        Parameters
        ----------
        text : str or bytes
            A golden JSON, a JSON of ``[run, lumisection]`` pairs, ranges of CMSSW, a CSV, or lines of a run and its lumisections.
        form : str, optional
            One of ``json``, ``compact``, ``pairs``, ``cmssw``, ``csv``, ``list``; without it, the one that the text looks like.

        Raises
        ------
        RangeError
            The text does not have that form; the message says where.

        Examples
        --------
        >>> from runregistry.lumis import LumiMask
        >>> LumiMask.from_text("314487:1-314487:15,314488:9").to_dict()
        {'314487': [[1, 15]], '314488': [[9, 9]]}
        >>> LumiMask.from_text("run_number,first,last\\n314487,1,15\\n").to_dict()
        {'314487': [[1, 15]]}
        """
        decoded = forms.decoded(text)
        if form is None and not decoded.strip():
            raise RangeError("there is nothing in it, not even {}")  # what is left of a download or a pipe that failed
        chosen = forms.checked_form(form) if form else forms.form_of(decoded)
        return cls.from_json(decoded) if chosen in ("json", "compact") else cls(forms.parse_text(decoded, chosen))

    @classmethod
    def from_cmssw(cls, text: str | Iterable[str]) -> Self:
        """Return the mask of ranges as CMSSW writes them, in one text or several.

        ``max`` and an upper bound of 0 mean the end of the run, ``min`` means 1; a range from one run into another holds all
        lumisections of the runs between them.

        Examples
        --------
        >>> from runregistry.lumis import LumiMask
        >>> LumiMask.from_cmssw(["315257:1-315257:88", "315259:1-315259:max"])
        <LumiMask: 2 runs 315257-315259, 2 ranges, 88 lumisections and all of an open run>
        """
        return cls(cmssw.parse_cmssw(text if isinstance(text, str) else ",".join(text)))

    @classmethod
    def from_csv(cls, text: str) -> Self:
        """Return the mask of a CSV with the columns ``run_number,first,last``, or ``run_number,lumisection_number``."""
        return cls.from_text(text, "csv")

    @classmethod
    def read(cls, path: str | os.PathLike[str]) -> Self:
        """Return the mask in a file, in any form; as `from_text`, with the file in front of the message."""
        try:
            return cls.from_text(Path(path).read_bytes())
        except RangeError as problem:
            place = f"{os.fspath(path)}: {problem}"
            raise RangeError(place, run_number=problem.run_number, ranges=problem.ranges) from None

    def write(self, path: str | os.PathLike[str], form: str = "json") -> None:
        """Write the golden JSON, or another form, to a file, whole or not at all: a reader never sees half of it."""
        formats.write_whole(path, self.to_text(form) + "\n")

    def to_json(self) -> str:
        """Return the golden JSON as CMS publishes it: runs ascending, one a line.

        Examples
        --------
        >>> from runregistry.lumis import LumiMask
        >>> print(LumiMask({314487: [(1, 15)], 314486: [(1, 3), (5, 9)]}).to_json())
        {
          "314486": [[1, 3], [5, 9]],
          "314487": [[1, 15]]
        }
        """
        return formats.format_golden_json((run_number, ranges.to_list()) for run_number, ranges in self.items())

    def to_dict(self) -> dict[str, list[list[int]]]:
        """Return the golden JSON as Python objects, CMSSW's compact list: keys are texts, ranges lists; all the caller's own."""
        return {str(run_number): ranges.to_list() for run_number, ranges in self.items()}

    def to_text(self, form: str = "json") -> str:
        """Return the mask as text.

        Parameters
        ----------
        form : str
            ``json``: a run a line; ``compact``: the same in one line; ``pairs``: a JSON of ``[run, lumisection]``; ``cmssw``: for
            ``lumisToProcess``; ``csv``: a range a line; ``list``: the lumisections of a run in a line.

        Raises
        ------
        RangeError
            There is no such form; or it lists lumisections, and the mask is open.

        Examples
        --------
        >>> from runregistry.lumis import LumiMask
        >>> mask = LumiMask({314487: [(1, 3)]})
        >>> mask.to_text("compact"), mask.to_text("cmssw"), mask.to_text("list")
        ('{"314487": [[1, 3]]}', '314487:1-314487:3', '314487 1 2 3')
        """
        match forms.checked_form(form):
            case "json":
                return self.to_json()
            case "compact":
                return texts.format_compact((run, ranges.to_list()) for run, ranges in self.items())
            case "pairs":
                return texts.format_pairs(self.pairs())
            case "cmssw":
                return self.to_cmssw()
            case "csv":
                return self.to_csv()
            case "list":
                return texts.format_lists((run, ranges.numbers()) for run, ranges in self.items())

    def to_cmssw(self) -> str:
        """Return the ranges as CMSSW reads them, between commas.

        Examples
        --------
        >>> from runregistry.lumis import LumiMask
        >>> LumiMask({315257: [(1, 88), (91, 91)]}).to_cmssw()
        '315257:1-315257:88,315257:91'
        """
        return ",".join(cmssw.format_cmssw(self._ranges_of_runs()))

    def to_csv(self) -> str:
        """Return a CSV of the ranges, with the columns ``run_number,first,last``."""
        return texts.format_csv(self._ranges_of_runs())

    def pairs(self) -> Iterator[tuple[int, int]]:
        """Iterate over all ``(run, lumisection)`` pairs, ascending."""
        for run_number, ranges in self.items():
            for lumisection_number in ranges.numbers():
                yield run_number, lumisection_number

    def pair_array(self) -> npt.NDArray[np.int64]:
        """Return all pairs of run and lumisection as an array of shape (n, 2), ascending.

        Examples
        --------
        >>> from runregistry.lumis import LumiMask
        >>> LumiMask({314487: [(1, 2)], 314488: [(9, 9)]}).pair_array().tolist()
        [[314487, 1], [314487, 2], [314488, 9]]
        """
        for run_number, ranges in self.items():
            if ranges.is_open:
                raise RangeError(f"run {run_number} goes to its end, which is not known", run_number=run_number)
        return arrays.pair_array(self._ranges_of_runs())

    def _ranges_of_runs(self) -> list[tuple[int, tuple[tuple[int, int], ...]]]:
        return [(run_number, ranges.ranges) for run_number, ranges in self.items()]


def _golden(source: str | bytes | Mapping[Any, Any]) -> Mapping[Any, Any]:
    if isinstance(source, (str, bytes)):
        return formats.parse_golden_json(source)
    if not isinstance(source, Mapping):
        raise RangeError(f"a golden JSON is text or a mapping of runs to ranges, not {shown(source)}", ranges=source)
    return source


def _refuse(problems: list[Problem]) -> None:
    """Raise the first problem, and say how many there are."""
    if problems:
        more = len(problems) - 1
        rest = f"; and {more} more problem{'s' if more > 1 else ''}" if more else ""
        raise RangeError(f"{problems[0]}{rest}", run_number=problems[0].run_number, ranges=[str(one) for one in problems])
