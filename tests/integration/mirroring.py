"""A registry that is mirrored, every question that can be put to both, and a road on which answers are changed."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx2
import pytest
from sqlalchemy import select
from tests.integration.offline import COPY, PROMPT, create_dataset
from tests.integration.registry import EXPERT, create_run, edit

from runregistry import Client
from runregistry.client.settings import RetryPolicy
from runregistry.local import EmbeddedTransport, open_registry
from runregistry.mirror import transport
from runregistry.store import Store, schema
from runregistry.store.mirror_tables import claim, document, mirrored_run

RUNS = (355100, 355101, 355102, 355103, 355104)
HIDDEN = 355103
ROADS = ("feed", "official")
RULE = {"==": [{"var": "lumisection.rr.dt-dt"}, "GOOD"]}

Change = Callable[[httpx2.Request, httpx2.Response], httpx2.Response | None]


class Road(httpx2.BaseTransport):
    """Leads to a registry in this process; what comes back can be changed, and what is asked is remembered."""

    def __init__(self, registry: EmbeddedTransport) -> None:
        self.registry = registry
        self.change: Change = lambda request, answer: None
        self.before: Callable[[httpx2.Request], None] = lambda request: None
        self.asked: list[str] = []

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        self.asked.append(f"{request.method} {request.url.path}")
        self.before(request)
        answer = self.registry.handle_request(request)
        return self.change(request, answer) or answer

    def close(self) -> None:
        """The registry stays open: clients come and go."""


class Remote:
    """The registry that is mirrored.

    Attributes
    ----------
    http : httpx2.Client
        To change it.
    client : Client
        By which it is mirrored.
    road : Road
        Between the two.
    """

    def __init__(self, registry: EmbeddedTransport) -> None:
        self.registry = registry
        self.road = Road(registry)
        self.http = httpx2.Client(transport=registry, base_url="http://remote.example.org", headers=EXPERT, timeout=30)
        quick = RetryPolicy(first_pause_s=0.0)
        self.client = Client("http://remote.example.org", transport=self.road, retries=quick)


@contextmanager
def remote_registry(path: Path) -> Iterator[Remote]:
    """Open a registry in this process."""
    store, app = open_registry(path, auth="headers")
    remote = Remote(EmbeddedTransport(store, app))
    try:
        yield remote
    finally:
        remote.client.close()
        remote.http.close()


@pytest.fixture(scope="session")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The file of a registry that is worth mirroring."""
    path = tmp_path_factory.mktemp("mirrored") / "registry.sqlite"
    with remote_registry(path) as made:
        fill(made.http)
    return path


@pytest.fixture
def remote(filled: Path, tmp_path: Path) -> Iterator[Remote]:
    """The registry that a test mirrors, and may change."""
    shutil.copy(filled, tmp_path / "remote.sqlite")
    with remote_registry(tmp_path / "remote.sqlite") as made:
        yield made


@pytest.fixture(params=ROADS)
def routes(request: pytest.FixtureRequest) -> str:
    """By which routes a mirror is made."""
    return str(request.param)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where a test's mirror will be."""
    return tmp_path / "mirror.sqlite"


def fill(http: httpx2.Client) -> None:
    """Make runs, datasets of which one is hidden, edits, a cycle and a JSON."""
    for number in RUNS:
        create_run(http, number, fill_number=7900 + number % 2, recorded=1)
        create_dataset(http, number, appeared=["DBS"])
    create_dataset(http, RUNS[0], COPY)
    http.put(f"/manual_run_edit/{RUNS[1]}/class", json={"class": "Cosmics22"})
    edit(http, 2, 3, run_number=RUNS[0])
    edit(http, 1, 1, run_number=RUNS[0], dataset_name=PROMPT, component="csc-csc")
    hide(http, HIDDEN)
    attributes = {"global_state": "pending", "dt_state": "pending"}
    chosen = {"name": {"=": PROMPT}, "run_number": {"<=": RUNS[1]}}
    cycle = {"cycle_name": "week 30", "cycle_attributes": attributes, "deadline": "2022-08-01T00:00:00Z", "filter": chosen}
    assert http.post("/cycles", json=cycle).status_code == 200
    make_json(http)


