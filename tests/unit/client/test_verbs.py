from __future__ import annotations

import inspect
import json
from typing import Any

import httpx2
import pytest
from tests.unit.client.conftest import Ask
from tests.unit.client.fakes import FakeRegistry, answer

from runregistry.client import AsyncClient, Client
from runregistry.client.session import session_options
from runregistry.client.settings import read_settings
from runregistry.errors import UsageError

READS = [
    ("run", (7,), "GET", "/runs/7", None),
    ("dataset", (7,), "POST", "/datasets/get_dataset", {"run_number": 7, "dataset_name": "online"}),
    ("dataset_names", (7,), "GET", "/get_all_dataset_names_of_run/7", None),
    ("cycles", (), "GET", "/cycles/global", None),
    ("cycles", ("csc",), "GET", "/cycles/csc", None),
    ("datasets_accepted", (), "GET", "/datasets_accepted", None),
    ("lumisections", (7, "/a/b"), "POST", "/lumisections/rr_lumisections", {"run_number": 7, "dataset_name": "/a/b"}),
    ("oms_lumisections", (7,), "POST", "/lumisections/oms_lumisections", {"run_number": 7, "dataset_name": "online"}),
    ("ranges", (7,), "POST", "/lumisections/rr_lumisection_ranges", {"run_number": 7, "dataset_name": "online"}),
    (
        "ranges_by_component",
        (7,),
        "POST",
        "/lumisections/rr_lumisection_ranges_by_component",
        {"run_number": 7, "dataset_name": "online"},
    ),
    ("oms_ranges", (7,), "POST", "/lumisections/oms_lumisection_ranges", {"run_number": 7, "dataset_name": "online"}),
    ("joint_ranges", (7,), "POST", "/lumisections/joint_lumisection_ranges", {"run_number": 7, "dataset_name": "online"}),
]
TRIPLET = {"status": "BAD", "comment": "HV trip", "cause": ""}
CHANGES = [
    ("move_runs", ("OPEN", "SIGNOFF", [7, 8]), "POST", "/runs/move_run/OPEN/SIGNOFF", {"run_number": 8}),
    ("mark_significant", ([7, 8],), "POST", "/runs/mark_significant", {"run_number": 8}),
    ("refresh_runs", ([7, 8],), "POST", "/runs/refresh_run/8", None),
    (
        "move_datasets",
        ("waiting dqm gui", "OPEN", "/a/b", [7, 8]),
        "POST",
        "/datasets/global/move_dataset/waiting dqm gui/OPEN",
        {"run_number": 8, "dataset_name": "/a/b", "workspace": "global"},
    ),
    ("change_class", ([7, 8], "Cosmics24"), "PUT", "/manual_run_edit/8/class", {"class": "Cosmics24"}),
]


@pytest.mark.parametrize(("verb", "arguments", "method", "path", "body"), READS)
def test_a_read_asks_its_endpoint(
    ask: Ask, fake: FakeRegistry, verb: str, arguments: tuple[Any, ...], method: str, path: str, body: Any
) -> None:
    found: Any = {"dt-dt": []} if verb in ("ranges_by_component", "run", "dataset") else ["found"]
    fake.script[path] = [answer(200, found)]
    assert ask(verb, *arguments) == found
    (request,) = fake.asked
    assert (request.method, json.loads(request.content or b"null")) == (method, body)


@pytest.mark.parametrize(("verb", "arguments", "method", "path", "body"), CHANGES)
def test_a_change_asks_for_each_run(
    ask: Ask, fake: FakeRegistry, verb: str, arguments: tuple[Any, ...], method: str, path: str, body: Any
) -> None:
    fake.script[path] = fake.script[path.replace("/8", "/7")] = [answer(200, {"done": True})]
    assert dict(ask(verb, *arguments)) == {7: {"done": True}, 8: {"done": True}}
    assert len(fake.asked) == 2
    sent = [(request.method, request.url.path, json.loads(request.content or b"null")) for request in fake.asked]
    assert (method, path, body) in sent


def test_a_reset_has_an_endpoint_of_its_own(ask: Ask, fake: FakeRegistry) -> None:
    fake.script["/runs/reset_and_refresh_run/7"] = [answer(200, {})]
    assert dict(ask("refresh_runs", [7], reset=True)) == {7: {}}


def test_an_edit_of_lumisections_sends_range_and_triplet(ask: Ask, fake: FakeRegistry) -> None:
    path = "/lumisections/edit_rr_lumisections"
    fake.script[path] = [answer(200, {"version": 3})]
    assert ask("edit_lumisections", 7, 1, 4, "dt-dt", "BAD", comment="HV trip") == {"version": 3}
    sent = {"new_lumisection_range": {"start": 1, "end": 4, **TRIPLET}, "component": "dt-dt"}
    assert fake.bodies(path) == [{**sent, "run_number": 7, "dataset_name": "online"}]


