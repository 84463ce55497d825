"""Runs that are refreshed, reset and marked significant, with OMS as it is and as it fails."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx2
import pytest
from tests.integration.oms_double import OMSDouble, Trouble, oms_double
from tests.integration.registry import AUTOMATIC, EXPERT, NOBODY, SHIFTER, create_run, edit, rr_lumisections, run_body

from runregistry.local import EmbeddedTransport
from runregistry.server import ServerSettings, build_app, ensure_settings
from runregistry.store import Store

RUN = 320001
FLAG = "run_needs_to_be_updated_manually"


@pytest.fixture
def double() -> Iterator[OMSDouble]:
    with oms_double() as double:
        yield double


@pytest.fixture
def client(double: OMSDouble) -> Iterator[httpx2.Client]:
    with registry_with(double) as client:
        yield client


@contextmanager
def registry_with(double: OMSDouble | None) -> Iterator[httpx2.Client]:
    store = Store("sqlite://")
    ensure_settings(store, None)
    app = build_app(ServerSettings(oms=double.settings() if double else None), store)
    with httpx2.Client(transport=EmbeddedTransport(store, app), base_url="http://embedded", timeout=30) as client:
        for family, body in CLASSIFIERS:
            answer = client.post(f"/classifiers/{family}", json=body, headers=EXPERT)
            assert answer.status_code == 200, answer.text
        yield client


def _item(classifier: Any, **more: Any) -> dict[str, Any]:
    return {"classifier": {"if": [classifier, True, False]}, "enabled": True, "priority": 1} | more


CLASSIFIERS = [
    ("class", _item({"in": ["Run2018", {"var": "hlt_key"}]}, **{"class": "Collisions18"})),
    ("dataset", _item({">": [{"var": "ls_duration"}, 3]}, workspace="global", **{"class": "Collisions18"})),
]


def component_classifiers(client: httpx2.Client) -> None:
    workspaces = client.get("/workspaces/online").json()
    columns = {f"{row['workspace']}-{column['name']}": column["id"] for row in workspaces for column in row["columns_with_id"]}
    for status, wanted in (("GOOD", True), ("BAD", False)):
        body = _item({"==": [{"var": "dt0_ready"}, wanted]}, status=status, component=columns["dt-dt"])
        answer = client.post("/classifiers/component", json=body, headers=EXPERT)
        assert answer.status_code == 200, answer.text


def new_run(client: httpx2.Client, double: OMSDouble, n_lumisections: int = 5, **oms: Any) -> None:
    """Make a run that both know, as OMS has it."""
    component_classifiers(client)
    double.put(RUN, n_lumisections, **{"end_time": "2018-07-01T01:00:00Z", "last_update": "2018-07-01T01:00:00Z"} | oms)
    body = run_body(RUN, n_lumisections=0) | {"rr_attributes": {"class": "", "significant": False}}
    body["oms_attributes"] = dict(double.runs[RUN])
    assert client.post("/runs", json=body, headers=AUTOMATIC).status_code == 200


def refresh(client: httpx2.Client, headers: dict[str, str] = SHIFTER, how: str = "refresh_run") -> httpx2.Response:
    return client.post(f"/runs/{how}/{RUN}", headers=headers)


def dt_statuses(client: httpx2.Client) -> list[str]:
    return [row["dt-dt"]["status"] for row in rr_lumisections(client, RUN)]


def attributes(client: httpx2.Client) -> dict[str, Any]:
    return dict(client.get(f"/runs/{RUN}").json()["rr_attributes"])


def history(client: httpx2.Client) -> list[dict[str, Any]]:
    return list(client.get(f"/run_with_history/{RUN}").json())


def test_a_refresh_fetches_and_classifies_a_run(client: httpx2.Client, double: OMSDouble) -> None:
    new_run(client, double)
    double.lumisections[RUN][4]["dt0_ready"] = False
    answer = refresh(client)
    assert answer.status_code == 200, answer.text
    assert answer.json() == client.get(f"/runs/{RUN}").json()
    assert (attributes(client)["class"], attributes(client)["significant"]) == ("Collisions18", True)
    assert dt_statuses(client) == ["GOOD"] * 4 + ["BAD"]
    assert answer.json()["oms_attributes"]["ls_duration"] == 5
    last = history(client)[-1]
    assert (last["by"], last["comment"]) == ("auto@auto - shifter@example.org", f"run {RUN} automatic update")


def test_a_refresh_that_changes_nothing_is_no_error_and_leaves_no_trace(client: httpx2.Client, double: OMSDouble) -> None:
    new_run(client, double)
    refresh(client)
    before = history(client)
    assert refresh(client).status_code == 200
    assert refresh(client, how="reset_and_refresh_run").status_code == 200
    assert history(client) == before


@pytest.mark.parametrize(("headers", "by"), [({}, "auto@auto"), ({"email": "me@here"}, "auto@auto - me@here")])
def test_a_refresh_needs_no_rights(client: httpx2.Client, double: OMSDouble, headers: dict[str, str], by: str) -> None:
    new_run(client, double)
    assert refresh(client, headers).status_code == 200
    assert history(client)[-1]["by"] == by


@pytest.mark.parametrize("how", ["refresh_run", "reset_and_refresh_run"])
def test_shifters_changes_survive(client: httpx2.Client, double: OMSDouble, how: str) -> None:
    new_run(client, double)
    refresh(client)
    assert edit(client, 2, 3, run_number=RUN).status_code == 200
    client.put(f"/manual_run_edit/{RUN}/class", json={"class": "Special18"}, headers=EXPERT)
    client.put(f"/manual_run_edit/{RUN}/stop_reason", json={"stop_reason": "DT"}, headers=SHIFTER)
    double.put(RUN, 7, energy=6500)
    assert refresh(client, how=how).status_code == 200
    assert dt_statuses(client) == ["GOOD", "BAD", "BAD", "GOOD", "GOOD", "GOOD", "GOOD"]
    assert client.get(f"/runs/{RUN}").json()["oms_attributes"]["energy"] == 6500
    assert (attributes(client)["class"], attributes(client)["stop_reason"]) == ("Special18", "DT")


def test_a_reset_classifies_as_if_the_run_were_new(client: httpx2.Client, double: OMSDouble) -> None:
    new_run(client, double)
    double.runs[RUN]["hlt_key"] = None  # the class can't be worked out: the one to start with stays
    client.put(f"/manual_run_edit/{RUN}/class", json={"class": "Special18"}, headers=EXPERT)
    before = len(history(client))
    assert refresh(client).status_code == 200
    assert "class" not in history(client)[before]
    assert refresh(client, how="reset_and_refresh_run").status_code == 200
    assert history(client)[-1]["class"] == ""
    assert attributes(client)["class"] == "Special18"


@pytest.mark.parametrize("how", ["refresh_run", "reset_and_refresh_run"])
def test_a_run_that_is_not_there_or_not_open_is_not_refreshed(client: httpx2.Client, double: OMSDouble, how: str) -> None:
    assert refresh(client, how=how).json() == {"err": "Run not found"}
    create_run(client, RUN)
    assert client.post("/runs/move_run/OPEN/SIGNOFF", json={"run_number": RUN}, headers=SHIFTER).status_code == 200
    answer = refresh(client, how=how)
    assert (answer.status_code, answer.json()) == (409, {"err": "Run must be in state OPEN to be refreshed"})
    assert double.asked == []


@pytest.mark.parametrize(
    ("trouble", "says"),
    [
        (Trouble("runs", status=401, body=b"{}"), "does not let us in"),
        (Trouble("lumisections", status=500), "answers 500"),
        (Trouble("lumisections", cut=True), "can't be asked"),
        (Trouble("runs", status=200, body=b"<html>", kind="text/html"), "a page for people"),
        (Trouble("lumisections", without="data"), "answers without data"),
    ],
)
def test_a_refresh_that_fails_says_so_and_changes_nothing(
    client: httpx2.Client, double: OMSDouble, trouble: Trouble, says: str
) -> None:
    new_run(client, double)
    before = history(client)
    double.trouble.append(trouble)
    answer = refresh(client)
    assert answer.status_code == 502
    assert answer.json()["err"].startswith(f"Run {RUN} can't be fetched from OMS: OMS (http://127.0.0.1")
    assert says in answer.json()["err"]
    assert history(client) == before


def test_a_run_that_oms_does_not_know_is_not_refreshed(client: httpx2.Client, double: OMSDouble) -> None:
    create_run(client, RUN)
    answer = refresh(client)
    assert (answer.status_code, answer.json()) == (404, {"err": f"OMS does not know run {RUN}."})


def test_an_update_that_is_refused_is_an_error(client: httpx2.Client, double: OMSDouble) -> None:
    new_run(client, double)
    refresh(client)
    double.put(RUN, 3)
    answer = refresh(client)
    assert (answer.status_code, answer.json()["err"]) == (400, f"Error updating run {RUN}")
    assert answer.json()["reason"] == "Lumisections cannot be deleted: 5 are stored, 3 were received"
    assert len(dt_statuses(client)) == 5


def test_a_registry_that_knows_no_oms_says_so() -> None:
    with registry_with(None) as client:
        create_run(client, RUN)
        answer = refresh(client)
    assert answer.status_code == 503
    assert answer.json()["err"].startswith("This registry knows no OMS")


def mark(client: httpx2.Client, headers: dict[str, str] = SHIFTER, run_number: Any = RUN) -> httpx2.Response:
    return client.post("/runs/mark_significant", json={"run_number": run_number}, headers=headers)


def test_marking_classifies_in_the_same_version(client: httpx2.Client, double: OMSDouble) -> None:
    new_run(client, double, n_lumisections=2)
    refresh(client)
    assert (attributes(client)["significant"], dt_statuses(client)) == (False, [])
    before = len(history(client))
    answer = mark(client)
    assert answer.status_code == 200, answer.text
    assert answer.json()["rr_attributes"]["significant"] is True
    assert dt_statuses(client) == ["GOOD", "GOOD"]
    events = history(client)[before:]
    assert {event["comment"] for event in events} == {f"mark run {RUN} significant"}
    assert {event["by"] for event in events} == {"shifter@example.org"}
    assert len({event["atomic_version"] for event in events}) == 1
    components = client.post(
        "/lumisections/get_rr_lumisection_history", json={"run_number": RUN, "dataset_name": "online"}
    ).json()
    assert [event["manual_change"] for event in components] == [False], "shifters' changes must stay above it"


@pytest.mark.parametrize("how", ["refresh_run", "reset_and_refresh_run"])
def test_a_run_that_was_marked_can_still_be_refreshed(client: httpx2.Client, double: OMSDouble, how: str) -> None:
    new_run(client, double, n_lumisections=2)
    mark(client)
    double.put(RUN, 3)
    double.lumisections[RUN][0]["dt0_ready"] = False
    assert refresh(client, how=how).status_code == 200
    assert attributes(client)["significant"] is True
    assert dt_statuses(client) == ["BAD", "GOOD", "GOOD"]


def test_what_can_not_be_marked(client: httpx2.Client, double: OMSDouble) -> None:
    assert mark(client).json() == {"err": "Run not found"}
    assert client.post("/runs/mark_significant", json={}, headers=SHIFTER).json() == {"err": "Run not found"}
    assert mark(client, NOBODY).status_code == 401
    create_run(client, RUN)
    assert mark(client).json() == {"err": "Run is already significant"}
    assert client.post("/runs/move_run/OPEN/SIGNOFF", json={"run_number": RUN}, headers=SHIFTER).status_code == 200
    assert mark(client).json() == {"err": "Run must be in state OPEN to be marked significant"}
    assert double.asked == []


def test_a_run_is_marked_also_when_oms_fails_and_the_answer_says_what_is_missing(
    client: httpx2.Client, double: OMSDouble
) -> None:
    new_run(client, double, n_lumisections=2)
    double.trouble.append(Trouble("lumisections", status=500))
    answer = mark(client)
    assert answer.status_code == 502
    assert answer.json()["err"].startswith(f"Run {RUN} is marked significant, but its components could not be classified: ")
    assert attributes(client)["significant"] is True
    assert dt_statuses(client) == []
    double.trouble.clear()
    assert refresh(client).status_code == 200
    assert dt_statuses(client) == ["GOOD", "GOOD"]


def test_nothing_is_marked_when_its_update_is_refused(client: httpx2.Client, double: OMSDouble) -> None:
    body = run_body(RUN) | {"rr_attributes": {"class": "Collisions22", "significant": False}}
    client.post("/runs", json=body, headers=AUTOMATIC)
    double.put(RUN, 2, end_time="2018-07-01T01:00:00Z")
    answer = mark(client)
    assert answer.status_code == 400
    assert answer.json()["err"].startswith("Error marking run significant: Lumisections cannot be deleted")
    assert attributes(client)["significant"] is False


def test_a_registry_that_knows_no_oms_marks_all_the_same() -> None:
    with registry_with(None) as client:
        body = run_body(RUN) | {"rr_attributes": {"class": "Collisions22", "significant": False}}
        client.post("/runs", json=body, headers=AUTOMATIC)
        assert mark(client).json()["rr_attributes"]["significant"] is True


def update(client: httpx2.Client, body: dict[str, Any], headers: dict[str, str] = AUTOMATIC) -> httpx2.Response:
    return client.put(f"/automatic_run_update/{RUN}", json=body, headers=headers)


def test_an_automatic_update_answers_with_the_run_or_with_nothing(client: httpx2.Client) -> None:
    body = create_run(client, RUN)
    answer = update(client, body)
    assert (answer.status_code, answer.content) == (204, b"")
    body["oms_attributes"]["energy"] = 1
    answer = update(client, body)
    assert answer.status_code == 200
    assert answer.json()["oms_attributes"]["energy"] == 1
    assert "triplet_summary" in answer.json()["DatasetTripletCache"]


def test_an_automatic_update_of_an_unknown_run_creates_it(client: httpx2.Client) -> None:
    assert update(client, run_body(RUN)).status_code == 200
    assert history(client)[0]["comment"] == f"run {RUN} creation"


def test_an_automatic_update_is_not_for_people(client: httpx2.Client) -> None:
    body = create_run(client, RUN)
    assert update(client, body, NOBODY).status_code == 401
    assert update(client, body, EXPERT).json()["err"] == f"Error updating run {RUN}"


def test_a_flag_stays_while_the_run_is_not_open_and_goes_with_a_refresh(client: httpx2.Client, double: OMSDouble) -> None:
    new_run(client, double)
    refresh(client)
    body = {"run_number": RUN}
    assert client.post("/runs/move_run/OPEN/SIGNOFF", json=body, headers=SHIFTER).status_code == 200
    changed = run_body(RUN, n_lumisections=6)
    for _ in range(2):
        answer = update(client, changed)
        assert (answer.status_code, answer.json()["err"]) == (409, f"Error updating run {RUN}")
        assert "needs revision" in answer.json()["reason"]
    assert len([event for event in history(client) if FLAG in event]) == 1
    assert client.post("/runs/move_run/SIGNOFF/OPEN", json=body, headers=EXPERT).status_code == 200
    assert attributes(client)[FLAG] is True
    assert refresh(client).status_code == 200
    assert attributes(client)[FLAG] is False
    events = len(history(client))
    assert refresh(client).status_code == 200
    assert len(history(client)) == events
