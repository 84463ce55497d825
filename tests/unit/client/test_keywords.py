from __future__ import annotations

import copy
from datetime import UTC, date, datetime, timedelta, timezone

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from runregistry import LumiMask
from runregistry.client.flows import DATASETS, RUNS
from runregistry.client.keywords import wire_filter
from runregistry.errors import FilterError
from runregistry.filters import parse_filter

NOTHING = {"run_number": {"=": None}}
START = "oms_attributes.start_time"


def runs(filter=None, is_wire_filter=False, **keywords):
    return wire_filter(RUNS, filter, is_wire_filter, keywords)


def datasets(filter=None, is_wire_filter=False, **keywords):
    return wire_filter(DATASETS, filter, is_wire_filter, keywords)


def refused(ask, *args, **keywords):
    with pytest.raises(FilterError) as caught:
        ask(*args, **keywords)
    return caught.value


def test_without_anything_everything_is_asked_for():
    assert runs() == runs({}) == runs(run_min=None, runs=None) == {}


def test_a_filter_alone_is_what_it_always_was():
    assert runs({"class": "Collisions24"}) == {"rr_attributes.class": {"=": "Collisions24"}}
    assert datasets({"run_number": 355100, "dataset_name": "online"}) == {"run_number": 355100, "name": "online"}


def test_bounds_of_run_numbers_are_included():
    assert runs(run_min=1) == {"run_number": {">=": 1}}
    assert runs(run_min=1, run_max=2) == {"and": [{"run_number": {">=": 1}}, {"run_number": {"<=": 2}}]}


def test_no_condition_overwrites_another():
    found = runs({"run_number": {"<": 9}}, run_min=1, run_max=5, runs=[1, 2], where={"run_number": {">": 0}})
    assert found == {
        "and": [
            {"run_number": {"<": 9}},
            {"run_number": {">=": 1}},
            {"run_number": {"<=": 5}},
            {"run_number": [1, 2]},
            {"run_number": {">": 0}},
        ]
    }


@pytest.mark.parametrize(
    "chosen",
    [
        [355100, 355101],
        (355100, 355101),
        {355100: [[1, 5]], 355101: [[1, 1]]},
        {"355100": [[1, 5]], "355101": []},
        LumiMask({355100: [(1, 5)], 355101: [(1, 1)]}),
        np.array([355100, 355101, 355100]),
        pd.Series([355100, 355101]),
        pd.Series([355100, None, 355101]).dropna(),
        pd.Index([355100, 355101]),
        [{"run_number": 355100, "name": "a"}, {"run_number": 355101}, {"run_number": 355101}],
        iter(["355100", 355101]),
        "355100,355101",
        " 355100 355101 ",
    ],
    ids=lambda chosen: type(chosen).__name__,
)
def test_runs_may_be_held_in_anything(chosen):
    assert runs(runs=chosen) == {"run_number": [355100, 355101]}


@pytest.mark.parametrize("chosen", [355100, [355100], "355100", np.int64(355100)])
def test_one_run_is_an_equality(chosen):
    assert runs(runs=chosen) == {"run_number": {"=": 355100}}


@pytest.mark.parametrize("chosen", [[], {}, (), np.array([], dtype=int), pd.Series([], dtype=int), LumiMask(), range(0)])
def test_an_empty_choice_matches_nothing(chosen):
    assert runs(runs=chosen) == NOTHING


@pytest.mark.parametrize(
    "keywords",
    [{"run_class": []}, {"fill": []}, {"state": []}, {"components": {"dt-dt": []}}, {"comment": []}, {"cause": {"dt-dt": []}}],
)
def test_an_empty_list_of_alternatives_matches_nothing_either(keywords):
    assert runs(**keywords) == NOTHING


def test_an_empty_list_in_a_filter_matches_nothing_too():
    assert runs({"class": [], "energy": 5}) == NOTHING


def test_runs_as_text_may_have_ranges():
    assert runs(runs="315257-316995,317000") == {
        "and": [
            {
                "or": [
                    {"and": [{"run_number": {">=": 315257}}, {"run_number": {"<=": 316995}}]},
                    {"run_number": {"=": 317000}},
                ]
            }
        ]
    }
    assert runs(runs="5-9") == runs(runs=range(5, 10)) == {"and": [{"run_number": {">=": 5}}, {"run_number": {"<=": 9}}]}


