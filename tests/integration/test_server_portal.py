"""The lists of the JSON portal, and who may take a JSON off them."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import httpx2
import pytest
from tests.integration.registry import EXPERT, NOBODY, SHIFTER, create_run, registry_client

from runregistry.server.registry import Registry

RULE = '{"==": [{"var": "lumisection.rr.dt-dt"}, "GOOD"]}'


@pytest.fixture
def client() -> Iterator[httpx2.Client]:
    with registry_client() as client:
        create_run(client)
        yield client


@pytest.fixture
def idle() -> Iterator[httpx2.Client]:
    """A registry where nobody works on jobs."""
    with registry_client() as client:
        registry_of(client).worker.stop()
        create_run(client)
        yield client


def registry_of(client: httpx2.Client) -> Registry:
    registry: Registry = client._transport.app.state.registry  # type: ignore[attr-defined]
    return registry


def generate(client: httpx2.Client, headers: dict[str, str] = NOBODY, **more: Any) -> int:
    body = {"json_logic": RULE, "dataset_name_filter": "online"} | more
    answer = client.post("/json_portal/generate", json=body, headers=headers)
    assert answer.status_code == 200, answer.text
    return int(answer.json()["id"])


def made(client: httpx2.Client, headers: dict[str, str] = NOBODY, **more: Any) -> int:
    number = generate(client, headers, **more)
    deadline = time.monotonic() + 20
    while (answer := client.post("/json_portal/json", json={"id_json": number})).status_code != 200:
        assert answer.status_code in (202, 203), answer.text
        assert time.monotonic() < deadline
    return number


def listed(client: httpx2.Client, filter: Any = "all", headers: dict[str, str] = NOBODY, **more: Any) -> list[dict[str, Any]]:
    answer = client.post("/json_portal/jsons", json={"filter": filter} | more, headers=headers)
    assert answer.status_code == 200, answer.text
    return list(answer.json()["jsons"])


def numbers(client: httpx2.Client, filter: Any = "all", headers: dict[str, str] = NOBODY, **more: Any) -> list[int]:
    return [int(entry["id"]) for entry in listed(client, filter, headers, **more)]


def test_stored_jsons_are_listed_newest_first_with_all_their_fields(client: httpx2.Client) -> None:
    first, second = made(client, tags="a"), made(client, SHIFTER)
    [newest, oldest] = listed(client)
    assert (newest["id"], oldest["id"]) == (second, first)
    final = client.post("/json_portal/json", json={"id_json": first}).json()["final_json"]
    assert oldest == final | {"progress": 1, "active": False, "waiting": False, "failed": False}
    assert (final["tags"], final["generated_json"]) == ("a", {"355100": [[1, 4]]})


def test_a_list_is_of_ones_own_of_official_or_of_all_jsons(client: httpx2.Client) -> None:
    mine, official, other = made(client), made(client, EXPERT, official=True), made(client, SHIFTER)
    assert numbers(client, "by_email") == [mine]
    assert numbers(client, "official") == [official]
    assert numbers(client, "all") == [other, official, mine]
    assert [numbers(client, strange) for strange in ("mine", None, ["all"], {})] == [[], [], [], []]


def test_ones_own_jsons_need_a_name(client: httpx2.Client) -> None:
    answer = client.post("/json_portal/jsons", json={"filter": "by_email"})
    assert answer.json() == {"err": 'WHERE parameter "created_by" has invalid "undefined" value'}


def test_a_list_has_ten_jsons_and_a_reference_leads_on(client: httpx2.Client) -> None:
    all_numbers = sorted((made(client) for _ in range(12)), reverse=True)
    assert numbers(client) == all_numbers[:10]
    assert numbers(client, reference=all_numbers[9]) == all_numbers[10:]
    assert numbers(client, reference=str(all_numbers[9])) == all_numbers[10:]
    answer = client.post("/json_portal/jsons", json={"filter": "all", "reference": "x"}, headers=NOBODY)
    assert answer.json()["err"].startswith('invalid input syntax for type integer: "x"')


def test_jobs_are_listed_failed_waiting_active_whatever_the_filter_is(idle: httpx2.Client) -> None:
    store = registry_of(idle).store
    failed, active, first, second = (generate(idle, SHIFTER, tags=tag) for tag in "abcd")
    with store.changing() as connection:
        for _ in range(5):
            store.jobs.claim(connection, "w", 60.0)
            store.jobs.fail(connection, failed, "w", "LogicError: no")
        taken = store.jobs.claim(connection, "w", 60.0)
        assert taken is not None
        assert taken.id == active
        store.jobs.renew(connection, active, "w", 60.0, 0.25)
    for name in ("by_email", "official", "all", "nonsense"):
        assert numbers(idle, name) == [failed, first, second, active]
    shown = {
        int(entry["id"]): (entry["failed"], entry["waiting"], entry["active"], entry["progress"], entry.get("failedReason"))
        for entry in listed(idle)
    }
    assert shown == {
        failed: (True, False, False, 0, "LogicError: no"),
        first: (False, True, False, 0, None),
        second: (False, True, False, 0, None),
        active: (False, False, True, 0.25, None),
    }
    [waiting] = [entry for entry in listed(idle) if entry["id"] == str(first)]
    assert (waiting["tags"], waiting["created_by"], waiting["official"]) == ("c", "shifter@example.org", False)
    assert waiting["json_logic"] == {"==": [{"var": "lumisection.rr.dt-dt"}, "GOOD"]}
    assert numbers(idle, reference=10**6) == []


def test_a_job_whose_json_is_stored_is_not_listed_twice(idle: httpx2.Client) -> None:
    store, number = registry_of(idle).store, generate(idle)
    with store.changing() as connection:
        job = store.jobs.claim(connection, "w", 60.0)
    assert job is not None
    registry_of(idle).portal.run_job(job, lambda progress: None)
    assert [(entry["id"], entry["active"]) for entry in listed(idle)] == [(number, False)]


def test_an_owner_hides_a_json_and_its_number_still_leads_to_it(client: httpx2.Client) -> None:
    number, other = made(client), made(client)
    gone = client.request("DELETE", "/json_portal/json", json={"id_json": str(number)}, headers={"email": NOBODY["email"]}).json()
    assert (gone["deleted_json"]["id"], gone["deleted_json"]["deleted"]) == (number, True)
    assert numbers(client) == [other]
    assert client.post("/json_portal/json", json={"id_json": number}).json()["final_json"]["deleted"] is True


def test_experts_hide_what_others_made_and_nobody_else_does(client: httpx2.Client) -> None:
    number = made(client)
    owner, egroup = "someone@example.org", "cms-dqm-runregistry-experts"
    text = f"To edit this classifier you must be the  creator ({owner}) or be part of {egroup} e-group"
    for stranger in (SHIFTER, {"email": "x@example.org", "egroups": "cms-dqm-runregistry-experts-not"}, {}):
        answer = client.request("DELETE", "/json_portal/json", json={"id_json": number}, headers=stranger)
        assert (answer.status_code, answer.json()["err"]) == (403, text)
    assert numbers(client) == [number]
    assert client.request("DELETE", "/json_portal/json", json={"id_json": number}, headers=EXPERT).status_code == 200
    assert numbers(client) == []


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ({"id_json": 4711}, "JSON with id 4711 to delete not found"),
        ({}, 'WHERE parameter "id" has invalid "undefined" value'),
        ({"id_json": "x"}, 'invalid input syntax for type integer: "x" (it was sent as id_json)'),
    ],
)
def test_a_json_that_is_not_there_can_not_be_hidden(client: httpx2.Client, body: dict[str, Any], says: str) -> None:
    answer = client.request("DELETE", "/json_portal/json", json=body, headers=EXPERT)
    assert (400 <= answer.status_code < 500, answer.json()["err"]) == (True, says)


def test_statistics_that_fail_do_not_fail_the_json(client: httpx2.Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr("runregistry.engine.Snapshot.statistics", broken)
    number = made(client)
    final = client.post("/json_portal/json", json={"id_json": number}).json()["final_json"]
    assert (final["generated_json"], final["total_recorded_luminosity_lost"]) == ({"355100": [[1, 4]]}, -1)
    assert [entry["failed"] for entry in listed(client)] == [False]
