"""Small datasets for tests, and the slow way to evaluate a rule on them: document by document."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from runregistry.logic import Rule
from runregistry.model import CertifiedDataset, LumisectionColumns, StoredDataset, triplet
from runregistry.model.summary import certified_ranges

Ranges = list[list[int]]


def make_dataset(
    run_number: int = 355100,
    name: str = "/PromptReco/Collisions2022/DQM",
    *,
    rr: Mapping[str, Sequence[tuple[int, int, str]]] | None = None,
    oms: Mapping[str, Sequence[tuple[int, int, Any]]] | None = None,
    n: int = 0,
    run: Mapping[str, Any] | None = None,
    run_rr: Mapping[str, Any] | None = None,
    attributes: Mapping[str, Any] | None = None,
) -> CertifiedDataset:
    """A dataset with the given statuses and OMS values; lumisections 1 to `n` exist without any."""
    columns = LumisectionColumns()
    if n:
        columns.apply_rr([(1, n, {})])
        columns.apply_oms([(1, n, {})])
    for component, statuses in (rr or {}).items():
        columns.apply_rr((first, last, {component: triplet(status)}) for first, last, status in statuses)
    for attribute, steps in (oms or {}).items():
        columns.apply_oms((first, last, {attribute: value}) for first, last, value in steps)
    return CertifiedDataset(run_number, name, dict(attributes or {}), dict(run_rr or {}), dict(run or {}), columns)


def stored(dataset: CertifiedDataset) -> StoredDataset:
    """The texts that the store would keep of a dataset."""
    attributes = (dataset.dataset_attributes, dataset.rr_attributes, dataset.oms_attributes)
    texts = [msgspec.json.encode(each).decode() for each in attributes]
    return StoredDataset(dataset.run_number, dataset.name, *texts, dataset.columns.encode_rr(), dataset.columns.encode_oms())


def documents(dataset: CertifiedDataset) -> dict[int, dict[str, Any]]:
    """Every lumisection document of a dataset, by number, written out without any cleverness."""
    columns = dataset.columns
    answer = {}
    for first, last in certified_ranges(columns):
        for number in range(first, last + 1):
            oms = {name: v for name, steps in columns.oms.items() for a, b, v in steps if a <= number <= b}
            rr = {name: v["status"] for name, steps in columns.rr.items() for a, b, v in steps if a <= number <= b}
            answer[number] = {
                "dataset": {**dataset.dataset_attributes, "name": dataset.name},
                "run": {"oms": dataset.oms_attributes, "rr": dataset.rr_attributes, "run_number": dataset.run_number},
                "lumisection": {"lumisection_number": number, "oms": oms, "rr": rr},
            }
    return answer


def evaluate_slowly(rule: Rule, datasets: Sequence[CertifiedDataset]) -> list[Ranges]:
    """What `runregistry.engine.evaluate` must answer."""
    return [
        to_ranges([number for number, document in documents(dataset).items() if rule.is_true(document)]) for dataset in datasets
    ]


def to_ranges(numbers: Sequence[int]) -> Ranges:
    """Join ascending numbers into closed ranges."""
    ranges: Ranges = []
    for number in numbers:
        if ranges and ranges[-1][1] == number - 1:
            ranges[-1][1] = number
        else:
            ranges.append([number, number])
    return ranges