@pytest.mark.parametrize(
    "chosen", ["9-5", "abc", "1..3", "", " , ", True, [True], 1.5, [float("nan")], None.__class__, ["x"], [[1, 2]], b"1"]
)
def test_what_is_no_run_is_refused(chosen):
    assert "run" in str(refused(runs, runs=chosen))


@pytest.mark.parametrize("bound", ["run_min", "run_max"])
@pytest.mark.parametrize("value", ["abc", True, 1.5, [1], float("nan"), float("inf")])
def test_a_bound_that_is_no_run_number_is_named(bound, value):
    assert str(refused(runs, **{bound: value})).startswith(f"{bound} must be a run number, not ")


def test_classes_are_texts_patterns_or_several_of_both():
    assert runs(run_class="Collisions24") == {"rr_attributes.class": {"=": "Collisions24"}}
    assert runs(run_class="%24") == {"rr_attributes.class": {"like": "%24"}}
    assert runs(run_class=["A", "B%"]) == {
        "and": [{"or": [{"rr_attributes.class": {"=": "A"}}, {"rr_attributes.class": {"like": "B%"}}]}]
    }


def test_fills_are_one_several_or_a_range_with_or_without_ends():
    key = "oms_attributes.fill_number"
    assert runs(fill=7920) == {key: {"=": 7920}}
    assert runs(fill=[7920, 7921]) == {"and": [{"or": [{key: {"=": 7920}}, {key: {"=": 7921}}]}]}
    assert runs(fill=(7920, 7930)) == {"and": [{key: {">=": 7920}}, {key: {"<=": 7930}}]}
    assert runs(fill=(7920, None)) == {key: {">=": 7920}}
    for wrong in ("x", (1, 2, 3), True, {"a": 1}):
        assert str(refused(runs, fill=wrong)).startswith("fill")


def test_states_are_checked_whatever_their_case():
    assert runs(state="open") == {"rr_attributes.state": {"=": "OPEN"}}
    assert refused(runs, state="OPN").nearest == ["OPEN"]
    assert datasets(dataset_state="Waiting DQM GUI") == {"dataset_attributes.global_state": {"=": "waiting dqm gui"}}
    assert datasets(states={"tracker": "OPEN", "dt": ["SIGNOFF"]}) == {
        "dataset_attributes.tracker_state": {"=": "OPEN"},
        "dataset_attributes.dt_state": {"=": "SIGNOFF"},
    }
    assert refused(datasets, states={"traker": "OPEN"}).nearest == ["tracker"]
    assert "dict" in str(refused(datasets, states="OPEN"))


@pytest.mark.parametrize("flag", [True, np.bool_(True)])
def test_significance_is_a_flag(flag):
    assert runs(significant=flag) == {"rr_attributes.significant": {"=": True}}
    assert "True or False" in str(refused(runs, significant="yes"))


@pytest.mark.parametrize(
    ("since", "wire"),
    [
        ("2022-07-05", "2022-07-05T00:00:00Z"),
        (date(2022, 7, 5), "2022-07-05T00:00:00Z"),
        ("2022-07-05T14:48:36Z", "2022-07-05T14:48:36Z"),
        ("2022-07-05 16:48:36+02:00", "2022-07-05T14:48:36Z"),
        (datetime(2022, 7, 5, 14, 48, 36), "2022-07-05T14:48:36Z"),
        (datetime(2022, 7, 5, 16, 48, 36, tzinfo=timezone(timedelta(hours=2))), "2022-07-05T14:48:36Z"),
        (datetime(2022, 7, 5, 14, 48, 35, 1, tzinfo=UTC), "2022-07-05T14:48:36Z"),
        (pd.Timestamp("2022-07-05 14:48:36"), "2022-07-05T14:48:36Z"),
    ],
)
def test_times_are_utc_where_no_zone_is_given(since, wire):
    assert runs(since=since) == {START: {">=": wire}}


