"""The classifier playground, and the list of versions."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import httpx2
import pytest
from tests.integration.registry import create_run, edit, registry_client

RULE = {"and": [{"==": [{"var": "a"}, 1]}, {"or": [{"==": [{"var": "b"}, 3]}]}]}
NOT_TRUE, TRUE = {"resulted_value": False}, {"resulted_value": True}


@pytest.fixture(scope="module")
def client() -> Iterator[httpx2.Client]:
    with registry_client() as client:
        create_run(client)
        assert edit(client, 2, 3).status_code == 200
        yield client


def ask(client: httpx2.Client, path: str, body: dict[str, Any]) -> Any:
    answer = client.post(f"/{path}", json=body)
    assert answer.status_code == 200, answer.text
    return answer.json()


def refusal(answer: httpx2.Response) -> str:
    assert 400 <= answer.status_code < 500, answer.text
    return str(answer.json()["err"])


def test_a_rule_on_any_data_comes_out_part_by_part(client: httpx2.Client) -> None:
    data = {"a": 1, "b": 2}
    answer = ask(client, "classifier_playground_arbitrary", {"data": data, "json_logic": json.dumps(RULE)})
    parts = [[RULE["and"][0], TRUE], [{"or": [[{"==": [{"var": "b"}, 3]}, NOT_TRUE]]}, NOT_TRUE]]
    assert answer == {"result": [[{"and": parts}, NOT_TRUE]], "data": data}


def test_members_that_are_no_rules_have_no_result(client: httpx2.Client) -> None:
    rules = [{"var": "a"}, True, 7, "text", {"if": [True, 1, 2]}, {"==": [{"var": "a"}, 1]}]
    answer = ask(client, "classifier_playground_arbitrary", {"data": {"a": 1}, "json_logic": json.dumps(rules)})
    # Only what is exactly true counts as true.
    assert answer["result"] == [[{"var": "a"}, NOT_TRUE], [{"==": [{"var": "a"}, 1]}, TRUE]]


def test_a_rule_may_be_sent_as_json_too(client: httpx2.Client) -> None:
    assert ask(client, "classifier_playground_arbitrary", {"data": {"a": 1, "b": 3}, "json_logic": RULE})["result"][0][1] == TRUE


def test_run_info_is_what_class_classifiers_see(client: httpx2.Client) -> None:
    seen = client.get("/classifier_playground/run_info/355100").json()["run"]
    run = client.get("/runs/355100").json()
    assert (seen["oms_attributes"], seen["rr_attributes"]) == (run["oms_attributes"], run["rr_attributes"])
    assert seen["reduced_lumisection_attributes"] == {"cms_active": True}


def test_a_classifier_is_evaluated_member_by_member_on_a_run(client: httpx2.Client) -> None:
    condition = {"and": [{">": [{"var": "energy"}, 6000]}, {"var": "cms_active"}, {"==": [{"var": "class"}, "Cosmics22"]}]}
    body = {"run": {"run_number": "355100"}, "classifier": json.dumps({"if": [condition, True, False]})}
    answer = ask(client, "classifier_playground", body)
    [[shown, result]] = answer["result"]
    assert [entry[1]["resulted_value"] for entry in shown["and"]] == [True, True, False]
    assert result == NOT_TRUE
    assert (answer["run_data"]["class"], answer["run_data"]["cms_active"]) == ("Collisions22", True)


def test_attributes_of_a_run_are_on_top_of_those_of_its_lumisections(client: httpx2.Client) -> None:
    create_run(client, 355101, cms_active="of the run")
    body = {"run": {"run_number": 355101}, "classifier": json.dumps({"if": [{"var": "cms_active"}, True, False]})}
    assert ask(client, "classifier_playground", body)["run_data"]["cms_active"] == "of the run"


def test_a_rule_is_evaluated_on_one_lumisection(client: httpx2.Client) -> None:
    rule = {"==": [{"var": "lumisection.rr.dt-dt"}, "GOOD"]}
    key = {"run_number": 355100, "name": "online", "json_logic": json.dumps(rule)}
    good, bad = (ask(client, "classifier_playground/test_lumisection", key | {"lumisection_number": n}) for n in (1, "2"))
    assert (good["result"], bad["result"]) == ([[rule, TRUE]], [[rule, NOT_TRUE]])
    assert good["data"]["lumisection"]["lumisection_number"] == 1
    assert bad["data"]["lumisection"]["rr"]["dt-dt"] == "BAD"
    data = client.post("/lumisections/get_data_of_json", json={"json": {"355100-online": [[2, 2]]}}).json()
    assert data["json_with_data"] == {"355100-online": {"2": bad["data"]}}


@pytest.mark.parametrize(
    ("path", "body", "says"),
    [
        ("classifier_playground_arbitrary", {"data": {}, "json_logic": "{"}, "json_logic is not JSON: "),
        ("classifier_playground_arbitrary", {"data": {}, "json_logic": "[" * 5000}, "json_logic is not JSON: "),
        ("classifier_playground_arbitrary", {"json_logic": '{"!":[' * 300 + "1" + "]}" * 300}, "The rule nests deeper"),
        ("classifier_playground_arbitrary", {"data": {}}, "json_logic is missing"),
        ("classifier_playground_arbitrary", {"json_logic": '{"=>": [1, 2]}'}, "Unrecognized operation =>"),
        ("classifier_playground", {"run": {"run_number": 355100}, "classifier": "[1]"}, "a classifier must be an object"),
        ("classifier_playground", {"classifier": '{"==": [1, 1]}'}, "a classifier must be an object"),
        ("classifier_playground", {"run": {"run_number": 355100}, "classifier": "nope"}, "classifier is not JSON: "),
        ("classifier_playground", {"run": {"run_number": 1}, "classifier": '{"if": [1, 2, 3]}'}, "Run 1 not found"),
        ("classifier_playground", {"classifier": '{"if": [1, 2, 3]}'}, "run must be an object with run_number"),
        ("classifier_playground", {"run": {}, "classifier": '{"if": [1, 2, 3]}'}, 'Named parameter ":run_number" has no value'),
        (
            "classifier_playground/test_lumisection",
            {"run_number": 355100, "name": "online", "lumisection_number": 5, "json_logic": "{}"},
            "Lumisection 5 of dataset online of run 355100 not found",
        ),
        (
            "classifier_playground/test_lumisection",
            {"run_number": 1, "name": "online", "lumisection_number": 1, "json_logic": "{}"},
            "Lumisection 1 of dataset online of run 1 not found",
        ),
        (
            "classifier_playground/test_lumisection",
            {"run_number": 355100, "name": "online", "lumisection_number": 1, "json_logic": "{"},
            "json_logic is not JSON: ",
        ),
        ("classifier_playground/test_lumisection", {"json_logic": "{}"}, "run_number must be a whole number"),
    ],
)
def test_what_can_not_be_evaluated_is_said(client: httpx2.Client, path: str, body: dict[str, Any], says: str) -> None:
    assert refusal(client.post(f"/{path}", json=body)).startswith(says)


def test_an_unknown_run_has_no_info(client: httpx2.Client) -> None:
    assert refusal(client.get("/classifier_playground/run_info/1")) == "Run 1 not found"


def versions(client: httpx2.Client, **paging: Any) -> dict[str, Any]:
    return dict(ask(client, "versions/get_versions", paging))


def test_versions_are_told_newest_first_page_by_page(client: httpx2.Client) -> None:
    everything = versions(client, page=0, page_size=None)
    numbers = [version["atomic_version"] for version in everything["versions"]]
    assert numbers == sorted(numbers, reverse=True)
    assert (everything["count"], everything["pages"]) == (len(numbers), None)
    pages = [versions(client, page=str(page), page_size=1) for page in range(len(numbers) + 1)]
    assert [version for page in pages for version in page["versions"]] == everything["versions"]
    assert {page["pages"] for page in pages} == {len(numbers)}
    oldest = everything["versions"][-1]
    assert (oldest["by"], oldest["comment"]) == ("auto@auto", "run 355100 creation")
    assert oldest.keys() == {"atomic_version", "by", "comment", "createdAt"}


def test_paging_of_versions_is_as_of_other_lists(client: httpx2.Client) -> None:
    count = versions(client)["count"]
    assert versions(client, page=0, page_size=0) == {"versions": [], "pages": None, "count": count}
    answer = client.post("/versions/get_versions", json={"page": -1, "page_size": 5})
    assert refusal(answer).startswith("OFFSET must not be negative")
