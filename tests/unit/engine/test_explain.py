from __future__ import annotations

from typing import Any

import pytest
from tests.unit.engine.making import make_dataset

from runregistry.engine import Snapshot
from runregistry.engine.clauses import chosen_clauses, clauses_of, rule_without
from runregistry.engine.explain import explain
from runregistry.errors import UsageError
from runregistry.logic import parse_rule
from runregistry.lumis import LumiMask
from runregistry.model import CertifiedDataset, LumisectionColumns, triplet


def good(component: str) -> dict[str, Any]:
    return {"==": [{"var": f"lumisection.rr.{component}"}, "GOOD"]}


def energy(least: float = 6000) -> dict[str, Any]:
    return {">=": [{"var": "run.oms.energy"}, least]}


def year() -> list[CertifiedDataset]:
    statuses = {"dt-dt": [(1, 10, "GOOD"), (4, 6, "BAD")], "csc-csc": [(1, 10, "GOOD"), (6, 7, "BAD")]}
    luminosity = {"recorded": [(1, 10, 0.5)], "delivered": [(1, 10, 1.0)]}
    return [
        make_dataset(1, "A", rr=statuses, oms=luminosity, run={"energy": 6800}),
        make_dataset(2, "A", rr={"dt-dt": [(1, 4, "GOOD")], "csc-csc": [(1, 4, "GOOD")]}, oms=luminosity, run={"energy": 450}),
    ]


RULE = parse_rule({"and": [energy(), good("dt-dt"), good("csc-csc")]})


@pytest.mark.parametrize(
    ("rule", "label"),
    [
        (good("dt-dt"), "dt-dt is GOOD"),
        ({"!=": [{"var": "lumisection.rr.dt-dt"}, "BAD"]}, "dt-dt is not BAD"),
        ({"==": [True, {"var": "lumisection.oms.cms_active"}]}, "cms_active is true"),
        ({"<=": [7000, {"var": "run.oms.energy"}]}, "energy >= 7000"),
        ({"in": ["25ns", {"var": "run.oms.injection_scheme"}]}, "injection_scheme contains 25ns"),
        ({"in": [{"var": "lumisection.rr.dt-dt"}, ["GOOD", "NOTSET"]]}, "dt-dt is one of GOOD, NOTSET"),
        ({"in": [{"var": "run.rr.class"}, "Collisions22"]}, "class is part of Collisions22"),
        ({"==": [{"in": ["WMass", {"var": "run.oms.hlt_key"}]}, False]}, "hlt_key does not contain WMass"),
        ({"==": [{"in": ["WMass", {"var": "run.oms.hlt_key"}]}, True]}, "hlt_key contains WMass"),
        ({"!": {"var": "lumisection.oms.cms_active"}}, "cms_active is off"),
        ({"!": [{"in": ["a", {"var": "dataset.name"}]}]}, "not (dataset.name contains a)"),
        ({"var": "lumisection.oms.beam1_stable"}, "beam1_stable is on"),
        ({">": [{"var": "run.run_number"}, 315000]}, "run_number > 315000"),
        ({"if": [1, 2, 3]}, '{"if":[1,2,3]}'),
        ({"==": [1, 2]}, '{"==":[1,2]}'),
        ({"<": [1, {"var": "a"}, 3]}, '{"<":[1,{"var":"a"},3]}'),
    ],
)
def test_a_clause_is_called_as_people_say_it(rule: Any, label: str) -> None:
    (clause,) = clauses_of(parse_rule(rule))
    assert clause.label == label


def test_every_clause_has_what_it_costs_with_others_and_alone() -> None:
    rows = {row["label"]: row for row in explain(RULE, year()).by_clause()}
    assert {label: (row["lumisections"], row["lumisections_exclusive"]) for label, row in rows.items()} == {
        "energy >= 6000": (4, 4),
        "dt-dt is GOOD": (3, 2),
        "csc-csc is GOOD": (2, 1),
    }
    assert rows["dt-dt is GOOD"]["recorded_invpb"] == 1.5
    assert rows["dt-dt is GOOD"]["delivered_exclusive_invpb"] == 2.0
    assert rows["energy >= 6000"]["runs"] == 1


