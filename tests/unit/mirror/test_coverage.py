"""Whether a mirror can tell: only if it holds everything that a question may be about."""

from __future__ import annotations

from typing import Any

import pytest

from runregistry.filters import parse_filter
from runregistry.mirror.coverage import Coverage, run_ranges
from runregistry.model.selection import Selection
from runregistry.store.mirrored import Claim

LAST = 2**31 - 1


def holding(*selections: Selection, classes: dict[int, str] | None = None, gaps: Any = ()) -> Coverage:
    claims = [Claim(place, None, each, synced_at="2024-05-01T00:00:00.000Z", gaps=gaps) for place, each in enumerate(selections)]
    return Coverage(claims, lambda numbers: {number: name for number, name in (classes or {}).items() if number in numbers})


def missing(coverage: Coverage, filter: Any, table: Any = "runs") -> Any:
    return coverage.missing_of(parse_filter(filter, table), has_names=table == "datasets")


SOME = Selection(100, 199)
COLLISIONS = Selection(100, 199, ("Collisions%",))


@pytest.mark.parametrize(
    ("filter", "expected"),
    [
        ({}, [(1, LAST)]),
        ({"run_number": {">=": 100, "<=": 150}}, [(100, 150)]),
        ({"run_number": {">": 100, "<": 150}}, [(101, 149)]),
        ({"run_number": "120"}, [(120, 120)]),
        ({"run_number": [1, 2, 3, 9]}, [(1, 3), (9, 9)]),
        ({"run_number": {"or": [{"=": 5}, {"=": 7}]}}, [(5, 5), (7, 7)]),
        ({"and": [{"run_number": {">": 7}}, {"rr_attributes.class": "x"}]}, [(8, LAST)]),
        ({"or": [{"run_number": 7}, {"rr_attributes.class": "x"}]}, [(1, LAST)]),
        ({"run_number": {"<>": 7}}, [(1, LAST)]),
        ({"run_number": {"<": 5, ">": 7}}, []),
    ],
)
def test_a_filter_tells_which_runs_it_may_match(filter: Any, expected: Any) -> None:
    assert run_ranges(parse_filter(filter, "runs")) == expected


@pytest.mark.parametrize("filter", [{}, {"rr_attributes.class": "Collisions22"}, {"run_number": 7}])
def test_a_mirror_of_everything_can_always_tell(filter: Any) -> None:
    assert missing(holding(Selection()), filter) == []
    assert missing(holding(Selection()), filter, "datasets") == []


def test_a_mirror_of_some_runs_can_tell_about_these_only() -> None:
    assert missing(holding(SOME), {"run_number": {">=": 120, "<=": 150}}) == []
    assert missing(holding(SOME), {"run_number": {">=": 120, "<=": 250}}) == [(200, 250)]
    assert missing(holding(SOME), {}) == [(1, 99), (200, LAST)]


def test_parts_of_a_mirror_are_put_together() -> None:
    coverage = holding(SOME, Selection(200, 299))
    assert missing(coverage, {"run_number": {">=": 150, "<=": 250}}) == []


@pytest.mark.parametrize(
    "filter",
    [
        {"rr_attributes.class": "Collisions22"},
        {"rr_attributes.class": {"like": "Collisions22%"}},
        {"rr_attributes.class": {"like": "collisions%"}},
        {"or": [{"rr_attributes.class": "Collisions22"}, {"rr_attributes.class": "Collisions18"}]},
        {"and": [{"rr_attributes.state": "OPEN"}, {"rr_attributes.class": "Collisions22"}]},
    ],
)
def test_a_mirror_of_a_class_can_tell_about_it(filter: Any) -> None:
    assert missing(holding(COLLISIONS), {**filter, "run_number": {">=": 100, "<": 200}}) == []


@pytest.mark.parametrize(
    "filter",
    [
        {"rr_attributes.class": "Cosmics22"},
        {"rr_attributes.class": {"<>": "Collisions22"}},
        {"rr_attributes.class": {"like": "%22"}},
        {"rr_attributes.class": {"like": "Col%"}},
        {"rr_attributes.state": "OPEN"},
        {"or": [{"rr_attributes.class": "Collisions22"}, {"rr_attributes.state": "OPEN"}]},
    ],
)
def test_a_mirror_of_a_class_can_not_tell_about_others(filter: Any) -> None:
    assert missing(holding(COLLISIONS), {**filter, "run_number": {">=": 100, "<": 200}}) == [(100, 199)]


def test_a_mirror_of_a_class_can_tell_about_a_run_that_it_has() -> None:
    coverage = holding(COLLISIONS, classes={120: "Collisions22"})
    assert missing(coverage, {"run_number": 120}) == []
    assert missing(coverage, {"run_number": [119, 120]}) == [(119, 119)]
    assert not coverage.missing_run(120)
    assert coverage.missing_run(119)


def test_names_of_datasets_count_where_datasets_are_asked_for() -> None:
    coverage = holding(Selection(dataset_name=("/PromptReco/%",)), classes={7: "Cosmics22"})
    assert missing(coverage, {}) == []
    assert missing(coverage, {}, "datasets") == [(1, LAST)]
    assert missing(coverage, {"name": {"like": "/PromptReco/Collisions22%"}}, "datasets") == []
    assert missing(coverage, {"name": "online"}, "datasets") == []
    assert missing(coverage, {"name": {"like": "/Prompt%"}}, "datasets") == [(1, LAST)]
    assert not coverage.missing_dataset(7, "online")
    assert coverage.missing_dataset(7, "/Express/Cosmics22/DQM")


def test_what_the_mirror_is_not_sure_of_it_does_not_tell() -> None:
    coverage = holding(SOME, gaps=((150, 159),), classes={155: "Cosmics22"})
    assert missing(coverage, {"run_number": {">=": 140, "<=": 170}}) == [(150, 159)]
    assert coverage.missing_run(155)
    assert not coverage.missing_run(149)


def test_a_claim_that_was_never_complete_does_not_count() -> None:
    coverage = Coverage([Claim(1, None, Selection())])
    assert not coverage.is_whole
    assert coverage.missing_run(7)
    assert str(coverage) == "nothing yet"


@pytest.mark.parametrize(
    ("selection", "is_whole"), [(Selection(), True), (SOME, False), (Selection(dataset_name=("online",)), False)]
)
def test_only_a_mirror_of_everything_is_whole(selection: Selection, is_whole: bool) -> None:
    assert holding(selection).is_whole is is_whole


def test_a_wildcard_of_one_character_is_not_taken_for_more_than_it_is() -> None:
    assert missing(holding(Selection(run_class=("Collisions__%",))), {"rr_attributes.class": {"like": "Collisions%"}}) != []
