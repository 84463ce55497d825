"""How many lumisections of each component have which status, from the summaries that runs and datasets carry."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from runregistry.client.frames.frame import as_mapping
from runregistry.client.frames.kinds import Kind
from runregistry.errors import UsageError
from runregistry.terms import EMPTY, GOOD, ONLINE, STATUSES

__all__ = ["good_fraction", "status_counts"]

_CACHE = "DatasetTripletCache"
_TEXTS = ("comments", "causes")


def status_counts(kind: Kind, rows: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return one row for each run, dataset and component.

    Raises
    ------
    UsageError
        The rows are of another kind, or were cut to fields without the summaries.
    """
    if kind not in (Kind.RUNS, Kind.DATASETS):
        raise UsageError(f"component_counts() is for runs and datasets with all their fields; these rows are {kind}")
    return [counted for row in rows for counted in _counts(kind, row)]


def _counts(kind: Kind, row: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    if _CACHE not in row:
        raise UsageError(f"run {row.get('run_number')} came without the counts of its components; ask for it without fields=")
    summary = as_mapping(as_mapping(row[_CACHE]).get("triplet_summary"))
    key = {"run_number": row.get("run_number"), "dataset_name": row.get("name") if kind is Kind.DATASETS else ONLINE}
    for component, of_component in summary.items():
        yield {**key, "component": component, **_of_component(as_mapping(of_component))}


def _of_component(summary: Mapping[str, Any]) -> dict[str, Any]:
    names = dict.fromkeys((*STATUSES, *(name for name in summary if name not in _TEXTS)))
    counts = {name: _count(summary.get(name)) for name in names}
    total = sum(counts.values())
    texts = {name: list(summary[name]) if isinstance(summary.get(name), list) else [] for name in _TEXTS}
    return {**counts, "lumisections": total, "good_fraction": good_fraction(counts[GOOD], total - counts[EMPTY]), **texts}


def _count(value: Any) -> int:
    """Return a count; a status that never occurs has none."""
    return value if type(value) is int else 0


def good_fraction(good: int, judged: int) -> float | None:
    """Return the GOOD part of the lumisections that are not EMPTY; None if all are.

    Examples
    --------
    >>> good_fraction(177, 213 - 0), good_fraction(0, 0)
    (0.8309859154929577, None)
    """
    return good / judged if judged else None