def hide(http: httpx2.Client, run_number: int, name: str = PROMPT) -> None:
    """Hide a dataset."""
    chosen = {"run_number": {"=": run_number}, "name": {"=": name}}
    answer = http.request("DELETE", "/dc_tools/hide_datasets", json={"filter": chosen, "reason_for_hiding": "a test"})
    assert answer.status_code == 200, answer.text


def make_json(http: httpx2.Client, name: str = PROMPT) -> int:
    """Have a JSON made, and return its number."""
    job = http.post("/json_portal/generate", json={"json_logic": json.dumps(RULE), "dataset_name_filter": name}).json()
    while (answer := http.post("/json_portal/json", json={"id_json": job["id"]})).status_code != 200:
        assert answer.status_code in (202, 203), answer.text
    return int(job["id"])


@contextmanager
def mirror_http(path: Path) -> Iterator[httpx2.Client]:
    """Open a mirror, to be asked as the remote registry is."""
    opened = transport(path)
    with httpx2.Client(transport=opened, base_url="http://mirror", headers=EXPERT, timeout=30) as client:
        yield client


# Every question, by the name of its route, that a mirror answers.
_LISTS: tuple[Mapping[str, Any], ...] = (
    {"filter": {}, "sortings": [], "page": 0, "page_size": 50},
    {"filter": {}, "sortings": [["run_number", "ASC"]], "page": 1, "page_size": 2},
    {"filter": {"rr_attributes.class": {"like": "%cosmics%"}}, "sortings": [], "page": 0, "page_size": 0},
    {"filter": {"triplet_summary.dt-dt.BAD": {">": 0}}, "sortings": [["version", "DESC"]], "page": 0, "page_size": 50},
    {"filter": {"version": {">": 20}}, "sortings": [["version", "ASC"]], "page": 0, "page_size": 50},
    {"filter": {"nothing.like.this": 1}, "sortings": [], "page": 0, "page_size": 50},
)
_DATASET_LISTS: tuple[Mapping[str, Any], ...] = (
    {"filter": {"name": {"=": PROMPT}, "dataset_attributes.dt_state": "OPEN"}, "sortings": [], "page": 0, "page_size": 50},
    {"filter": {"datasets_in_gui": {"like": "/x"}}, "sortings": [["name", "ASC"]], "page": 0, "page_size": 50},
)
_DATASETS = [(number, name) for number in (*RUNS, 999) for name in ("online", PROMPT, COPY, "/no/such/thing")]
_OF_JSON = {f"{RUNS[0]}-{PROMPT}": [[1, 3]], f"{RUNS[1]}-online": [[2, 9]], f"999-{PROMPT}": [[1, 1]]}
_VIEWS = (
    *("rr_lumisections", "rr_lumisection_ranges", "rr_lumisection_ranges_by_component", "oms_lumisections"),
    *("oms_lumisection_ranges", "oms_lumisection_ranges_by_dcs_bit", "joint_lumisection_ranges"),
)


def questions() -> Iterator[tuple[str, str, str, Any]]:
    """Go through the questions: name of the route, method, path, body."""
    for name, lists in (("runs", _LISTS), ("datasets", (*_LISTS, *_DATASET_LISTS))):
        yield from ((f"{name}_filtered_ordered", "POST", f"/{name}_filtered_ordered", body) for body in lists)
    for number in (*RUNS, 999):
        yield "get_run", "GET", f"/runs/{number}", None
        yield "dataset_names_of_run", "GET", f"/get_all_dataset_names_of_run/{number}", None
        yield "playground_run_info", "GET", f"/classifier_playground/run_info/{number}", None
    for number, dataset_name in _DATASETS:
        key = {"run_number": number, "dataset_name": dataset_name}
        yield "get_dataset", "POST", "/datasets/get_dataset", key
        yield "lumisection_bar", "POST", "/datasets_get_lumisection_bar", key | {"component": "dt-dt"}
        yield from ((view, "POST", f"/lumisections/{view}", key) for view in _VIEWS)
        at = {"run_number": number, "name": dataset_name, "lumisection_number": 2, "json_logic": json.dumps(RULE)}
        yield "playground_lumisection", "POST", "/classifier_playground/test_lumisection", at
    yield from _other_questions()


