"""Making JSONs at once, in the old way: a rule that also says which datasets, of which one may pass in each run."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import islice
from typing import Any, TypeVar

from sqlalchemy import Connection, Row

from runregistry.engine import evaluate
from runregistry.engine.pruning import may_pass
from runregistry.errors import UsageError
from runregistry.logic import Rule, parse_rule
from runregistry.model import CertifiedDataset, LumisectionColumns
from runregistry.server.services.certified import read_certified
from runregistry.server.services.old_rules import translated
from runregistry.server.services.playground import parse_logic
from runregistry.store import Store
from runregistry.store.documents import decode

__all__ = ["generate_json", "parse_old_rule", "passing"]

# Datasets that are looked at together: many while only attributes are read, few with their lumisections.
_MANY, _FEW = 2000, 200
_MULTIPLE = (
    "There exists mutliple datasets for that json logic filter. please include a filter that accepts only 1 dataset per run"
)
Passing = list[tuple[CertifiedDataset, list[list[int]]]]
T = TypeVar("T")


def generate_json(store: Store, body: Mapping[str, Any]) -> dict[str, Any]:
    """Return the JSON of a rule (body key ``json_logic``, JSON text), made from all datasets that are not hidden.

    Returns
    -------
    dict
        ``final_json`` by run number, ``final_json_with_dataset_names``, and ``dataset_in_run_in_json``: which dataset it is.

    Raises
    ------
    UsageError
        Two datasets of one run pass.

    Notes
    -----
    json-logic as everywhere else. The service translated a part of it into SQL, where ``or`` was an ``and`` of lumisections.
    """
    rule = parse_old_rule(body.get("json_logic"), "json_logic")
    with store.reading() as connection:
        found = passing(store, connection, rule)
    return {
        "final_json": {str(dataset.run_number): ranges for dataset, ranges in found},
        "dataset_in_run_in_json": {str(dataset.run_number): dataset.name for dataset, _ in found},
        "final_json_with_dataset_names": {dataset.key: ranges for dataset, ranges in found},
    }


def parse_old_rule(text: Any, what: str) -> Rule:
    """Read a rule whose variables are called as they were in the old way of making JSONs."""
    return parse_rule(translated(parse_logic(text, what)))


def passing(store: Store, connection: Connection, rule: Rule) -> Passing:
    """Return the datasets of which anything passes a rule, by run number, each with the ranges that pass.

    Raises
    ------
    UsageError
        Two datasets of one run pass.

    Notes
    -----
    Cost: attributes of every dataset are read, lumisections only of those that the attributes do not rule out. Few datasets are
    in memory at a time.
    """
    found: Passing = []
    for dataset, ranges in _evaluated(store, connection, rule, _candidates(store, connection, rule)):
        if found and found[-1][0].run_number == dataset.run_number:
            raise UsageError(_MULTIPLE)
        found.append((dataset, ranges))
    return found


def _candidates(store: Store, connection: Connection, rule: Rule) -> list[tuple[int, str]]:
    datasets = _without_lumisections(store.records.attributes(connection))
    return [
        (dataset.run_number, dataset.name)
        for chunk in _chunks(datasets, _MANY)
        for dataset, is_possible in zip(chunk, may_pass(rule, chunk), strict=True)
        if is_possible
    ]


def _without_lumisections(rows: Iterable[Row[Any]]) -> Iterator[CertifiedDataset]:
    read = lru_cache(maxsize=8)(decode)  # the datasets of a run come one after the other
    nothing = LumisectionColumns()
    for row in rows:
        attributes = (decode(row.dataset_attributes), read(row.rr_attributes), read(row.oms_attributes))
        yield CertifiedDataset(row.run_number, row.name, *attributes, nothing)


def _evaluated(
    store: Store, connection: Connection, rule: Rule, keys: Sequence[tuple[int, str]]
) -> Iterator[tuple[CertifiedDataset, list[list[int]]]]:
    for chunk in _chunks(keys, _FEW):
        datasets = sorted(read_certified(store, connection, chunk), key=lambda dataset: (dataset.run_number, dataset.name))
        yield from ((dataset, ranges) for dataset, ranges in zip(datasets, evaluate(rule, datasets), strict=True) if ranges)


def _chunks(items: Iterable[T], size: int) -> Iterator[list[T]]:
    remaining = iter(items)
    while chunk := list(islice(remaining, size)):
        yield chunk