def test_combinations_share_out_what_is_lost() -> None:
    why = explain(RULE, year())
    rows = why.by_combination()
    assert [(row["clauses"], row["lumisections"]) for row in rows] == [([1], 4), ([2], 2), ([2, 3], 1), ([3], 1)]
    assert sum(row["recorded_invpb"] for row in rows) == why.total_lost.recorded_invpb == 4.0
    assert (why.total.lumisections, why.total_passed.lumisections, why.total_lost.lumisections) == (14, 6, 8)


def test_runs_are_summed_up_with_the_worst_clause_first() -> None:
    first, second = explain(RULE, year()).by_run()
    assert (first["lumisections"], first["lumisections_lost"], first["recorded_lost_invpb"]) == (10, 4, 2.0)
    assert first["labels"] == ["dt-dt is GOOD", "csc-csc is GOOD"]
    assert (second["run_number"], second["labels"]) == (2, ["energy >= 6000"])


def test_a_run_that_passes_as_a_whole_is_listed_too() -> None:
    rows = explain(parse_rule({"and": [good("dt-dt")]}), year()).by_run()
    assert [(row["lumisections_lost"], row["labels"]) for row in rows] == [(3, ["dt-dt is GOOD"]), (0, [])]


def test_only_some_runs_or_lumisections_are_explained() -> None:
    assert [row["run_number"] for row in explain(RULE, year(), runs=[2]).ranges()] == [2]
    within = explain(RULE, year(), mask=LumiMask({1: [(5, 6), (10, 99)], 3: [(1, 5)]}))
    assert [(row["first"], row["last"], row["labels"]) for row in within.ranges()] == [
        (5, 5, ["dt-dt is GOOD"]),
        (6, 6, ["dt-dt is GOOD", "csc-csc is GOOD"]),
    ]
    assert within.total.lumisections == 3


def test_what_a_mask_has_beyond_a_dataset_is_not_looked_for_in_the_next_one() -> None:
    assert explain(RULE, year(), mask=LumiMask({1: [(11, 40)]})).total.lumisections == 0


def test_reasons_have_the_triplets_cause_and_comment_and_the_values_of_attributes() -> None:
    columns = LumisectionColumns()
    columns.apply_rr([(1, 6, {"dt-dt": triplet("GOOD")}), (2, 3, {"dt-dt": triplet("BAD", "sector 4", "HV")})])
    columns.apply_rr([(3, 3, {"dt-dt": triplet("BAD", "sector 5", "HV")})])
    columns.apply_oms([(1, 6, {"cms_active": True}), (6, 6, {"cms_active": None})])
    dataset = CertifiedDataset(1, "A", {}, {}, {"energy": 450}, columns)
    active = {"==": [{"var": "lumisection.oms.cms_active"}, True]}
    reasons = explain(parse_rule({"and": [good("dt-dt"), active, energy(), good("rpc-rpc")]}), [dataset]).reasons()
    seen = [(row["path"], row["first"], row["last"], row["value"], row["cause"], row["comment"]) for row in reasons]
    assert seen == [
        ("lumisection.rr.dt-dt", 2, 2, "BAD", "HV", "sector 4"),
        ("lumisection.rr.dt-dt", 3, 3, "BAD", "HV", "sector 5"),
        ("lumisection.oms.cms_active", 6, 6, None, None, None),
        ("run.oms.energy", 1, 6, 450, None, None),
        ("lumisection.rr.rpc-rpc", 1, 6, None, None, None),
    ]


def test_the_alternatives_of_an_or_fail_together_and_each_would_do() -> None:
    rule = parse_rule({"and": [energy(), {"or": [good("dt-dt"), good("rpc-rpc")]}]})
    why = explain(rule, year())
    assert [(row["lumisections"], row["lumisections_exclusive"]) for row in why.by_clause()] == [(4, 4), (3, 3), (3, 3)]
    assert [row["clauses"] for row in why.by_combination()] == [[1], [2, 3]]
    assert why.ignoring("rpc-rpc").what_if.won_back.to_dict() == {"1": [[4, 6]]}


