"""Which part of a registry is meant: runs by number and class, and their datasets by name."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

from runregistry.errors import UsageError
from runregistry.filters.patterns import like
from runregistry.terms import ONLINE

__all__ = ["Selection"]

_LAST_RUN = 2**31 - 1


class Selection(NamedTuple):
    """A part of a registry. What is empty selects everything; the ``online`` dataset belongs to every run.

    Attributes
    ----------
    run_min, run_max : int or None
        First and last run, both included.
    run_class : tuple of str
        Classes, or patterns with ``%``; any of them.
    dataset_name : tuple of str
        Names of datasets, or patterns with ``%``; any of them.

    Examples
    --------
    >>> chosen = Selection(355100, 355199, ("Collisions%",), ("/PromptReco/%",))
    >>> chosen.has_run(355100, "Collisions22"), chosen.has_run(355100, "Cosmics22"), chosen.has_dataset("online")
    (True, False, True)
    >>> print(chosen)
    runs 355100 to 355199 of class Collisions%, datasets /PromptReco/%
    """

    run_min: int | None = None
    run_max: int | None = None
    run_class: tuple[str, ...] = ()
    dataset_name: tuple[str, ...] = ()

    @property
    def first(self) -> int:
        """The first run that it can hold."""
        return 0 if self.run_min is None else self.run_min

    @property
    def last(self) -> int:
        """The last run that it can hold."""
        return _LAST_RUN if self.run_max is None else self.run_max

    def has_run(self, run_number: int, run_class: object) -> bool:
        """Whether a run belongs to it."""
        if not self.first <= run_number <= self.last:
            return False
        return not self.run_class or (isinstance(run_class, str) and any(_test(each)(run_class) for each in self.run_class))

    def has_dataset(self, name: str) -> bool:
        """Whether a dataset of one of its runs belongs to it."""
        return not self.dataset_name or name == ONLINE or any(_test(each)(name) for each in self.dataset_name)

    def __str__(self) -> str:
        bounds = [("from" if self.run_max is None else "", self.run_min), ("to" if self.run_min else "up to", self.run_max)]
        numbers = " ".join(f"{word} {number}".strip() for word, number in bounds if number is not None)
        runs = f"runs {numbers}" if numbers else "all runs"
        of_class = f" of class {' or '.join(self.run_class)}" if self.run_class else ""
        return f"{runs}{of_class}{', datasets ' + ' or '.join(self.dataset_name) if self.dataset_name else ''}"

    @classmethod
    def read(cls, document: Mapping[str, Any]) -> Selection:
        """Read a selection as it travels: an object with the names of the attributes.

        Raises
        ------
        UsageError
            It is none.
        """
        numbers = [document.get(name) for name in ("run_min", "run_max")]
        texts = [document.get(name) or [] for name in ("run_class", "dataset_name")]
        if not all(number is None or (isinstance(number, int) and not isinstance(number, bool)) for number in numbers):
            raise UsageError(f"run_min and run_max of a selection must be run numbers, not {numbers[0]!r} and {numbers[1]!r}")
        if not all(isinstance(each, Sequence) and all(isinstance(text, str) for text in each) for each in texts):
            raise UsageError(f"run_class and dataset_name of a selection must be lists of texts, not {texts[0]!r}, {texts[1]!r}")
        return cls(numbers[0], numbers[1], *map(tuple, texts))


@lru_cache(maxsize=256)
def _test(pattern: str) -> Callable[[str], bool]:
    """Return the test of a pattern with ``%``, else of the text itself, as the filters of lists have it."""
    return like(pattern) if "%" in pattern else pattern.__eq__
