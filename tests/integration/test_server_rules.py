"""Rules evaluated at once, what is behind a JSON, and the edit of OMS flags."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx2
import pytest
from tests.integration.registry import AUTOMATIC, BAD, EXPERT, GOOD, NOBODY, create_run, registry_client
from tests.integration.test_server_portal import registry_of

from runregistry.logic import parse_rule

PROMPT, RERECO, HIDDEN = "/PromptReco/Collisions22/DQM", "/ReReco-v2/Collisions22-UL/DQM", "/Hidden/Collisions22/DQM"
KEY = f"355100-{PROMPT}"
GOOD_DT = {"==": [{"var": "lumisection.rr.dt-dt"}, "GOOD"]}
ACTIVE = {"==": [{"var": "lumisection.oms.cms_active"}, True]}
NO_COMMENT = "No comment present when editing OMS lumisections, comment MUST be present when editing OMS lumisections"
IS_PROMPT = {"==": [{"var": "dataset.name"}, PROMPT]}


@contextmanager
def two_runs() -> Iterator[httpx2.Client]:
    """Two runs of ten lumisections: dt is bad in 4-5, CMS is not active in 9-10; luminosity is there in 1-8."""
    with registry_client() as client:
        store = registry_of(client).store
        with store.write("auto@auto", "two runs") as writer:
            for run_number, state in ((355100, "OPEN"), (355101, "COMPLETED")):
                writer.add_run_event(run_number, oms={"energy": 6799}, rr={"class": "Collisions22", "state": state})
                for name in ("online", PROMPT, RERECO, HIDDEN):
                    writer.add_dataset_event(run_number, name, {"global_state": state}, deleted=name == HIDDEN)
                    writer.add_rr_changes(run_number, name, [(1, 10, {"dt-dt": GOOD}), (4, 5, {"dt-dt": BAD})])
                light = {"recorded": 0.5, "delivered": "0.75"}
                dark = {"cms_active": False, "recorded": -1, "delivered": 0.25}
                writer.add_oms_changes(run_number, "online", [(1, 8, {"cms_active": True} | light), (9, 10, dark)])
        yield client


@pytest.fixture(scope="module")
def client() -> Iterator[httpx2.Client]:
    """For tests that change nothing."""
    with two_runs() as client:
        yield client


@pytest.fixture
def fresh() -> Iterator[httpx2.Client]:
    with two_runs() as client:
        yield client


def ask(client: httpx2.Client, path: str, body: dict[str, Any]) -> Any:
    answer = client.post(path, json=body)
    assert answer.status_code == 200, answer.text
    return answer.json()


def refusal(answer: httpx2.Response) -> str:
    assert 400 <= answer.status_code < 500, answer.text
    return str(answer.json()["err"])


def generate(client: httpx2.Client, *rules: Any) -> Any:
    return ask(client, "/json_creation/generate", {"json_logic": json.dumps({"and": list(rules)})})


# What is behind a JSON


def test_the_data_of_a_json_are_the_documents_that_rules_see(client: httpx2.Client) -> None:
    answer = ask(client, "/lumisections/get_data_of_json", {"json": {KEY: [[4, 4], [9, 9]]}})
    common = {
        "dataset": {"global_state": "OPEN", "name": PROMPT},
        "run": {"oms": {"energy": 6799}, "rr": {"class": "Collisions22", "state": "OPEN"}, "run_number": 355100},
    }
    oms = {"4": {"cms_active": True, "recorded": 0.5, "delivered": "0.75"}}
    oms["9"] = {"cms_active": False, "recorded": -1, "delivered": 0.25}
    assert answer["json_with_data"] == {
        KEY: {
            number: common | {"lumisection": {"lumisection_number": int(number), "oms": oms[number], "rr": {"dt-dt": status}}}
            for number, status in (("4", "BAD"), ("9", "GOOD"))
        }
    }
    assert (answer["total_recorded_luminosity"], answer["total_delivered_luminosity"]) == (0.5, 1.0)


def test_lumisections_and_datasets_that_are_not_there_are_left_out(client: httpx2.Client) -> None:
    wanted = {KEY: [[8, 4_000_000_000], [9, 12]], f"1-{PROMPT}": [[1, 2]], "355100-/none": [[1, 2]], "355101-online": [[11, 12]]}
    answer = ask(client, "/lumisections/get_data_of_json", {"json": wanted})
    assert {key: list(numbers) for key, numbers in answer["json_with_data"].items()} == {KEY: ["8", "9", "10"]}
    assert ask(client, "/lumisections/get_data_of_json", {"json": {}}) == {
        "json_with_data": {},
        "total_recorded_luminosity": 0,
        "total_delivered_luminosity": 0,
    }


def test_hidden_datasets_have_data_and_a_name_may_hold_more_dashes(client: httpx2.Client) -> None:
    keys = [f"355100-{RERECO}", f"355101-{HIDDEN}"]
    answer = ask(client, "/lumisections/get_data_of_json", {"json": {key: [[1, 1]] for key in keys}})
    assert list(answer["json_with_data"]) == keys
    body = {"json_with_dataset_names": {keys[0]: [[1, 3], [9, 9]], keys[1]: [[2, 2], [1, 2]], "1-x": [[1, 1]]}}
    luminosity = ask(client, "/lumisections/get_luminosity_of_json_with_dataset_names", body)
    assert luminosity == {keys[0]: 1.5, keys[1]: 1.0, "1-x": 0.0}


@pytest.mark.parametrize(
    ("path", "name"), [("get_data_of_json", "json"), ("get_luminosity_of_json_with_dataset_names", "json_with_dataset_names")]
)
@pytest.mark.parametrize(
    ("value", "says"),
    [
        (None, "{name} must be an object"),
        ([[1, 2]], "{name} must be an object"),
        ({"355100": [[1, 2]]}, "Every entry in the json must include the respective dataset name, as in '316701-/PromptReco"),
        ({"abc-online": [[1, 2]]}, 'invalid input syntax for type integer: "abc"'),
        ({"355100-online": [[2, 1]]}, "Run 355100-online"),
        ({"355100-online": [[0, 1]]}, "Run 355100-online"),
        ({"355100-online": "all"}, "Run 355100-online"),
    ],
)
def test_a_json_that_is_none_is_refused(client: httpx2.Client, path: str, name: str, value: Any, says: str) -> None:
    body = {} if value is None else {name: value}
    assert refusal(client.post(f"/lumisections/{path}", json=body)).lower().startswith(says.format(name=name).lower())


# The old way of making JSONs


def test_a_json_made_at_once_says_which_dataset_passed(client: httpx2.Client) -> None:
    ranges = [[1, 3], [6, 8]]
    assert generate(client, IS_PROMPT, GOOD_DT, ACTIVE) == {
        "final_json": {"355100": ranges, "355101": ranges},
        "dataset_in_run_in_json": {"355100": PROMPT, "355101": PROMPT},
        "final_json_with_dataset_names": {KEY: ranges, f"355101-{PROMPT}": ranges},
    }


def test_or_is_an_or_and_other_operators_work(client: httpx2.Client) -> None:
    either = {"or": [{"!": ACTIVE}, {"!=": [{"var": "lumisection.rr.dt-dt"}, "GOOD"]}]}
    run = {"in": [{"var": "run.run_number"}, [355101, 7]]}
    assert generate(client, IS_PROMPT, run, either)["final_json"] == {"355101": [[4, 5], [9, 10]]}


@pytest.mark.parametrize(
    "condition",
    [
        {"==": [{"var": "dataset.dataset_attributes.global_state"}, "OPEN"]},
        {"==": [{"var": "Dataset.Dataset_Attributes.GLOBAL_STATE"}, "OPEN"]},
        {"==": [{"var": "dataset.run_number"}, 355100]},
        {"<": [{"var": ["RUN.run_number"]}, 355101]},
        {"==": [{"var": "run.rr.State"}, "OPEN"]},
    ],
)
def test_variables_may_be_called_as_of_old(client: httpx2.Client, condition: Any) -> None:
    assert generate(client, IS_PROMPT, condition)["final_json"] == {"355100": [[1, 10]]}


def test_without_a_condition_on_lumisections_all_of_them_pass(client: httpx2.Client) -> None:
    assert generate(client, IS_PROMPT)["final_json"] == {"355100": [[1, 10]], "355101": [[1, 10]]}


def test_nothing_passes_and_hidden_datasets_never_do(client: httpx2.Client) -> None:
    empty = {"final_json": {}, "dataset_in_run_in_json": {}, "final_json_with_dataset_names": {}}
    assert generate(client, {"==": [{"var": "dataset.name"}, HIDDEN]}) == empty
    assert generate(client, IS_PROMPT, {"==": [{"var": "run.rr.class"}, "Cosmics22"]}) == empty


def test_two_datasets_of_a_run_are_refused_in_the_words_of_the_service(client: httpx2.Client) -> None:
    answer = client.post("/json_creation/generate", json={"json_logic": json.dumps(GOOD_DT)})
    assert refusal(answer) == (
        "There exists mutliple datasets for that json logic filter. please include a filter that accepts only 1 dataset per run"
    )


def test_a_json_made_at_once_is_what_the_rule_says_of_each_document(client: httpx2.Client) -> None:
    rule = {"and": [IS_PROMPT, {"or": [GOOD_DT, {"<": [{"var": "lumisection.lumisection_number"}, 5]}]}, ACTIVE]}
    found = generate(client, rule)["final_json_with_dataset_names"]
    keys = [f"{run}-{name}" for run in (355100, 355101) for name in ("online", PROMPT, RERECO)]
    everything = ask(client, "/lumisections/get_data_of_json", {"json": {key: [[1, 10]] for key in keys}})["json_with_data"]
    parsed = parse_rule(rule)
    expected = {key: [int(n) for n, document in data.items() if parsed.is_true(document)] for key, data in everything.items()}
    passed = {key: [n for first, last in ranges for n in range(first, last + 1)] for key, ranges in found.items()}
    assert passed == {key: numbers for key, numbers in expected.items() if numbers}


@pytest.mark.parametrize(
    ("logic", "says"),
    [
        (None, "json_logic is missing"),
        ("{", "json_logic is not JSON"),
        ('{"=>": [1, 2]}', "Unrecognized operation =>"),
        ('{"!": {"var": "lumisecton.rr.dt-dt"}}', "variable lumisecton.rr.dt-dt is not known (did you mean lumisection?)"),
        ("'; DROP TABLE run; --", "json_logic is not JSON"),
        ('{"==": [{"var": "run.oms.energy\' OR 1=1 --"}, 1]}', None),
    ],
)
def test_a_rule_that_can_not_be_used_is_refused(client: httpx2.Client, logic: Any, says: str | None) -> None:
    answer = client.post("/json_creation/generate", json={} if logic is None else {"json_logic": logic})
    if says is None:
        assert answer.json()["final_json"] == {}
    else:
        assert refusal(answer).startswith(says)


# What a golden JSON loses


def compare(client: httpx2.Client, golden: list[Any], denominator: list[Any]) -> httpx2.Response:
    rules = {"golden_logic": json.dumps({"and": golden}), "denominator_logic": json.dumps({"and": denominator})}
    return client.post("/visualization/generate", json=rules)


def test_what_a_golden_json_loses_is_told_rule_by_rule(client: httpx2.Client) -> None:
    good_dt, active = (json.dumps(rule, separators=(",", ":")) for rule in (GOOD_DT, ACTIVE))
    # 4-5 of both runs for dt, with luminosity; 9-10 for the flag, without.
    assert compare(client, [IS_PROMPT, GOOD_DT, ACTIVE], [IS_PROMPT]).json() == {
        "recorded_luminosity_lost": 2.0,
        "delivered_luminosity_lost": 4.0,
        "rules_flagged_false_quantity": {good_dt: 4},
        "rules_flagged_false_combination": {f"[{good_dt}]": 4},
        "rules_flagged_false_quantity_luminosity": {good_dt: 2.0},
        "rules_flagged_false_combination_luminosity": {f"[{good_dt}]": 2.0},
    }
    late = {">": [{"var": "lumisection.lumisection_number"}, 4]}
    told = compare(client, [IS_PROMPT, GOOD_DT, late], [IS_PROMPT, ACTIVE, {"==": [{"var": "run.run_number"}, 355100]}])
    assert refusal(told) == "The denominator must be a subset of the excluded ranges"
    told = compare(client, [IS_PROMPT, GOOD_DT, late, ACTIVE], [IS_PROMPT, ACTIVE, {"==": [{"var": "run.run_number"}, 355100]}])
    after = json.dumps(late, separators=(",", ":"))
    assert told.json()["rules_flagged_false_quantity"] == {after: 4, good_dt: 2}
    assert told.json()["rules_flagged_false_combination"] == {f"[{after}]": 3, f"[{good_dt},{after}]": 1, f"[{good_dt}]": 1}
    assert active not in told.json()["rules_flagged_false_quantity"]


def test_a_golden_json_that_is_its_denominator_loses_nothing(client: httpx2.Client) -> None:
    told = compare(client, [IS_PROMPT], [IS_PROMPT]).json()
    assert (told["recorded_luminosity_lost"], told["rules_flagged_false_quantity"]) == (0, {})
    assert compare(client, [IS_PROMPT], [{"==": [{"var": "dataset.name"}, "/none"]}]).json()["delivered_luminosity_lost"] == 0


def test_rules_that_can_not_be_compared_are_refused(client: httpx2.Client) -> None:
    assert "mutliple datasets" in refusal(compare(client, [IS_PROMPT], [GOOD_DT]))
    assert refusal(client.post("/visualization/generate", json={"golden_logic": "{}"})).startswith("denominator_logic is missing")


# The edit of OMS flags


def edit_oms(client: httpx2.Client, headers: dict[str, str] = EXPERT, **more: Any) -> httpx2.Response:
    body = {"run_number": 355100, "dataset_name": PROMPT, "component": "dtp_ready"}
    body |= {key: more.pop(key) for key in tuple(body) if key in more}
    change = {"start": 2, "end": 3, "status": "true", "comment": "DCS bit was wrong"} | more
    return client.put("/lumisections/edit_oms_lumisections", json=body | {"new_lumisection_range": change}, headers=headers)


def flags(client: httpx2.Client, component: str, name: str = PROMPT) -> list[Any]:
    rows = ask(client, "/lumisections/oms_lumisections", {"run_number": 355100, "dataset_name": name})
    return [row.get(component) for row in rows]


def events(client: httpx2.Client) -> int:
    store = registry_of(client).store
    with store.reading() as connection:
        return store.event_number(connection)


def test_an_oms_flag_is_set_over_a_range_and_remembered(fresh: httpx2.Client) -> None:
    answer = edit_oms(fresh).json()
    assert answer.keys() == {"run_number", "name", "lumisection_metadata_id", "version"}
    assert flags(fresh, "dtp_ready") == [None, True, True, *[None] * 7]
    assert flags(fresh, "dtp_ready", "online") == [None] * 10
    key = {"run_number": 355100, "dataset_name": PROMPT}
    newest = ask(fresh, "/lumisections/get_oms_lumisection_history", key)[-1]
    assert (newest["version"], newest["start"], newest["end"], newest["jsonb"]) == (answer["version"], 2, 3, {"dtp_ready": True})
    assert (newest["by"], newest["comment"]) == (
        "expert@example.org",
        f"Edit run 355100 dataset {PROMPT} component dtp_ready OMS lumisection ranges,"
        " user comment: 'DCS bit was wrong', range [2,3]",
    )


@pytest.mark.parametrize("status", [False, "false"])
def test_an_oms_flag_can_be_set_to_false(fresh: httpx2.Client, status: object) -> None:
    assert edit_oms(fresh, component="cms_active", status=status, start=1, end=4).status_code == 200
    assert flags(fresh, "cms_active") == [False] * 4 + [True] * 4 + [False] * 2
    summary = ask(fresh, "/datasets/get_dataset", {"run_number": 355100, "dataset_name": PROMPT})["DatasetTripletCache"]
    assert summary["dcs_summary"]["cms_active"] == {"TRUE": 4, "FALSE": 6, "NULL": 0, "EMPTY": 0}


def test_an_edit_of_the_online_flags_is_seen_in_every_dataset_and_later_values_replace_it(fresh: httpx2.Client) -> None:
    assert edit_oms(fresh, dataset_name="online", component="cms_active", status=False, start=1, end=1).status_code == 200
    assert flags(fresh, "cms_active", RERECO)[0] is False
    with registry_of(fresh).store.write("auto@auto", "OMS says") as writer:
        writer.add_oms_changes(355100, "online", [(1, 1, {"cms_active": True})])
    assert flags(fresh, "cms_active", RERECO)[0] is True


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"status": "maybe"}, "DCS Bits can only be true or false"),
        ({"status": None}, "DCS Bits can only be true or false"),
        ({"status": 1}, "DCS Bits can only be true or false"),
        ({"status": ["true"]}, "DCS Bits can only be true or false"),
        ({"comment": "ab"}, NO_COMMENT),
        ({"comment": None}, NO_COMMENT),
        ({"run_number": 1, "dataset_name": "online"}, "Run not found"),
        ({"run_number": 355101, "dataset_name": "online"}, "Run must be in state OPEN to be edited"),
        ({"start": 3, "end": 2}, "PREFIXStart Lumisection must be less than end lumisection"),
        ({"start": 0}, "PREFIXthe range 0-3 is not within the lumisections of the dataset, 1-10"),
        ({"end": 11}, "PREFIXthe range 2-11 is not within the lumisections of the dataset, 1-10"),
        ({"end": None}, "PREFIXend must be a whole number, not None"),
        ({"component": "dtp_redy"}, "PREFIXdtp_redy is no OMS flag that can be edited (did you mean dtp_ready"),
        ({"component": "recorded"}, "PREFIXrecorded is no OMS flag that can be edited"),
        ({"component": ""}, "component must be a text"),
    ],
)
def test_an_oms_edit_that_can_not_work_is_refused_and_stores_nothing(
    client: httpx2.Client, change: dict[str, Any], says: str
) -> None:
    before = events(client)
    prefix = f"Error updating oms lumisections of {PROMPT} dataset, run number: 355100: "
    assert refusal(edit_oms(client, **change)).startswith(says.replace("PREFIX", prefix))
    assert events(client) == before


def test_an_oms_edit_needs_a_dataset_that_exists(client: httpx2.Client) -> None:
    name = "/PromptReco/Collisions22/DQN"
    text = refusal(edit_oms(client, dataset_name=name))
    prefix = f"Error updating oms lumisections of {name} dataset, run number: 355100: "
    assert text.startswith(f"{prefix}Dataset {name} of run 355100 not found")
    assert "did you mean /PromptReco/Collisions22/DQM" in text
    answer = client.put("/lumisections/edit_oms_lumisections", json={"run_number": 355100}, headers=EXPERT)
    assert refusal(answer).startswith("new_lumisection_range must be an object")


def test_an_oms_edit_needs_rights(client: httpx2.Client) -> None:
    assert edit_oms(client, NOBODY).status_code == 401
    assert flags(client, "dtp_ready") == [None] * 10


def test_an_oms_edit_of_a_run_that_was_created_through_http(fresh: httpx2.Client) -> None:
    create_run(fresh, 355102)
    assert edit_oms(fresh, AUTOMATIC, run_number=355102, dataset_name="online", component="cms_active").status_code == 200
