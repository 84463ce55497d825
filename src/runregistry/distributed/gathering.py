"""From the rows that workers send back to masks and golden JSONs."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from itertools import pairwise
from math import fsum
from typing import Any

import numpy as np

from runregistry.engine import GoldenJSON, Ranges
from runregistry.engine.arrow import lists_of, whole
from runregistry.errors import LogicError, UsageError
from runregistry.lumis import LumiMask

__all__ = ["checked", "to_golden", "to_mask"]


def checked(results: Any) -> Any:
    """Put the rows in order of runs.

    Raises
    ------
    LogicError
        The rule failed at some lumisection; the failure of the lowest run is raised.
    UsageError
        Some rows could not be read, or a dataset is there twice.
    """
    results = results.sort_by([("run_number", "ascending"), ("dataset_name", "ascending")])
    failed = results.filter(results["failure"].is_valid()).select(["failure", "failure_path"]).slice(0, 1).to_pylist()
    for row in failed:
        path = row["failure_path"]
        raise UsageError(row["failure"]) if path is None else LogicError(row["failure"], path=path)
    for one, other in pairwise(_keys(results)):
        if one == other:
            raise UsageError(f"{one} is there twice: each dataset must be in one file only, or it would count twice")
    return results


def to_mask(results: Any) -> LumiMask:
    """Return what passes; of several datasets of a run the union."""
    return _by_run(results, "passing")


def to_golden(results: Any) -> GoldenJSON:
    """Return everything that `Snapshot.golden` does.

    Notes
    -----
    Luminosities are the exactly rounded sums over those of the datasets: the same on every engine, however the rows were divided.
    """
    runs = results["run_number"].to_pylist()
    return GoldenJSON(
        generated_json=_by_run(results, "passing").to_dict(),
        generated_json_with_dataset_names=_by_dataset(results, "passing"),
        generated_anti_json=_by_run(results, "failing").to_dict(),
        generated_anti_json_with_dataset_names=_by_dataset(results, "failing"),
        min_run_number=min(runs, default=None),
        max_run_number=max(runs, default=None),
        total_recorded_luminosity=_sum(results, "total_recorded_luminosity"),
        total_delivered_luminosity=_sum(results, "total_delivered_luminosity"),
        recorded_luminosity_in_json=_sum(results, "recorded_luminosity_in_json"),
        delivered_luminosity_in_json=_sum(results, "delivered_luminosity_in_json"),
    )


def _keys(results: Any) -> Iterator[str]:
    runs, names = results["run_number"].to_pylist(), results["dataset_name"].to_pylist()
    return (f"{run_number}-{name}" for run_number, name in zip(runs, names, strict=True))


def _ranges(results: Any, column: str) -> Iterator[Ranges]:
    lengths, edges = lists_of(whole(results[column]), "first", "last")
    pairs = np.stack([edge.to_numpy(zero_copy_only=False) for edge in edges], axis=1).tolist()
    return (pairs[start:stop] for start, stop in pairwise(np.cumsum(np.append(0, lengths)).tolist()))


def _by_dataset(results: Any, column: str) -> dict[str, Ranges]:
    return {key: ranges for key, ranges in zip(_keys(results), _ranges(results, column), strict=True) if ranges}


def _by_run(results: Any, column: str) -> LumiMask:
    by_run: defaultdict[int, Ranges] = defaultdict(list)
    for run_number, ranges in zip(results["run_number"].to_pylist(), _ranges(results, column), strict=True):
        by_run[run_number] += ranges
    return LumiMask(by_run)


def _sum(results: Any, column: str) -> float:
    return fsum(results[column].to_pylist())
