"""Runs over HTTP: creation, automatic updates under shifters' changes, edits, sign-off."""

from __future__ import annotations

from collections.abc import Iterator

import httpx2
import pytest
from tests.integration.registry import (
    AUTOMATIC,
    BAD,
    EXPERT,
    GOOD,
    NOBODY,
    SHIFTER,
    create_run,
    edit,
    registry_client,
    rr_lumisections,
    run_body,
)

RUN = "/runs/355100"
MOVE = "/runs/move_run/OPEN/SIGNOFF"
HISTORY = "/run_with_history/355100"


@pytest.fixture
def client() -> Iterator[httpx2.Client]:
    with registry_client() as client:
        yield client


def test_a_new_run_is_open_and_keeps_only_stored_oms_attributes(client: httpx2.Client) -> None:
    create_run(client)
    assert client.get(RUN).json()["rr_attributes"] == {
        "class": "Collisions22",
        "significant": True,
        "stop_reason": "",
        "state": "OPEN",
    }
    assert client.post("/lumisections/oms_lumisections", json={"run_number": 355100}).json() == [{"cms_active": True}] * 4


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"oms_lumisections": None}, "oms_lumisections must be a list"),
        ({"rr_lumisections": [{}, 7]}, "rr_lumisections: lumisection 2 must be an object"),
        ({"rr_attributes": 7}, "rr_attributes must be an object"),
    ],
)
def test_a_run_that_can_not_be_saved_leaves_nothing(client: httpx2.Client, change: dict[str, object], reason: str) -> None:
    answer = client.post("/runs", json=run_body() | change, headers=AUTOMATIC)
    assert (answer.status_code, answer.json()["err"]) == (400, "Error saving run 355100")
    assert answer.json()["reason"].startswith(reason)
    assert client.get(RUN).json() is None


def test_a_run_needs_a_number_and_an_automatic_author(client: httpx2.Client) -> None:
    body = run_body()
    del body["oms_attributes"]["run_number"]
    assert client.post("/runs", json=body, headers=AUTOMATIC).json()["err"] == "Run number cannot be undefined"
    assert client.post("/runs", json=run_body(), headers=EXPERT).json()["err"] == "Error saving run 355100"
    assert client.post("/runs", json=run_body(), headers=NOBODY).status_code == 401


def test_an_update_that_changes_nothing_leaves_no_trace(client: httpx2.Client) -> None:
    body = create_run(client)
    before = client.get(HISTORY).json()
    answer = client.post("/runs", json=body, headers=AUTOMATIC)
    assert (answer.status_code, answer.content) == (204, b"")
    assert client.get(HISTORY).json() == before


def test_what_a_shifter_set_stays_on_top_of_every_update(client: httpx2.Client) -> None:
    body = create_run(client)
    assert edit(client, 2, 3, headers=SHIFTER).status_code == 200
    body["rr_lumisections"] = [{**row, "dt-dt": BAD} for row in body["rr_lumisections"]]
    body["rr_lumisections"].append({"dt-dt": GOOD})
    body["oms_lumisections"].append({"cms_active": False})
    assert client.post("/runs", json=body, headers=AUTOMATIC).status_code == 200
    statuses = [(row["dt-dt"]["status"], row["dt-dt"]["comment"]) for row in rr_lumisections(client)]
    assert statuses == [("BAD", "noise"), ("BAD", "HV trip"), ("BAD", "HV trip"), ("BAD", "noise"), ("GOOD", "")]


def test_an_update_repeats_itself_once_where_a_shifter_changed(client: httpx2.Client) -> None:
    # Automatic updates are compared with everything by version alone, so the one after a shifter's edit says again what it said.
    body = create_run(client)
    edit(client, 1, 1)
    assert client.post("/runs", json=body, headers=AUTOMATIC).status_code == 200
    assert rr_lumisections(client)[0]["dt-dt"]["comment"] == "HV trip"
    assert client.post("/runs", json=body, headers=AUTOMATIC).status_code == 204


