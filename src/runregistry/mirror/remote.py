"""The remote registry, as a sync sees it: what changed, how much there is, and everything of some runs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple, Protocol

from runregistry.client.calls import call
from runregistry.client.flows.pages import DATASETS
from runregistry.client.keywords import wire_filter
from runregistry.errors import APIError, TransportError, UsageError
from runregistry.mirror.asking import Asker, query_call
from runregistry.mirror.filters import dataset_filter, run_filter
from runregistry.model.selection import Selection
from runregistry.store.mirrored import RunCopy

__all__ = ["Counts", "Listed", "Read", "Remote", "count_in", "has_feed", "names_in", "runs_of_era"]


class Listed(NamedTuple):
    """A run (`name` is None) or a dataset that changed, and its version."""

    run_number: int
    name: str | None
    version: int


class Read(NamedTuple):
    """What was read: runs, and the numbers of those that are not there or that nobody wants; `odd` says what was strange."""

    copies: list[RunCopy]
    others: list[int]
    odd: list[str]


class Counts(NamedTuple):
    """How many runs and datasets are shown."""

    runs: int
    datasets: int


class Remote(Protocol):
    """A kind of registry."""

    asker: Asker

    def newest(self) -> int:
        """Return the newest event: everything up to it is found by asking for what changed."""

    def changed(self, selection: Selection, after: int) -> Iterator[list[Listed]]:
        """Go through what changed in a selection after an event, in any order."""

    def is_known(self, version: int, stored: tuple[int, int]) -> bool:
        """Whether a version of a list is that of a row in the mirror, with the version of its cache."""

    def read(
        self, run_numbers: Sequence[int], selections: Sequence[Selection], known: Mapping[int, Sequence[str]]
    ) -> Iterator[Read]:
        """Read runs with their datasets; `known` are the datasets that the mirror has of them."""


def has_feed(asker: Asker) -> bool:
    """Whether a registry tells mirrors what changed, as this one does."""
    try:
        answer = asker.ask(query_call("changes", "after=0&limit=1&run_min=0&run_max=0"))
    except APIError as error:
        # Whatever a registry says to a path that it does not have; what is wrong in earnest, the next question shows.
        if error.status in (400, 404, 405, 500, 501):
            return False
        raise
    return isinstance(answer, dict) and isinstance(answer.get("newest"), int)


def count_in(asker: Asker, selections: Sequence[Selection]) -> list[Counts]:
    """Return how many runs and datasets of each selection the lists of the registry show; no row is sent."""
    calls = []
    for each in selections:
        calls += [
            _count_call("runs_filtered_ordered", run_filter(each)),
            _count_call("datasets_filtered_ordered", dataset_filter(each)),
        ]
    numbers = [_count(answer) for answer in asker.ask_all(calls)]
    return [Counts(*pair) for pair in zip(numbers[::2], numbers[1::2], strict=True)]


def names_in(asker: Asker, selection: Selection) -> dict[int, tuple[bool, list[str]]]:
    """Return the runs that the lists show in a selection, which must be small: whether the run is shown, and its datasets."""
    runs, datasets = asker.ask_all(
        [
            _whole_call("runs_filtered_ordered", run_filter(selection)),
            _whole_call("datasets_filtered_ordered", dataset_filter(selection)),
        ]
    )
    found: dict[int, tuple[bool, list[str]]] = {row["run_number"]: (True, []) for row in runs["runs"]}
    for row in datasets["datasets"]:
        found.setdefault(row["run_number"], (False, []))[1].append(row["name"])
    return found


def runs_of_era(asker: Asker, era: str) -> tuple[int, int]:
    """Return the first and the last run that has a dataset of an era.

    Raises
    ------
    UsageError
        There is none.
    """
    condition = wire_filter(DATASETS, None, False, {"era": era})
    bodies = [{"filter": condition, "sortings": [["run_number", order]], "page": 0, "page_size": 1} for order in ("ASC", "DESC")]
    first, last = (answer["datasets"] for answer in asker.ask_all([call("datasets_filtered_ordered", body) for body in bodies]))
    if not first or not last:
        raise UsageError(f"{asker.name} has no dataset of era {era}; an era is written 2018A, as in the names of datasets")
    return first[0]["run_number"], last[0]["run_number"]


def _count_call(route_name: str, condition: Any) -> Any:
    return call(route_name, {"filter": condition, "sortings": [], "page": 0, "page_size": 0})


def _whole_call(route_name: str, condition: Any) -> Any:
    return call(route_name, {"filter": condition, "sortings": [["run_number", "ASC"]], "page": 0, "page_size": 20_000})


def _count(answer: Any) -> int:
    count = answer.get("count") if isinstance(answer, dict) else None
    if not isinstance(count, int):
        raise TransportError(f"the registry did not say how many rows there are, but {str(answer)[:200]!r}")
    return count
