"""Reading as of a version through HTTP: the answer of then, whatever came after."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx2
import pytest
from tests.integration.registry import EXPERT, create_run, edit, registry_client

RUN = 355100


@pytest.fixture
def client() -> Iterator[httpx2.Client]:
    with registry_client() as opened:
        create_run(opened)
        yield opened


def newest(client: httpx2.Client) -> int:
    return int(client.get(f"/v1/runs/{RUN}").json()["as_of"])


def ranges(client: httpx2.Client, as_of: int) -> list[dict[str, Any]]:
    answer = client.get(f"/v1/runs/{RUN}/datasets/online/lumisections", params={"as_of": as_of})
    assert answer.status_code == 200, answer.text
    return list(answer.json()["rr"]["dt-dt"])


def test_as_of_each_version_a_run_is_what_it_was_answered_then(client: httpx2.Client) -> None:
    answered = {newest(client): client.get(f"/runs/{RUN}").json()}
    for stop_reason in ("HV trip", "end of fill", ""):
        body = {"stop_reason": stop_reason}
        assert client.put(f"/manual_run_edit/{RUN}/stop_reason", json=body, headers=EXPERT).status_code == 200
        assert edit(client, 1, 2, comment=f"after {stop_reason}").status_code == 200
        answered[newest(client)] = client.get(f"/runs/{RUN}").json()
    assert len(answered) == 4
    for version, then in answered.items():
        assert client.get(f"/v1/runs/{RUN}", params={"as_of": version}).json() == {"as_of": version, **then}


def test_lumisections_as_of_a_version_are_without_later_edits(client: httpx2.Client) -> None:
    before = newest(client)
    edit(client, 2, 3)
    assert [entry["status"] for entry in ranges(client, newest(client))] == ["GOOD", "BAD", "GOOD"]
    assert [entry["status"] for entry in ranges(client, before)] == ["GOOD"]


@pytest.mark.parametrize(
    "name", ["/PromptReco/Collisions2022/DQM", "PromptReco/Collisions2022/DQM", "%2FPromptReco%2FCollisions2022%2FDQM"]
)
def test_a_dataset_is_found_by_its_name_with_all_its_slashes(client: httpx2.Client, name: str) -> None:
    body = {"run_number": RUN, "dataset_name": "/PromptReco/Collisions2022/DQM", "dataset_attributes": {"dt_state": "OPEN"}}
    created = client.post("/datasets", json=body | {"rr_lumisections": [{}]}, headers=EXPERT)
    assert created.status_code == 200, created.text
    answer = client.get(f"/v1/runs/{RUN}/datasets/{name}/lumisections")
    assert answer.json()["dataset"]["name"] == "/PromptReco/Collisions2022/DQM"


@pytest.mark.parametrize("as_of", ["0", "-1", "999", "x", "1.5", "99999999999999999999", ""])
def test_a_version_that_is_not_there_is_refused(client: httpx2.Client, as_of: str) -> None:
    for path in (f"/v1/runs/{RUN}", f"/v1/runs/{RUN}/datasets/online/lumisections"):
        answer = client.get(path, params={"as_of": as_of})
        assert answer.status_code == 400, answer.text
        assert "as_of" in answer.json()["err"]


def test_what_was_not_there_is_not_found(client: httpx2.Client) -> None:
    create_run(client, 355101)
    assert client.get("/v1/runs/355101", params={"as_of": 1}).status_code == 404
    assert client.get("/v1/runs/1").json() == {"err": f"run 1 was not in the registry as of version {newest(client)}"}
    missing = client.get(f"/v1/runs/{RUN}/datasets/PromptReco/lumisections")
    assert (missing.status_code, "/PromptReco" in missing.json()["err"]) == (404, True)
