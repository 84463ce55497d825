"""The engine against the slow evaluator on random rules and data; statistics against counting lumisection by lumisection."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.unit.engine.making import Ranges, documents, evaluate_slowly, make_dataset, stored, to_ranges

from runregistry.engine import (
    OfflineClassifiers,
    OMSLumisections,
    OnlineClassifiers,
    Snapshot,
    evaluate,
    make_golden,
    make_statistics,
)
from runregistry.engine.evaluate import ranges_of, table_outcomes, table_pieces
from runregistry.engine.ruletext import rule_text
from runregistry.engine.stored import Stored
from runregistry.engine.table import Table
from runregistry.engine.truth import Truth
from runregistry.errors import LogicError
from runregistry.logic import Rule, parse_rule
from runregistry.lumis.steps import to_positions
from runregistry.model import CertifiedDataset
from runregistry.model.summary import positive_number

few = settings(max_examples=150, deadline=None)
LAST = 7
COMPONENTS = ("dt-dt", "csc-csc")
BITS = ("bit", "other")
STATUSES = ("GOOD", "BAD", "STANDBY")
PATHS = (
    *(f"lumisection.rr.{name}" for name in COMPONENTS),
    *(f"lumisection.oms.{name}" for name in BITS),
    "lumisection.oms.recorded",
    "lumisection.lumisection_number",
    "run.oms.energy",
    "run.rr.class",
    "run.run_number",
    "dataset.name",
    "dataset.dt_state",
    "nowhere.at.all",
)
WHOLE_PATHS = ("", "run", "run.oms", "dataset", "lumisection", "lumisection.oms", "lumisection.rr")

odd_scalars = st.sampled_from([0.0, -0.0, 1.5, "", "0", "2", "GOOD", "BAD", "Coll"])
scalars = st.one_of(st.none(), st.booleans(), st.integers(-1, 4), odd_scalars)
values = st.one_of(scalars, st.lists(scalars, max_size=2))


def steps(of: st.SearchStrategy[Any]) -> st.SearchStrategy[list[tuple[int, int, Any]]]:
    ends = st.tuples(st.integers(1, LAST), st.integers(1, LAST)).map(sorted)
    return st.lists(st.tuples(ends, of).map(lambda pair: (pair[0][0], pair[0][1], pair[1])), max_size=3)


attributes = st.fixed_dictionaries({}, optional={"energy": values, "class": values, "dt_state": values})
luminosities = st.one_of(st.none(), st.integers(-1, 3), st.sampled_from([0.5, "1.25", "x", -2.0, True]))
datasets_ = st.builds(
    make_dataset,
    st.integers(1, 3),
    st.sampled_from(["online", "/PromptReco/Collisions2022/DQM"]),
    rr=st.fixed_dictionaries({}, optional={name: steps(st.sampled_from(STATUSES)) for name in COMPONENTS}),
    oms=st.fixed_dictionaries(
        {}, optional={name: steps(values) for name in BITS} | {"recorded": steps(luminosities), "delivered": steps(luminosities)}
    ),
    n=st.integers(0, LAST),
    run=attributes,
    run_rr=attributes,
    attributes=attributes,
)
several = st.lists(datasets_, max_size=3)

variables = st.one_of(
    st.sampled_from(PATHS).map(lambda path: {"var": path}),
    st.tuples(st.sampled_from(PATHS), scalars).map(lambda pair: {"var": list(pair)}),
)
wide_variables = st.sampled_from(WHOLE_PATHS).map(lambda path: {"var": path})
computed_variables = st.sampled_from(PATHS).map(lambda path: {"var": {"cat": [path, ""]}})
missing = st.lists(st.sampled_from(PATHS), max_size=2).map(lambda names: {"missing": names})
failing = st.just({"*": []})
terms = st.one_of(variables, variables, variables, scalars, st.just([]), st.just({}), missing, failing)
operators = st.sampled_from(["==", "===", "!=", "<", ">=", "in", "+", "%", "cat"])
comparisons = st.tuples(operators, st.lists(terms, min_size=1, max_size=3)).map(lambda pair: {pair[0]: pair[1]})
leaves = st.one_of(comparisons, comparisons, comparisons, terms)
odd_leaves = st.one_of(leaves, wide_variables, computed_variables)


def rules_of(parts: st.SearchStrategy[Any]) -> st.SearchStrategy[Rule]:
    def operations(operand: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
        logical = st.sampled_from(["and", "or", "and", "or", "if", "?:", "!", "!!"])
        operands = st.one_of(operand, st.lists(operand, max_size=4))
        return st.tuples(logical, operands).map(lambda pair: {pair[0]: pair[1]})

    return st.recursive(parts, operations, max_leaves=6).map(parse_rule)


def evaluate_by_table(rule: Rule, datasets: list[CertifiedDataset]) -> list[Ranges]:
    """The way that can do every rule, whether or not the rule needs it."""
    snapshot = Snapshot.of(datasets)
    truth = Truth(rule)
    table = Table(snapshot, truth.sources)
    return ranges_of(table_pieces(table, table_outcomes(truth, table)), snapshot.line)


def as_stored(datasets: list[CertifiedDataset]) -> Snapshot:
    """The same datasets, out of the texts that the store would keep."""
    return Snapshot(Stored([stored(dataset) for dataset in datasets]))


def outcome(answer: Any) -> Any:
    """The answer, or that there is none."""
    try:
        return answer()
    except LogicError:
        return "fails"


@few
@given(rules_of(leaves), several)
def test_the_engine_passes_what_the_slow_evaluator_passes(rule: Rule, datasets: list[CertifiedDataset]) -> None:
    expected = outcome(lambda: evaluate_slowly(rule, datasets))
    assert outcome(lambda: evaluate(rule, datasets)) == expected
    assert outcome(lambda: evaluate_by_table(rule, datasets)) == expected
    assert outcome(lambda: as_stored(datasets).evaluate(rule)) == expected


plain_leaves = st.one_of(
    st.tuples(st.sampled_from(["==", "!=", "<", "in"]), variables, st.one_of(variables, scalars)).map(
        lambda parts: {parts[0]: list(parts[1:])}
    ),
    st.tuples(st.sampled_from(["some", "all", "none", "filter", "map"]), variables, scalars).map(
        lambda parts: {parts[0]: [parts[1], {"==": [{"var": ""}, parts[2]]}]}
    ),
)


@few
@given(rules_of(plain_leaves), several)
def test_rules_of_comparisons_agree_on_every_way(rule: Rule, datasets: list[CertifiedDataset]) -> None:
    expected = outcome(lambda: evaluate_slowly(rule, datasets))
    assert outcome(lambda: evaluate(rule, datasets)) == expected
    assert outcome(lambda: evaluate_by_table(rule, datasets)) == expected
    assert outcome(lambda: as_stored(datasets).evaluate(rule)) == expected


@few
@given(rules_of(leaves), several, st.lists(st.booleans(), min_size=3, max_size=3))
def test_chosen_datasets_pass_what_they_pass_among_all(rule: Rule, datasets: list[CertifiedDataset], which: list[bool]) -> None:
    chosen = np.array(which[: len(datasets)], dtype=bool)
    some = [dataset for dataset, is_chosen in zip(datasets, chosen, strict=True) if is_chosen]
    assert outcome(lambda: Snapshot.of(datasets).chosen(chosen).evaluate(rule)) == outcome(lambda: evaluate_slowly(rule, some))


@few
@given(rules_of(odd_leaves), several)
def test_rules_that_read_whole_documents_agree_as_well(rule: Rule, datasets: list[CertifiedDataset]) -> None:
    expected = outcome(lambda: evaluate_slowly(rule, datasets))
    assert outcome(lambda: evaluate(rule, datasets)) == expected
    assert outcome(lambda: as_stored(datasets).evaluate(rule)) == expected


@few
@given(rules_of(leaves), several)
def test_golden_and_anti_json_and_luminosities_share_out_the_lumisections(rule: Rule, datasets: list[CertifiedDataset]) -> None:
    golden = outcome(lambda: make_golden(rule, datasets))
    if golden == "fails":
        return
    passed, failed, recorded = defaultdict(set), defaultdict(set), {True: 0.0, False: 0.0}
    for dataset in datasets:
        for number, document in documents(dataset).items():
            good = rule.is_true(document)
            (passed if good else failed)[str(dataset.run_number)].add(number)
            recorded[good] += positive_number(document["lumisection"]["oms"].get("recorded"))
    assert golden.generated_json == as_json(passed)
    assert golden.generated_anti_json == as_json(failed)
    assert golden.recorded_luminosity_in_json == pytest.approx(recorded[True])
    assert golden.total_recorded_luminosity == pytest.approx(recorded[True] + recorded[False])
    assert make_statistics(rule, datasets).total_recorded_luminosity_lost == pytest.approx(recorded[False])


def as_json(numbers: dict[str, set[int]]) -> dict[str, Ranges]:
    return {run: to_ranges(sorted(found)) for run, found in numbers.items()}


@few
@given(rules_of(leaves), several)
def test_statistics_are_what_counting_each_lumisection_gives(rule: Rule, datasets: list[CertifiedDataset]) -> None:
    if outcome(lambda: evaluate(rule, datasets)) == "fails":
        return
    quantity: dict[str, float] = defaultdict(float)
    combination: dict[str, float] = defaultdict(float)
    lumisections: dict[str, dict[tuple[int, int], list[int]]] = defaultdict(lambda: defaultdict(list))
    for position, dataset in enumerate(datasets):
        for number, document in documents(dataset).items():
            if not rule.is_true(document):
                lost = positive_number(document["lumisection"]["oms"].get("recorded"))
                found = [rule_text(cause) for cause in causes_of(rule.source, document, is_root=True)]
                key = f"[{','.join(found)}]"
                combination[key] += lost
                lumisections[key][dataset.run_number, position].append(number)
                for cause in found:
                    quantity[cause] += lost
    statistics = make_statistics(rule, datasets)
    assert statistics.rules_flagged_false_quantity_luminosity == pytest.approx(dict(quantity))
    assert statistics.rules_flagged_false_combination_luminosity == pytest.approx(dict(combination))
    counts = {key: sum(map(len, found.values())) for key, found in lumisections.items()}
    if len({dataset.key for dataset in datasets}) == len(datasets):
        answered = statistics.runs_lumisections_responsible_for_rule
        assert {key: sum(b - a + 1 for r in found.values() for a, b in r) for key, found in answered.items()} == counts


def causes_of(rule: Any, document: Any, *, is_root: bool = False) -> list[Any]:
    """The causes of one lumisection, straight from the definition."""
    if not isinstance(rule, dict) and not is_root:
        return []
    try:
        is_true = parse_rule(rule).apply(document) is True
    except LogicError:
        is_true = False
    if is_true:
        return []
    if isinstance(rule, dict) and len(rule) == 1:
        [(operator, operands)] = rule.items()
        if operator in ("and", "or"):
            operands = operands if isinstance(operands, list) else [operands]
            if operands or not is_root:
                return [cause for operand in operands for cause in causes_of(operand, document)]
    return [rule]


flat_conditions = st.one_of(
    st.sampled_from([*BITS, "energy"]).map(lambda name: {"var": name}),
    st.tuples(st.sampled_from(["==", "!=", "<"]), st.sampled_from([*BITS, "energy"]), scalars).map(
        lambda parts: {parts[0]: [{"var": parts[1]}, parts[2]]}
    ),
    st.just({"==": [{"var": {"cat": ["b", "it"]}}, True]}),
)
items_ = st.lists(
    st.fixed_dictionaries(
        {
            "status": st.sampled_from(STATUSES),
            "priority": st.integers(1, 3),
            "enabled": st.booleans(),
            "classifier": flat_conditions.map(lambda condition: {"if": [condition, True, False]}),
        }
    ),
    max_size=4,
)


def status_by_the_book(items: list[dict[str, Any]], context: Any) -> str:
    """Rule 5.3 of the service's workflows, written out."""
    registered = {item["status"]: item["priority"] for item in items}
    status = "NO VALUE FOUND"
    for item in items:
        better = status == "NO VALUE FOUND" or registered[item["status"]] < registered[status]
        if better and item["enabled"] and parse_rule(item["classifier"]).is_true(context):
            status = item["status"]
    return status


