"""Classifiers, accepted datasets and rules for JSONs: replaced and removed through HTTP, by those who may."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

import httpx2
import pytest
from tests.integration.registry import AUTOMATIC, EXPERT, NOBODY, registry_client

from runregistry.errors import RunRegistryError
from runregistry.server.services.configuration import add_item, edit_item, list_classifiers, remove_item
from runregistry.store import Store

OWNER = {"email": "owner@example.org", "egroups": "zh"}
RULE = {"==": [{"var": "lumisection.rr.dt-dt"}, "GOOD"]}
CLASSIFIER = {"class": "Cosmics30", "priority": 1, "enabled": True, "classifier": {"if": [{"==": [1, 1]}, True, False]}}
ACCEPTED = {"name": "/A/B/C", "regexp": "x", "enabled": True, "class": "Cosmics30", "run_from": "1", "run_to": "9"}
TWICE = "You are trying to edit an item multiple times, please refresh the page and try again"
UNKNOWN = "Item trying to delete does not exists"


@pytest.fixture
def client() -> Iterator[httpx2.Client]:
    with registry_client() as client:
        yield client


def add(client: httpx2.Client, path: str, body: dict[str, Any], headers: dict[str, str] = EXPERT) -> dict[str, Any]:
    answer = client.post(path, json=body, headers=headers)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def ids(client: httpx2.Client, path: str) -> set[int]:
    return {item["id"] for item in client.get(path).json()}


def refusal(answer: httpx2.Response) -> str:
    assert 400 <= answer.status_code < 500, answer.text
    return str(answer.json()["err"])


def test_an_edited_classifier_is_a_new_item_that_keeps_its_maker(client: httpx2.Client) -> None:
    old = add(client, "/classifiers/class", CLASSIFIER, AUTOMATIC)
    body = CLASSIFIER | {"priority": 7, "created_by": "somebody.else@example.org"}
    new = client.put(f"/classifiers/class/{old['id']}", json=body, headers=EXPERT).json()
    assert new["id"] > old["id"]
    assert (new["priority"], new["created_by"], new["updated_by"]) == (7, "auto@auto", "expert@example.org")
    assert json.loads(new["classifier"]) == CLASSIFIER["classifier"]
    assert {old["id"], new["id"]} & ids(client, "/classifiers/class") == {new["id"]}


def test_what_a_list_answers_can_be_sent_back_as_it_is(client: httpx2.Client) -> None:
    # Rules are read as text, and lists bring associations that nobody asked for.
    add(client, "/classifiers/class", CLASSIFIER)
    item = next(item for item in client.get("/classifiers/class").json() if item["class"] == "Cosmics30")
    new = client.put(f"/classifiers/class/{item['id']}", json=item, headers=EXPERT).json()
    assert json.loads(new["classifier"]) == CLASSIFIER["classifier"]
    assert "ClassClassifierLists" not in new


def test_an_edit_takes_nothing_from_the_old_item(client: httpx2.Client) -> None:
    old = add(client, "/classifiers/class", CLASSIFIER)
    lacking = {key: value for key, value in CLASSIFIER.items() if key != "priority"}
    answer = client.put(f"/classifiers/class/{old['id']}", json=lacking, headers=EXPERT)
    assert refusal(answer) == "notNull Violation: ClassClassifier.priority cannot be null"
    assert old["id"] in ids(client, "/classifiers/class")


@pytest.mark.parametrize("path", ["/classifiers/class", "/json_classifiers/json_classifier", "/datasets_accepted"])
def test_an_item_is_edited_once(client: httpx2.Client, path: str) -> None:
    body = CLASSIFIER | ACCEPTED
    old = add(client, path, body)
    assert client.put(f"{path}/{old['id']}", json=body, headers=EXPERT).status_code == 200
    assert refusal(client.put(f"{path}/{old['id']}", json=body, headers=EXPERT)) == TWICE
    assert refusal(client.delete(f"{path}/{old['id']}", headers=EXPERT)) == UNKNOWN


def test_a_removed_classifier_is_answered_with_its_rule_as_json(client: httpx2.Client) -> None:
    old = add(client, "/classifiers/class", CLASSIFIER)
    gone = client.delete(f"/classifiers/class/{old['id']}", headers=EXPERT).json()
    assert (gone["id"], gone["classifier"]) == (old["id"], CLASSIFIER["classifier"])
    assert old["id"] not in ids(client, "/classifiers/class")
    assert refusal(client.delete(f"/classifiers/class/{old['id']}", headers=EXPERT)) == UNKNOWN


def test_the_last_item_of_a_family_does_not_come_back(client: httpx2.Client) -> None:
    only = add(client, "/classifiers/json_classifier", {"name": "first", "classifier": RULE})
    client.delete(f"/classifiers/json_classifier/{only['id']}", headers=EXPERT)
    new = add(client, "/classifiers/json_classifier", {"name": "second", "classifier": RULE})
    assert ids(client, "/classifiers/json_classifier") == {new["id"]}


def test_accepted_datasets_are_replaced_and_removed(client: httpx2.Client) -> None:
    old = add(client, "/datasets_accepted", ACCEPTED)
    new = client.put(f"/datasets_accepted/{old['id']}", json=ACCEPTED | {"run_from": None}, headers=EXPERT).json()
    assert (new["run_from"], new["run_to"]) == (None, 9)
    assert [item["id"] for item in client.get("/datasets_accepted/Cosmics30").json()] == [new["id"]]
    assert client.delete(f"/datasets_accepted/{new['id']}", headers=EXPERT).json() == new
    assert client.get("/datasets_accepted/Cosmics30").json() == []


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("PUT", "/classifiers/class/1"),
        ("DELETE", "/classifiers/class/1"),
        ("PUT", "/datasets_accepted/1"),
        ("DELETE", "/datasets_accepted/1"),
    ],
)
def test_changing_configuration_needs_rights(client: httpx2.Client, method: str, path: str) -> None:
    answer = client.request(method, path, json=CLASSIFIER | ACCEPTED, headers=NOBODY)
    assert answer.status_code == 401
    assert answer.json()["message"].startswith("User needs to be part of any of the following e-groups")


def test_the_classifiers_of_a_column_are_those_of_its_number(client: httpx2.Client) -> None:
    columns = [column for space in client.get("/workspaces/online").json() for column in space["columns_with_id"]]
    body = {"status": "GOOD", "priority": 1, "enabled": True, "classifier": {"==": [1, 1]}}
    made = add(client, "/classifiers/component", body | {"component": columns[0]["id"]})
    add(client, "/classifiers/component", body | {"component": columns[1]["id"]})
    found = client.get(f"/classifiers/component/filter_by_component/{columns[0]['id']}").json()
    assert made["id"] in {item["id"] for item in found}
    assert {item["component"] for item in found} == {columns[0]["id"]}


@pytest.mark.parametrize(
    ("path", "says"),
    [
        ("/classifiers/class/filter_by_component/1", "column ClassClassifier.component does not exist"),
        ("/classifiers/component/filter_by_component/dt", "invalid input syntax for type integer"),
        ("/classifiers/compnent/filter_by_component/1", "there are no classifiers of category 'compnent' (did you mean comp"),
    ],
)
def test_a_column_that_can_not_be_asked_for_is_named(client: httpx2.Client, path: str, says: str) -> None:
    assert refusal(client.get(path)).startswith(says)


def test_any_user_may_keep_a_rule_for_jsons(client: httpx2.Client) -> None:
    made = add(client, "/json_classifiers/json_classifier", {"name": "mine", "classifier": RULE}, OWNER)
    assert (made["created_by"], made["updated_by"]) == ("owner@example.org", None)
    assert [item["name"] for item in client.get("/classifiers/json_classifier").json()] == ["mine"]
    answer = client.post("/json_classifiers/json_classifier", json={"name": "x", "classifier": RULE})
    assert "email" in refusal(answer)


@pytest.mark.parametrize("category", ["class", "component", "dataset", "offline_dataset", "permission", "datasets_accepted"])
def test_no_other_family_can_be_changed_as_a_rule_for_jsons(client: httpx2.Client, category: str) -> None:
    before = {path: client.get(path).json() for path in ("/classifiers/class", "/datasets_accepted")}
    path, body = f"/json_classifiers/{category}", CLASSIFIER | ACCEPTED | {"egroup": "x", "routes": [".*"]}
    for answer in (
        client.post(path, json=body, headers=EXPERT),
        client.put(f"{path}/1", json=body, headers=EXPERT),
        client.delete(f"{path}/1", headers=EXPERT),
    ):
        assert refusal(answer).startswith(f"/json_classifiers holds json_classifier only, not '{category}'")
    assert {path: client.get(path).json() for path in before} == before


@pytest.mark.parametrize("egroups", ["zh", "not-cms-dqm-runregistry-experts,x", "cms-dqm-runregistry-experts-too"])
def test_somebody_else_can_not_change_a_rule_whatever_they_claim(client: httpx2.Client, egroups: str) -> None:
    made = add(client, "/json_classifiers/json_classifier", {"name": "mine", "classifier": RULE}, OWNER)
    path, thief = f"/json_classifiers/json_classifier/{made['id']}", {"email": "thief@example.org", "egroups": egroups}
    body = {"name": "stolen", "classifier": RULE, "created_by": "thief@example.org"}
    text = "this classifier you must be the creator (owner@example.org) or be part of cms-dqm-runregistry-experts e-group"
    assert refusal(client.put(path, json=body, headers=thief)) == f"To edit {text}"
    assert refusal(client.request("DELETE", path, json=body, headers=thief)) == f"To delete {text}"
    assert [item["name"] for item in client.get("/classifiers/json_classifier").json()] == ["mine"]


def test_an_owner_needs_no_egroups_and_stays_the_owner_after_an_expert_edited(client: httpx2.Client) -> None:
    path, owner = "/json_classifiers/json_classifier", {"email": OWNER["email"]}
    made = add(client, path, {"name": "mine", "classifier": RULE}, OWNER)
    second = client.put(f"{path}/{made['id']}", json={"name": "ours", "classifier": RULE}, headers=EXPERT).json()
    assert (second["created_by"], second["updated_by"]) == ("owner@example.org", "expert@example.org")
    third = client.put(f"{path}/{second['id']}", json={"name": "mine", "classifier": RULE}, headers=owner).json()
    assert client.delete(f"{path}/{third['id']}", headers=owner).json()["name"] == "mine"
    assert client.get("/classifiers/json_classifier").json() == []


@pytest.fixture(params=["sqlite", "postgresql"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    url = request.getfixturevalue("postgres_url") if request.param == "postgresql" else f"sqlite:///{tmp_path / 'registry.db'}"
    with Store(url) as opened:
        yield opened


def outcomes(actions: list[Callable[[], dict[str, Any]]]) -> list[dict[str, Any] | RunRegistryError]:
    """Do everything at once."""

    def outcome(action: Callable[[], dict[str, Any]]) -> dict[str, Any] | RunRegistryError:
        try:
            return action()
        except RunRegistryError as error:
            return error

    with ThreadPoolExecutor(len(actions)) as pool:
        return list(pool.map(outcome, actions))


def test_of_edits_at_the_same_time_one_wins_and_the_others_are_told(store: Store) -> None:
    rule = {"name": "mine", "classifier": RULE}
    number = add_item(store, "json_classifier", rule, "a@example.org")["id"]
    edits = [partial(edit_item, store, "json_classifier", number, rule, f"{i}@example.org") for i in range(6)]
    told = outcomes([*edits, partial(remove_item, store, "json_classifier", number, "b@example.org")])
    assert len([found for found in told if isinstance(found, dict)]) == 1
    assert {str(found) for found in told if isinstance(found, Exception)} <= {TWICE, UNKNOWN}


def test_of_items_that_are_added_at_the_same_time_none_is_lost(store: Store) -> None:
    add = partial(add_item, store, "json_classifier", {"name": "mine", "classifier": RULE}, "a@example.org")
    told = outcomes([add] * 8)
    assert sorted(found["id"] for found in told if isinstance(found, dict)) == list(range(1, 9))
    assert len(list_classifiers(store, "json_classifier")) == 8