def test_an_update_can_not_lose_lumisections(client: httpx2.Client) -> None:
    body = create_run(client)
    body["rr_lumisections"].pop()
    answer = client.post("/runs", json=body, headers=AUTOMATIC)
    assert answer.json()["err"] == "Error updating run 355100"
    assert "Lumisections cannot be deleted: 4 are stored, 3 were received" in answer.json()["reason"]
    assert len(rr_lumisections(client)) == 4


def test_a_run_in_progress_gets_new_oms_attributes_only_with_new_components(client: httpx2.Client) -> None:
    body = create_run(client, end_time=None)
    body["oms_attributes"]["energy"] = 6800
    assert client.post("/runs", json=body, headers=AUTOMATIC).status_code == 204
    body["rr_lumisections"][0] = {**body["rr_lumisections"][0], "dt-dt": BAD}
    assert client.post("/runs", json=body, headers=AUTOMATIC).status_code == 200
    assert client.get(RUN).json()["oms_attributes"]["energy"] == 6800


def test_an_update_of_a_run_that_left_open_is_refused_and_flagged_once(client: httpx2.Client) -> None:
    body = create_run(client)
    assert client.post(MOVE, json={"run_number": 355100}, headers=SHIFTER).status_code == 200
    body["rr_lumisections"][0] = {**body["rr_lumisections"][0], "dt-dt": BAD}
    for _ in range(2):
        answer = client.post("/runs", json=body, headers=AUTOMATIC)
        assert (answer.status_code, answer.json()["err"]) == (409, "Error updating run 355100")
    assert client.get(RUN).json()["rr_attributes"]["run_needs_to_be_updated_manually"] is True
    flags = [event for event in client.get(HISTORY).json() if "run_needs_to_be_updated_manually" in event]
    assert len(flags) == 1
    assert rr_lumisections(client)[0]["dt-dt"] == GOOD


def test_only_the_named_attribute_is_edited(client: httpx2.Client) -> None:
    create_run(client)
    body = {"stop_reason": "DT", "class": "Cosmics22"}
    answer = client.put("/manual_run_edit/355100/stop_reason", json=body, headers=SHIFTER).json()["rr_attributes"]
    assert (answer["stop_reason"], answer["class"]) == ("DT", "Collisions22")
    event = client.get(HISTORY).json()[-1]
    assert event["comment"] == 'run 355100 manual edit of attribute stop_reason from "" to "DT"'
    assert event["by"] == event["Version"]["by"] == "shifter@example.org"


def test_signing_off_makes_each_accepted_dataset_with_its_own_version(client: httpx2.Client) -> None:
    accepted = {"name": "/Test/Collisions22/DQM", "regexp": ".*", "enabled": True, "class": "Collisions22", "run_to": 400000}
    assert client.post("/datasets_accepted", json=accepted, headers=EXPERT).status_code == 200
    assert (
        client.post("/datasets_accepted", json=accepted | {"enabled": False, "name": "/Off"}, headers=EXPERT).status_code == 200
    )
    create_run(client)
    assert client.post(MOVE, json={"run_number": 355100}, headers=SHIFTER).json()["rr_attributes"]["state"] == "SIGNOFF"
    names = client.get("/get_all_dataset_names_of_run/355100").json()
    assert "/Test/Collisions22/DQM" in names
    assert "/Off" not in names
    made = client.post("/datasets/get_dataset", json={"run_number": 355100, "dataset_name": "/Test/Collisions22/DQM"}).json()
    assert made["dataset_attributes"]["global_state"] == made["dataset_attributes"]["tracker_state"] == "waiting dqm gui"
    assert made["Run"]["run_number"] == 355100
    assert made["DatasetTripletCache"]["dcs_summary"]["cms_active"]["TRUE"] == 4


def test_signing_off_again_leaves_the_datasets_alone(client: httpx2.Client) -> None:
    accepted = {"name": "/Test/Collisions22/DQM", "regexp": ".*", "enabled": True, "class": "Collisions22", "run_to": 400000}
    client.post("/datasets_accepted", json=accepted, headers=EXPERT)
    create_run(client)
    client.post(MOVE, json={"run_number": 355100}, headers=SHIFTER)
    key = {"run_number": 355100, "dataset_name": "/Test/Collisions22/DQM"}
    before = client.post("/datasets/get_dataset", json=key).json()["version"]
    assert client.post("/runs/move_run/SIGNOFF/COMPLETED", json={"run_number": 355100}, headers=EXPERT).status_code == 200
    assert client.post("/datasets/get_dataset", json=key).json()["version"] == before


