from __future__ import annotations

import copy
import json
from typing import Any

import pytest
from tests.unit.client.fakes import FakeRegistry, answer, dataset_row, run_row

import runregistry
from runregistry import runregistry as old
from runregistry.errors import APIError, FilterError, TooManyRunsError, TransportError

RUNS, DATASETS = "/runs_filtered_ordered", "/datasets_filtered_ordered"
COMPRESSED_RUN = {
    "oms_attributes": {"run_number": 1, "energy": 6800},
    "class": "Collisions24",
    "state": "OPEN",
    "lumisections": {"dt-dt": {"GOOD": 3, "EMPTY": 0}},
    "run_number": 1,
    "version": 2,
    "deleted": False,
}
COMPRESSED_DATASET = {
    "class": "Collisions24",
    "run_number": 1,
    "name": "online",
    "dataset_attributes": {"global_state": "OPEN"},
    "version": 1,
    "deleted": False,
    "lumisections": {"dt-dt": {"BAD": 1}},
}


def _filled(fake: FakeRegistry, runs: int) -> None:
    fake.runs = [run_row(number) for number in range(runs, 0, -1)]


def test_get_runs_returns_compressed_runs_with_keys_in_order(fake: FakeRegistry) -> None:
    _filled(fake, 1)
    (run,) = runregistry.get_runs()
    assert run == COMPRESSED_RUN
    assert list(run) == list(COMPRESSED_RUN)


def test_get_runs_returns_runs_as_they_are_if_told_so(fake: FakeRegistry) -> None:
    _filled(fake, 120)
    assert runregistry.get_runs(compress_attributes=False) == fake.runs


def test_get_datasets_returns_compressed_datasets(fake: FakeRegistry) -> None:
    fake.datasets = [dataset_row(1, "online")]
    (dataset,) = runregistry.get_datasets()
    assert dataset == COMPRESSED_DATASET
    assert list(dataset) == list(COMPRESSED_DATASET)
    assert runregistry.get_datasets(compress_attributes=False) == fake.datasets


def test_the_question_is_that_of_the_official_client(fake: FakeRegistry) -> None:
    runregistry.get_runs(filter={"run_number": {"or": [1, 2]}, "dt-dt": "good"})
    wire = {"run_number": {"or": [{"=": 1}, {"=": 2}]}, "triplet_summary.dt-dt.GOOD": {">": 0}}
    assert fake.bodies(RUNS) == [{"page": 0, "filter": wire, "page_size": 50, "sortings": []}]


def test_page_size_and_sortings_are_sent(fake: FakeRegistry) -> None:
    _filled(fake, 30)
    runregistry.get_runs(page_size=7, sortings=[["run_number", "DESC"]], whatever="ignored")
    assert len(fake.asked) == 5
    assert {body["page_size"] for body in fake.bodies(RUNS)} == {7}
    assert fake.bodies(RUNS)[0]["sortings"] == [["run_number", "DESC"]]


def test_the_page_size_of_the_module_is_used(fake: FakeRegistry) -> None:
    _filled(fake, 30)
    old.PAGE_SIZE = 10
    runregistry.get_runs()
    assert len(fake.asked) == 3


def test_a_filter_can_be_sent_as_it_is(fake: FakeRegistry) -> None:
    wire = {"and": [{"run_number": {"and": [{">": 1}]}}], "name": {"<>": "online"}}
    runregistry.get_datasets(filter=wire, ignore_filter_transformation=True)
    assert fake.bodies(DATASETS)[0]["filter"] == wire


@pytest.mark.parametrize("call", ["get_runs", "get_datasets"])
def test_the_callers_filter_is_not_changed(fake: FakeRegistry, call: str) -> None:
    mine = {"run_number": {"or": [1, 2]}, "class": "x", "dt-dt": "good"}
    before = copy.deepcopy(mine)
    getattr(runregistry, call)(filter=mine)
    assert mine == before


