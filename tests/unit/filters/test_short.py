from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from runregistry.errors import FilterError
from runregistry.filters.short import dataset_filter_to_wire, run_filter_to_wire
from runregistry.terms import DATASET_COMPONENTS, RUN_ATTRIBUTES, RUN_COMPONENTS

both = pytest.mark.parametrize("to_wire", [run_filter_to_wire, dataset_filter_to_wire])
ToWire = Callable[[Any], dict[str, Any]]


@both
@pytest.mark.parametrize("nothing", [None, "", 0, 5, "text", [], ["x"], {}])
def test_what_is_no_dict_asks_for_nothing(to_wire: ToWire, nothing: object) -> None:
    assert to_wire(nothing) == {}


@pytest.mark.parametrize(
    ("short", "wire"),
    [
        ({"run_number": 355100}, {"run_number": {"=": 355100}}),
        ({"run_number": {">": 1, "<": 9}}, {"run_number": {">": 1, "<": 9}}),
        ({"run_number": {"and": [{">": 1}, {"<": 9}]}}, {"run_number": {"and": [{">": 1}, {"<": 9}]}}),
        ({"run_number": {"or": [1, "2", {"=": 3}]}}, {"run_number": {"or": [{"=": 1}, {"=": "2"}, {"=": 3}]}}),
        ({"class": "Cosmics24"}, {"rr_attributes.class": {"=": "Cosmics24"}}),
        ({"class": {"like": "%Cosmics%"}}, {"rr_attributes.class": {"like": "%Cosmics%"}}),
        ({"state": "OPEN"}, {"rr_attributes.state": {"=": "OPEN"}}),
        ({"significant": {"=": True}}, {"rr_attributes.significant": {"=": True}}),
        ({"stop_reason": None}, {"rr_attributes.stop_reason": {"=": None}}),
        ({"short_run": True}, {"rr_attributes.short_run": {"=": True}}),
        ({"run_needs_to_be_updated_manually": True}, {"rr_attributes.run_needs_to_be_updated_manually": {"=": True}}),
        ({"energy": {">=": 6000}}, {"oms_attributes.energy": {">=": 6000}}),
        ({"hlt_key": {"notlike": "%cosmic%"}}, {"oms_attributes.hlt_key": {"notlike": "%cosmic%"}}),
        ({"hlt_key": {"<>": None}}, {"oms_attributes.hlt_key": {"<>": None}}),
        ({"dt-dt": "GOOD"}, {"triplet_summary.dt-dt.GOOD": {">": 0}}),
        ({"tracker-strip": "excluded"}, {"triplet_summary.tracker-strip.EXCLUDED": {">": 0}}),
        ({"dt-dt": {"=": "Empty"}}, {"triplet_summary.dt-dt.EMPTY": {">": 0}}),
        ({"oms_attributes.x.y": 3}, {"oms_attributes.x.y": {"=": 3}}),
        ({"rr_attributes": {"class": {"=": "X"}}}, {"rr_attributes": {"class": {"=": "X"}}}),
        ({"triplet_summary.dt-dt.BAD": {">": 5}}, {"triplet_summary.dt-dt.BAD": {">": 5}}),
        ({"triplet_summary.dt-dt.NO VALUE FOUND": {"or": [1]}}, {"triplet_summary.dt-dt.NO VALUE FOUND": {"or": [{"=": 1}]}}),
    ],
)
def test_a_run_filter_becomes_its_wire_form(short: dict[str, Any], wire: dict[str, Any]) -> None:
    assert run_filter_to_wire(short) == wire


@pytest.mark.parametrize(
    ("short", "wire"),
    [
        ({"run_number": 355100}, {"run_number": 355100}),
        ({"run_number": [1, 2]}, {"run_number": [1, 2]}),
        ({"run_number": {"or": [1, 2]}}, {"run_number": {"or": [{"=": 1}, {"=": 2}]}}),
        ({"dataset_name": "online"}, {"name": "online"}),
        ({"dataset_name": {"like": "%Prompt%"}}, {"name": {"like": "%Prompt%"}}),
        ({"global_state": "OPEN"}, {"dataset_attributes.global_state": {"=": "OPEN"}}),
        ({"dt_state": {"or": ["OPEN", "SIGNOFF"]}}, {"dataset_attributes.dt_state": {"or": [{"=": "OPEN"}, {"=": "SIGNOFF"}]}}),
        ({"appeared_in": {"like": "%DBS%"}}, {"dataset_attributes.appeared_in": {"like": "%DBS%"}}),
        ({"tracker-track": "bad"}, {"triplet_summary.tracker-track.BAD": {">": 0}}),
        ({"class": "Cosmics24"}, {"rr_attributes.class": {"=": "Cosmics24"}}),
        ({"energy": 6800}, {"oms_attributes.energy": {"=": 6800}}),
    ],
)
def test_a_dataset_filter_becomes_its_wire_form(short: dict[str, Any], wire: dict[str, Any]) -> None:
    assert dataset_filter_to_wire(short) == wire


@both
def test_short_filter_wraps_only_numbers_and_strings(to_wire: ToWire) -> None:
    wire = to_wire({"class": {"or": [1, 1.5, "x", True, None, {"=": 2}]}})
    assert wire == {"rr_attributes.class": {"or": [{"=": 1}, {"=": 1.5}, {"=": "x"}, True, None, {"=": 2}]}}


