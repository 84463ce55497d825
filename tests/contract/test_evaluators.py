"""All evaluators, the slow one, the tables and the sweeps over any origin of the data, answer every question alike."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from tests.unit.engine.making import Ranges, evaluate_slowly, make_dataset, stored

from runregistry.engine import Snapshot, evaluate
from runregistry.engine.evaluate import ranges_of, table_outcomes, table_pieces
from runregistry.engine.stored import Stored
from runregistry.engine.table import Table
from runregistry.engine.truth import Truth
from runregistry.errors import LogicError
from runregistry.logic import Rule, parse_rule
from runregistry.model import CertifiedDataset

Evaluate = Callable[[Rule, Sequence[CertifiedDataset]], list[Ranges]]

DT_GOOD = {"==": [{"var": "lumisection.rr.dt-dt"}, "GOOD"]}
FAILS = {"*": []}
NUMBER = {"var": "lumisection.lumisection_number"}

COLLISIONS = make_dataset(
    355100,
    rr={"dt-dt": [(1, 9, "GOOD"), (4, 5, "BAD")], "csc-csc": [(3, 9, "STANDBY")]},
    oms={"cms_active": [(1, 6, True), (7, 8, None)], "prescale_index": [(1, 2, 1), (3, 3, 1.5), (4, 10, 2)]},
    run={"energy": 6800, "b_field": 3.8, "components": ["DT", "CSC"], "end_time": None},
    run_rr={"class": "Collisions22"},
    attributes={"dt_state": "OPEN"},
)
COSMICS = make_dataset(355200, rr={"dt-dt": [(1, 3, "BAD")]}, oms={"cms_active": [(1, 3, True)]}, run_rr={"class": "Cosmics22"})
BARE = make_dataset(355300, run={"energy": 6800})
DATASETS = [COLLISIONS, COSMICS, BARE]

NOTHING: list[Ranges] = [[], [], []]
ALL: list[Ranges] = [[[1, 9]], [[1, 3]], []]

CASES: dict[str, tuple[Any, list[Ranges]]] = {
    "a status": (DT_GOOD, [[[1, 3], [6, 9]], [], []]),
    "a component that is missing is null": ({"==": [{"var": "lumisection.rr.csc-csc"}, None]}, [[[1, 2]], [[1, 3]], []]),
    "an attribute that is missing is null": ({"==": [{"var": "lumisection.oms.cms_active"}, None]}, [[[7, 9]], [], []]),
    "null compares as zero": ({"<": [{"var": "run.oms.energy"}, 6000]}, [[], [[1, 3]], []]),
    "a run attribute": ({"in": ["Coll", {"var": "run.rr.class"}]}, [[[1, 9]], [], []]),
    "a run number": ({">": [{"var": "run.run_number"}, 355100]}, [[], [[1, 3]], []]),
    "a dataset attribute": ({"==": [{"var": "dataset.dt_state"}, "OPEN"]}, [[[1, 9]], [], []]),
    "a dataset name": ({"in": ["Prompt", {"var": "dataset.name"}]}, ALL),
    "a key inside of a value": ({"==": [{"var": "run.oms.components.1"}, "CSC"]}, [[[1, 9]], [], []]),
    "a lumisection number": ({"in": [NUMBER, [2, 3, 9]]}, [[[2, 3], [9, 9]], [[2, 3]], []]),
    "every second lumisection": ({"%": [NUMBER, 2]}, [[[1, 1], [3, 3], [5, 5], [7, 7], [9, 9]], [[1, 1], [3, 3]], []]),
    "numbers of two kinds": ({"<": [1, {"var": "lumisection.oms.prescale_index"}, 2]}, [[[3, 3]], [], []]),
    "two columns at once": (
        {"==": [{"var": "lumisection.rr.dt-dt"}, {"if": [{"var": "lumisection.rr.csc-csc"}, "GOOD", "BAD"]}]},
        [[[3, 3], [6, 9]], [[1, 3]], []],
    ),
    "run and lumisection mixed": (
        {"and": [DT_GOOD, {"==": [{"var": "run.rr.class"}, "Collisions22"]}]},
        [[[1, 3], [6, 9]], [], []],
    ),
    "all of OMS as one value": ({"var": "lumisection.oms"}, ALL),
    "all statuses as one value": ({"in": [",", {"cat": {"var": "lumisection.rr"}}]}, NOTHING),
    "no status": ({"!": {"var": "lumisection.rr.csc-csc"}}, [[[1, 2]], [[1, 3]], []]),
    "the whole document": ({"var": ""}, ALL),
    "missing names": ({"missing": ["lumisection.oms.cms_active"]}, ALL),
    "missing names that count as false": ({"!": {"missing": ["lumisection.oms.cms_active"]}}, [[[1, 6]], [[1, 3]], []]),
    "a name that is worked out": (
        {"==": [{"var": {"cat": ["lumisection.rr.", "dt", "-dt"]}}, "BAD"]},
        [[[4, 5]], [[1, 3]], []],
    ),
    "elements of a list": ({"some": [{"var": "run.oms.components"}, {"==": [{"var": ""}, "DT"]}]}, [[[1, 9]], [], []]),
    "an if with an else": ({"if": [DT_GOOD, False, {"var": "lumisection.oms.cms_active"}]}, [[[4, 5]], [[1, 3]], []]),
    "an if without an else": ({"if": [DT_GOOD, True]}, [[[1, 3], [6, 9]], [], []]),
    "an empty list is true in the end": ([], ALL),
    "an empty list stops an and": ({"and": [[], FAILS]}, ALL),
    "an empty list does not stop an or": ({"or": [[], False]}, NOTHING),
    "an and of nothing": ({"and": []}, NOTHING),
    "an object that is data": ({}, ALL),
    "a constant": (1, ALL),
    "an and that fails where it is not reached": ({"and": [False, FAILS]}, NOTHING),
    "an or that fails where it is not reached": ({"or": [{"var": "dataset.name"}, FAILS]}, ALL),
    "a branch that is not taken": ({"if": [{"var": "run.run_number"}, DT_GOOD, FAILS]}, [[[1, 3], [6, 9]], [], []]),
    "a failure that no lumisection reaches": ({"or": [DT_GOOD, {"var": "lumisection.oms.cms_active"}, FAILS]}, ALL),
    "a failure in a dataset without lumisections": ({"and": [{"!": {"var": "run.rr.class"}}, FAILS]}, NOTHING),
}

FAILURES = {
    "at the top": FAILS,
    "where an and reaches it": {"and": [DT_GOOD, FAILS]},
    "where an or reaches it": {"or": [DT_GOOD, FAILS]},
    "in a condition": {"if": [{"+": [1, FAILS]}, True, False]},
    "behind not": {"!": FAILS},
    "in one dataset only": {"and": [{"==": [{"var": "run.rr.class"}, "Cosmics22"]}, FAILS]},
    "at one lumisection only": {"and": [{"==": [NUMBER, 9]}, FAILS]},
    "before something that decides": {"and": [FAILS, False]},
}


def by_table(rule: Rule, datasets: Sequence[CertifiedDataset]) -> list[Ranges]:
    snapshot, truth = Snapshot.of(datasets), Truth(rule)
    table = Table(snapshot, truth.sources)
    return ranges_of(table_pieces(table, table_outcomes(truth, table)), snapshot.line)


def from_store(rule: Rule, datasets: Sequence[CertifiedDataset]) -> list[Ranges]:
    return Snapshot(Stored([stored(dataset) for dataset in datasets])).evaluate(rule)


def from_parquet(rule: Rule, datasets: Sequence[CertifiedDataset]) -> list[Ranges]:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "datasets.parquet"
        Snapshot.of(datasets).write(path)
        return Snapshot.read(path).evaluate(rule)


EVALUATORS: dict[str, Evaluate] = {
    "slow": evaluate_slowly,
    "columns": evaluate,
    "table": by_table,
    "store": from_store,
    "parquet": from_parquet,
}


@pytest.fixture(params=EVALUATORS)
def evaluator(request: pytest.FixtureRequest) -> Evaluate:
    return EVALUATORS[request.param]


@pytest.mark.parametrize("case", CASES)
def test_lumisections_that_pass(evaluator: Evaluate, case: str) -> None:
    rule, expected = CASES[case]
    assert evaluator(parse_rule(rule), DATASETS) == expected


def test_values_that_python_takes_for_equal_are_told_apart(evaluator: Evaluate) -> None:
    values = [True, 1, 1.0, False, 0, "1", -0.0]
    oms = {"value": [(number, number, value) for number, value in enumerate(values, 1)]}
    dataset = make_dataset(1, oms=oms, n=len(values))
    value = {"var": "lumisection.oms.value"}
    assert evaluator(parse_rule({"===": [value, True]}), [dataset]) == [[[1, 1]]]
    assert evaluator(parse_rule({"===": [value, 1]}), [dataset]) == [[[2, 3]]]
    assert evaluator(parse_rule({"===": [value, False]}), [dataset]) == [[[4, 4]]]
    assert evaluator(parse_rule({"<": [{"/": [1, value]}, 0]}), [dataset]) == [[[7, 7]]]


@pytest.mark.parametrize("case", FAILURES)
def test_a_rule_that_fails_says_so(evaluator: Evaluate, case: str) -> None:
    with pytest.raises(LogicError):
        evaluator(parse_rule(FAILURES[case]), DATASETS)


def test_an_unknown_operator_fails_only_where_it_is_reached(evaluator: Evaluate) -> None:
    rule = parse_rule({"or": [DT_GOOD, {"no_such": [1]}]}, defer_unknown=True)
    with pytest.raises(LogicError, match="Unrecognized operation no_such"):
        evaluator(rule, [COLLISIONS])
    assert evaluator(rule, [make_dataset(1, rr={"dt-dt": [(1, 2, "GOOD")]}, oms={"cms_active": [(1, 2, True)]})]) == [[[1, 2]]]


def test_no_datasets_pass_nothing(evaluator: Evaluate) -> None:
    assert evaluator(parse_rule(DT_GOOD), []) == []


def test_lumisections_without_oms_or_rr_data_are_not_seen(evaluator: Evaluate) -> None:
    dataset = make_dataset(1, rr={"dt-dt": [(2, 5, "GOOD"), (8, 9, "GOOD")]}, oms={"cms_active": [(4, 8, True)]})
    assert evaluator(parse_rule(True), [dataset]) == [[[4, 5], [8, 8]]]
