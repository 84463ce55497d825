from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from tests.unit.client.fakes import FakeRegistry, answer

import runregistry
from runregistry.errors import Conflict, NotFound, PermissionDenied

NOT_PERMITTED = "User needs to be part of any of the following e-groups to fulfill this action"
CHANGES: list[tuple[str, Callable[..., Any], str]] = [
    ("move", lambda **runs: runregistry.move_runs("OPEN", "SIGNOFF", **runs), "/runs/move_run/OPEN/SIGNOFF"),
    ("significant", lambda **runs: runregistry.make_significant_runs(**runs), "/runs/mark_significant"),
    ("reset", lambda **runs: runregistry.reset_RR_attributes_and_refresh_runs(**runs), "/runs/reset_and_refresh_run/7"),
    ("refresh", lambda **runs: runregistry.manually_refresh_components_statuses_for_runs(**runs), "/runs/refresh_run/7"),
    (
        "datasets",
        lambda **runs: runregistry.move_datasets("waiting dqm gui", "OPEN", "/a/b", workspace="ctpps", **runs),
        "/datasets/ctpps/move_dataset/waiting dqm gui/OPEN",
    ),
]
every_change = pytest.mark.parametrize(("change", "path"), [row[1:] for row in CHANGES], ids=[row[0] for row in CHANGES])


@every_change
@pytest.mark.parametrize("runs", [{"runs": 7}, {"runs": "7"}, {"runs": [7]}, {"run": 7}, {"run": "7"}, {"runs": (7,)}])
def test_runs_may_be_given_in_many_ways(fake: FakeRegistry, change: Callable[..., Any], path: str, runs: Any) -> None:
    fake.script[path] = [answer(200, {"run_number": 7})]
    assert change(**runs, anything="ignored") == [{"run_number": 7}]
    assert len(fake.asked) == 1
    sent = json.loads(fake.asked[0].content or b'{"run_number": 7}')
    assert sent["run_number"] == 7


@every_change
@pytest.mark.parametrize("runs", [{}, {"runs": []}, {"runs": None}, {"runs": "seven"}, {"runs": {}}, {"run": 0}, {"runs": [0]}])
def test_no_run_is_a_value_error(fake: FakeRegistry, change: Callable[..., Any], path: str, runs: Any) -> None:
    with pytest.raises(ValueError, match=r"\(\): no '.*runs' argument"):
        change(**runs)
    assert fake.asked == []


@every_change
def test_a_missing_right_is_an_exception_with_status_and_text(fake: FakeRegistry, change: Callable[..., Any], path: str) -> None:
    fake.script[path] = [answer(401, {"message": NOT_PERMITTED})]
    with pytest.raises(PermissionDenied, match=f"^Got response 401 when .*{NOT_PERMITTED}") as caught:
        change(runs=[7])
    assert caught.value.status == 401


@every_change
def test_a_run_that_is_not_open_is_an_exception_with_its_text(fake: FakeRegistry, change: Callable[..., Any], path: str) -> None:
    fake.script[path] = [answer(500, {"err": "Run must be in state OPEN to be refreshed"})]
    with pytest.raises(Conflict, match=r"Got response 500 .*Run must be in state OPEN"):
        change(runs=[7])


@every_change
def test_numbers_out_of_a_table_are_numbers(fake: FakeRegistry, change: Callable[..., Any], path: str) -> None:
    fake.script[path] = [answer(200, {})]
    for runs in ({"run": np.int64(7)}, {"runs": np.array([7])}, {"run": 0, "runs": [7]}):
        change(**runs)
    assert len(fake.asked) == 3


@every_change
def test_the_answers_are_also_what_release_1_returned(fake: FakeRegistry, change: Callable[..., Any], path: str) -> None:
    fake.script[path] = [answer(200, {"run_number": 7})]
    answers: Any = change(runs=7)
    assert all(each.status_code == 200 for each in answers)
    assert (answers.status_code, answers.json()) == (200, {"run_number": 7})


def test_what_was_done_before_a_refusal_stays_and_nothing_is_tried_after_it(fake: FakeRegistry) -> None:
    fake.script["/runs/mark_significant"] = [answer(200, {}), answer(500, {"err": "Run not found"}), answer(200, {})]
    with pytest.raises(NotFound, match=r"Got response 500 when making runs significant: .*Run not found"):
        runregistry.make_significant_runs(runs=[1, 2, 3])
    assert [body["run_number"] for body in fake.bodies("/runs/mark_significant")] == [1, 2]