@both
def test_an_or_that_is_no_list_and_an_and_stay_as_they_are(to_wire: ToWire) -> None:
    short = {"class": {"or": {"=": "x"}}, "state": {"and": ["OPEN"]}}
    assert to_wire(short) == {"rr_attributes.class": {"or": {"=": "x"}}, "rr_attributes.state": {"and": ["OPEN"]}}


@both
@pytest.mark.parametrize(
    ("key", "close"),
    [("clas", "class"), ("tracker-stirp", "tracker-strip"), ("hlt_keys", "hlt_key"), ("run", ""), ("number", ""), ("x", "")],
)
def test_an_unknown_attribute_is_named_with_what_is_near(to_wire: ToWire, key: str, close: str) -> None:
    with pytest.raises(FilterError, match=f"^filter attribute {key} not found") as caught:
        to_wire({key: 1})
    assert caught.value.key == key
    assert isinstance(caught.value, ValueError)
    if close:
        assert close in caught.value.nearest
        assert f"did you mean {caught.value.nearest[0]}" in str(caught.value)


def test_keys_of_datasets_are_none_of_runs() -> None:
    with pytest.raises(FilterError, match="filter attribute dataset_name not found"):
        run_filter_to_wire({"dataset_name": "online"})


def test_wire_keys_in_a_dataset_filter_are_refused_with_the_way_out() -> None:
    with pytest.raises(FilterError, match=r"filter attribute rr_attributes\.class not found .*ignore_filter_transformation=True"):
        dataset_filter_to_wire({"rr_attributes.class": "Cosmics24"})


@both
@pytest.mark.parametrize("value", ["GOOOD", "", 5, None, ["GOOD"], {"=": 3}, {}, {"=": "NO VALUE FOUND"}])
def test_a_component_is_compared_with_a_status_and_nothing_else(to_wire: ToWire, value: object) -> None:
    with pytest.raises(FilterError, match="status must be either GOOD, BAD, STANDBY, EXCLUDED, NOTSET or EMPTY"):
        to_wire({"dt-dt": value})


@both
def test_a_mistyped_status_gets_the_near_one(to_wire: ToWire) -> None:
    with pytest.raises(FilterError, match=r"not 'goood' as for dt-dt \(did you mean GOOD\?\)"):
        to_wire({"dt-dt": "goood"})


@both
def test_a_component_takes_one_operator(to_wire: ToWire) -> None:
    with pytest.raises(FilterError, match=r"operator 'like' can't be used with the component dt-dt\. Allowed: ="):
        to_wire({"dt-dt": {"like": "GO%"}})


@both
@pytest.mark.parametrize(
    ("key", "rule", "text"),
    [
        ("energy", {"==": 6800}, r"operator '==' can't be used with energy, a number .*Allowed: = <> > < >= <=,"),
        ("class", {"in": ["a"]}, r"operator 'in' can't be used with class, a string.*Allowed: = <> like notlike,"),
        ("significant", {"is": True}, r"operator 'is' can't be used with significant, a boolean.*Allowed: = <>,"),
        ("start_time", {"after": "x"}, r"operator 'after' can't be used with start_time, a date"),
        ("class", {"or": [{"lik": "%a%"}]}, r"operator 'lik' .*did you mean like"),
        ("class", {"and": {"!=": "a"}}, r"operator '!=' can't be used with class"),
        ("run_number", {"like": "35%"}, r"operator 'like' can't be used with run_number, a number"),
    ],
)
def test_an_operator_that_is_not_known_is_named_with_those_allowed(
    to_wire: ToWire, key: str, rule: dict[str, Any], text: str
) -> None:
    with pytest.raises(FilterError, match=text):
        to_wire({key: rule})


@pytest.mark.parametrize("operator", ["=", "<>", ">", "<", ">=", "<=", "like", "notlike", "LIKE", "NOTLIKE"])
def test_operators_that_the_registry_knows_pass_whatever_the_type(operator: str) -> None:
    assert run_filter_to_wire({"class": {operator: "a"}}) == {"rr_attributes.class": {operator: "a"}}


_values = st.none() | st.booleans() | st.integers() | st.text(max_size=3)
_rules = _values | st.fixed_dictionaries({"or": st.lists(_values | st.fixed_dictionaries({"=": _values}), max_size=3)})


@both
@settings(max_examples=50)
@given(short=st.dictionaries(st.sampled_from(sorted(RUN_ATTRIBUTES)), _rules, max_size=4))
def test_the_callers_dict_is_never_changed(to_wire: ToWire, short: dict[str, Any]) -> None:
    before = copy.deepcopy(short)
    to_wire(short)
    assert short == before


@both
@settings(max_examples=50)
@given(short=st.dictionaries(st.sampled_from(sorted(RUN_ATTRIBUTES)), _rules, max_size=4))
def test_every_entry_of_a_filter_is_in_its_wire_form(to_wire: ToWire, short: dict[str, Any]) -> None:
    assert list(to_wire(short)) == [RUN_ATTRIBUTES[key].wire for key in short]


def test_every_component_of_the_official_client_can_be_asked_for() -> None:
    assert run_filter_to_wire(dict.fromkeys(RUN_COMPONENTS, "GOOD")).keys() == {
        f"triplet_summary.{name}.GOOD" for name in RUN_COMPONENTS
    }
    assert len(dataset_filter_to_wire(dict.fromkeys(DATASET_COMPONENTS, "GOOD"))) == len(DATASET_COMPONENTS)