def test_the_first_refusal_ends_a_change(ask: Ask, fake: FakeRegistry) -> None:
    fake.script["/runs/mark_significant"] = [answer(200, {}), answer(500, {"err": "Run not found"})]
    with pytest.raises(LookupError, match="Got response 500 when making runs significant"):
        ask("mark_significant", [1, 2, 3], settings={"in_flight": 1})
    assert len(fake.asked) == 2


@pytest.mark.parametrize(
    ("verb", "arguments", "text"),
    [
        ("move_runs", ("OPEN", "SIGNOF", [7]), r"did you mean SIGNOFF"),
        ("move_datasets", ("OPEN", "DONE", "/a/b", [7]), r"got states 'OPEN', 'DONE' but allowed states are"),
        ("edit_lumisections", (7, 1, 2, "dt-dt", "EMPTY"), r"got status 'EMPTY' but allowed statuses are"),
    ],
)
def test_a_wrong_word_is_not_sent(ask: Ask, fake: FakeRegistry, verb: str, arguments: tuple[Any, ...], text: str) -> None:
    with pytest.raises(UsageError, match=text):
        ask(verb, *arguments)
    assert fake.asked == []


def test_numbers_of_numpy_can_be_sent(ask: Ask, fake: FakeRegistry) -> None:
    numpy = pytest.importorskip("numpy")
    fake.script["/lumisections/rr_lumisections"] = [answer(200, [])]
    ask("lumisections", numpy.int64(7))
    assert fake.bodies("/lumisections/rr_lumisections")[0]["run_number"] == 7


def _verbs(kind: type) -> dict[str, inspect.Signature]:
    members = {name: found for each in reversed(kind.__mro__) for name, found in vars(each).items()}
    return {name: inspect.signature(found) for name, found in members.items() if inspect.isfunction(found) and name[0] != "_"}


def test_both_clients_have_the_same_verbs_and_signatures() -> None:
    threads, tasks = (
        {name: (found.parameters, str(found.return_annotation).removeprefix("Async")) for name, found in _verbs(kind).items()}
        for kind in (Client, AsyncClient)
    )
    assert threads == tasks


def test_every_verb_of_the_async_client_is_to_be_awaited_or_gone_through() -> None:
    waiting = {name for name in _verbs(AsyncClient) if inspect.iscoroutinefunction(getattr(AsyncClient, name))}
    assert waiting == {name for name in _verbs(AsyncClient) if not name.startswith("iter_")}


def test_who_we_are_is_in_every_request(ask: Ask, fake: FakeRegistry) -> None:
    fake.script["/cycles/global"] = [answer(200, [])]
    ask("cycles", settings={"email": "expert@example.org", "egroups": "experts"})
    headers = fake.asked[0].headers
    assert (headers["email"], headers["egroups"]) == ("expert@example.org", "experts")
    assert headers["user-agent"].startswith("runregistry_api_client/")
    assert "authorization" not in headers


def test_the_embedded_registry_is_reached_through_its_transport(ask: Ask, fake: FakeRegistry) -> None:
    assert ask("runs", target="embedded") == []
    assert str(fake.asked[0].url) == "http://embedded/runs_filtered_ordered"


def test_a_prefix_of_the_base_url_is_kept(ask: Ask, fake: FakeRegistry) -> None:
    fake.script["/api/cycles/global"] = [answer(200, [])]
    assert ask("cycles", target="https://registry.example.org/api") == []


@pytest.mark.parametrize(
    ("target", "settings", "verify"),
    [
        ("local", {}, False),
        ("production", {}, True),
        ("https://registry.example.org", {}, True),
        ("http://registry.example.org", {"audience": "x"}, True),
        ("http://registry.example.org", {"audience": "x", "token_url": "http://localhost/token"}, False),
    ],
)
def test_certificates_are_checked_wherever_something_is_encrypted(target: str, settings: Any, verify: bool) -> None:
    assert session_options(read_settings(target, environ={}, **settings), False)["verify"] is verify


def test_a_forked_process_has_its_own_connections(fake: FakeRegistry, monkeypatch: pytest.MonkeyPatch) -> None:
    with Client("local", transport=httpx2.MockTransport(fake)) as client:
        before = client._session._connected()
        monkeypatch.setattr("os.getpid", lambda: -1)
        after = client._session._connected()
        assert after is not before
        assert client._session._connected() is after
        before.close()