def test_each_run_is_one_request_in_order(fake: FakeRegistry) -> None:
    fake.script["/runs/mark_significant"] = [answer(200, "a"), answer(200, "b")]
    assert runregistry.make_significant_runs(runs=[1, 2]) == ["a", "b"]
    assert fake.bodies("/runs/mark_significant") == [{"run_number": 1}, {"run_number": 2}]


def test_moving_datasets_sends_name_and_workspace(fake: FakeRegistry) -> None:
    path = "/datasets/global/move_dataset/OPEN/SIGNOFF"
    fake.script[path] = [answer(200, {})]
    runregistry.move_datasets("OPEN", "SIGNOFF", "/a/b", run=7)
    assert fake.bodies(path) == [{"run_number": 7, "dataset_name": "/a/b", "workspace": "global"}]


def test_a_state_with_blanks_is_percent_encoded(fake: FakeRegistry) -> None:
    fake.script["/datasets/global/move_dataset/waiting dqm gui/OPEN"] = [answer(200, {})]
    runregistry.move_datasets(runregistry.WAITING_DQM_GUI_CONSTANT, "OPEN", "/a/b", run=7)
    assert fake.asked[0].url.raw_path == b"/datasets/global/move_dataset/waiting%20dqm%20gui/OPEN"


@pytest.mark.parametrize(
    "change",
    [
        lambda: runregistry.move_runs("OPEN", "waiting dqm gui", run=7),
        lambda: runregistry.move_runs("open", "SIGNOFF", run=7),
        lambda: runregistry.move_datasets("OPEN", "DONE", "/a/b", run=7),
    ],
)
def test_an_unknown_state_is_a_value_error(fake: FakeRegistry, change: Callable[[], Any]) -> None:
    with pytest.raises(ValueError, match="but allowed states are"):
        change()
    assert fake.asked == []


EDIT = "/lumisections/edit_rr_lumisections"


def test_an_edit_sends_range_triplet_and_names(fake: FakeRegistry) -> None:
    fake.script[EDIT] = [answer(200, {"version": 3})]
    assert runregistry.edit_rr_lumisections(7, 1, 4, "dt-dt", "BAD", "HV trip", dataset_name="/a/b", extra=1) == {"version": 3}
    triplet = {"status": "BAD", "comment": "HV trip", "cause": ""}
    sent = {"new_lumisection_range": {"start": 1, "end": 4, **triplet}, "run_number": 7, "component": "dt-dt"}
    assert fake.bodies(EDIT) == [{**sent, "dataset_name": "/a/b"}]
    assert fake.asked[0].method == "PUT"


def test_an_edit_with_an_unknown_status_is_a_value_error(fake: FakeRegistry) -> None:
    with pytest.raises(ValueError, match="got status 'EMPTY' but allowed statuses are"):
        runregistry.edit_rr_lumisections(7, 1, 4, "dt-dt", "EMPTY")


def test_an_edit_that_is_refused_is_an_exception(fake: FakeRegistry) -> None:
    fake.script[EDIT] = [answer(401, {"message": NOT_PERMITTED})]
    with pytest.raises(PermissionDenied, match="Got response 401 when editing rr lumisections"):
        runregistry.edit_rr_lumisections(7, 1, 4, "dt-dt", "GOOD")


@pytest.mark.parametrize(("numbers", "answers"), [(7, 1), ([7], 1), ([7, 7], 2)])
def test_the_class_of_one_run_or_many_is_changed(fake: FakeRegistry, numbers: Any, answers: int) -> None:
    path = "/manual_run_edit/7/class"
    fake.script[path] = [answer(200, {"run_number": 7})]
    assert runregistry.change_run_class(numbers, "Cosmics24") == [{"run_number": 7}] * answers
    assert fake.bodies(path) == [{"class": "Cosmics24"}] * answers
    assert fake.asked[0].method == "PUT"


@pytest.mark.parametrize(
    ("numbers", "name"), [("7", "x"), ([7, "8"], "x"), (None, "x"), ((7,), "x"), (7, 5), (7, None), ([7], ["x"])]
)
def test_a_class_change_checks_its_arguments_before_anything_is_sent(fake: FakeRegistry, numbers: Any, name: Any) -> None:
    with pytest.raises(ValueError, match="Invalid"):
        runregistry.change_run_class(numbers, name)
    assert fake.asked == []
