"""Recorded requests of the official clients, spoilt: whatever comes in, a clear answer goes out, and a refusal stores nothing."""

from __future__ import annotations

import copy
import json
import logging
import re
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import httpx2
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.conformance.replay import PARTS, WORLD, read_part
from tests.integration.registry import AUTOMATIC, EXPERT

from runregistry.local import EmbeddedTransport
from runregistry.server import ServerSettings, build_app, ensure_settings
from runregistry.store import Store
from runregistry.wire import ROUTES

# What a real fault never says. Missing headers and malformed JSON are answered with 500, as the service does.
DOCUMENTED = (
    "Request must provide email and egroups",
    "the body is not JSON",
    "This registry knows no OMS to fetch runs from",
)
NOT_SERVED = ("list_runs", "datasets_of_workspace", "put_dataset_of_workspace", "post_dataset_of_workspace")
_TEMPLATES = [
    (route.name, route.method, re.compile("/?" + re.sub(r"{\w+}", "[^/]+", route.path.strip("/")) + "/?", re.IGNORECASE))
    for route in ROUTES.values()
]
_RUNS = 3  # of the recorded world: enough for every kind of request to find something


class World:
    """A registry with a few recorded runs, and the recorded requests of each kind."""

    def __init__(self, database: str) -> None:
        self.store = Store(database)
        ensure_settings(self.store, WORLD / "settings.json")
        app = build_app(ServerSettings(run_worker=False, request_timeout_s=60), self.store)
        self.http = httpx2.Client(transport=EmbeddedTransport(self.store, app), base_url="http://fuzz", timeout=60)
        self.requests = list(_recorded())
        for row in _to_build():
            self.http.request(row["method"], row["path"], json=row["body"], headers=row.get("headers"))

    def events(self) -> int:
        """Number of the newest event."""
        with self.store.reading() as connection:
            return self.store.event_number(connection)


def route_of(method: str, path: str) -> str:
    """Return which endpoint a path leads to: the one with the fewest parameters, as the server has it."""
    path = path.partition("?")[0]
    fitting = [name for name, known, template in _TEMPLATES if known == method and template.fullmatch(path)]
    return min(fitting, key=lambda name: len(ROUTES[name].parameters), default="")


def _to_build() -> Iterator[dict[str, Any]]:
    kept = [row["body"]["oms_attributes"]["run_number"] for row in read_part("build") if row["name"] == "build/run"][-_RUNS:]
    for row in read_part("build"):
        body = row["body"]
        number = body.get("run_number", body.get("oms_attributes", {}).get("run_number"))
        if number is None or number in kept:
            yield row


