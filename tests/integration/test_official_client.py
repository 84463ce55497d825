"""The official client, release 3.1.2, on our registry: the same calls through it and through our client have the same answers.

Each call by itself; whole scripts, and release 1.1.0, are in `tests/compat/test_scripts.py`.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from tests.conformance.comparing import differences
from tests.official_clients import NEWEST, environment, python_of_release

from runregistry import Client, testing
from runregistry.server import load_files

RUNNER = Path(__file__).with_name("official_runner.py")
RUN = 315512
OFFLINE = "/PromptReco/Collisions2018A/DQM"
RULE = {
    "and": [
        {"==": [{"var": "dataset.name"}, "online"]},
        {">": [{"var": "run.oms.ls_duration"}, 200]},
        {"==": [{"var": "lumisection.rr.tracker-strip"}, "GOOD"]},
        {"==": [{"var": "lumisection.oms.cms_active"}, True]},
    ]
}
SOME_RUNS = {"run_number": {"and": [{">": 314000}, {"<": 316000}]}, "tracker-strip": "GOOD"}
READS: dict[str, tuple[str, dict[str, Any]]] = {
    "a run": ("get_run", {"run_number": RUN}),
    "a run that is not there": ("get_run", {"run_number": 1}),
    "all runs": ("get_runs", {"filter": {}}),
    "runs by a filter": ("get_runs", {"filter": SOME_RUNS}),
    "runs by a list of numbers": ("get_runs", {"filter": {"run_number": {"or": [RUN, 315510]}}}),
    "runs as on the wire": ("get_runs", {"compress_attributes": False, "filter": {"class": {"like": "%18"}}}),
    "runs page by page": ("get_runs", {"page_size": 1, "filter": {}}),
    "runs in another order": ("get_runs", {"sortings": [["run_number", "ASC"]], "filter": {}}),
    "runs up to a limit": ("get_runs", {"limit": 2, "page_size": 1, "filter": {}}),
    "runs by a filter of the web page": (
        "get_runs",
        {"ignore_filter_transformation": True, "filter": {"triplet_summary.tracker-strip.GOOD": {">": 0}}},
    ),
    "a dataset": ("get_dataset", {"run_number": RUN}),
    "a dataset that is not there": ("get_dataset", {"run_number": RUN, "dataset_name": "/No/Such/DQM"}),
    "datasets": ("get_datasets", {"filter": {"run_number": RUN}}),
    "datasets as on the wire": ("get_datasets", {"compress_attributes": False, "filter": {"dataset_name": {"like": "%2018%"}}}),
    "names of datasets": ("get_dataset_names_of_run", {"run_number": RUN}),
    "lumisections": ("get_lumisections", {"run_number": RUN}),
    "lumisections of a dataset": ("get_lumisections", {"run_number": RUN, "dataset_name": OFFLINE}),
    "lumisections of OMS": ("get_oms_lumisections", {"run_number": RUN}),
    "ranges": ("get_lumisection_ranges", {"run_number": RUN, "dataset_name": "online"}),
    "ranges by component": ("get_lumisection_ranges_by_component", {"run_number": RUN}),
    "ranges of OMS": ("get_oms_lumisection_ranges", {"run_number": RUN}),
    "joint ranges": ("get_joint_lumisection_ranges", {"run_number": RUN}),
    "cycles": ("get_cycles", {}),
    "accepted datasets": ("get_datasets_accepted", {}),
}
# What must hold something, so that two empty answers do not pass for agreement.
EMPTY = {"a run that is not there", "a dataset that is not there", "cycles"}
MISTAKES: dict[str, tuple[str, dict[str, Any]]] = {
    "an attribute that there is not": ("get_runs", {"filter": {"tracker-stirp": "GOOD"}}),
    "a status that there is not": ("get_runs", {"filter": {"dt-dt": "GOOOD"}}),
    "a filter that the registry refuses": (
        "get_runs",
        {"ignore_filter_transformation": True, "filter": {"run_number": {"~": 1}}},
    ),
    "no run to move": ("move_runs", {"from_": "OPEN", "to_": "SIGNOFF"}),
    "a state that there is not": ("move_runs", {"from_": "OPEN", "to_": "CLOSED", "run": RUN}),
}
# In this order, each on what the one before left.
CHANGES: dict[str, tuple[str, dict[str, Any]]] = {
    "edit": (
        "edit_rr_lumisections",
        {
            "run": RUN,
            "lumi_start": 10,
            "lumi_end": 20,
            "component": "dt-dt",
            "status": "BAD",
            "comment": "HV trip",
            "cause": "HV",
        },
    ),
    "class": ("change_run_class", {"run_numbers": [RUN], "new_class": "Commissioning18"}),
    "class back": ("change_run_class", {"run_numbers": RUN, "new_class": "Collisions18"}),
    "significant already": ("make_significant_runs", {"run": RUN}),
    "sign off": ("move_runs", {"from_": "OPEN", "to_": "SIGNOFF", "run": RUN}),
    "sign off again": ("move_runs", {"from_": "OPEN", "to_": "SIGNOFF", "run": RUN}),
    "edit a run that is signed off": (
        "edit_rr_lumisections",
        {"run": RUN, "lumi_start": 1, "lumi_end": 2, "component": "dt-dt", "status": "GOOD"},
    ),
    "refresh a run that is signed off": ("manually_refresh_components_statuses_for_runs", {"runs": [RUN]}),
    "reset a run that is signed off": ("reset_RR_attributes_and_refresh_runs", {"runs": [RUN]}),
    "open a dataset": (
        "move_datasets",
        {"from_": "waiting dqm gui", "to_": "OPEN", "dataset_name": OFFLINE, "workspace": "global", "run": RUN},
    ),
    "complete a dataset": (
        "move_datasets",
        {"from_": "OPEN", "to_": "COMPLETED", "dataset_name": OFFLINE, "workspace": "tracker", "runs": [RUN]},
    ),
    "the run afterwards": ("get_run", {"run_number": RUN}),
    "its datasets afterwards": ("get_datasets", {"filter": {"run_number": RUN}}),
    "its ranges afterwards": ("get_lumisection_ranges_by_component", {"run_number": RUN}),
}
REFUSED = {name for name in CHANGES if "signed off" in name} | {"significant already", "sign off again"}
JSON = ("create_json", {"json_logic": RULE, "dataset_name_filter": "online"})
CALLS = [*READS.values(), *MISTAKES.values(), JSON]
Outcome = dict[str, Any]


@pytest.fixture(scope="session")
def official_python() -> Path:
    """The Python of an environment with the official client."""
    return python_of_release(NEWEST)


@pytest.fixture(scope="module")
def registry(few_runs_csv: Path) -> Iterator[str]:
    """A served registry with real runs, one of them signed off and edited; its URL."""
    with testing.server() as server:
        load_files(server.store, lumisections=few_runs_csv)
        with Client(server.url, email="expert@example.org", egroups="cms-dqm-runregistry-experts") as expert:
            expert.edit_lumisections(RUN, 10, 20, "dt-dt", "BAD", comment="HV trip", cause="HV")
            expert.move_runs("OPEN", "SIGNOFF", [RUN])
        yield server.url


def play(python: Path | str, url: str, folder: Path, calls: Sequence[Any] = CALLS, **more: str) -> list[Outcome]:
    done = subprocess.run(
        [str(python), "-W", "ignore", str(RUNNER)],
        input=json.dumps({"url": url, "calls": calls, **more}),
        capture_output=True,
        text=True,
        timeout=120,
        cwd=folder,
        env=environment(python),
    )
    assert done.returncode == 0, done.stderr
    outcomes: list[Outcome] = json.loads(done.stdout)
    return outcomes


@pytest.fixture(scope="module")
def theirs(official_python: Path, registry: str, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Outcome]:
    """What the official client says of each call."""
    outcomes = play(official_python, registry, tmp_path_factory.mktemp("official"))
    return dict(zip([*READS, *MISTAKES, "json"], outcomes, strict=True))


@pytest.fixture(scope="module")
def ours(registry: str, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Outcome]:
    """What our client says of each call."""
    outcomes = play(sys.executable, registry, tmp_path_factory.mktemp("ours"))
    return dict(zip([*READS, *MISTAKES, "json"], outcomes, strict=True))


@pytest.fixture(scope="module")
def changes(official_python: Path, few_runs_csv: Path, tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, Outcome]]:
    """What each client, the official one first, says of each change of a registry of its own."""
    said = []
    for python in (official_python, sys.executable):
        with testing.server() as server:
            load_files(server.store, lumisections=few_runs_csv)
            folder = tmp_path_factory.mktemp("changes")
            outcomes = play(python, server.url, folder, list(CHANGES.values()), egroups="cms-dqm-runregistry-experts")
        said.append(dict(zip(CHANGES, outcomes, strict=True)))
    return said


@pytest.mark.parametrize("name", CHANGES)
def test_both_clients_change_the_same(name: str, changes: list[dict[str, Outcome]]) -> None:
    theirs, ours = (outcomes[name] for outcomes in changes)
    if name in REFUSED:
        assert set(theirs["error"]) <= set(ours["error"])
        assert theirs["text"] == ours["text"]
        return
    assert "answer" in theirs, theirs
    assert differences(theirs["answer"], ours["answer"]) == []


def test_what_the_official_client_changed_is_there(changes: list[dict[str, Outcome]]) -> None:
    official = changes[0]
    assert official["the run afterwards"]["answer"]["state"] == "SIGNOFF"
    ranges = official["its ranges afterwards"]["answer"]["dt-dt"]
    assert [(one["start"], one["end"], one["cause"]) for one in ranges if one["status"] == "BAD"] == [(10, 20, "HV")]
    [dataset] = [one for one in official["its datasets afterwards"]["answer"] if one["name"] == OFFLINE]
    assert (dataset["dataset_attributes"]["tracker_state"], dataset["dataset_attributes"]["dt_state"]) == ("COMPLETED", "OPEN")
    assert "Run must be in state OPEN" in official["edit a run that is signed off"]["text"]


def test_it_is_the_official_client_that_asks(official_python: Path, tmp_path: Path) -> None:
    code = "import runregistry; print(runregistry.__version__, runregistry.runregistry.requests.__name__)"
    env = environment(official_python)
    said = subprocess.run([str(official_python), "-c", code], capture_output=True, text=True, check=True, cwd=tmp_path, env=env)
    assert said.stdout.split() == [NEWEST, "requests"]


@pytest.mark.parametrize("name", READS)
def test_both_clients_read_the_same(name: str, theirs: dict[str, Outcome], ours: dict[str, Outcome]) -> None:
    assert "answer" in theirs[name], theirs[name]
    assert ours[name].get("answer") == theirs[name]["answer"]
    assert bool(theirs[name]["answer"]) is (name not in EMPTY)


@pytest.mark.parametrize("name", MISTAKES)
def test_both_clients_refuse_the_same_with_a_class_that_the_same_clauses_catch(
    name: str, theirs: dict[str, Outcome], ours: dict[str, Outcome]
) -> None:
    assert "error" in theirs[name], theirs[name]
    assert set(theirs[name]["error"]) <= set(ours[name]["error"])


def test_both_clients_get_the_registrys_own_text_of_a_refusal(theirs: dict[str, Outcome], ours: dict[str, Outcome]) -> None:
    name = "a filter that the registry refuses"
    assert theirs[name]["text"] in ours[name]["text"]


def test_both_clients_get_the_same_json(theirs: dict[str, Outcome], ours: dict[str, Outcome]) -> None:
    own = {"id", "createdAt", "updatedAt"}
    made = [{key: value for key, value in who["json"]["answer"].items() if key not in own} for who in (theirs, ours)]
    assert made[0] == made[1]
    assert set(made[0]["generated_json"]) == {str(RUN), "315510"}


def test_the_official_client_gets_its_json_before_it_would_sleep(theirs: dict[str, Outcome]) -> None:
    # It sleeps 15 s after each answer that is not the JSON, and prints how far it is.
    assert theirs["json"]["printed"] == ""
    assert theirs["json"]["seconds"] < 15


def test_the_edit_and_the_sign_off_are_seen_by_the_official_client(theirs: dict[str, Outcome]) -> None:
    ranges = theirs["ranges by component"]["answer"]["dt-dt"]
    assert [(one["start"], one["end"]) for one in ranges if one["status"] == "BAD"] == [(10, 20)]
    assert theirs["a run"]["answer"]["state"] == "SIGNOFF"
    assert OFFLINE in theirs["names of datasets"]["answer"]
