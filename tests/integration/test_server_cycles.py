"""Certification cycles over HTTP: made, filled, emptied, moved, completed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx2
import pytest
from tests.integration.offline import (
    PROMPT,
    RUNS,
    attributes,
    create_dataset,
    create_runs_with_datasets,
    named,
    newest_comment,
)
from tests.integration.registry import EXPERT, NOBODY, create_run, registry_client

BOTH = {"global_state": "pending", "dt_state": "pending"}
FIRST_RUN = {"and": [named(PROMPT), {"run_number": 355100}]}
SECOND_RUN = {"and": [named(PROMPT), {"run_number": 355101}]}


@pytest.fixture
def client() -> Iterator[httpx2.Client]:
    with registry_client() as client:
        create_runs_with_datasets(client)
        yield client


def send(client: httpx2.Client, method: str, path: str, **body: Any) -> httpx2.Response:
    return client.request(method, f"/cycles{path}", json=body, headers=EXPERT)


def create(client: httpx2.Client, name: str = "week 30", **more: Any) -> httpx2.Response:
    body = {"cycle_name": name, "cycle_attributes": BOTH, "deadline": "2022-08-01T00:00:00Z", "filter": named(PROMPT)}
    return send(client, "POST", "", **(body | more))


def made(client: httpx2.Client, name: str = "week 30", **more: Any) -> int:
    answer = create(client, name, **more)
    assert answer.status_code == 200, answer.text
    return int(answer.json()["id_cycle"])


def cycles(client: httpx2.Client) -> list[dict[str, Any]]:
    return list(client.get("/cycles/global").json())


def runs_of(cycle: dict[str, Any]) -> list[int]:
    return [entry["run_number"] for entry in cycle["CycleDataset"]]


def refusal(response: httpx2.Response) -> str:
    assert 400 <= response.status_code < 500, response.text
    return str(response.json()["err"])


def test_a_new_cycle_holds_the_datasets_of_its_filter(client: httpx2.Client) -> None:
    cycle = create(client).json()
    assert cycle.keys() == {
        *("id_cycle", "cycle_name", "cycle_attributes", "deadline", "deleted", "createdAt", "updatedAt", "CycleDataset")
    }
    assert (cycle["cycle_attributes"], cycle["deadline"]) == (BOTH, "2022-08-01T00:00:00.000Z")
    assert runs_of(cycle) == list(RUNS)
    [dataset] = cycle["CycleDataset"][0]["Datasets"]
    assert dataset["dataset_attributes"]["dt_state"] == "OPEN"


def test_cycles_are_listed_by_deadline_with_their_datasets(client: httpx2.Client) -> None:
    made(client, "late", deadline="2022-09-01")
    made(client, "early", deadline="2022-07-01T02:00:00+02:00")
    listed = cycles(client)
    assert [(cycle["cycle_name"], cycle["deadline"]) for cycle in listed] == [
        ("early", "2022-07-01T00:00:00.000Z"),
        ("late", "2022-09-01T00:00:00.000Z"),
    ]
    assert [row["run_number"] for row in listed[0]["datasets"]] == list(RUNS)
    assert runs_of(listed[0]) == list(RUNS)


@pytest.mark.parametrize(
    ("more", "text"),
    [
        ({"cycle_attributes": {}, "cycle_name": ""}, "There must be at least 1 workspace selected"),
        ({"cycle_attributes": None}, "There must be at least 1 workspace selected"),
        ({"cycle_attributes": {"dt_state": "pending"}, "cycle_name": ""}, "Cycle must include global workspace state"),
        ({"cycle_name": "", "deadline": ""}, "Please add a cycle name (must be unique)"),
        ({"deadline": None}, "Please add cycle deadline"),
        ({"filter": named("/No")}, "Error creating cycle: No dataset found for filter criteria, select at least 1 dataset"),
        ({"filter": {"run_number": 355100}}, "Error creating cycle: Online dataset cannot be part of a cycle"),
    ],
)
def test_what_is_no_cycle_is_refused_with_the_text_of_the_service(client: httpx2.Client, more: dict[str, Any], text: str) -> None:
    assert refusal(create(client, **more)) == text
    assert cycles(client) == []


@pytest.mark.parametrize(
    "more", [{"deadline": "soon"}, {"deadline": 5}, {"cycle_attributes": BOTH | {"csc_state": "OPEN"}}, {"filter": None}]
)
def test_a_cycle_that_would_not_make_sense_later_is_refused(client: httpx2.Client, more: dict[str, Any]) -> None:
    assert refusal(create(client, **more))
    assert cycles(client) == []


def test_a_cycle_has_at_most_1000_datasets(client: httpx2.Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("runregistry.server.services.cycles._MOST_DATASETS", 2)
    text = refusal(create(client))
    assert text.startswith("Error creating cycle: Too much datasets for cycle")
    number = made(client, filter=FIRST_RUN)
    assert refusal(send(client, "POST", "/add_datasets", id_cycle=number, filter=named(PROMPT))).startswith("Too much datasets")


def test_two_cycles_never_have_one_name_even_after_deletion(client: httpx2.Client) -> None:
    number = made(client)
    text = "Error creating cycle: SequelizeUniqueConstraintError: Validation error"
    assert refusal(create(client)) == text
    send(client, "DELETE", "", id_cycle=number)
    assert refusal(create(client)) == text


def test_a_refused_cycle_uses_up_a_number(client: httpx2.Client) -> None:
    number = made(client)
    refusal(create(client))
    assert made(client, "week 31") == number + 2


def test_name_workspaces_and_deadline_are_replaced(client: httpx2.Client) -> None:
    number, other = made(client), made(client, "week 31")
    change = {"cycle_name": "week 32", "cycle_attributes": {"global_state": "pending"}, "deadline": "2022-08-02"}
    cycle = send(client, "PUT", "", id_cycle=number, **change).json()
    assert (cycle["cycle_name"], cycle["cycle_attributes"]) == ("week 32", {"global_state": "pending"})
    assert runs_of(cycle) == list(RUNS)
    answer = send(client, "PUT", "", id_cycle=other, **change)
    assert refusal(answer) == "Validation error"
    assert "'week 32'" in answer.json()["reason"]
    assert send(client, "PUT", "", id_cycle=number, **change).status_code == 200


def test_a_deleted_cycle_is_gone_for_everything(client: httpx2.Client) -> None:
    number = made(client)
    answer = send(client, "DELETE", "", id_cycle=number).json()
    assert answer["deleted"] is True
    assert "CycleDataset" not in answer
    assert cycles(client) == []
    assert refusal(send(client, "DELETE", "", id_cycle=number)) == "Cycle already deleted"
    gone = f"Cycle {number} does not exist"
    change = {"cycle_name": "x", "cycle_attributes": BOTH, "deadline": "2022-08-01"}
    assert refusal(send(client, "PUT", "", id_cycle=number, **change)) == gone
    assert refusal(send(client, "POST", "/add_datasets", id_cycle=number, filter=named(PROMPT))) == gone
    assert refusal(send(client, "PUT", "/mark_cycle_complete/dt", id_cycle=number)) == gone
    assert refusal(send(client, "POST", "/move_all_datasets_to/dt", id_cycle=number, to_state="OPEN")) == gone


def test_an_unknown_cycle_is_refused(client: httpx2.Client) -> None:
    assert refusal(send(client, "DELETE", "", id_cycle=99)) == "Cycle 99 does not exist"
    assert "id_cycle" in refusal(send(client, "DELETE", ""))


@pytest.mark.parametrize("route", ["/add_datasets", "/add_datasets_to_cycle"])
def test_adding_leaves_out_online_datasets_and_those_that_are_in_it(client: httpx2.Client, route: str) -> None:
    number = made(client, filter=FIRST_RUN)
    cycle = send(client, "POST", route, id_cycle=str(number), filter={"run_number": {"<": 355102}}).json()
    assert runs_of(cycle) == [355100, 355101]
    none = refusal(send(client, "POST", route, id_cycle=number, filter=named("/No")))
    assert none == "No dataset found for filter criteria, select at least 1 dataset"


def test_removing_answers_the_cycle_without_what_was_removed(client: httpx2.Client) -> None:
    number = made(client)
    cycle = send(client, "POST", "/delete_datasets_from_cycle", id_cycle=number, filter=FIRST_RUN).json()
    assert runs_of(cycle) == [355101, 355102]


def test_removing_a_dataset_that_is_not_in_the_cycle_removes_none(client: httpx2.Client) -> None:
    number = made(client, filter=FIRST_RUN)
    text = refusal(send(client, "POST", "/delete_datasets_from_cycle", id_cycle=number, filter=named(PROMPT)))
    assert text == (
        f"Error deleting runs from cycle: Dataset 355101, {PROMPT} is not in the Cycle's datasets, please make sure the datasets"
        " you are deleting from the cycle are in the cycle."
    )
    assert runs_of(cycles(client)[0]) == [355100]


def test_a_hidden_dataset_stays_in_its_cycle(client: httpx2.Client) -> None:
    made(client)
    client.request("DELETE", "/dc_tools/hide_datasets", json={"filter": FIRST_RUN, "reason_for_hiding": "x"}, headers=EXPERT)
    assert [row["deleted"] for row in cycles(client)[0]["datasets"]] == [True, False, False]


def test_a_cycle_is_completed_when_its_datasets_are(client: httpx2.Client) -> None:
    number = made(client, filter={"and": [named(PROMPT), {"run_number": {"<": 355102}}]})
    assert refusal(send(client, "PUT", "/mark_cycle_complete/dt", id_cycle=number)) == (
        "This cycle contains 2 dataset(s) which have not been moved to completed. <br/><br/>They are:<br/>"
        f"<p>355100 - {PROMPT}</p><p>355101 - {PROMPT}</p>"
    )
    send(client, "POST", "/move_all_datasets_to/dt", id_cycle=number, to_state="COMPLETED")
    cycle = send(client, "PUT", "/mark_cycle_complete/dt", id_cycle=number).json()
    assert cycle["cycle_attributes"] == BOTH | {"dt_state": "completed"}


def test_global_is_completed_last(client: httpx2.Client) -> None:
    number = made(client, cycle_attributes=BOTH | {"csc_state": "pending"})
    assert refusal(send(client, "PUT", "/mark_cycle_complete/global", id_cycle=number)) == (
        "You cannot mark this cycle as completed in the GLOBAL workspace, as it has not yet been moved to completed in dt, csc"
        " workspace(s)"
    )


def test_a_cycle_completed_in_global_is_reopened_there_first(client: httpx2.Client) -> None:
    number = made(client)
    for workspace in ("dt", "global"):
        send(client, "POST", f"/move_all_datasets_to/{workspace}", id_cycle=number, to_state="COMPLETED")
        assert send(client, "PUT", f"/mark_cycle_complete/{workspace}", id_cycle=number).status_code == 200
    assert refusal(send(client, "PUT", "/mark_cycle_pending/dt", id_cycle=number)) == (
        f"Cycle with id {number} can't be moved back to PENDING since it is marked completed in global workspace. Ask DC Expert"
        " to move cycle back to PENDING in global workspace and then proceed"
    )
    for workspace in ("global", "dt"):
        answer = send(client, "PUT", f"/mark_cycle_pending/{workspace}", id_cycle=number)
        assert answer.json()["cycle_attributes"][f"{workspace}_state"] == "pending"


def test_a_cycle_is_not_marked_in_a_workspace_that_it_does_not_have(client: httpx2.Client) -> None:
    number = made(client)
    for path in ("mark_cycle_complete", "mark_cycle_pending", "move_all_datasets_to"):
        method = "POST" if path.startswith("move") else "PUT"
        text = refusal(send(client, method, f"/{path}/rpc", id_cycle=number, to_state="OPEN"))
        assert text.endswith("Cycle does not exist in workspace rpc")


def move(client: httpx2.Client, number: int, *, workspace: str = "dt", state: str = "COMPLETED", **more: Any) -> httpx2.Response:
    body = {"id_cycle": number, "run_number": 355100, "dataset_name": PROMPT, "workspace": workspace} | more
    return send(client, "POST", f"/move_dataset/dt/OPEN/{state}", **body)


def test_a_dataset_of_a_cycle_is_moved(client: httpx2.Client) -> None:
    answer = move(client, made(client), run_number="355100")
    assert answer.json()["dataset_attributes"]["dt_state"] == "COMPLETED"
    assert answer.json()["DatasetTripletCache"]["run_number"] == 355100


def test_a_dataset_outside_of_the_cycle_is_not_moved(client: httpx2.Client) -> None:
    number = made(client, filter=SECOND_RUN)
    assert refusal(move(client, number)) == f"Dataset 355100-{PROMPT} does not belong to cycle {number}"
    assert attributes(client)["dt_state"] == "OPEN"


def test_a_dataset_is_moved_only_in_workspaces_of_the_cycle_that_are_pending(client: httpx2.Client) -> None:
    number = made(client, cycle_attributes={"global_state": "pending"})
    assert refusal(move(client, number)) == "Cycle does not exist in workspace dt"
    other = made(client, "week 31", cycle_attributes=BOTH | {"dt_state": "completed"})
    assert refusal(move(client, other)).startswith("This cycle has already been marked COMPLETED, therefore you cannot change")
    assert "they must be the same" in refusal(move(client, made(client, "week 32"), workspace="global"))
    assert attributes(client)["dt_state"] == "OPEN"


def test_all_datasets_that_have_a_state_and_are_not_completed_are_moved(client: httpx2.Client) -> None:
    create_run(client, 355110)
    create_dataset(client, 355110, dt_state="COMPLETED")
    number = made(client)
    cycle = send(client, "POST", "/move_all_datasets_to/dt", id_cycle=number, to_state="SIGNOFF").json()
    states = [entry["Datasets"][0]["dataset_attributes"]["dt_state"] for entry in cycle["CycleDataset"]]
    assert states == ["SIGNOFF", "SIGNOFF", "SIGNOFF", "COMPLETED"]
    assert newest_comment(client) == (f"Change all datasets in cycle {number} to SIGNOFF. Workspace = dt. Datasets to move 3.")


def test_moving_all_datasets_of_a_finished_cycle_is_refused(client: httpx2.Client) -> None:
    number = made(client, cycle_attributes=BOTH | {"dt_state": "completed", "csc_state": "pending"})
    assert refusal(send(client, "POST", "/move_all_datasets_to/dt", id_cycle=number, to_state="OPEN")) == (
        "This cycle is already marked COMPLETED"
    )
    assert refusal(send(client, "POST", "/move_all_datasets_to/csc", id_cycle=number, to_state="OPEN")) == (
        "All the datasets in this cycle in workspace csc, have already been moved to COMPLETED OR no dataset is in this"
        " workspace in this cycle"
    )
    assert "one of" in refusal(send(client, "POST", "/move_all_datasets_to/global", id_cycle=number, to_state="completed"))


def test_changing_cycles_needs_rights(client: httpx2.Client) -> None:
    made(client)
    for method, path in (("POST", ""), ("PUT", ""), ("DELETE", ""), ("POST", "/add_datasets"), ("PUT", "/mark_cycle_pending/dt")):
        assert client.request(method, f"/cycles{path}", json={"id_cycle": 1}, headers=NOBODY).status_code == 401
