from __future__ import annotations

import io
from typing import Any

import pytest

from runregistry.cli.filtering import parse_filter, parse_sortings, read_names, read_question
from runregistry.cli.options import DatasetFilters, LumisectionFilters, RunFilters
from runregistry.errors import FilterError, UsageError


def test_no_option_asks_for_everything() -> None:
    question = read_question(None, RunFilters())
    assert question.is_empty
    assert question.run_list is None


def test_options_become_keywords_of_the_client() -> None:
    filters = RunFilters(
        run_min=315257,
        run_class=["Collisions18", "Cosmics%"],
        state=["OPEN"],
        component=["dt-dt=GOOD", "csc-csc=BAD,STANDBY"],
        fill=["6620-6629"],
        not_significant=True,
        since="2018-05-01",
        where="energy > 6000",
    )
    assert read_question(["315512"], filters).keywords == {
        "runs": "315512",
        "run_min": 315257,
        "run_class": ["Collisions18", "Cosmics%"],
        "state": ["OPEN"],
        "components": {"dt-dt": ["GOOD"], "csc-csc": ["BAD", "STANDBY"]},
        "fill": (6620, 6629),
        "significant": False,
        "since": "2018-05-01",
        "where": "energy > 6000",
    }


def test_runs_of_arguments_and_of_the_option_are_meant_together() -> None:
    assert read_question(["1-3"], RunFilters(run_list=["7"])).keywords["runs"] == "7,1-3"


def test_states_of_datasets_are_those_of_a_workspace_or_of_global() -> None:
    question = read_question(None, DatasetFilters(state=["OPEN", "tracker=SIGNOFF"]))
    assert question.keywords == {"dataset_state": ["OPEN"], "states": {"tracker": ["SIGNOFF"]}}


def test_the_dataset_of_lumisections_alone_chooses_no_run() -> None:
    question = read_question(None, LumisectionFilters())
    assert question.keywords == {"dataset_name": ["online"]}
    assert question.names_runs_only


def test_comments_may_be_those_of_one_component() -> None:
    assert read_question(None, RunFilters(comment=["dt-dt=HV"], cause=["a=b"])).keywords == {
        "comment": {"dt-dt": ["HV"]},
        "cause": ["a=b"],
    }


@pytest.mark.parametrize(
    ("filters", "complaint"),
    [
        (RunFilters(component=["dt-dt"]), "--component dt-dt: write a name and a value, dt-dt=GOOD"),
        (RunFilters(component=["dt-dt=GOOD", "dt-dt=BAD"]), "write dt-dt=GOOD,BAD"),
        (RunFilters(significant=True, not_significant=True), "no run is both"),
        (RunFilters(fill=["6620-6629", "6631"]), "--fill 6620-6629"),
        (RunFilters(comment=["dt-dt=HV", "noise"]), "with every text, or with none"),
        (RunFilters(run_list=["-"], filter="-"), "- is given twice"),
    ],
)
def test_what_cannot_be_read_is_explained(filters: Any, complaint: str) -> None:
    with pytest.raises(UsageError, match=complaint):
        read_question(None, filters)


def test_a_filter_comes_from_a_pipe_as_well(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO('{"class": "Cosmics18"}'))
    assert parse_filter("-") == {"class": "Cosmics18"}


def test_no_filter_is_an_empty_one() -> None:
    assert parse_filter(None) == {}


@pytest.mark.parametrize("text", ["class=Cosmics18", "[1]", "355100", "null", '{"class":'])
def test_a_filter_that_is_no_json_object_is_refused(text: str) -> None:
    with pytest.raises(FilterError, match="--filter"):
        parse_filter(text)


def test_a_condition_in_words_is_sent_to_its_option() -> None:
    with pytest.raises(FilterError, match="--where"):
        parse_filter("energy > 6000")


def test_sortings_name_attributes_of_datasets_only_for_datasets() -> None:
    assert parse_sortings(["global_state"], of_datasets=True) == [["dataset_attributes.global_state", "ASC"]]
    with pytest.raises(UsageError, match="no attribute 'global_state'"):
        parse_sortings(["global_state"])


@pytest.mark.parametrize(("word", "hint"), [("run_numbr", "did you mean run_number"), ("run_number:dsc", "did you mean desc")])
def test_a_mistyped_sorting_is_refused_with_what_is_near(word: str, hint: str) -> None:
    with pytest.raises(UsageError, match=hint):
        parse_sortings([word])


def test_names_are_given_once_or_several_times() -> None:
    assert read_names(["a, b", "c,a"]) == ["a", "b", "c"]
    assert read_names(None) is None