def _recorded() -> Iterator[dict[str, Any]]:
    """Yield at most three requests of each endpoint, those that differ most in their keys; big ones are cut."""
    seen: dict[tuple[str, str], int] = {}
    for part in PARTS:
        for row in read_part(part):
            body = row.get("body") or {}
            shape = (route_of(row["method"], row["path"]), json.dumps(sorted(body)))
            seen[shape] = seen.get(shape, 0) + 1
            if seen[shape] <= 3:
                lists = {key: value[:3] for key, value in body.items() if isinstance(value, list) and len(value) > 3}
                yield {**row, "body": body | lists, "route": shape[0]}


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def world(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with ExitStack() as opened:
        if request.param == "postgresql":
            database = opened.enter_context(request.getfixturevalue("postgres_server").database())
        else:
            database = str(tmp_path_factory.mktemp("fuzz") / "world.sqlite")
        world = World(database)
        opened.callback(world.http.close)
        yield world


ODD = [
    *(None, True, False, 0, -1, 1, 1.5, 1e308, 2**31, 2**53 + 1, 2**63, 2**64, -(2**63) - 1, 10**40),
    *("", " ", "abc", "1; DROP TABLE run_event; --", "' OR '1'='1", "rr_attributes.class::integer", "a\x00b", "%", "\\", "é"),
    *("🧪", "x" * 5000, "NaN", "{", "[", "null", '{"==": [1]}', '{"nope": []}', "\ufffe", "2022-07-05", "10000-12-31T00:00:00Z"),
    *([], {}, [[]], [None], [{}], {"": None}, {"and": []}, {"or": None}, {"=": {"=": 1}}, {"and": [{"=": 1}, None]}, {"=>": 1}),
    *({"like": 5}, {"in": [1]}, {"__proto__": {"x": 1}}, {"and": {"or": {"and": 1}}}, [1, "a", None], [["name", "sideways"]]),
    *([["run_number; DROP TABLE run", "ASC"]], [["triplet_summary.dt-dt.GOOD::integer", "ASC"]], {"start": 0, "end": 1}),
    *({"start": 5, "end": 2, "status": "GOOD"}, {"start": 1, "end": 10**9, "status": "GOOD"}, {"0": 1}, {"var": "x"}),
]
NESTED: Any = {"and": [1]}
for _ in range(150):
    NESTED = {"and": [NESTED]}
ODD.append(NESTED)
PARTS_OF_PATHS = ["%00", "abc", "-1", "9" * 30, "%2F", "é", "%ff", "1.5"]
DAMAGE = [b"", b"\x00", b"\xff", b"NaN", b"Infinity", b"1e999", b'"\\ud800"', b"[" * 2000, b",", b'"']
KEYS = ["'", "a.b.c", "run_number::text", "oms_attributes.", ".", "rr_attributes.class", "name", "$", "a\x00", "", "x" * 300]


def paths_in(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Yield where the values of a document are, the document itself excepted."""
    children: Any = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, child in children:
        yield (*path, key)
        yield from paths_in(child, (*path, key))


@st.composite
def spoilt(draw: st.DrawFn, rows: list[dict[str, Any]]) -> dict[str, Any]:
    """Return a recorded request with up to three things wrong."""
    row = copy.deepcopy(draw(st.sampled_from(rows)))
    for _ in range(draw(st.integers(1, 3))):
        _spoil(draw, row)
    return row


def _spoil(draw: st.DrawFn, row: dict[str, Any]) -> None:
    body, places = row["body"], list(paths_in(row["body"]))
    ways = ["add", "path", "headers"] + ["replace", "replace", "replace", "remove"] * bool(places)
    how = draw(st.sampled_from(ways))
    if how == "path":
        parts = row["path"].split("/")
        parts[draw(st.integers(1, len(parts) - 1))] = draw(st.sampled_from(PARTS_OF_PATHS))
        row["path"] = "/".join(parts)
    elif how == "headers":
        row["headers"] = draw(st.sampled_from([{}, {"email": "a@b"}, {"egroups": "x"}, EXPERT, {"email": "auto@auto - x"}]))
    elif how == "add":
        body[draw(st.sampled_from(KEYS))] = copy.deepcopy(draw(st.sampled_from(ODD)))
    else:
        *parents, last = draw(st.sampled_from(places))
        holder = body
        for key in parents:
            holder = holder[key]
        if how == "remove":
            del holder[last]
        else:
            holder[last] = copy.deepcopy(draw(st.sampled_from(ODD)))


def check(answer: httpx2.Response, name: str, *, stored: bool, log: str) -> None:
    """Say what is wrong with an answer of an endpoint."""
    assert "Traceback" not in answer.text
    assert "failed" not in log, log
    if not answer.content:
        assert answer.status_code in (203, 204)
        return
    if "json" not in answer.headers["content-type"]:
        assert name in ("metrics", "notifications"), answer.headers
        return
    document = answer.json()
    if answer.status_code < 400:
        return
    text = document.get("err", document.get("message"))
    assert isinstance(text, str), document
    assert text
    # An automatic update of a run that is no longer OPEN is refused, and the run flagged for a person to look at.
    assert not stored or "It needs revision" in document.get("reason", ""), "a refusal stored an event"
    if answer.status_code >= 500:
        assert name in NOT_SERVED or text.startswith(DOCUMENTED), (answer.status_code, text)


def send(world: World, row: dict[str, Any], content: bytes | None = None) -> httpx2.Response:
    body = json.dumps(row["body"]).encode() if content is None else content
    headers = {"content-type": "application/json"} | (EXPERT if row.get("headers") is None else row["headers"])
    return world.http.request(row["method"], row["path"], content=body, headers=headers)


@settings(max_examples=400, derandomize=True, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_a_spoilt_request_gets_a_clear_answer(world: World, caplog: pytest.LogCaptureFixture, data: st.DataObject) -> None:
    caplog.clear()
    row = data.draw(spoilt(world.requests))
    before = world.events()
    with caplog.at_level(logging.ERROR, "runregistry"):
        answer = send(world, row)
    check(answer, route_of(row["method"], row["path"]), stored=world.events() != before, log=caplog.text)


@settings(max_examples=100, derandomize=True, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_a_body_that_was_damaged_on_its_way_gets_a_clear_answer(
    world: World, caplog: pytest.LogCaptureFixture, data: st.DataObject
) -> None:
    caplog.clear()
    row = data.draw(st.sampled_from(world.requests))
    whole = json.dumps(row["body"]).encode()
    at = data.draw(st.integers(0, len(whole)))
    damage = data.draw(st.sampled_from(DAMAGE))
    before = world.events()
    with caplog.at_level(logging.ERROR, "runregistry"):
        answer = send(world, row, whole[:at] + damage + data.draw(st.sampled_from([b"", whole[at:]])))
    check(answer, row["route"], stored=world.events() != before, log=caplog.text)


def test_the_recorded_requests_cover_the_old_endpoints(world: World) -> None:
    covered = {row["route"] for row in world.requests}
    assert "" not in covered
    assert len(covered) >= 40


def triplets(**odd: Any) -> dict[str, Any]:
    """A run with one lumisection, of which one component is odd."""
    component = {"status": "GOOD", "comment": "", "cause": ""} | odd
    attributes = {"oms_attributes": {"run_number": 355100}, "rr_attributes": {"class": "Cosmics22"}}
    return attributes | {"oms_lumisections": [{}], "rr_lumisections": [{"dt-dt": component}]}


NUL = "a text holds the character NUL"
RULE = '{"==": ["%s", 1]}'
# Found by the tests above, before they were mended: what was sent, and what is answered since.
FOUND: dict[str, tuple[str, str, Any, str]] = {
    "a body with bytes that are no UTF-8 inside of a text": (
        *("POST", "/datasets/get_dataset", b'{"dataset_name": "\xff"}'),
        "the body is not JSON",
    ),
    "NaN, which JSON does not have": ("POST", "/runs_filtered_ordered", b'{"page": NaN}', "the body is not JSON"),
    "a number beyond all numbers": ("POST", "/runs_filtered_ordered", b'{"page": 1e999}', "the body is not JSON"),
    "half of a character": ("POST", "/datasets/get_dataset", b'{"dataset_name": "\\ud800"}', "the body is not JSON"),
    "half of a character in a rule": (
        *("POST", "/json_portal/generate", {"json_logic": RULE % "\\ud800", "dataset_name_filter": "online"}),
        "a text holds half of a character",
    ),
    "half of a character in a rule to be tried": (
        *("POST", "/classifier_playground_arbitrary", {"data": {}, "json_logic": RULE % "\\ud800"}),
        "a text holds half of a character",
    ),
    "NUL in a text": ("POST", "/datasets/get_dataset", {"run_number": 1, "dataset_name": "a\0"}, NUL),
    "NUL in a key": ("POST", "/datasets/get_dataset", {"run_number": 1, "a\0": "a"}, NUL),
    "NUL in a path": ("PUT", "/manual_run_edit/355100/a%00", {"a": 1}, NUL),
    "what could be stored and not be read again": ("POST", "/runs", triplets(comment=NESTED), "the body is nested too deeply"),
    "a status that is a list": ("POST", "/runs", triplets(status=[]), "Error saving run 355100"),
    "a status that is null": ("POST", "/runs", triplets(status=None), "Error saving run 355100"),
    "a comment that is an object": ("POST", "/runs", triplets(comment={}), "Error saving run 355100"),
}


@pytest.mark.parametrize("name", FOUND)
def test_what_was_found_once_stays_mended(world: World, caplog: pytest.LogCaptureFixture, name: str) -> None:
    method, path, body, says = FOUND[name]
    row = {"method": method, "path": path, "body": body, "headers": AUTOMATIC if path == "/runs" else None}
    before = world.events()
    with caplog.at_level(logging.ERROR, "runregistry"):
        answer = send(world, row, body if isinstance(body, bytes) else None)
    assert answer.status_code >= 400
    check(answer, route_of(method, path), stored=world.events() != before, log=caplog.text)
    assert answer.json()["err"].startswith(says)


def test_the_words_nul_and_u0000_may_be_written(world: World) -> None:
    body = {"run_number": 1, "dataset_name": "a\\u0000 and %00"}
    assert send(world, {"method": "POST", "path": "/datasets/get_dataset", "body": body}).json() is None


def test_a_number_beyond_64_bits_is_one_as_javascript_has_it(world: World) -> None:
    body = {"data": {"a": 10**30}, "json_logic": json.dumps({"==": [{"var": "a"}, 10**30]})}
    answer = send(world, {"method": "POST", "path": "/classifier_playground_arbitrary", "body": body})
    assert answer.json()["result"][0][1] == {"resulted_value": True}