def test_get_run_returns_one_run(fake: FakeRegistry) -> None:
    _filled(fake, 1)
    assert runregistry.get_run(1) == runregistry.get_run(run_number=1) == COMPRESSED_RUN
    assert runregistry.get_run(1, compress_attributes=False) == fake.runs[0]
    assert fake.bodies(RUNS)[0]["filter"] == {"run_number": {"=": 1}}


def test_a_run_or_dataset_that_is_not_there_is_empty(fake: FakeRegistry) -> None:
    assert runregistry.get_run(420420420) == {}
    assert runregistry.get_dataset(420420420, "/no/such/thing") == {}


def test_more_runs_than_one_for_a_number_are_an_error(fake: FakeRegistry) -> None:
    _filled(fake, 2)
    with pytest.raises(Exception, match=r"^Unexpected number of results returned for run 1 \(2\), was expecting exactly 1$"):
        runregistry.get_run(1)


def test_get_dataset_asks_with_bare_values(fake: FakeRegistry) -> None:
    fake.datasets = [dataset_row(1, "online")]
    assert runregistry.get_dataset(1) == COMPRESSED_DATASET
    assert fake.bodies(DATASETS)[0]["filter"] == {"run_number": 1, "name": "online"}


def test_more_rows_than_the_limit_are_cut_with_an_alert(fake: FakeRegistry, capsys: pytest.CaptureFixture[str]) -> None:
    _filled(fake, 120)
    assert [run["run_number"] for run in runregistry.get_runs(limit=3)] == [120, 119, 118]
    assert capsys.readouterr().out.startswith("ALERT: 120 runs match, more runs than the limit(3)")
    fake.datasets = [dataset_row(1, str(number)) for number in range(120)]
    assert len(runregistry.get_datasets(limit=70)) == 70
    assert capsys.readouterr().out.startswith("ALERT: 120 datasets match, more datasets than the limit(70)")


def test_nothing_is_printed_about_a_list_within_the_limit(fake: FakeRegistry, capsys: pytest.CaptureFixture[str]) -> None:
    _filled(fake, 120)
    runregistry.get_runs(limit=120)
    assert capsys.readouterr().out == ""


def _many(fake: FakeRegistry, path: str, rows: str, count: int) -> None:
    fake.script[path] = [answer(200, {rows: [], "pages": 1, "count": count})]


@pytest.mark.parametrize(("call", "path", "rows"), [("get_runs", RUNS, "runs"), ("get_datasets", DATASETS, "datasets")])
def test_a_long_list_is_warned_of(
    fake: FakeRegistry, capsys: pytest.CaptureFixture[str], call: str, path: str, rows: str
) -> None:
    _many(fake, path, rows, 10_001)
    getattr(runregistry, call)(limit=0)
    alert, warning = capsys.readouterr().out.splitlines()
    assert alert.startswith("ALERT:")
    assert warning.startswith(f"WARNING: fetching more than 10,000 {rows}")


@pytest.mark.parametrize(("call", "path", "rows"), [("get_runs", RUNS, "runs"), ("get_datasets", DATASETS, "datasets")])
def test_a_very_long_list_needs_a_filter_if_an_empty_one(fake: FakeRegistry, call: str, path: str, rows: str) -> None:
    _many(fake, path, rows, 20_001)
    with pytest.raises(TooManyRunsError, match="must pass a filter"):
        getattr(runregistry, call)()
    assert getattr(runregistry, call)(limit=0, filter={}) == []


def test_a_question_that_is_refused_is_a_value_error_with_its_text(fake: FakeRegistry) -> None:
    fake.script[RUNS] = [answer(500, {"err": "column Run.foo does not exist"})]
    with pytest.raises(ValueError, match=r"^column Run\.foo does not exist$") as caught:
        runregistry.get_runs(filter={"foo": 1}, ignore_filter_transformation=True)
    assert isinstance(caught.value, APIError)


