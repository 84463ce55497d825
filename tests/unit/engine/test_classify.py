from __future__ import annotations

from typing import Any

from tests.unit.engine.making import make_dataset

from runregistry.engine import OfflineClassifiers, OMSLumisections, OnlineClassifiers, RunClassifiers, by_component
from runregistry.engine.classify import class_context
from runregistry.lumis.steps import Step


def item(status: str, rule: Any, priority: int = 1, component: int = 1) -> dict[str, Any]:
    return {"status": status, "priority": priority, "enabled": True, "component": component, "classifier": rule}


def words(steps: list[Step]) -> list[tuple[int, int, str]]:
    return [(first, last, value["status"]) for first, last, value in steps]


LUMISECTIONS = OMSLumisections({"bit": [(1, 4, True), (5, 6, None)], "energy": [(2, 2, 450)]}, [(1, 6), (9, 9)])


def online(rule: Any, run: dict[str, Any] | None = None, rr: dict[str, Any] | None = None) -> list[tuple[int, int, str]]:
    found = OnlineClassifiers({"dt-dt": [item("GOOD", rule)]}).statuses(run or {}, rr or {}, LUMISECTIONS)
    return words(found["dt-dt"])


def test_statuses_change_where_what_is_read_changes() -> None:
    assert online({"var": "bit"}) == [(1, 4, "GOOD"), (5, 6, "NO VALUE FOUND"), (9, 9, "NO VALUE FOUND")]


def test_lumisections_override_the_run_and_rr_attributes_override_oms() -> None:
    assert online({"==": [{"var": "energy"}, 450]}, {"energy": 6800}) == [
        (1, 1, "NO VALUE FOUND"),
        (2, 2, "GOOD"),
        (3, 6, "NO VALUE FOUND"),
        (9, 9, "NO VALUE FOUND"),
    ]
    assert online({"==": [{"var": "class"}, "B"]}, {"class": "A"}, {"class": "B"}) == [(1, 6, "GOOD"), (9, 9, "GOOD")]


def test_components_do_not_see_the_beam_flag_of_the_run() -> None:
    flag = "beams_present_and_stable"
    assert online({"===": [{"var": flag}, False]}, {flag: False})[0] == (1, 6, "NO VALUE FOUND")


def test_a_classifier_may_read_everything() -> None:
    assert online({"==": [{"var": {"cat": ["b", "it"]}}, True]}) == [
        (1, 4, "GOOD"),
        (5, 6, "NO VALUE FOUND"),
        (9, 9, "NO VALUE FOUND"),
    ]


def test_online_triplets_have_no_comment_and_no_cause() -> None:
    found = OnlineClassifiers({"dt-dt": [item("GOOD", True)]}).statuses({}, {}, LUMISECTIONS)
    assert found["dt-dt"][0] == (1, 6, {"status": "GOOD", "comment": "", "cause": ""})


def test_online_components_without_classifiers_do_not_appear() -> None:
    assert OnlineClassifiers({"dt-dt": []}).statuses({}, {}, LUMISECTIONS) == {}


def test_a_run_without_lumisections_has_no_statuses() -> None:
    assert OnlineClassifiers({"dt-dt": [item("GOOD", True)]}).statuses({}, {}, OMSLumisections({}, [])) == {"dt-dt": []}


ONLINE = make_dataset(
    rr={"dt-dt": [(1, 6, "GOOD"), (3, 3, "BAD")]}, oms={"bit": [(1, 6, True), (6, 6, False)]}, run={"energy": 6800}
).columns


def offline(rule: Any) -> list[tuple[int, int, str]]:
    found = OfflineClassifiers({"dt-dt": [item("GOOD", rule)]}).statuses({"energy": 6800}, {"state": "OPEN"}, ONLINE)
    return words(found["dt-dt"])


def test_offline_classifiers_see_triplets_bits_and_the_run() -> None:
    good, none = "GOOD", "NO VALUE FOUND"
    assert offline({"==": [{"var": "lumisection.rr.dt-dt.status"}, "GOOD"]}) == [(1, 2, good), (3, 3, none), (4, 6, good)]
    assert offline({"var": "lumisection.oms.bit"}) == [(1, 5, good), (6, 6, none)]
    assert offline({"==": [{"var": "run.oms.energy"}, 6800]}) == [(1, 6, good)]
    assert offline({"==": [{"var": "run.rr.state"}, "OPEN"]}) == [(1, 6, good)]
    assert offline({"var": "dataset.name"}) == [(1, 6, none)]


def test_offline_classifiers_may_read_everything() -> None:
    good, none = "GOOD", "NO VALUE FOUND"
    assert offline({"var": {"cat": ["lumisection.oms.", "bit"]}}) == [(1, 5, good), (6, 6, none)]
    assert offline({"!": {"var": "lumisection.lumisection_number"}}) == [(1, 6, good)]
    assert offline({"in": [",", {"cat": {"var": "lumisection.rr"}}]}) == [(1, 6, none)]


def test_offline_components_without_classifiers_have_no_value() -> None:
    assert words(OfflineClassifiers({"btag-btag": []}).statuses({}, {}, ONLINE)["btag-btag"]) == [(1, 6, "NO VALUE FOUND")]


def test_classifiers_are_sorted_by_component_and_others_left_out() -> None:
    items = [item("GOOD", True, component=2), item("BAD", True, component=1), item("BAD", True, component=9)]
    assert by_component(items, {1: "dt-dt", 2: "csc-csc", 3: "rpc-rpc"}) == {
        "dt-dt": [items[1]],
        "csc-csc": [items[0]],
        "rpc-rpc": [],
    }


def test_the_context_of_a_class_is_lumisections_under_oms_under_rr() -> None:
    context = class_context({"a": [(1, 2, True)], "b": [(1, 2, True)], "c": [(1, 2, None)]}, {"a": 1, "b": 2}, {"b": 3})
    assert context == {"a": 1, "b": 3, "c": False}


def test_significance_sees_the_class_just_found_and_other_attributes_stay() -> None:
    classifiers = RunClassifiers(
        [{"class": "A", "priority": 1, "classifier": True}],
        [{"class": "A", "classifier": {"==": [{"var": "class"}, "A"]}}],
    )
    assert classifiers.attributes({}, {}, {"class": "Z", "significant": False, "state": "OPEN"}) == {
        "class": "A",
        "significant": True,
        "state": "OPEN",
    }