def test_until_includes_the_whole_day_or_the_second():
    assert runs(until="2022-07-05") == {START: {"<=": "2022-07-05T23:59:59Z"}}
    assert runs(until=datetime(2022, 7, 5, 14, 48, 36, 9)) == {START: {"<=": "2022-07-05T14:48:36Z"}}
    assert "until is a time" in str(refused(runs, until="yesterday"))
    assert "since is a time" in str(refused(runs, since=20220705))


def test_components_have_one_status_or_one_of_several():
    good, standby = "triplet_summary.dt-dt.GOOD", "triplet_summary.dt-dt.STANDBY"
    assert runs(components={"dt-dt": "good", "csc-csc": "BAD"}) == {good: {">": 0}, "triplet_summary.csc-csc.BAD": {">": 0}}
    assert runs(components={"dt-dt": ["GOOD", "STANDBY"]}) == {"and": [{"or": [{good: {">": 0}}, {standby: {">": 0}}]}]}


def test_unknown_components_and_statuses_are_refused_with_the_nearest():
    assert refused(runs, components={"tracker-stirp": "GOOD"}).nearest[0] == "tracker-strip"
    assert refused(runs, components={"dt-dt": "GOODD"}).nearest == ["GOOD"]
    assert "dict" in str(refused(runs, components="dt-dt"))
    assert "text" in str(refused(runs, components={"dt-dt": 3}))


def test_comments_of_a_component_are_searched_for_a_text_or_a_pattern():
    key = "triplet_summary.dt-dt.comments"
    assert runs(comment={"dt-dt": "HV_1"}) == {key: {"like": '%"%HV\\_1%"%'}}
    assert runs(comment={"dt-dt": "HV%"}) == {key: {"like": '%"HV%"%'}}
    assert runs(cause={"dt-dt": 'a "b" \\'}) == {"triplet_summary.dt-dt.causes": {"like": '%"%a \\\\"b\\\\" \\\\\\\\%"%'}}


def test_an_empty_text_is_not_searched_for():
    assert "empty text" in str(refused(runs, comment=""))
    assert "empty text" in str(refused(runs, cause={"dt-dt": ["a", ""]}))


def test_comments_without_a_component_are_searched_in_all():
    (either,) = runs(comment="HV")["and"]
    keys = [key for part in either["or"] for key in part]
    assert "triplet_summary.tracker-strip.comments" in keys
    assert len(keys) == len(set(keys)) > 80


def test_the_era_is_in_the_name_of_a_dataset():
    (either,) = datasets(era="Run2018A")["and"]
    assert either == {"or": [{"name": {"like": pattern}} for pattern in ("%18A/%", "%18A\\_%", "%18A-%")]}
    assert datasets(era="2018A") == datasets(era="run2018a") == datasets(era="18A")
    assert len(datasets(era="A")["and"][0]["or"]) == 30
    assert "a letter" in str(refused(datasets, era="2018"))


def test_a_run_has_no_era_and_the_error_says_what_to_do():
    assert "runs=client.datasets(era=" in str(refused(runs, era="2018A"))


def test_a_dataset_has_a_name_and_places_where_it_appeared():
    assert datasets(dataset_name=["online", "%2018A%"]) == {
        "and": [{"or": [{"name": {"=": "online"}}, {"name": {"like": "%2018A%"}}]}]
    }
    assert datasets(appeared_in="DQM GUI") == {"dataset_attributes.appeared_in": {"like": '%"DQM GUI"%'}}


def test_where_is_text_or_a_filter_in_the_short_form():
    assert runs(where="energy > 6000") == runs(where={"energy": {">": 6000}}) == {"oms_attributes.energy": {">": 6000}}
    assert "character 1" in str(refused(runs, where="enrgy > 6000"))


@pytest.mark.parametrize("name", ["dataset_name", "dataset_state", "states", "appeared_in"])
def test_a_filter_of_datasets_is_none_of_runs(name):
    assert str(refused(runs, **{name: "x"})) == f"{name} is a filter of datasets, not of runs"


def test_an_unknown_keyword_is_refused_with_the_nearest_or_with_the_way_to_filter_by_an_attribute():
    assert refused(runs, run_mni=1).nearest[0] == "run_min"
    assert 'where="energy = …"' in str(refused(runs, energy=1))
    assert "there are run_min" in str(refused(runs, zzzzzz=1))


