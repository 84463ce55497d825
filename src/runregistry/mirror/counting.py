"""Whether anything was missed: counts are compared, and where they differ, halves, until the runs are found."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Mapping, Sequence
from itertools import accumulate
from typing import NamedTuple

from runregistry.mirror.asking import Asker
from runregistry.mirror.remote import Counts, count_in, names_in
from runregistry.model.selection import Selection

__all__ = ["Differences", "find_differences"]

_FEW = 50
Shown = Mapping[int, tuple[bool, list[str]]]


class Differences(NamedTuple):
    """Where the mirror and the lists of the remote registry differ.

    Attributes
    ----------
    runs : list of int
        Runs that only one of them shows, or of which they show other datasets.
    contradictions : list of Selection
        Blocks of runs where the remote counts something else than it lists.
    """

    runs: list[int]
    contradictions: list[Selection]


class _Local:
    """What the mirror shows, to be counted from a run to another."""

    def __init__(self, shown: Shown) -> None:
        self.shown = shown
        self.numbers = sorted(shown)
        self._runs = [0, *accumulate(int(shown[number][0]) for number in self.numbers)]
        self._datasets = [0, *accumulate(len(shown[number][1]) for number in self.numbers)]

    def within(self, block: Selection) -> Sequence[int]:
        """The runs of a block."""
        return self.numbers[bisect_left(self.numbers, block.first) : bisect_right(self.numbers, block.last)]

    def count(self, block: Selection) -> Counts:
        """How much there is in a block."""
        start, stop = bisect_left(self.numbers, block.first), bisect_right(self.numbers, block.last)
        return Counts(self._runs[stop] - self._runs[start], self._datasets[stop] - self._datasets[start])


def find_differences(asker: Asker, selection: Selection, shown: Shown) -> Differences:
    """Return where the lists of the remote registry show something else than the mirror does.

    Parameters
    ----------
    shown : mapping
        For each run of the mirror in the selection whether it is shown, and the names of its datasets that are.

    Notes
    -----
    Cost: two questions if there is no difference, else about two for each halving.
    """
    local, runs, contradictions = _Local(shown), [], []
    blocks = [selection]
    while blocks:
        wrong = [
            (block, counts) for block, counts in zip(blocks, count_in(asker, blocks), strict=True) if counts != local.count(block)
        ]
        blocks = []
        for block, counts in wrong:
            if max(len(local.within(block)), counts.runs) > _FEW and block.first < block.last:
                blocks += _halves(block, local)
                continue
            listed = names_in(asker, block)
            different = sorted(number for number in {*listed, *local.within(block)} if _differs(number, listed, local.shown))
            runs += different
            if (
                Counts(sum(is_shown for is_shown, _ in listed.values()), sum(len(names) for _, names in listed.values()))
                != counts
            ):
                contradictions.append(block)
    return Differences(runs, contradictions)


def _differs(number: int, listed: Shown, shown: Shown) -> bool:
    nothing: tuple[bool, list[str]] = (False, [])
    (one, names), (other, others) = listed.get(number, nothing), shown.get(number, nothing)
    return one != other or sorted(names) != sorted(others)


def _halves(block: Selection, local: _Local) -> list[Selection]:
    numbers = local.within(block)
    middle = numbers[len(numbers) // 2 - 1] if len(numbers) > _FEW else (block.first + block.last) // 2
    middle = min(max(middle, block.first), block.last - 1)
    return [block._replace(run_min=block.first, run_max=middle), block._replace(run_min=middle + 1, run_max=block.last)]
