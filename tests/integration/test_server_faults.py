"""What the server makes of requests that can't work: a clear answer, and nothing stored."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import httpx2
import pytest
from tests.integration.registry import AUTOMATIC, EXPERT, NOBODY, create_run, registry_client

from runregistry.wire import ROUTES

LIST = {"filter": {}, "sortings": [], "page": 0, "page_size": 10}


@pytest.fixture(scope="module")
def client() -> Iterator[httpx2.Client]:
    with registry_client() as client:
        create_run(client)
        yield client


def err(answer: httpx2.Response) -> str:
    assert answer.status_code >= 400
    assert "Traceback" not in answer.text
    return str(answer.json()["err"])


@pytest.mark.parametrize(
    ("filter", "says"),
    [
        ({"run_numbr": 1}, "column Run.run_numbr does not exist"),
        ({"run_number": {"=": "abc"}}, 'invalid input syntax for type integer: "abc"'),
        ({"run_number": {"=>": 1}}, "=>"),
        (None, "'filter'"),
    ],
)
def test_a_filter_that_can_not_work_is_named(client: httpx2.Client, filter: Any, says: str) -> None:
    assert says in err(client.post("/runs_filtered_ordered", json=LIST | {"filter": filter}))


@pytest.mark.parametrize("path", ["/runs/abc", "/run_with_history/1.5", "/get_all_dataset_names_of_run/x"])
def test_a_run_number_that_is_none_is_refused(client: httpx2.Client, path: str) -> None:
    assert err(client.get(path)).startswith("invalid input syntax for type integer: ")


def test_a_run_number_beyond_all_bounds_is_refused(client: httpx2.Client) -> None:
    assert "out of range for type integer" in err(client.get(f"/runs/{10**12}"))
    body = json.dumps({"run_number": 10**40, "dataset_name": "online"})
    answer = client.post("/lumisections/rr_lumisections", content=body, headers={"content-type": "application/json"})
    assert "out of range for type integer" in err(answer)


def test_what_is_not_there_is_null_or_empty(client: httpx2.Client) -> None:
    key = {"run_number": 1, "dataset_name": "online"}
    assert client.get("/runs/1").json() is None
    assert client.post("/datasets/get_dataset", json=key).json() is None
    assert client.post("/lumisections/rr_lumisections", json=key).json() == []
    assert client.post("/lumisections/rr_lumisection_ranges_by_component", json=key).json() == {}


@pytest.mark.parametrize(
    ("body", "says"),
    [
        (b'{"run_number": ', "the body is not JSON"),
        (b"[1, 2]", "the body must be a JSON object, not list"),
        (b"[" * 100_000, "the body is not JSON"),
        (b'{"a":' * 50_000 + b"1" + b"}" * 50_000, ""),
        (b"\xff\xfe", "the body is not JSON"),
    ],
)
def test_a_body_that_is_no_json_object_is_refused(client: httpx2.Client, body: bytes, says: str) -> None:
    answer = client.post("/runs_filtered_ordered", content=body, headers={"content-type": "application/json"})
    assert says in err(answer)


def test_a_body_of_another_type_counts_as_empty_and_a_form_is_read(client: httpx2.Client) -> None:
    assert "'filter'" in err(client.post("/runs_filtered_ordered", content=b"x", headers={"content-type": "text/plain"}))
    form = client.post("/lumisections/rr_lumisections", data={"run_number": "355100", "dataset_name": "online"})
    assert len(form.json()) == 4


def test_missing_keys_are_named_as_the_service_names_them(client: httpx2.Client) -> None:
    path = "/lumisections/rr_lumisections"
    assert err(client.post(path, json={})) == 'Named parameter ":run_number" has no value in the given object.'
    assert err(client.post(path, json={"run_number": 1})) == 'Named parameter ":dataset_name" has no value in the given object.'
    assert (
        err(client.post("/datasets/get_dataset", json={"run_number": 1}))
        == 'WHERE parameter "name" has invalid "undefined" value'
    )


@pytest.mark.parametrize("route", [route for route in ROUTES.values() if route.needs_rights], ids=lambda route: route.name)
def test_every_route_that_needs_rights_asks_for_them_first(client: httpx2.Client, route: Any) -> None:
    url = route.url(**dict.fromkeys(route.parameters, "x"))
    assert err(client.request(route.method, url, json={})) == "Request must provide email and egroups"
    refused = client.request(route.method, f"{url}?/json_portal/generate", json={}, headers=NOBODY)
    assert refused.status_code == 401
    assert refused.json()["message"].startswith("User needs to be part of any of the following e-groups")


def test_unknown_paths_and_methods_are_not_found(client: httpx2.Client) -> None:
    assert client.get("/no/such/path").status_code == 404
    assert client.delete("/runs_filtered_ordered").status_code == 405


def test_every_get_has_a_head_and_every_origin_may_read(client: httpx2.Client) -> None:
    answer = client.head("/runs/355100", headers={"origin": "https://example.org"})
    assert (answer.status_code, answer.headers["access-control-allow-origin"]) == (200, "*")


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"json_logic": {"==": [1, 1]}}, "JSON logic sent is not in json format"),
        ({"json_logic": "{"}, "JSON logic sent is not in json format"),
        ({"json_logic": "null"}, "Empty json logic sent"),
        ({"json_logic": "{}"}, "Empty json logic sent"),
        ({"dataset_name_filter": ""}, "No dataset name specified"),
        ({"dataset_name_filter": "onlin"}, "No datasets matched that dataset name"),
        ({"dataset_name_filter": "(online"}, "invalid regular expression: "),
        ({"json_logic": '{"and": [{"=>": [{"var": "run.run_number"}, 1]}]}'}, "Unrecognized operation =>"),
    ],
)
def test_a_json_that_can_not_be_made_is_refused_at_once(client: httpx2.Client, change: dict[str, Any], says: str) -> None:
    body = {"json_logic": '{"==": [1, 1]}', "dataset_name_filter": "online"} | change
    assert err(client.post("/json_portal/generate", json=body, headers=NOBODY)).startswith(says)


def test_a_json_needs_an_owner_and_a_number_that_exists(client: httpx2.Client) -> None:
    body = {"json_logic": '{"==": [1, 1]}', "dataset_name_filter": "online"}
    assert "email" in err(client.post("/json_portal/generate", json=body))
    assert client.post("/json_portal/json", json={"id_json": 4711}).status_code == 404
    assert err(client.post("/json_portal/json", json={})) == 'WHERE parameter "id" has invalid "undefined" value'


@pytest.mark.parametrize(
    ("family", "change", "says"),
    [
        ("classifiers/class", {"classifier": {"nope": 1}}, "Unrecognized operation nope"),
        ("classifiers/class", {"class": None}, "notNull Violation: ClassClassifier.class cannot be null"),
        ("classifiers/clas", {}, "there are no classifiers of category 'clas' (did you mean class"),
        ("classifiers/component", {"status": "GOOOD", "component": 1}, "status 'GOOOD' is none of"),
        ("classifiers/component", {"status": "GOOD", "component": 99999}, "component 99999 is no id of a workspace column"),
        ("datasets_accepted", {"run_to": ""}, "invalid input syntax for type integer"),
        ("datasets_accepted", {"run_to": None}, "notNull Violation: DatasetsAccepted.run_to cannot be null"),
    ],
)
def test_configuration_is_checked(client: httpx2.Client, family: str, change: dict[str, Any], says: str) -> None:
    body: dict[str, Any] = {"class": "X", "priority": 1, "enabled": True, "classifier": {"==": [1, 1]}}
    body |= {"name": "/A", "regexp": "x", "run_to": 2} | change
    before = client.get("/classifiers/class").json()
    assert err(client.post(f"/{family}", json=body, headers=EXPERT)).startswith(says)
    assert client.get("/classifiers/class").json() == before


def test_unknown_halves_have_no_workspaces_and_no_classifiers(client: httpx2.Client) -> None:
    assert client.get("/workspaces/inline").json() == []
    text = "component classifiers must be either online or offline"
    assert err(client.get("/classifiers/component/inline")) == text


def test_a_fault_of_the_registry_is_answered_without_its_insides(monkeypatch: pytest.MonkeyPatch, client: httpx2.Client) -> None:
    from runregistry.store.records import Records

    def broken(*_: object) -> None:
        raise ZeroDivisionError("secret")

    monkeypatch.setattr(Records, "run", broken)
    answer = client.get("/runs/355100")
    assert answer.status_code == 500
    assert "secret" not in answer.text
    assert "Fault" in err(answer)


def test_the_api_describes_itself(client: httpx2.Client) -> None:
    described = client.get("/v1/openapi.json").json()
    operations = {operation["operationId"] for path in described["paths"].values() for operation in path.values()}
    assert operations == set(ROUTES)
    assert client.get("/v1/docs").status_code == 200


def test_automatic_authors_write_without_egroups_on_this_machine(client: httpx2.Client) -> None:
    body = {"class": "Cosmics30", "priority": 1, "enabled": True, "classifier": {"==": [1, 2]}}
    assert client.post("/classifiers/class", json=body, headers=AUTOMATIC).json()["created_by"] == "auto@auto"