def test_a_list_in_a_short_filter_is_any_of_its_values():
    assert runs({"class": ["A", "B"]}) == {"rr_attributes.class": {"or": [{"=": "A"}, {"=": "B"}]}}
    assert datasets({"run_number": np.array([1, 2])}) == {"run_number": {"or": [{"=": 1}, {"=": 2}]}}


def test_numbers_in_a_group_of_a_short_filter_are_written_so_that_the_service_takes_them():
    assert runs({"energy": {"and": [{">": 6000}, {"<": 7000}]}}) == {
        "and": [{"oms_attributes.energy": {">": 6000}}, {"oms_attributes.energy": {"<": 7000}}]
    }


def test_the_wire_form_alone_stays_as_it_is_and_is_joined_with_keywords():
    wire = {"name": "x", "or": [{"rr_attributes.class": {"=": "A"}}, {"rr_attributes.class": {"=": "B"}}]}
    assert datasets(wire, True) == wire
    assert datasets(wire, True, run_min=5) == {"and": [{"or": wire["or"]}, {"name": "x"}, {"run_number": {">=": 5}}]}


@pytest.mark.parametrize(
    ("wire", "says"),
    [
        ({"rn_number": 5}, "run_number"),
        ({"class": "A"}, "rr_attributes.class"),
        ({"run_number": {"in": "x"}}, "invalid input"),
        ({"triplet_summary.dt-dt.GOODD": {">": 0}}, "GOOD"),
        ({"or": 3}, "list"),
    ],
)
def test_the_wire_form_is_checked_before_it_is_sent(wire, says):
    assert says in str(refused(runs, wire, True))


@pytest.mark.parametrize("key", ["oms_attributes.enrgy", "rr_attributes.clas", "triplet_summary.dt-dtt.GOOD"])
def test_an_attribute_that_only_the_registry_may_know_is_asked_for_with_a_warning(key):
    with pytest.warns(UserWarning, match="did you mean"):
        assert runs({key: {"=": 5}}, True) == {key: {"=": 5}}


@pytest.mark.parametrize("wrong", [5, "energy > 1", [], ("a",)])
def test_a_filter_that_is_no_dict_is_refused(wrong):
    assert "a filter is a dict" in str(refused(runs, wrong))


def test_a_short_filter_with_an_unknown_name_is_refused_as_ever():
    assert refused(runs, {"clas": "A"}).nearest[0] == "class"
    assert refused(runs, {"energy": {"in": [1]}})


words = st.sampled_from(["Collisions24", "Cosmics%", "HV"])
short_filters = st.fixed_dictionaries(
    {},
    optional={
        "run_number": st.sampled_from([5, {">": 5}, {"or": [1, {"=": 2}]}, [1, 2]]),
        "energy": st.sampled_from([{"and": [{">": 1}, {"<": 2}]}, {">": 1, "<": 2}]),
        "dt-dt": st.sampled_from(["GOOD", {"=": "bad"}]),
    },
)
keyword_filters = st.fixed_dictionaries(
    {},
    optional={
        "run_min": st.integers(1, 9),
        "runs": st.lists(st.integers(1, 9), max_size=4) | st.just({"5": [[1, 2]]}),
        "run_class": words | st.lists(words, max_size=3),
        "fill": st.lists(st.integers(1, 9), max_size=3),
        "components": st.just({"dt-dt": ["GOOD", "BAD"], "csc-csc": "GOOD"}),
        "comment": words | st.just({"dt-dt": ["a", "b"]}),
        "where": st.sampled_from(["energy > 5 or class = A", {"energy": {"or": [1, 2]}}]),
    },
)


@given(short_filters, keyword_filters)
@settings(max_examples=60)
def test_nothing_that_the_caller_gave_is_changed_or_shared(short, keywords):
    before = copy.deepcopy((short, keywords))
    found = runs(short, **keywords)
    assert (short, keywords) == before
    parse_filter(found, "runs")
    mutable = [id(part) for part in inner((short, keywords)) if isinstance(part, list | dict)]
    assert not [part for part in inner(found) if isinstance(part, list | dict) and id(part) in mutable]


def inner(value):
    yield value
    for part in value.values() if isinstance(value, dict) else value if isinstance(value, list | tuple) else ():
        yield from inner(part)