@pytest.mark.parametrize("condition", [True, None, {"=": True}, {"<>": "BAD"}, {"like": "%noise%"}])
def test_a_condition_that_never_had_an_effect_has_none_and_is_warned_of(fake: FakeRegistry, condition: Any) -> None:
    asked = {"class": "x", "tracker-strip": condition, "dt-dt": "GOOD"}
    with pytest.warns(UserWarning, match="the condition 'tracker-strip': .* has no effect"):
        runregistry.get_runs(filter=asked)
    assert fake.bodies(RUNS)[0]["filter"] == {"rr_attributes.class": {"=": "x"}, "triplet_summary.dt-dt.GOOD": {">": 0}}
    assert list(asked) == ["class", "tracker-strip", "dt-dt"]


def test_a_dataset_is_asked_for_by_status_only() -> None:
    with pytest.raises(FilterError, match="status must be either GOOD"):
        runregistry.get_datasets(filter={"tracker-strip": True})


def test_a_transformation_of_ones_own_is_used(fake: FakeRegistry, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(old, "transform_to_rr_run_filter", lambda run_filter: {"mine": run_filter})
    runregistry.get_runs(filter={"a": 1})
    assert fake.bodies(RUNS)[0]["filter"] == {"mine": {"a": 1}}


def test_an_unknown_attribute_is_an_exception_with_the_old_text(fake: FakeRegistry) -> None:
    with pytest.raises(FilterError, match="filter attribute foo not found"):
        runregistry.get_runs(filter={"foo": 1})


LUMISECTIONS = [
    ("get_lumisections", "rr_lumisections"),
    ("get_oms_lumisections", "oms_lumisections"),
    ("get_lumisection_ranges", "rr_lumisection_ranges"),
    ("get_lumisection_ranges_by_component", "rr_lumisection_ranges_by_component"),
    ("get_joint_lumisection_ranges", "joint_lumisection_ranges"),
]


@pytest.mark.parametrize(("call", "endpoint"), LUMISECTIONS)
def test_lumisections_are_asked_for_by_run_and_dataset(fake: FakeRegistry, call: str, endpoint: str) -> None:
    path = f"/lumisections/{endpoint}"
    fake.script[path] = [answer(200, [{"start": 1}])]
    assert getattr(runregistry, call)(327743, "/a/b", anything="ignored") == [{"start": 1}]
    getattr(runregistry, call)(run_number=327743)
    assert fake.bodies(path) == [
        {"run_number": 327743, "dataset_name": "/a/b"},
        {"run_number": 327743, "dataset_name": "online"},
    ]


def test_oms_ranges_are_always_those_of_the_run(fake: FakeRegistry) -> None:
    path = "/lumisections/oms_lumisection_ranges"
    fake.script[path] = [answer(200, [])]
    assert runregistry.get_oms_lumisection_ranges(1, dataset_name="/a/b") == []
    assert fake.bodies(path) == [{"run_number": 1, "dataset_name": "online"}]


@pytest.mark.parametrize(
    ("call", "arguments", "path"),
    [
        ("get_dataset_names_of_run", (7,), "/get_all_dataset_names_of_run/7"),
        ("get_cycles", (), "/cycles/global"),
        ("get_datasets_accepted", (), "/datasets_accepted"),
    ],
)
def test_the_other_reads_are_simple(fake: FakeRegistry, call: str, arguments: tuple[Any, ...], path: str) -> None:
    fake.script[path] = [answer(200, ["found"])]
    assert getattr(runregistry, call)(*arguments) == ["found"]
    assert fake.asked[0].method == "GET"


@pytest.mark.parametrize(
    ("call", "arguments", "path"),
    [("get_lumisections", (1,), "/lumisections/rr_lumisections"), ("get_cycles", (), "/cycles/global")],
)
def test_any_read_that_is_refused_is_a_value_error(fake: FakeRegistry, call: str, arguments: tuple[Any, ...], path: str) -> None:
    fake.script[path] = [answer(500, {"err": "database is down"})]
    with pytest.raises(ValueError, match=r"^database is down$"):
        getattr(runregistry, call)(*arguments)


def test_url_and_filter_are_printed_for_a_local_registry(fake: FakeRegistry, capsys: pytest.CaptureFixture[str]) -> None:
    _filled(fake, 120)
    fake.script["/cycles/global"] = [answer(200, [])]
    old.target_name = "local"
    runregistry.get_runs(filter={"class": "x"})
    runregistry.get_cycles()
    lines = [f"{old.api_url}{RUNS}", str({"rr_attributes.class": {"=": "x"}}), f"{old.api_url}/cycles/global"]
    assert capsys.readouterr().out.splitlines() == lines


def test_a_registry_that_is_not_there_is_a_transport_error(unused_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("time.sleep", lambda pause: None)
    runregistry.setup(unused_url)
    with pytest.raises(TransportError, match="no answer to GET"):
        runregistry.get_cycles()


@pytest.fixture
def unused_url() -> str:
    registry = FakeRegistry()
    with registry.on_a_socket() as url:
        pass
    return url


def test_a_timeout_of_the_module_counts(fake: FakeRegistry) -> None:
    import time

    fake.script["/cycles/global"] = [lambda request: time.sleep(0.2) or answer(200, [])]
    old.REQUESTS_TIMEOUT = 0.05
    with pytest.raises(TransportError, match=r"limit 0\.05 s"):
        runregistry.get_cycles()
    time.sleep(0.2)


@pytest.mark.parametrize("timeout", [None, (5, 60), 5])
def test_a_timeout_may_be_all_that_requests_takes(fake: FakeRegistry, timeout: Any) -> None:
    fake.script["/cycles/global"] = [answer(200, [])]
    old.REQUESTS_TIMEOUT = timeout
    assert runregistry.get_cycles() == []


def test_a_sign_in_page_is_a_value_error_as_a_decoder_would_have_raised(fake: FakeRegistry) -> None:
    fake.script["/cycles/global"] = [answer(302, None, location="https://auth.cern.ch/x")]
    with pytest.raises(ValueError, match=r"to sign in"):
        runregistry.get_cycles()


GENERATE, LOOK = "/json_portal/generate", "/json_portal/json"


def test_create_json_prints_how_far_it_is_and_returns_the_json(fake: FakeRegistry, capsys: pytest.CaptureFixture[str]) -> None:
    fake.script[GENERATE] = [answer(200, {"id": "1987"})]
    waits = [answer(203), answer(203), answer(202, {"progress": 0.42}), answer(202, {"progress": 0.42})]
    fake.script[LOOK] = [*waits, answer(200, {"final_json": {"generated_json": {}}})]
    final = runregistry.create_json(json_logic={"==": [1, 1]}, dataset_name_filter="/a/%", tags="ignored")
    assert final == {"generated_json": {}}
    assert json.loads(fake.bodies(GENERATE)[0]["json_logic"]) == {"==": [1, 1]}
    assert capsys.readouterr().out.splitlines() == [
        "json process is submitted and pending, please wait...",
        "progress creating json: 0.42",
    ]


def test_create_json_fails_with_status_and_text(fake: FakeRegistry) -> None:
    fake.script[GENERATE] = [answer(200, {"id": "1987"})]
    fake.script[LOOK] = [answer(500, {"err": "boom"})]
    with pytest.raises(Exception, match=r'^Error 500 during JSON creation: \{"err":"boom"\}$'):
        runregistry.create_json({"==": [1, 1]}, "/a/%")


def test_create_json_that_is_refused_is_a_value_error(fake: FakeRegistry) -> None:
    fake.script[GENERATE] = [answer(500, {"err": "Empty json logic sent"})]
    with pytest.raises(ValueError, match=r"^Empty json logic sent$"):
        runregistry.create_json({}, "/a/%")


def test_generate_json_returns_the_lumisections(fake: FakeRegistry) -> None:
    fake.script["/json_creation/generate"] = [answer(200, {"final_json": {"1": [[1, 2]]}})]
    assert runregistry.generate_json('{"==": [1, 1]}') == {"1": [[1, 2]]}
    assert fake.bodies("/json_creation/generate") == [{"json_logic": '{"==": [1, 1]}'}]
