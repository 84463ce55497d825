"""Dry runs: what a change would do, and that nothing is changed."""

from __future__ import annotations

from typing import Any

import pytest
from tests.unit.client.conftest import Ask
from tests.unit.client.fakes import FakeRegistry, answer, dataset_row, run_row

RANGES = "/lumisections/rr_lumisection_ranges_by_component"


def run(number: int, **attributes: Any) -> dict[str, Any]:
    row = run_row(number)
    row["rr_attributes"] |= attributes
    return row


@pytest.fixture(autouse=True)
def two_runs(fake: FakeRegistry) -> None:
    fake.runs = [run(8, state="SIGNOFF"), run(7, significant=True)]


def plan(ask: Ask, fake: FakeRegistry, verb: str, *args: Any, **kwargs: Any) -> list[tuple[Any, ...]]:
    rows = ask(verb, *args, dry_run=True, **kwargs)
    assert not [request for request in fake.asked if request.method == "PUT" or "move" in request.url.path]
    return [(row["run_number"], row["change"], row["now"], row["then"], row["problem"]) for row in rows]


def test_a_move_of_runs_is_planned(ask: Ask, fake: FakeRegistry) -> None:
    assert plan(ask, fake, "move_runs", "OPEN", "SIGNOFF", [7, 8, 9]) == [
        (7, "state", "OPEN", "SIGNOFF", ""),
        (8, "state", "SIGNOFF", "SIGNOFF", "is so already"),
        (9, "state", None, "SIGNOFF", "there is no such run"),
    ]


def test_marking_as_significant_is_planned(ask: Ask, fake: FakeRegistry) -> None:
    problems = [row[-1] for row in plan(ask, fake, "mark_significant", [7, 8])]
    assert problems == ["is so already", "the run is SIGNOFF, and must be OPEN"]


def test_a_refresh_is_planned(ask: Ask, fake: FakeRegistry) -> None:
    assert plan(ask, fake, "refresh_runs", [7, 8]) == [
        (7, "refresh", "OPEN", "as OMS has it", ""),
        (8, "refresh", "SIGNOFF", "as OMS has it", "the run is SIGNOFF, and must be OPEN"),
    ]


def test_a_change_of_class_is_planned(ask: Ask, fake: FakeRegistry) -> None:
    assert plan(ask, fake, "change_class", [7], "Cosmics24") == [(7, "class", "Collisions24", "Cosmics24", "")]


def test_a_move_of_datasets_is_planned(ask: Ask, fake: FakeRegistry) -> None:
    fake.datasets = [dataset_row(7, "/a/b")]
    assert plan(ask, fake, "move_datasets", "OPEN", "COMPLETED", "/a/b", [7, 8]) == [
        (7, "global_state", "OPEN", "COMPLETED", ""),
        (8, "global_state", None, "COMPLETED", "there is no such dataset"),
    ]
    assert plan(ask, fake, "move_datasets", "OPEN", "COMPLETED", "/a/b", [7], workspace="tau")[0][-1].endswith("state in tau")


def test_an_edit_is_planned_range_by_range(ask: Ask, fake: FakeRegistry) -> None:
    good = {"status": "GOOD", "comment": "", "cause": ""}
    bad = {"status": "BAD", "comment": "HV trip", "cause": ""}
    ranges = [good | {"start": 1, "end": 4}, bad | {"start": 5, "end": 6}, good | {"start": 7, "end": 9}]
    fake.script[RANGES] = [answer(200, {"dt-dt": ranges})]
    rows = ask("edit_lumisections", 7, 3, 12, "dt-dt", "BAD", comment="HV trip", dry_run=True)
    assert [(row["first"], row["last"], row["now"], row["then"], row["problem"]) for row in rows] == [
        (3, 4, "GOOD", "BAD", ""),
        (5, 6, "BAD", "BAD", "is so already"),
        (7, 9, "GOOD", "BAD", ""),
        (10, 12, None, "BAD", ""),
    ]
    assert [row["change"] for row in rows] == ["dt-dt"] * 4


def test_an_edit_of_a_run_that_is_closed_has_a_problem(ask: Ask, fake: FakeRegistry) -> None:
    fake.script[RANGES] = [answer(200, {})]
    edits = [(run, 1, 2, "dt-dt", "GOOD", "", "", name) for run, name in ((8, "online"), (9, "online"), (7, "/a"))]
    assert [row[-1] for row in plan(ask, fake, "edit_many", edits)] == [
        "the run is SIGNOFF, and must be OPEN",
        "there is no such run",
        "the dataset has no lumisections, or there is no such dataset",
    ]


def test_many_runs_are_planned_with_few_questions(ask: Ask, fake: FakeRegistry) -> None:
    fake.runs = [run(number) for number in range(300, 0, -1)]
    fake.script["/runs_filtered_ordered"] = [answer(200, {"runs": [], "pages": 0, "count": 0})]
    plan(ask, fake, "move_runs", "OPEN", "SIGNOFF", range(1, 301))
    assert len(fake.asked) == 2