def _other_questions() -> Iterator[tuple[str, str, str, Any]]:
    for name, path in (
        ("list_runs", "/runs"),
        ("runs_lastupdated_50", "/runs_lastupdated_50"),
        ("datasets_waiting", "/datasets_waiting"),
        ("datasets_waiting_dbs", "/datasets_waiting_dbs"),
        ("datasets_of_workspace", "/datasets/workspace/tracker"),
        ("get_cycles", "/cycles/global"),
        ("get_cycles", "/cycles/tracker"),
        ("get_datasets_accepted", "/datasets_accepted"),
        ("datasets_accepted_of_class", "/datasets_accepted/Collisions22"),
        ("component_classifiers", "/classifiers/component/online"),
        ("component_classifiers", "/classifiers/component/offline"),
        *(("get_classifiers", f"/classifiers/{name}") for name in ("class", "component", "dataset", "offline_dataset")),
        ("get_classifiers", "/classifiers/json_classifier"),
        ("classifiers_of_component", "/classifiers/component/filter_by_component/3"),
        ("classifiers_of_component", "/classifiers/class/filter_by_component/3"),
        ("get_workspaces", "/workspaces/online"),
        ("get_workspaces", "/workspaces/offline"),
    ):
        yield name, "GET", path, None
    export = {"filter": {}, "sortings": [], "columns": ["dt-dt", "csc-csc"]}
    yield "export_datasets_to_csv", "POST", "/datasets/export_to_csv", export
    yield "unique_dataset_names", "POST", "/dc_tools/unique_dataset_names", {"filter": {}}
    yield "get_data_of_json", "POST", "/lumisections/get_data_of_json", {"json": _OF_JSON}
    path = "/lumisections/get_luminosity_of_json_with_dataset_names"
    yield "luminosity_of_json", "POST", path, {"json_with_dataset_names": _OF_JSON}
    rule = json.dumps({"if": [{">": [{"var": "energy"}, 6000]}, True, False]})
    yield "playground", "POST", "/classifier_playground", {"run": {"run_number": RUNS[0]}, "classifier": rule}
    yield "playground_arbitrary", "POST", "/classifier_playground_arbitrary", {"data": {"a": 1}, "json_logic": rule}
    old = json.dumps({"and": [{"==": [{"var": "dataset.name"}, PROMPT]}, {"==": [{"var": "lumisection.rr.dt-dt"}, "GOOD"]}]})
    yield "json_creation_generate", "POST", "/json_creation/generate", {"json_logic": old}
    both = {"golden_logic": old, "denominator_logic": old}
    yield "visualization_generate", "POST", "/visualization/generate", both
    yield from (
        ("json_portal_jsons", "POST", "/json_portal/jsons", {"filter": kind, "reference": 10**6}) for kind in ("all", "x")
    )
    yield "json_portal_json", "POST", "/json_portal/json", {"id_json": 1}


def differences(one: httpx2.Client, other: httpx2.Client) -> list[str]:
    """Put every question to both registries, and return those to which the answers are not the same."""
    wrong = []
    for name, method, path, body in questions():
        answers = [http.request(method, path, json=body) for http in (one, other)]
        if answers[0].status_code != answers[1].status_code or _document(answers[0]) != _document(answers[1]):
            texts = " / ".join(f"{answer.status_code} {answer.text[:300]}" for answer in answers)
            wrong.append(f"{name} {path} {json.dumps(body)}: {texts}")
    return wrong


def _document(answer: httpx2.Response) -> Any:
    return answer.json() if answer.content else None


def contents(path: Path) -> dict[str, list[Any]]:
    """Return everything that a mirror holds, but for when it was read."""
    with Store(path, as_mirror=True) as store, store.reading() as connection:
        tables = (schema.run, schema.dataset, schema.dataset_cache, schema.generated_json, document)
        held = {table.name: sorted(map(tuple, connection.execute(select(table)))) for table in tables}
        held["digests"] = sorted(map(tuple, connection.execute(select(mirrored_run.c.run_number, mirrored_run.c.digest))))
        held["claims"] = list(map(tuple, connection.execute(select(claim.c.selection, claim.c.gaps, claim.c.is_under_way))))
    return held
