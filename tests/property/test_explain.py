"""Explanations against counting lumisection by lumisection, and what-if against the rule without the clauses."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.property.test_engine import COMPONENTS, STATUSES, several
from tests.unit.engine.making import documents

from runregistry.engine import evaluate, make_golden, make_statistics
from runregistry.engine.clauses import clauses_of, rule_without
from runregistry.engine.explain import explain
from runregistry.logic import Rule, parse_rule, parse_rule_text
from runregistry.lumis import LumiMask
from runregistry.model import CertifiedDataset

few = settings(max_examples=80, deadline=None)

statuses = st.tuples(st.sampled_from(["==", "!="]), st.sampled_from(COMPONENTS), st.sampled_from(STATUSES))
on_status = statuses.map(lambda each: {each[0]: [{"var": f"lumisection.rr.{each[1]}"}, each[2]]})
on_bit = st.sampled_from(["bit", "other"]).map(lambda name: {"==": [{"var": f"lumisection.oms.{name}"}, True]})
on_energy = st.integers(0, 3).map(lambda least: {">=": [{"var": "run.oms.energy"}, least]})
conditions = st.one_of(on_status, on_bit, on_energy)


def folds(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.tuples(st.sampled_from(["and", "or"]), st.lists(inner, min_size=1, max_size=3)).map(lambda two: {two[0]: two[1]})


folded = st.recursive(conditions, folds, max_leaves=6)
rules = st.one_of(folded, st.lists(folded, min_size=1, max_size=4).map(lambda all_of: {"and": all_of})).map(parse_rule)


@few
@given(rules, several)
def test_what_is_lost_is_the_anti_json_and_combinations_share_it_out(rule: Rule, datasets: list[CertifiedDataset]) -> None:
    why, golden, statistics = explain(rule, datasets), make_golden(rule, datasets), make_statistics(rule, datasets)
    ranges = why.ranges()
    assert sum(row["lumisections"] for row in ranges) == why.total_lost.lumisections
    assert sum(row["lumisections"] for row in why.by_combination()) == why.total_lost.lumisections
    assert why.total_lost.recorded_invpb == pytest.approx(statistics.total_recorded_luminosity_lost)
    assert why.total.recorded_invpb == pytest.approx(golden.total_recorded_luminosity)
    assert sum(row["recorded_invpb"] for row in why.by_combination()) == pytest.approx(why.total_lost.recorded_invpb)
    n_anti = sum(last - first + 1 for here in golden.generated_anti_json_with_dataset_names.values() for first, last in here)
    assert n_anti <= why.total_lost.lumisections  # datasets of one name and run have one entry there
    by_cause = statistics.rules_flagged_false_quantity_luminosity
    texts = {row["text"]: row["recorded_invpb"] for row in why.by_clause() if row["lumisections"]}
    assert texts.keys() == by_cause.keys()


@few
@given(rules, several)
def test_clauses_fail_where_they_fail_in_the_documents(rule: Rule, datasets: list[CertifiedDataset]) -> None:
    clauses = {clause.number: parse_rule_text(clause.text) for clause in clauses_of(rule)}
    places = [(dataset.run_number, dataset.name) for dataset in datasets]
    if len(set(places)) < len(places):
        return
    for row in explain(rule, datasets).ranges():
        here = documents(datasets[places.index((row["run_number"], row["dataset_name"]))])
        for number in range(row["first"], row["last"] + 1):
            assert not rule.is_true(here[number])
            assert all(not clauses[blamed].is_true(here[number]) for blamed in row["clauses"])


@few
@given(rules, several, st.data())
def test_ignoring_clauses_is_evaluating_the_rule_without_them(
    rule: Rule, datasets: list[CertifiedDataset], data: st.DataObject
) -> None:
    clauses = clauses_of(rule)
    numbers = data.draw(st.lists(st.sampled_from([clause.number for clause in clauses]), min_size=1, max_size=3))
    why = explain(rule, datasets, ignore=numbers)
    reduced = parse_rule(rule_without(rule, [clause for clause in clauses if clause.number in numbers]))
    before, after = LumiMask(make_golden(rule, datasets).generated_json), LumiMask(make_golden(reduced, datasets).generated_json)
    assert after == before | why.what_if.won_back
    won = sum(map(_size, evaluate(reduced, datasets))) - sum(map(_size, evaluate(rule, datasets)))
    assert won == why.what_if.amount.lumisections


@few
@given(rules, several)
def test_exclusive_is_what_ignoring_the_clause_alone_wins_back(rule: Rule, datasets: list[CertifiedDataset]) -> None:
    why = explain(rule, datasets)
    for row in why.by_clause():
        won = why.ignoring(row["clause"]).what_if.amount
        assert row["lumisections_exclusive"] == won.lumisections <= row["lumisections"]
        assert row["recorded_exclusive_invpb"] == pytest.approx(won.recorded_invpb)


def _size(ranges: list[list[int]]) -> int:
    return sum(last - first + 1 for first, last in ranges)
