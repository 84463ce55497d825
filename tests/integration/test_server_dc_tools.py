"""Batch tools over HTTP: what they change, what they refuse, and that they do all or nothing."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from typing import Any

import httpx2
import pytest
from tests.integration.offline import (
    COPY,
    PROMPT,
    RUNS,
    WAITING,
    attributes,
    create_dataset,
    create_runs_with_datasets,
    get_dataset,
    named,
    newest_comment,
)
from tests.integration.registry import BAD, EXPERT, GOOD, NOBODY, create_run, edit, registry_client, rr_lumisections

BOTH = {"or": [named(PROMPT), named(COPY)]}
ONE_WORKSPACE = "/dc_tools/change_multiple_dataset_states"
ALL_WORKSPACES = "/dc_tools/change_multiple_dataset_states_in_all_workspaces"
EMPTY = {"status": "EMPTY", "comment": "", "cause": ""}


@pytest.fixture
def client() -> Iterator[httpx2.Client]:
    with registry_client() as client:
        create_runs_with_datasets(client)
        yield client


def tool(client: httpx2.Client, path: str, *, headers: Any = EXPERT, method: str = "POST", **body: Any) -> httpx2.Response:
    return client.request(method, path, json=body, headers=headers)


def duplicate(client: httpx2.Client, **more: Any) -> httpx2.Response:
    names = {"source_dataset_name": PROMPT, "target_dataset_name": COPY, "workspaces_to_duplicate_into": ["dt"]}
    return tool(client, "/dc_tools/duplicate_datasets", **({"filter": named(PROMPT)} | names | more))


def copy(client: httpx2.Client, **more: Any) -> httpx2.Response:
    names = {"source_dataset_name": PROMPT, "target_dataset_name": COPY, "columns_to_copy": ["dt-dt"]}
    return tool(client, "/dc_tools/copy_column_from_datasets", **({"filter": BOTH} | names | more))


def update(client: httpx2.Client, **more: Any) -> httpx2.Response:
    change = {"filter": named(PROMPT), "columns_to_update": ["dt-dt"], "new_status": "STANDBY"}
    return tool(client, "/dc_tools/dataset_column_batch_update", **(change | more))


def hide(client: httpx2.Client, **more: Any) -> httpx2.Response:
    body = {"filter": named(PROMPT), "reason_for_hiding": "a copy"} | more
    return tool(client, "/dc_tools/hide_datasets", method="DELETE", **body)


def visible(client: httpx2.Client, name: str = PROMPT) -> list[int]:
    body = {"filter": named(name), "sortings": [["run_number", "ASC"]], "page": 0, "page_size": 50}
    return [row["run_number"] for row in client.post("/datasets_filtered_ordered", json=body).json()["datasets"]]


def versions(client: httpx2.Client) -> int:
    store = client._transport.store  # type: ignore[attr-defined]  # the transport of an embedded registry
    with store.reading() as connection:
        return int(store.records.count_versions(connection))


# Names


def test_names_of_a_filter_come_once_each(client: httpx2.Client) -> None:
    assert tool(client, "/dc_tools/unique_dataset_names", filter={}).json() == [PROMPT, "online"]
    assert tool(client, "/dc_tools/unique_dataset_names", filter=named("/No")).json() == []


def test_names_of_too_many_datasets_are_refused(client: httpx2.Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("runregistry.server.services.dc_tools._MOST_DATASETS", 5)
    answer = tool(client, "/dc_tools/unique_dataset_names", filter={})
    assert (answer.status_code, answer.json()) == (400, {"err": "Dataset query too big, limit is 5"})


# Duplication


def test_a_duplicate_has_the_states_that_were_asked_for_and_everything_that_is_no_state(client: httpx2.Client) -> None:
    create_run(client, 355110)
    create_dataset(client, 355110, csc_state="COMPLETED", dt_state="SIGNOFF", note="kept")
    one = {"and": [named(PROMPT), {"run_number": 355110}]}
    [answer] = duplicate(client, filter=one, workspaces_to_duplicate_into=["dt", "tracker"]).json()
    expected = {"global_state": "OPEN", "dt_state": "SIGNOFF", "tracker_state": WAITING, "note": "kept", "appeared_in": []}
    assert answer["dataset_attributes"] == expected
    assert (answer["name"], answer["datasets_in_gui"], answer["deleted"]) == (COPY, [], False)
    assert answer["Run"].keys() == {"rr_attributes", "oms_attributes"}
    assert answer["DatasetTripletCache"]["rr_ranges"]["dt-dt"]["GOOD"] == [[1, 4]]


def test_a_duplicate_has_the_lumisections_of_its_source_by_run(client: httpx2.Client) -> None:
    edit(client, 2, 3, dataset_name=PROMPT, comment="noise", cause="")
    assert [row["run_number"] for row in duplicate(client).json()] == list(RUNS)
    assert [row["dt-dt"] for row in rr_lumisections(client, 355100, COPY)] == [GOOD, BAD, BAD, GOOD]
    assert [row["dt-dt"] for row in rr_lumisections(client, 355101, COPY)] == [GOOD] * 4
    key = {"run_number": 355100, "dataset_name": COPY}
    events = client.post("/lumisections/get_rr_lumisection_history", json=key).json()
    assert [(event["start"], event["end"], event["manual_change"]) for event in events] == [
        (1, 1, True),
        (2, 3, True),
        (4, 4, True),
    ]
    assert newest_comment(client) == "dc_tool: duplication of datasets"


def test_all_duplicates_are_one_version(client: httpx2.Client) -> None:
    before = versions(client)
    duplicate(client)
    assert versions(client) == before + 1


def test_lumisections_without_a_value_are_copied_as_empty(client: httpx2.Client) -> None:
    body = {"run_number": 355100, "dataset_name": "/Holes", "dataset_attributes": {"global_state": "OPEN"}}
    client.post("/datasets", json=body | {"rr_lumisections": [{"dt-dt": GOOD}, {"csc-csc": GOOD}]}, headers=EXPERT)
    assert duplicate(client, filter=named("/Holes"), source_dataset_name="/Holes").status_code == 200
    assert rr_lumisections(client, 355100, COPY) == [{"dt-dt": GOOD, "csc-csc": EMPTY}, {"dt-dt": EMPTY, "csc-csc": GOOD}]
    key = {"run_number": 355100, "dataset_name": COPY}
    events = client.post("/lumisections/get_rr_lumisection_history", json=key).json()
    assert [event["jsonb"] for event in events] == rr_lumisections(client, 355100, COPY)


def test_duplicating_onto_a_hidden_dataset_shows_it_again(client: httpx2.Client) -> None:
    duplicate(client)
    hide(client, filter=named(COPY))
    assert visible(client, COPY) == []
    duplicate(client)
    assert visible(client, COPY) == list(RUNS)


def test_a_duplicate_does_not_get_later_edits_of_its_source(client: httpx2.Client) -> None:
    duplicate(client)
    edit(client, 1, 1, dataset_name=PROMPT)
    assert rr_lumisections(client, 355100, COPY)[0]["dt-dt"] == GOOD


@pytest.mark.parametrize(
    ("more", "text"),
    [
        ({"filter": named("/No")}, "No dataset found for filter criteria"),
        ({"filter": {}}, "Error duplicating datasets: the filter matches more than the dataset to copy from"),
        ({"target_dataset_name": PROMPT}, "Error duplicating datasets: "),
        ({"target_dataset_name": "online"}, "Error duplicating datasets: "),
        ({"target_dataset_name": ""}, "target_dataset_name must be a text"),
        (
            {"workspaces_to_duplicate_into": ["traker"]},
            "Error duplicating datasets: there is no workspace 'traker' (",
        ),
        ({"workspaces_to_duplicate_into": "dt"}, "workspaces_to_duplicate_into must be a list of texts"),
        ({"workspaces_to_duplicate_into": [7]}, "each of workspaces_to_duplicate_into must be a text"),
        ({"filter": None}, "the body must have a key 'filter'"),
    ],
)
def test_a_duplication_that_can_not_be_meant_is_refused_whole(client: httpx2.Client, more: dict[str, Any], text: str) -> None:
    before = versions(client)
    answer = duplicate(client, **more)
    assert 400 <= answer.status_code < 500
    assert answer.json()["err"].startswith(text)
    assert visible(client, COPY) == []
    assert versions(client) == before


# Columns


def test_copied_columns_replace_those_of_the_target_and_nothing_else(client: httpx2.Client) -> None:
    duplicate(client)
    edit(client, 1, 2, dataset_name=PROMPT, comment="noise", cause="")
    edit(client, 1, 1, dataset_name=PROMPT, component="csc-csc")
    edit(client, 3, 3, dataset_name=COPY)
    answer = copy(client)
    assert [row["name"] for row in answer.json()] == [COPY] * 3
    assert answer.json()[0]["Run"].keys() == {"rr_attributes"}
    found = rr_lumisections(client, 355100, COPY)
    assert [row["dt-dt"] for row in found] == [BAD, BAD, GOOD, GOOD]
    assert [row["csc-csc"] for row in found] == [GOOD] * 4


def test_copying_needs_one_target_for_each_source(client: httpx2.Client) -> None:
    duplicate(client, filter={"and": [named(PROMPT), {"run_number": 355100}]})
    assert copy(client).json()["err"] == "there must be a one to one relationship between source and target datasets"
    create_run(client, 355110)
    create_dataset(client, 355110, COPY)
    two = {"or": [{"and": [named(PROMPT), {"run_number": 355101}]}, {"and": [named(COPY), {"run_number": 355110}]}]}
    answer = copy(client, filter=two)
    assert answer.json()["err"] == "There must te a one to one relationship between source and target datasets"


def test_copying_refuses_a_filter_that_matches_another_dataset(client: httpx2.Client) -> None:
    answer = copy(client, filter={})
    assert answer.json()["err"] == (
        "The current filter selection matches more datasets than the ones specified, which where dataset to copy from:"
        f" {PROMPT} and the dataset to copy to: {COPY}"
    )


def test_copying_a_column_that_one_source_lacks_changes_no_target(client: httpx2.Client) -> None:
    create_run(client, 355110)
    body = {"run_number": 355110, "dataset_name": PROMPT, "dataset_attributes": {}, "rr_lumisections": [{"csc-csc": GOOD}]}
    client.post("/datasets", json=body, headers=EXPERT)
    duplicate(client)
    edit(client, 1, 4, dataset_name=PROMPT)
    answer = copy(client)
    assert answer.status_code == 404
    assert answer.json()["err"].startswith(f"Error duplicating datasets: {PROMPT} of run 355110 has no column dt-dt")
    assert rr_lumisections(client, 355100, COPY)[0]["dt-dt"] == GOOD


def test_a_batch_update_changes_the_status_and_keeps_comment_and_cause(client: httpx2.Client) -> None:
    edit(client, 2, 3, dataset_name=PROMPT, comment="noise", cause="HV")
    answer = update(client)
    assert [row["run_number"] for row in answer.json()] == list(RUNS)
    plain, noise = ({"status": "STANDBY", "comment": text, "cause": cause} for text, cause in (("", ""), ("noise", "HV")))
    found = rr_lumisections(client, 355100, PROMPT)
    assert [row["dt-dt"] for row in found] == [plain, noise, noise, plain]
    assert [row["csc-csc"] for row in found] == [GOOD] * 4
    assert newest_comment(client) == "dc_tool: change column of lumisections to a certain state (GOOD,BAD) in batch"


def test_a_batch_update_writes_as_few_ranges_as_needed(client: httpx2.Client) -> None:
    edit(client, 2, 3, dataset_name=PROMPT, comment="", cause="", status="STANDBY")
    update(client)
    key = {"run_number": 355100, "dataset_name": PROMPT}
    events = client.post("/lumisections/get_rr_lumisection_history", json=key).json()
    newest = max(events, key=lambda event: event["version"])
    assert (newest["start"], newest["end"], newest["jsonb"]["dt-dt"]["status"]) == (1, 4, "STANDBY")


def test_a_batch_update_of_a_column_that_one_dataset_lacks_changes_nothing(client: httpx2.Client) -> None:
    answer = update(client, columns_to_update=["dt-dt", "rpc-rpc"])
    assert answer.status_code == 404
    assert answer.json()["err"].startswith("Error updating status of column of datasets in batch: ")
    assert rr_lumisections(client, 355100, PROMPT)[0]["dt-dt"] == GOOD


@pytest.mark.parametrize("status", ["GOOOD", "", None, 1, "open"])
def test_a_batch_update_to_an_unknown_status_is_refused(client: httpx2.Client, status: object) -> None:
    answer = update(client, new_status=status)
    assert answer.status_code == 400
    assert answer.json()["err"].startswith("new_status must be one of GOOD, BAD")


# States


def test_only_datasets_in_the_state_of_the_path_are_moved_and_all_are_answered(client: httpx2.Client) -> None:
    create_run(client, 355110)
    create_dataset(client, 355110, dt_state="COMPLETED")
    answer = tool(client, f"{ONE_WORKSPACE}/dt/OPEN/SIGNOFF", filter=named(PROMPT))
    states = {row["run_number"]: row["dataset_attributes"]["dt_state"] for row in answer.json()}
    assert states == dict.fromkeys(RUNS, "SIGNOFF") | {355110: "COMPLETED"}
    assert answer.json()[0]["DatasetTripletCache"].keys() == {"triplet_summary", "dcs_summary"}
    assert attributes(client)["global_state"] == "OPEN"


def test_waiting_is_a_state_to_move_from(client: httpx2.Client) -> None:
    create_run(client, 355110)
    create_dataset(client, 355110, dt_state=WAITING)
    tool(client, f"{ONE_WORKSPACE}/dt/waiting%20dqm%20gui/OPEN", filter=named(PROMPT))
    assert attributes(client, 355110)["dt_state"] == "OPEN"


def test_a_dataset_without_state_in_the_workspace_stops_the_whole_move(client: httpx2.Client) -> None:
    create_run(client, 355110)
    create_dataset(client, 355110, csc_state="OPEN")
    answer = tool(client, f"{ONE_WORKSPACE}/csc/OPEN/SIGNOFF", filter=named(PROMPT))
    assert answer.json()["err"] == (
        f"Error duplicating datasets: No state defined for 355100 in {PROMPT} in workspace csc, cannot change state"
    )
    assert attributes(client, 355110)["csc_state"] == "OPEN"


def test_a_move_in_all_workspaces_takes_every_state(client: httpx2.Client) -> None:
    create_run(client, 355110)
    create_dataset(client, 355110, csc_state=WAITING)
    answer = tool(client, f"{ALL_WORKSPACES}/COMPLETED", filter=named(PROMPT))
    assert len(answer.json()) == 4
    states = {key: value for key, value in attributes(client, 355110).items() if key.endswith("_state")}
    assert set(states.values()) == {"COMPLETED"}
    assert states.keys() == {"global_state", "dt_state", "csc_state"}


@pytest.mark.parametrize("path", [f"{ONE_WORKSPACE}/dt/OPEN/waiting%20dqm%20gui", f"{ALL_WORKSPACES}/NOWHERE"])
def test_batches_are_not_moved_to_other_states(client: httpx2.Client, path: str) -> None:
    answer = tool(client, path, filter=named(PROMPT))
    assert answer.json() == {"err": "The new state must be either COMPLETED, SIGNOFF or OPEN"}


def test_the_right_to_change_one_workspace_does_not_change_them_all(client: httpx2.Client) -> None:
    fields = {"egroup": "dt-people", "routes": [f"{ONE_WORKSPACE}/dt/"]}
    store = client._transport.store  # type: ignore[attr-defined]
    with store.changing() as connection:
        store.configuration.add(connection, "permission", fields, "test")
    person = {"email": "dt@example.org", "egroups": "dt-people"}
    one = {"headers": person, "filter": named(PROMPT)}
    answer = tool(client, f"{ONE_WORKSPACE}/dt/OPEN/SIGNOFF", change_in_all_workspaces=True, **one)
    assert answer.status_code == 401
    assert tool(client, f"{ONE_WORKSPACE}/dt/OPEN/SIGNOFF", **one).status_code == 200
    assert attributes(client)["global_state"] == "OPEN"
    tool(client, f"{ONE_WORKSPACE}/dt/OPEN/SIGNOFF", change_in_all_workspaces=True, filter=named(PROMPT))
    assert attributes(client)["global_state"] == "SIGNOFF"


# Hiding


def test_hiding_answers_the_datasets_as_they_were_and_keeps_them_for_who_names_them(client: httpx2.Client) -> None:
    answer = hide(client)
    assert [(row["run_number"], row["deleted"]) for row in answer.json()] == [(run_number, False) for run_number in RUNS]
    assert visible(client) == []
    assert get_dataset(client)["deleted"] is True
    assert newest_comment(client) == "dc_tool: hiding datasets, reason: a copy"


@pytest.mark.parametrize("reason", [None, "", "  ", 5])
def test_hiding_needs_a_reason(client: httpx2.Client, reason: object) -> None:
    assert hide(client, reason_for_hiding=reason).json() == {"err": "You must provide a reason for hiding these datasets"}


def test_hiding_nothing_is_refused(client: httpx2.Client) -> None:
    assert hide(client, filter=named("/No")).json() == {"err": "No dataset(s) found for filter criteria"}


def test_the_online_dataset_is_never_hidden_and_neither_is_what_was_selected_with_it(client: httpx2.Client) -> None:
    answer = hide(client, filter={"run_number": 355100})
    assert answer.json() == {"err": "Error hiding datasets: You cannot delete the online dataset belonging to a run"}
    assert visible(client) == list(RUNS)


def test_an_edit_of_a_hidden_dataset_leaves_it_hidden(client: httpx2.Client) -> None:
    hide(client)
    assert edit(client, 1, 1, dataset_name=PROMPT).status_code == 200
    assert visible(client) == []


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/dc_tools/duplicate_datasets"),
        ("POST", "/dc_tools/copy_column_from_datasets"),
        ("POST", "/dc_tools/dataset_column_batch_update"),
        ("POST", f"{ONE_WORKSPACE}/dt/OPEN/SIGNOFF"),
        ("POST", f"{ALL_WORKSPACES}/SIGNOFF"),
        ("DELETE", "/dc_tools/hide_datasets"),
    ],
)
def test_batch_tools_need_rights(client: httpx2.Client, method: str, path: str) -> None:
    assert tool(client, path, method=method, headers=NOBODY, filter={}).status_code == 401


# CSV


def export(client: httpx2.Client, **more: Any) -> Any:
    body = {"filter": named(PROMPT), "sortings": [], "columns": ["dt-dt"]} | more
    return tool(client, "/datasets/export_to_csv", **body).json()


def test_csv_has_a_line_for_each_dataset_newest_run_first(client: httpx2.Client) -> None:
    rows = list(csv.DictReader(io.StringIO(export(client))))
    assert [row["run_number"] for row in rows] == ["355102", "355101", "355100"]
    assert list(rows[0]) == [
        *("run_number", "dataset_name", "class", "stop_reason", "short_run", "ls_duration"),
        *("dt_state", "appeared_in", "global_state", "dt-dt", "oms_attributes"),
    ]
    assert rows[0]["dt-dt"] == '{"GOOD":4,"EMPTY":0,"causes":[],"comments":[]}'
    assert (rows[0]["appeared_in"], rows[0]["short_run"]) == ("[]", "")


def test_csv_has_the_columns_of_all_datasets_and_not_of_the_first_alone(client: httpx2.Client) -> None:
    create_run(client, 355110)
    create_dataset(client, 355110, csc_state="OPEN")
    rows = list(csv.DictReader(io.StringIO(export(client, columns=["rpc-rpc", "csc-csc"]))))
    assert [row["csc_state"] for row in rows] == ["OPEN", "", "", ""]
    assert "csc-csc" in rows[0]
    assert "rpc-rpc" not in rows[0]


def test_csv_writes_true_as_1_and_false_as_nothing(client: httpx2.Client) -> None:
    body = {"run_number": 355100, "dataset_name": "/Flags", "rr_lumisections": []}
    flags = {"is_new": True, "is_old": False, "note": 'a "b", c', "factor": 2.0}
    client.post("/datasets", json=body | {"dataset_attributes": flags}, headers=EXPERT)
    text = export(client, filter=named("/Flags"), columns=[])
    [row] = csv.DictReader(io.StringIO(text))
    assert (row["is_new"], row["is_old"], row["note"], row["factor"]) == ("1", "", 'a "b", c', "2")
    assert ',"a ""b"", c",' in text


def test_csv_can_be_sorted_by_attributes_of_runs(client: httpx2.Client) -> None:
    create_run(client, 355110, ls_duration=2)
    create_dataset(client, 355110)
    rows = list(csv.DictReader(io.StringIO(export(client, sortings=[["oms_attributes.ls_duration", "ASC"]]))))
    assert rows[0]["run_number"] == "355110"


def test_csv_of_nothing_is_an_empty_text(client: httpx2.Client) -> None:
    assert export(client, filter=named("/No")) == ""
    assert export(client, columns=None)["err"] == "the body must have a key 'columns'; send [] for none"