@pytest.mark.parametrize(("status", "shown"), [("EMPTY", "EMPTY"), ("NO VALUE FOUND", "NO VALUE FOUND")])
def test_a_run_with_an_undecided_component_stays_open(client: httpx2.Client, status: str, shown: str) -> None:
    create_run(client)
    edit(client, 3, 3, component="rpc-rpc", status=status)
    answer = client.post(MOVE, json={"run_number": 355100}, headers=SHIFTER)
    assert answer.status_code == 409
    assert answer.json()["err"].startswith(f"There is a {shown} lumisection at position 3 of this run in component rpc.\n")
    assert client.get(RUN).json()["rr_attributes"]["state"] == "OPEN"


def test_a_run_without_class_or_components_stays_open_but_can_come_back(client: httpx2.Client) -> None:
    body = run_body() | {"rr_attributes": {"class": "", "significant": True}}
    client.post("/runs", json=body, headers=AUTOMATIC)
    assert client.post(MOVE, json={"run_number": 355100}, headers=EXPERT).json()["err"] == "The class of run must not be empty "
    client.put("/manual_run_edit/355100/class", json={"class": "Cosmics22"}, headers=EXPERT)
    assert client.post(MOVE, json={"run_number": "355100"}, headers=EXPERT).status_code == 200
    back = client.post("/runs/move_run/SIGNOFF/OPEN", json={"run_number": 355100}, headers=EXPERT)
    assert back.json()["rr_attributes"]["state"] == "OPEN"


def test_an_edit_is_checked_before_anything_is_stored(client: httpx2.Client) -> None:
    create_run(client)
    before = rr_lumisections(client)
    prefix = "Error updating lumisections of online dataset, run number: 355100: "
    refused = {
        "No status present when trying to edit lumisections": edit(client, 1, 2, status=""),
        "When setting lumisections as BAD, there MUST be a comment for this action.": edit(client, 1, 2, comment="no"),
        "status 'GOOOD' is none of": edit(client, 1, 2, status="GOOOD"),
        f"{prefix}Start Lumisection must be less than end lumisection": edit(client, 3, 2),
        f"{prefix}the range 0-2 is not within the lumisections of the dataset, 1-4": edit(client, 0, 2),
        f"{prefix}the range 1-5 is not within the lumisections of the dataset, 1-4": edit(client, 1, 5),
        f"{prefix}start must be a whole number, not None": edit(client, None, 5),
        "component must be a text": edit(client, 1, 2, component=7),
        "Run not found": edit(client, 1, 2, run_number=1),
        "Error updating lumisections of /No/DQM dataset, run number: 355100: Dataset /No/DQM of run 355100 not found": edit(
            client, 1, 2, dataset_name="/No/DQM"
        ),
    }
    for text, answer in refused.items():
        assert answer.status_code in (400, 404), text
        assert answer.json()["err"].startswith(text)
    assert rr_lumisections(client) == before


def test_the_right_to_move_a_run_is_that_of_the_state_it_is_in(client: httpx2.Client) -> None:
    create_run(client)
    body = {"run_number": 355100}
    assert client.post("/runs/move_run/OPEN/COMPLETED", json=body, headers=EXPERT).status_code == 200
    # Shifters may sign off an OPEN run, and must not get at others by calling them so.
    answer = client.post("/runs/move_run/OPEN/SIGNOFF", json=body, headers=SHIFTER)
    assert answer.status_code == 401
    assert answer.json()["message"].startswith("User needs to be part of any of the following e-groups")
    assert client.get(RUN).json()["rr_attributes"]["state"] == "COMPLETED"
    assert client.post("/runs/move_run/anything/SIGNOFF", json=body, headers=EXPERT).status_code == 200