def test_a_clause_that_is_written_twice_is_one() -> None:
    why = explain(parse_rule({"and": [good("dt-dt"), good("csc-csc"), good("dt-dt")]}), year())
    assert [(row["label"], row["lumisections_exclusive"]) for row in why.by_clause()] == [
        ("dt-dt is GOOD", 2),
        ("csc-csc is GOOD", 1),
    ]
    assert why.ignoring(1).what_if.rule == {"and": [good("csc-csc")]}


def test_what_if_says_what_is_won_back_and_by_which_rule() -> None:
    why = explain(RULE, year(), ignore=["dt-dt", "run.oms.energy"])
    assert [clause.number for clause in why.what_if.ignored] == [1, 2]
    assert why.what_if.rule == {"and": [good("csc-csc")]}
    assert why.what_if.won_back.to_dict() == {"1": [[4, 5]], "2": [[1, 4]]}
    assert why.what_if.amount == (6, 3.0, 6.0)
    assert why.what_if.by_dataset == {"1-A": [[4, 5]], "2-A": [[1, 4]]}


def test_what_if_all_clauses_are_ignored_everything_is_won_back() -> None:
    why = explain(RULE, year(), ignore=[1, 2, 3])
    assert why.what_if.rule is True
    assert why.what_if.amount == why.total_lost


@pytest.mark.parametrize(("name", "words"), [("dt-td", "did you mean dt-dt"), (4, "1 to 3"), ("0", "1 to 3")])
def test_a_clause_that_is_none_is_refused(name: Any, words: str) -> None:
    with pytest.raises(UsageError, match=words):
        explain(RULE, year(), ignore=[name])


def test_clauses_are_found_by_number_label_path_and_place() -> None:
    clauses = clauses_of(RULE)
    for name in ("2", 2, "dt-dt", "lumisection.rr.dt-dt", "dt-dt is GOOD", "and[1]"):
        assert [clause.number for clause in chosen_clauses(clauses, [name])] == [2]


def test_an_or_with_an_ignored_alternative_is_left_out_of_the_rule() -> None:
    rule = parse_rule({"and": [energy(), {"or": [good("dt-dt"), {"and": [good("csc-csc"), good("rpc-rpc")]}]}]})
    _, drift, strips, plates = clauses_of(rule)
    assert rule_without(rule, [drift]) == {"and": [energy()]}
    assert rule_without(rule, [strips]) == {"and": [energy(), {"or": [good("dt-dt"), {"and": [good("rpc-rpc")]}]}]}
    assert rule_without(rule, [strips, plates]) == {"and": [energy()]}


def test_nothing_lost_is_told_as_such() -> None:
    why = explain(parse_rule(True), year())
    assert (why.total_lost.lumisections, why.ranges(), why.by_combination(), why.reasons()) == (0, [], [], [])
    assert "lost             0" in why.text()


def test_the_text_of_a_run_says_what_where_and_why() -> None:
    text = explain(RULE, Snapshot.of(year()), runs=[1], ignore=["dt-dt"]).text(width=100)
    assert "dt-dt is GOOD, csc-csc is GOOD" in text
    assert "What if “dt-dt is GOOD” did not count?" in text
    assert "Won back: 2 lumisections in 1 run (50.0 % of those lost), 1.000 /pb recorded, 2.000 /pb delivered" in text
    assert "lumisection.rr.csc-csc  BAD" in text
    assert all(len(line) <= 100 for line in text.splitlines())


def test_a_table_that_there_is_not_is_refused() -> None:
    why = explain(RULE, year())
    assert why.rows("clauses") == why.by_clause()
    with pytest.raises(UsageError, match="did you mean ranges"):
        why.rows("range")  # type: ignore[arg-type]


def test_tables_become_frames() -> None:
    pytest.importorskip("pandas")
    frame = explain(RULE, year()).to_pandas("ranges")
    assert frame["lumisections"].sum() == 8
