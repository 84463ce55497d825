"""Single datasets over HTTP: created, moved, reported, summed up again; and what is not served."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx2
import pytest
from sqlalchemy import update
from tests.integration.offline import (
    PROMPT,
    WAITING,
    attributes,
    create_dataset,
    get_dataset,
    named,
    newest_comment,
)
from tests.integration.registry import EXPERT, GOOD, NOBODY, create_run, registry_client

from runregistry.store import schema

KEY = {"run_number": 355100, "dataset_name": PROMPT}
DT_CERTIFIER = {"email": "dt@example.org", "egroups": "cms-dqm-runregistry-offline-dt-certifiers"}


@pytest.fixture
def client() -> Iterator[httpx2.Client]:
    with registry_client() as client:
        create_run(client)
        yield client


def move(client: httpx2.Client, workspace: str, to_state: str, /, *, headers: Any = EXPERT, **more: Any) -> httpx2.Response:
    path = f"/datasets/{workspace}/move_dataset/OPEN/{to_state}"
    return client.post(path, json=KEY | more, headers=headers)


def test_creating_a_dataset_answers_its_event_and_shows_it(client: httpx2.Client) -> None:
    event = create_dataset(client)
    assert event.keys() == {"version", "run_number", "name", "dataset_metadata", "datasets_in_gui", "deleted"}
    assert event["dataset_metadata"]["global_state"] == "OPEN"
    assert get_dataset(client)["DatasetTripletCache"]["triplet_summary"]["dt-dt"]["GOOD"] == 4
    assert newest_comment(client) == f'dataset creation "{PROMPT}" of run 355100'


def test_a_new_dataset_inherits_the_oms_values_of_its_run(client: httpx2.Client) -> None:
    create_dataset(client)
    values = client.post("/lumisections/oms_lumisections", json=KEY).json()
    assert values == [{"cms_active": True}] * 4


def test_of_oms_lumisections_only_what_differs_from_the_run_is_stored(client: httpx2.Client) -> None:
    body = KEY | {"dataset_attributes": {}, "rr_lumisections": [{"dt-dt": GOOD}] * 4}
    oms = [{"cms_active": True}, {"cms_active": False}, {"cms_active": True}, {"cms_active": True}]
    assert client.post("/datasets", json=body | {"oms_lumisections": oms}, headers=EXPERT).status_code == 200
    history = client.post("/lumisections/get_oms_lumisection_history", json=KEY).json()
    own = [event for event in history if event["name"] == PROMPT]
    assert [(event["start"], event["end"], event["jsonb"]) for event in own] == [(2, 2, {"cms_active": False})]


def test_oms_lumisections_of_another_length_than_the_runs_are_refused(client: httpx2.Client) -> None:
    body = KEY | {"dataset_attributes": {}, "rr_lumisections": [], "oms_lumisections": [{}] * 3}
    answer = client.post("/datasets", json=body, headers=EXPERT)
    assert answer.json()["err"] == f"Error saving dataset {PROMPT} of run 355100"
    assert "4 OMS lumisections" in answer.json()["reason"]


def test_a_dataset_is_created_once_even_if_it_is_hidden(client: httpx2.Client) -> None:
    create_dataset(client)
    client.request("DELETE", "/dc_tools/hide_datasets", json={"filter": named(PROMPT), "reason_for_hiding": "x"}, headers=EXPERT)
    answer = client.post("/datasets", json=KEY, headers=EXPERT)
    assert (answer.status_code, answer.json()) == (409, {"err": "Dataset already exists"})


@pytest.mark.parametrize("missing", ["dataset_attributes", "rr_lumisections"])
def test_a_dataset_without_attributes_or_lumisections_is_refused(client: httpx2.Client, missing: str) -> None:
    body: dict[str, Any] = KEY | {"dataset_attributes": {}, "rr_lumisections": [{"dt-dt": GOOD}]}
    del body[missing]
    answer = client.post("/datasets", json=body, headers=EXPERT)
    assert answer.status_code == 400
    assert answer.json()["err"] == f"Error saving dataset {PROMPT} of run 355100"
    assert client.post("/datasets/get_dataset", json=KEY).json() is None


def test_a_dataset_of_an_unknown_run_is_refused(client: httpx2.Client) -> None:
    body = KEY | {"run_number": 1, "dataset_attributes": {}, "rr_lumisections": [{"dt-dt": GOOD}]}
    assert client.post("/datasets", json=body, headers=EXPERT).json()["err"] == f"Error saving dataset {PROMPT} of run 1"


def test_creating_a_dataset_needs_rights(client: httpx2.Client) -> None:
    assert client.post("/datasets", json=KEY, headers=NOBODY).status_code == 401


def test_a_move_changes_the_state_in_its_workspace_alone(client: httpx2.Client) -> None:
    create_dataset(client, csc_state="OPEN")
    answer = move(client, "dt", "SIGNOFF", workspace="dt")
    assert answer.status_code == 200
    states = answer.json()["dataset_attributes"]
    assert (states["dt_state"], states["csc_state"], states["global_state"]) == ("SIGNOFF", "OPEN", "OPEN")
    assert newest_comment(client) == "manual change of state of dataset"


def test_opening_a_waiting_dataset_in_global_opens_it_wherever_it_waits(client: httpx2.Client) -> None:
    create_dataset(client, global_state=WAITING, csc_state=WAITING, dt_state="COMPLETED")
    states = move(client, "global", "OPEN", workspace="global").json()["dataset_attributes"]
    assert (states["global_state"], states["csc_state"], states["dt_state"]) == ("OPEN", "OPEN", "COMPLETED")


def test_a_dataset_can_be_made_to_wait_again(client: httpx2.Client) -> None:
    create_dataset(client)
    assert move(client, "dt", "waiting%20dqm%20gui").json()["dataset_attributes"]["dt_state"] == WAITING


def test_the_workspace_of_the_path_is_taken_where_the_body_names_none(client: httpx2.Client) -> None:
    create_dataset(client)
    assert move(client, "DT", "SIGNOFF").json()["dataset_attributes"]["dt_state"] == "SIGNOFF"


def test_rights_for_one_workspace_do_not_open_another_one(client: httpx2.Client) -> None:
    create_dataset(client)
    assert move(client, "dt", "SIGNOFF", workspace="DT", headers=DT_CERTIFIER).status_code == 200
    answer = move(client, "dt", "SIGNOFF", workspace="global", headers=DT_CERTIFIER)
    assert answer.status_code == 400
    assert "'global'" in answer.json()["err"]
    assert attributes(client)["global_state"] == "OPEN"


@pytest.mark.parametrize("state", ["NOWHERE", "open", "not%20significant%20for%20workspace"])
def test_a_dataset_is_not_moved_to_a_state_that_does_not_exist(client: httpx2.Client, state: str) -> None:
    create_dataset(client)
    answer = move(client, "dt", state)
    assert answer.status_code == 400
    assert "one of SIGNOFF, OPEN, COMPLETED, waiting dqm gui" in answer.json()["err"]
    assert attributes(client)["dt_state"] == "OPEN"


def test_a_move_of_an_unknown_dataset_is_refused(client: httpx2.Client) -> None:
    answer = move(client, "dt", "SIGNOFF")
    assert (answer.status_code, answer.json()) == (404, {"err": "Dataset not found"})


def test_a_move_in_an_unknown_workspace_is_refused_with_the_nearest(client: httpx2.Client) -> None:
    create_dataset(client)
    assert move(client, "traker", "OPEN").json()["err"] == "there is no workspace 'traker' (did you mean tracker?)"


def test_the_online_dataset_is_not_moved(client: httpx2.Client) -> None:
    answer = move(client, "dt", "SIGNOFF", dataset_name="online")
    assert answer.status_code == 400
    assert "move the run instead" in answer.json()["err"]


def test_a_hidden_dataset_stays_hidden_when_it_is_moved(client: httpx2.Client) -> None:
    create_dataset(client)
    client.request("DELETE", "/dc_tools/hide_datasets", json={"filter": named(PROMPT), "reason_for_hiding": "x"}, headers=EXPERT)
    assert move(client, "dt", "SIGNOFF").json()["deleted"] is True


@pytest.mark.parametrize(("route", "place"), [("dqm_gui", "DQM GUI"), ("dbs", "DBS")])
def test_an_appearance_is_recorded_once(client: httpx2.Client, route: str, place: str) -> None:
    create_dataset(client)
    path = f"/dataset_appeared_in_{route}"
    assert client.post(path, json=KEY, headers=EXPERT).json()["dataset_attributes"]["appeared_in"] == [place]
    again = client.post(path, json=KEY, headers=EXPERT)
    assert (again.status_code, again.json()) == (409, {"err": f"already marked as appeared in {place}"})
    assert client.post(path, json=KEY | {"dataset_name": "/No"}, headers=EXPERT).json() == {"err": "Dataset not found"}


def test_appearances_in_both_places_are_kept(client: httpx2.Client) -> None:
    create_dataset(client)
    for route in ("dqm_gui", "dbs"):
        client.post(f"/dataset_appeared_in_{route}", json=KEY, headers=EXPERT)
    assert attributes(client)["appeared_in"] == ["DQM GUI", "DBS"]


def test_datasets_that_wait_for_dbs_are_those_that_say_so_in_one_word(client: httpx2.Client) -> None:
    create_dataset(client)
    assert client.get("/datasets_waiting_dbs").json() == []
    body = KEY | {"dataset_name": "/Old", "dataset_attributes": {"appeared_in": "DQM GUI"}, "rr_lumisections": []}
    assert client.post("/datasets", json=body, headers=EXPERT).status_code == 200
    assert [row["name"] for row in client.get("/datasets_waiting_dbs").json()] == ["/Old"]


def test_summing_up_again_answers_the_same_and_makes_no_version(client: httpx2.Client) -> None:
    create_dataset(client)
    before = get_dataset(client)
    answer = client.put("/recalculate_cache_for_specific_dataset", json=KEY)
    assert (answer.status_code, answer.json()) == (200, before)
    assert newest_comment(client).startswith("dataset creation")


def test_summing_up_again_mends_what_was_spoilt(client: httpx2.Client) -> None:
    create_dataset(client)
    before = get_dataset(client)
    with client._transport.store.changing() as connection:  # type: ignore[attr-defined]
        connection.execute(update(schema.dataset_cache).values(triplet_summary="{}"))
    assert client.put("/recalculate_cache_for_specific_dataset", json=KEY).json() == before
    unknown = client.put("/recalculate_cache_for_specific_dataset", json=KEY | {"dataset_name": "/No"})
    assert (unknown.status_code, unknown.json()) == (404, {"err": "Dataset not found"})


@pytest.mark.parametrize(
    ("method", "path"), [("GET", "/runs"), ("GET", "/datasets/workspace/dt"), ("PUT", "/datasets/dt"), ("POST", "/datasets/dt")]
)
def test_what_the_service_never_served_says_what_to_ask_instead(client: httpx2.Client, method: str, path: str) -> None:
    answer = client.request(method, path, json={}, headers=EXPERT)
    assert answer.status_code == 501
    assert "POST /" in answer.json()["err"]
