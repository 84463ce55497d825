from __future__ import annotations

import pytest
from tests.unit.engine.making import make_dataset

from runregistry.engine import make_golden, make_statistics
from runregistry.engine.ruletext import rule_text
from runregistry.errors import LogicError
from runregistry.logic import parse_rule

DT = {"==": [{"var": "lumisection.rr.dt-dt"}, "GOOD"]}
CSC = {"==": [{"var": "lumisection.rr.csc-csc"}, "GOOD"]}
NAME = "/PromptReco/Collisions2022/DQM"

ONE = make_dataset(
    355100,
    rr={"dt-dt": [(1, 9, "GOOD"), (4, 5, "BAD")], "csc-csc": [(1, 9, "GOOD"), (5, 6, "BAD")]},
    oms={"recorded": [(1, 9, 0.5), (5, 5, "2.5"), (9, 9, -4)], "delivered": [(1, 9, 1)]},
)
TWO = make_dataset(355200, rr={"dt-dt": [(1, 2, "BAD")]}, oms={"recorded": [(1, 2, None)]})


def test_what_passes_is_by_run_and_by_dataset() -> None:
    golden = make_golden(parse_rule({"and": [DT, CSC]}), [ONE, TWO])
    assert golden.generated_json == {"355100": [[1, 3], [7, 9]]}
    assert golden.generated_json_with_dataset_names == {f"355100-{NAME}": [[1, 3], [7, 9]]}
    assert golden.generated_anti_json == {"355100": [[4, 6]], "355200": [[1, 2]]}
    assert golden.generated_anti_json_with_dataset_names == {f"355100-{NAME}": [[4, 6]], f"355200-{NAME}": [[1, 2]]}


def test_luminosities_count_numbers_and_their_texts_but_nothing_negative() -> None:
    golden = make_golden(parse_rule({"and": [DT, CSC]}), [ONE, TWO])
    assert golden.total_recorded_luminosity == 0.5 * 7 + 2.5
    assert golden.recorded_luminosity_in_json == 0.5 * 5
    assert golden.total_delivered_luminosity == 9
    assert golden.delivered_luminosity_in_json == 6


def test_runs_count_whether_or_not_anything_passes() -> None:
    golden = make_golden(parse_rule(False), [ONE, TWO])
    assert (golden.min_run_number, golden.max_run_number) == (355100, 355200)
    assert golden.generated_json == {}


def test_no_datasets_make_an_empty_json() -> None:
    golden = make_golden(parse_rule(DT), [])
    assert (golden.min_run_number, golden.max_run_number, golden.generated_json) == (None, None, {})
    assert make_statistics(parse_rule(DT), []).rules_flagged_false_quantity_luminosity == {}


def test_datasets_of_one_run_are_united_in_the_json_by_run() -> None:
    express = make_dataset(355100, "/Express/Collisions2022/DQM", rr={"dt-dt": [(3, 6, "GOOD")]}, oms={"recorded": [(1, 9, 1)]})
    golden = make_golden(parse_rule(DT), [express, ONE])
    assert golden.generated_json == {"355100": [[1, 9]]}
    assert golden.generated_json_with_dataset_names["355100-/Express/Collisions2022/DQM"] == [[3, 6]]


def test_statistics_name_causes_alone_and_together() -> None:
    statistics = make_statistics(parse_rule({"and": [DT, CSC]}), [ONE])
    dt, csc = rule_text(DT), rule_text(CSC)
    assert statistics.rules_flagged_false_quantity_luminosity == {dt: 3.0, csc: 3.0}
    assert statistics.rules_flagged_false_combination_luminosity == {f"[{dt}]": 0.5, f"[{dt},{csc}]": 2.5, f"[{csc}]": 0.5}
    assert statistics.runs_lumisections_responsible_for_rule == {
        f"[{dt}]": {f"355100-{NAME}": [[4, 4]]},
        f"[{dt},{csc}]": {f"355100-{NAME}": [[5, 5]]},
        f"[{csc}]": {f"355100-{NAME}": [[6, 6]]},
    }
    assert statistics.total_recorded_luminosity_lost == 3.5
    assert statistics.total_delivered_luminosity_lost == 3


def test_causes_without_luminosity_are_there_with_zero() -> None:
    assert make_statistics(parse_rule(DT), [TWO]).rules_flagged_false_quantity_luminosity == {rule_text(DT): 0.0}


def test_the_true_branch_of_a_nested_or_is_no_cause() -> None:
    statistics = make_statistics(parse_rule({"and": [{"or": [DT, CSC]}, {"==": [1, 2]}, True]}), [TWO])
    assert list(statistics.rules_flagged_false_combination_luminosity) == [f'[{rule_text(DT)},{rule_text(CSC)},{{"==":[1,2]}}]']
    statistics = make_statistics(parse_rule({"and": [{"or": [DT, {"==": [1, 1]}]}, {"==": [1, 2]}]}), [TWO])
    assert list(statistics.rules_flagged_false_combination_luminosity) == ['[{"==":[1,2]}]']


def test_a_value_that_only_counts_as_true_is_a_cause() -> None:
    statistics = make_statistics(parse_rule({"and": [{"var": "run.run_number"}, {"==": [1, 2]}]}), [TWO])
    assert list(statistics.rules_flagged_false_combination_luminosity) == ['[{"var":"run.run_number"},{"==":[1,2]}]']


def test_a_rule_of_another_kind_is_its_own_cause() -> None:
    rule = {"if": [DT, True, False]}
    assert list(make_statistics(parse_rule(rule), [TWO]).rules_flagged_false_quantity_luminosity) == [rule_text(rule)]


def test_constants_alone_leave_no_cause() -> None:
    statistics = make_statistics(parse_rule({"and": [False]}), [TWO])
    assert statistics.rules_flagged_false_combination_luminosity == {"[]": 0.0}
    assert statistics.rules_flagged_false_quantity_luminosity == {}


def test_a_part_that_is_never_reached_does_not_fail_the_statistics() -> None:
    statistics = make_statistics(parse_rule({"and": [{"==": [1, 2]}, {"*": []}]}), [TWO])
    assert list(statistics.rules_flagged_false_combination_luminosity) == ['[{"==":[1,2]},{"*":[]}]']


def test_a_rule_that_fails_makes_neither_json_nor_statistics() -> None:
    for make in (make_golden, make_statistics):
        with pytest.raises(LogicError):
            make(parse_rule({"and": [DT, {"*": []}]}), [ONE])


@pytest.mark.parametrize(
    ("rule", "text"),
    [
        ({"<": [{"var": "a"}, 1e21, 1e-7, 2.0, -0.0]}, '{"<":[{"var":"a"},1e+21,1e-7,2,0]}'),
        ({"in": ['"é\n', {"var": "a", "b": None}]}, '{"in":["\\"é\\n",{"var":"a","b":null}]}'),
        ({"z": 1, "a": [False, True, {}]}, '{"z":1,"a":[false,true,{}]}'),
    ],
)
def test_rules_are_named_as_javascript_prints_them(rule: object, text: str) -> None:
    assert rule_text(rule) == text
