"""What a golden JSON loses of a denominator, rule by rule."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from runregistry.engine import make_statistics
from runregistry.engine.ruletext import rule_text
from runregistry.errors import RangeError
from runregistry.lumis.steps import covered, gaps, intersect, restrict
from runregistry.model import CertifiedDataset, LumisectionColumns
from runregistry.model.summary import certified_ranges, positive_number
from runregistry.server.services.json_creation import Passing, parse_old_rule, passing
from runregistry.server.services.json_data import luminosity_within
from runregistry.store import Store

__all__ = ["compare_rules"]

_Ranges = list[tuple[int, int]]


def compare_rules(store: Store, body: Mapping[str, Any]) -> dict[str, Any]:
    """Return how much of what one rule lets pass (``denominator_logic``) another does not (``golden_logic``), and why.

    Returns
    -------
    dict
        Luminosities that are lost, and by rule, and by list of rules that fail together, how many lumisections and how much
        recorded luminosity. Only lumisections with recorded luminosity are counted by rule.

    Raises
    ------
    RangeError
        Of a dataset in the denominator the golden rule lets pass what the denominator does not.
    UsageError, LogicError
        A rule can't be used, or lets two datasets of one run pass.
    """
    golden_rule = parse_old_rule(body.get("golden_logic"), "golden_logic")
    denominator_rule = parse_old_rule(body.get("denominator_logic"), "denominator_logic")
    with store.reading() as connection:
        denominator = passing(store, connection, denominator_rule)
        lost = list(_lost(passing(store, connection, golden_rule), denominator))
    statistics = make_statistics(golden_rule, [_only(dataset, _with_luminosity(dataset, ranges)) for dataset, ranges in lost])
    counts = _counts(statistics.runs_lumisections_responsible_for_rule)
    return {
        "recorded_luminosity_lost": sum(luminosity_within(dataset, ranges, "recorded") for dataset, ranges in lost),
        "delivered_luminosity_lost": sum(luminosity_within(dataset, ranges, "delivered") for dataset, ranges in lost),
        "rules_flagged_false_quantity": _by_rule(counts),
        "rules_flagged_false_combination": counts,
        "rules_flagged_false_quantity_luminosity": statistics.rules_flagged_false_quantity_luminosity,
        "rules_flagged_false_combination_luminosity": statistics.rules_flagged_false_combination_luminosity,
    }


def _lost(golden: Passing, denominator: Passing) -> Iterator[tuple[CertifiedDataset, _Ranges]]:
    """Yield the datasets of the denominator, each with its lumisections that are not golden."""
    passed = {dataset.key: [(first, last) for first, last in ranges] for dataset, ranges in golden}
    for dataset, ranges in denominator:
        everything = [(first, last) for first, last in ranges]
        good = passed.get(dataset.key, [])
        if intersect(good, everything) != good:
            raise RangeError("The denominator must be a subset of the excluded ranges", run_number=dataset.run_number)
        yield dataset, intersect(everything, gaps(good, everything[-1][1]))


def _with_luminosity(dataset: CertifiedDataset, ranges: _Ranges) -> _Ranges:
    steps = dataset.columns.oms.get("recorded", [])
    return intersect(ranges, covered(step for step in steps if positive_number(step[2])))


def _only(dataset: CertifiedDataset, ranges: _Ranges) -> CertifiedDataset:
    """Return a dataset that has nothing but some of its lumisections."""
    columns, kept = LumisectionColumns(), intersect(certified_ranges(dataset.columns), ranges)
    columns.rr_present = columns.oms_present = kept
    columns.rr = {name: restrict(steps, kept) for name, steps in dataset.columns.rr.items()}
    columns.oms = {name: restrict(steps, kept) for name, steps in dataset.columns.oms.items()}
    return dataset._replace(columns=columns)


def _counts(responsible: Mapping[str, Mapping[str, list[list[int]]]]) -> dict[str, int]:
    return {
        key: sum(last - first + 1 for ranges in by_dataset.values() for first, last in ranges)
        for key, by_dataset in responsible.items()
    }


def _by_rule(combinations: Mapping[str, int]) -> dict[str, int]:
    counts: dict[str, int] = {}
    for key, count in combinations.items():
        for rule in map(rule_text, json.loads(key)):
            counts[rule] = counts.get(rule, 0) + count
    return counts
