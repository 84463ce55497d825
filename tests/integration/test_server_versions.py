"""The past through HTTP: lists, datasets, every shape of lumisections, JSONs; what changed between versions; tags."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from typing import Any

import httpx2
import pytest
from tests.integration.registry import AUTOMATIC, EXPERT, GOOD, NOBODY, SHIFTER, create_run, edit, registry_client

from runregistry.server.services.lumisections import LUMISECTION_VIEWS

RUN = 355100
PROMPT = "/PromptReco/Collisions2022/DQM"
DATASET = {"run_number": RUN, "dataset_name": PROMPT}
RULE = json.dumps({"==": [{"var": "lumisection.rr.dt-dt"}, "GOOD"]})


@pytest.fixture
def client() -> Iterator[httpx2.Client]:
    with registry_client() as opened:
        create_run(opened)
        yield opened


def version(client: httpx2.Client, as_of: object = None) -> dict[str, Any]:
    answer = client.get("/v1/version", params={} if as_of is None else {"as_of": str(as_of)})
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def newest(client: httpx2.Client) -> int:
    return int(version(client)["atomic_version"])


def create_dataset(client: httpx2.Client) -> None:
    rr = [{"dt-dt": GOOD}] * 4
    answer = client.post("/datasets", json={**DATASET, "dataset_attributes": {}, "rr_lumisections": rr}, headers=EXPERT)
    assert answer.status_code == 200, answer.text


def test_a_version_tells_who_when_and_why(client: httpx2.Client) -> None:
    edit(client, 2, 3, headers=SHIFTER)
    found = version(client)
    assert found["by"] == SHIFTER["email"]
    assert "Edit run 355100" in found["comment"]
    assert found["tags"] == []
    assert version(client, found["createdAt"]) == version(client, found["atomic_version"]) == found
    assert found["last_event"] > version(client, 1)["last_event"]


@pytest.mark.parametrize("listed", ["runs", "datasets"])
def test_lists_as_of_a_version_are_what_was_listed_then(client: httpx2.Client, listed: str) -> None:
    body = {"filter": {}, "sortings": [], "page": 0, "page_size": 10}
    answered = {}
    for step in range(4):
        if step == 1:
            edit(client, 2, 3)
        elif step == 2:
            create_run(client, RUN + 1)
        elif step == 3:
            client.put(f"/manual_run_edit/{RUN}/stop_reason", json={"stop_reason": "HV"}, headers=EXPERT)
        answered[newest(client)] = client.post(f"/{listed}_filtered_ordered", json=body).json()
    assert len(answered) == 4
    for then, expected in answered.items():
        assert client.post(f"/v1/{listed}", json={"as_of": then, **body}).json() == {"as_of": then, **expected}


def test_a_list_as_of_a_version_is_filtered_and_paged(client: httpx2.Client) -> None:
    create_run(client, RUN + 1, energy=450)
    then = newest(client)
    client.post("/runs", json={}, headers=EXPERT)
    edit(client, 1, 4)
    body = {"as_of": then, "filter": {"oms_attributes.energy": {">": 1000}}}
    assert [row["run_number"] for row in client.post("/v1/runs", json=body).json()["runs"]] == [RUN]
    good = {"as_of": then, "filter": {"triplet_summary.dt-dt.GOOD": {">": 0}}, "page": 1, "page_size": 1}
    found = client.post("/v1/runs", json=good).json()
    assert ([row["run_number"] for row in found["runs"]], found["count"], found["pages"]) == ([RUN], 2, 2)
    wrong = client.post("/v1/runs", json={"as_of": then, "filter": {"clas": {"=": "x"}}})
    assert (wrong.status_code, "does not exist" in wrong.json()["err"]) == (400, True)


def test_a_dataset_as_of_a_version_is_what_was_answered_then(client: httpx2.Client) -> None:
    create_dataset(client)
    then, answered = newest(client), client.post("/datasets/get_dataset", json=DATASET).json()
    edit(client, 1, 2, dataset_name=PROMPT)
    found = client.get(f"/v1/runs/{RUN}/datasets{PROMPT}", params={"as_of": then})
    assert found.status_code == 200, found.text
    assert found.json() == {"as_of": then, **answered}
    assert client.get(f"/v1/runs/{RUN}/datasets{PROMPT}", params={"as_of": 1}).status_code == 404
    assert client.get(f"/v1/runs/{RUN}/datasets/online", params={"as_of": 1}).json()["name"] == "online"


def test_lumisections_as_of_a_version_have_every_shape_that_those_of_the_present_have(client: httpx2.Client) -> None:
    create_dataset(client)
    then = newest(client)
    answered = {view: client.post(f"/lumisections/{view}", json=DATASET).json() for view in LUMISECTION_VIEWS}
    edit(client, 1, 2, dataset_name=PROMPT)
    for view, expected in answered.items():
        found = client.get(f"/v1/runs/{RUN}/datasets{PROMPT}/lumisections", params={"as_of": then, "view": view})
        assert found.json()["lumisections"] == expected
    wrong = client.get(f"/v1/runs/{RUN}/datasets{PROMPT}/lumisections", params={"view": "rr_ranges"})
    assert (wrong.status_code, "view: there is no 'rr_ranges'" in wrong.json()["err"]) == (400, True)


# Tags


def put_tag(client: httpx2.Client, **body: object) -> httpx2.Response:
    return client.post("/v1/tags", json=body, headers=EXPERT)


def test_a_tag_freezes_what_is(client: httpx2.Client) -> None:
    then = client.get(f"/runs/{RUN}").json()
    made = put_tag(client, name="golden-2022", note="as published")
    assert made.status_code == 200, made.text
    tag = made.json()
    assert tag == {**tag, "name": "golden-2022", "note": "as published", "by": EXPERT["email"], "atomic_version": 1}
    client.put(f"/manual_run_edit/{RUN}/stop_reason", json={"stop_reason": "HV"}, headers=EXPERT)
    frozen = client.get(f"/v1/runs/{RUN}", params={"as_of": "golden-2022"}).json()
    assert frozen == {"as_of": 1, **then}
    assert version(client, "golden-2022")["tags"] == ["golden-2022"]
    assert client.get("/v1/tags").json() == [tag]


def test_who_puts_a_tag_on_or_takes_one_off_makes_a_version_that_says_so(client: httpx2.Client) -> None:
    put_tag(client, name="golden", note="as published")
    assert version(client)["comment"] == "tag golden on version 1: as published"
    taken = client.delete("/v1/tags/golden", headers=EXPERT)
    assert (taken.status_code, taken.json()["name"]) == (200, "golden")
    assert version(client)["comment"] == "tag golden deleted"
    assert client.get("/v1/tags").json() == []
    assert client.delete("/v1/tags/golden", headers=EXPERT).status_code == 404


def test_a_tag_can_be_put_on_an_earlier_version(client: httpx2.Client) -> None:
    edit(client, 1, 2)
    assert put_tag(client, name="before", version=1).json()["atomic_version"] == 1
    assert put_tag(client, name="same", version="before").json()["atomic_version"] == 1


@pytest.mark.parametrize(
    ("body", "status", "text"),
    [
        ({"name": "golden"}, 409, "there is a tag golden already"),
        ({"name": "2022"}, 400, "a tag can't be called '2022'"),
        ({"name": "a b"}, 400, "a tag can't be called"),
        ({}, 400, "a tag can't be called None"),
        ({"name": "x", "note": 3}, 400, "note must be a text"),
        ({"name": "x", "version": 77}, 400, "not 77"),
    ],
)
def test_a_tag_that_can_not_be_is_refused(client: httpx2.Client, body: dict[str, Any], status: int, text: str) -> None:
    put_tag(client, name="golden")
    before = newest(client)
    answer = put_tag(client, **body)
    assert (answer.status_code, text in answer.json()["err"]) == (status, True)
    assert newest(client) == before


@pytest.mark.parametrize("who", [SHIFTER, NOBODY])
def test_tags_are_for_experts(client: httpx2.Client, who: dict[str, str]) -> None:
    put_tag(client, name="golden")
    assert client.post("/v1/tags", json={"name": "x"}, headers=who).status_code == 401
    assert client.delete("/v1/tags/golden", headers=who).status_code == 401
    assert client.get("/v1/tags", headers=who).status_code == 200


# What changed


def diff(client: httpx2.Client, **query: object) -> dict[str, Any]:
    answer = client.get("/v1/diff", params={name.rstrip("_"): str(value) for name, value in query.items()})
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def test_what_changed_is_told_with_who_when_and_why(client: httpx2.Client) -> None:
    edit(client, 2, 3, headers=SHIFTER)
    found = diff(client, from_=1, to=newest(client))
    (change,) = found["changes"]
    assert (found["from"], found["to"], found["count"], found["pages"]) == (1, newest(client), 1, 1)
    said = version(client)
    place = {"run_number": RUN, "name": "online", "kind": "component", "what": "dt-dt", "start": 2, "end": 3}
    values = {"was": GOOD, "now": {"status": "BAD", "comment": "HV trip", "cause": "HV"}, "version": change["version"]}
    action = {name: said[name] for name in ("atomic_version", "by", "comment", "createdAt")}
    assert change == {**place, **values, **action}


def test_what_changed_can_be_narrowed(client: httpx2.Client) -> None:
    create_run(client, RUN + 1)
    create_dataset(client)
    put_tag(client, name="begin")
    edit(client, 2, 3)
    edit(client, 1, 1, component="csc-csc")
    edit(client, 2, 2, dataset_name=PROMPT)
    edit(client, 2, 2, run_number=RUN + 1)
    assert len(diff(client, from_="begin")["changes"]) == 4
    assert len(diff(client, from_="begin", run_max=RUN)["changes"]) == 3
    assert len(diff(client, from_="begin", runs=f"{RUN + 1},{RUN + 2}")["changes"]) == 1
    assert len(diff(client, from_="begin", dataset_name="/PromptReco/%")["changes"]) == 1
    assert len(diff(client, from_="begin", component="csc-csc, rpc-rpc")["changes"]) == 1
    pages = [diff(client, from_="begin", page=page, page_size=1) for page in (0, 1)]
    assert [len(page["changes"]) for page in pages] == [3, 1]
    assert [(page["count"], page["pages"]) for page in pages] == [(2, 2)] * 2


@pytest.mark.parametrize(
    ("query", "text"),
    [
        ({}, "say from which version"),
        ({"from": "2", "to": "1"}, "from is version 2, which is after version 1 of to: swap them"),
        ({"from": "0"}, "not 0"),
        ({"from": "nothing"}, "there is no tag 'nothing'"),
        ({"from": "1", "run_min": "x"}, "run_min"),
        ({"from": "1", "runs": "1,x"}, "runs"),
    ],
)
def test_a_question_for_changes_that_makes_no_sense_is_refused(client: httpx2.Client, query: dict[str, str], text: str) -> None:
    edit(client, 2, 3)
    answer = client.get("/v1/diff", params=query)
    assert (answer.status_code, text in answer.json()["err"]) == (400, True)


# JSONs


def made_json(client: httpx2.Client, path: str, **body: object) -> dict[str, Any]:
    job = client.post(path, json={"json_logic": RULE, "dataset_name_filter": "online", **body}, headers=EXPERT)
    assert job.status_code == 200, job.text
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        answer = client.post("/json_portal/json", json={"id_json": job.json()["id"]})
        if answer.status_code == 200:
            return dict(answer.json()["final_json"])
    raise AssertionError(answer.text)


OWN = ("id", "createdAt", "updatedAt")


def test_a_json_as_of_a_version_is_the_one_that_was_made_then(client: httpx2.Client) -> None:
    lumi = [{"cms_active": True, "recorded": 0.5, "delivered": 0.6}] * 4
    body = {"oms_attributes": {"run_number": RUN}, "rr_attributes": {}, "oms_lumisections": lumi, "rr_lumisections": []}
    client.put(f"/automatic_run_update/{RUN}", json=body, headers=AUTOMATIC)
    put_tag(client, name="then")
    then = made_json(client, "/json_portal/generate")
    edit(client, 2, 3)
    create_run(client, RUN + 1)
    now = made_json(client, "/json_portal/generate")
    again = made_json(client, "/v1/jsons", as_of="then")
    assert again["runregistry_version"] == str(version(client, "then")["atomic_version"])
    unlike = (*OWN, "runregistry_version")
    assert {key: again[key] for key in again if key not in unlike} == {key: then[key] for key in then if key not in unlike}
    assert again["generated_json"] == {str(RUN): [[1, 4]]} != now["generated_json"]


def test_a_json_needs_to_know_as_of_when(client: httpx2.Client) -> None:
    body = {"json_logic": RULE, "dataset_name_filter": "online"}
    unknown = {"as_of": 1, "dataset_name_filter": "x"}
    for more, text in (({}, "say as of when"), ({"as_of": 77}, "not 77"), (unknown, "No dataset")):
        answer = client.post("/v1/jsons", json={**body, **more}, headers=EXPERT)
        assert answer.status_code in (400, 404)
        assert text in answer.json()["err"]