@few
@given(items_.filter(bool), datasets_)
def test_online_statuses_are_those_of_each_lumisection(items: list[dict[str, Any]], dataset: CertifiedDataset) -> None:
    oms, run = dataset.columns.oms, dataset.oms_attributes
    last = dataset.columns.oms_last
    lumisections = OMSLumisections(oms, [(1, last)] if last else [])
    found = OnlineClassifiers({"dt-dt": items}).statuses(run, {}, lumisections)["dt-dt"]
    contexts = [
        {**run, **{name: v for name, column in oms.items() for a, b, v in column if a <= number <= b}}
        for number in range(1, last + 1)
    ]
    expected = [status_by_the_book(items, context) for context in contexts]
    assert [value["status"] for value in to_positions(found, last, dict)] == expected


@few
@given(items_, datasets_)
def test_offline_statuses_are_those_of_each_lumisection(items: list[dict[str, Any]], dataset: CertifiedDataset) -> None:
    nested = [item | {"classifier": nest(item["classifier"])} for item in items]
    classifiers = OfflineClassifiers({"dt-dt": nested})
    found = classifiers.statuses(dataset.oms_attributes, dataset.rr_attributes, dataset.columns)["dt-dt"]
    by_number = {number: value["status"] for first, last, value in found for number in range(first, last + 1)}
    for number, document in documents(dataset).items():
        rr = {name: v for name, steps_ in dataset.columns.rr.items() for a, b, v in steps_ if a <= number <= b}
        context = {"run": document["run"], "lumisection": {"oms": document["lumisection"]["oms"], "rr": rr}}
        assert by_number[number] == status_by_the_book(nested, context)


def nest(rule: Any) -> Any:
    """Write a rule about flat names as one about the context of sign-off."""
    if isinstance(rule, dict):
        if isinstance(name := rule.get("var"), str):
            return {"var": {"bit": "lumisection.oms.bit", "other": "lumisection.rr.dt-dt.status"}.get(name, "run.oms.energy")}
        return {key: nest(part) for key, part in rule.items()}
    return [nest(part) for part in rule] if isinstance(rule, list) else rule
