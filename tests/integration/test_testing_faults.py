"""The proxy that misbehaves does what was planned, and says what it did; the sign-in service knows its tokens."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import httpx2
import pytest

from runregistry.errors import UsageError
from runregistry.testing import (
    Cut,
    CutAfterApplied,
    CutBeforeSend,
    Delay,
    Do,
    FaultyProxy,
    Refuse,
    RunningRegistry,
    Status,
    faults,
    server,
    token_endpoint,
)


@pytest.fixture(scope="module")
def registry() -> Iterator[RunningRegistry]:
    with server(sample=True) as opened:
        yield opened


@pytest.fixture
def proxy(registry: RunningRegistry) -> Iterator[FaultyProxy]:
    with faults(registry.url) as opened:
        yield opened


@pytest.fixture
def http(proxy: FaultyProxy) -> Iterator[httpx2.Client]:
    with httpx2.Client(base_url=proxy.url, timeout=10) as client:
        yield client


def test_what_no_fault_meets_passes_unchanged(registry: RunningRegistry, proxy: FaultyProxy, http: httpx2.Client) -> None:
    direct = httpx2.get(f"{registry.url}/runs/355100")
    passed = http.get("/runs/355100")
    assert (passed.status_code, passed.content) == (direct.status_code, direct.content)
    assert passed.headers["content-type"] == direct.headers["content-type"]
    assert http.head("/runs/355100").status_code == 200
    assert [(one.method, one.path, one.forwarded, one.status, one.faults) for one in proxy.record] == [
        ("GET", "/runs/355100", True, 200, []),
        ("HEAD", "/runs/355100", True, 200, []),
    ]
    assert {one.connection for one in proxy.record} == {1}


def test_a_body_in_chunks_reaches_the_registry(http: httpx2.Client) -> None:
    parts = iter([b'{"run_number": 355100, ', b'"dataset_name": "online"}'])
    answer = http.post("/datasets/get_dataset", content=parts, headers={"content-type": "application/json"})
    assert answer.json()["run_number"] == 355100


def statuses(http: httpx2.Client, paths: list[str]) -> list[int]:
    return [http.get(path).status_code for path in paths]


def test_the_nth_of_the_requests_that_are_meant_are_met(proxy: FaultyProxy, http: httpx2.Client) -> None:
    proxy.plan(Status(502), path="/runs", nth=[1, 3])
    paths = ["/datasets_accepted", "/runs/1", "/runs/2", "/runs/3", "/runs/4"]
    assert statuses(http, paths) == [200, 502, 200, 502, 200]


def test_a_fault_is_used_up_only_by_requests_that_it_meets(proxy: FaultyProxy, http: httpx2.Client) -> None:
    proxy.plan(Status(503), times=2)
    proxy.plan(Status(504), times=1)
    assert statuses(http, ["/runs/1"] * 4) == [503, 503, 504, 200]


def test_a_fault_may_have_an_end(proxy: FaultyProxy, http: httpx2.Client) -> None:
    proxy.plan(Status(503), times=2, method="GET")
    assert statuses(http, ["/runs/1"] * 4) == [503, 503, 200, 200]


def test_a_share_is_the_same_with_the_same_seed(registry: RunningRegistry) -> None:
    def met(seed: int) -> list[int]:
        with faults(registry.url, seed=seed) as proxy, httpx2.Client(base_url=proxy.url) as http:
            proxy.plan(Status(502), share=0.3)
            return statuses(http, ["/runs/1"] * 20)

    first = met(1)
    assert first == met(1)
    assert first != met(2)
    assert 0 < first.count(502) < 15


def test_faults_that_pass_on_come_before_the_one_that_ends(proxy: FaultyProxy, http: httpx2.Client) -> None:
    done = []
    proxy.plan(Do(lambda: done.append("first")))
    proxy.plan(Delay(0.01))
    proxy.plan(Status(504), when=lambda asked: asked.header("x-wanted") == "yes")
    proxy.plan(Do(lambda: done.append("not reached")))
    assert http.get("/runs/1", headers={"X-Wanted": "yes"}).status_code == 504
    assert done == ["first"]
    assert [type(fault).__name__ for fault in proxy.record[0].faults] == ["Do", "Delay", "Status"]


def test_changes_are_told_from_reads_and_counted_if_they_were_forwarded(proxy: FaultyProxy, http: httpx2.Client) -> None:
    proxy.plan(CutBeforeSend(), nth=1)
    proxy.plan(CutAfterApplied(), nth=2)
    for _ in range(2):
        with pytest.raises(httpx2.RemoteProtocolError):
            http.post("/runs/mark_significant", json={"run_number": 1})
    http.post("/runs_filtered_ordered", json={})
    assert [one.forwarded for one in proxy.asked("/runs/mark_significant", "POST")] == [False, True]
    assert [one.path for one in proxy.forwarded_writes] == ["/runs/mark_significant"]
    proxy.clear()
    assert proxy.record == []
    assert http.get("/runs/1").status_code == 200


def test_a_reset_connection_is_an_error_and_the_next_one_is_not(proxy: FaultyProxy, http: httpx2.Client) -> None:
    proxy.plan(Refuse(), nth=1)
    with pytest.raises(httpx2.TransportError):
        http.get("/runs/1")
    assert http.get("/runs/1").status_code == 200


def test_a_proxy_that_is_stopped_refuses_and_comes_back_where_it_was(proxy: FaultyProxy, http: httpx2.Client) -> None:
    url = proxy.url
    proxy.stop()
    with pytest.raises(httpx2.ConnectError):
        http.get("/runs/1")
    proxy.start()
    assert (proxy.url, http.get("/runs/1").status_code) == (url, 200)
    with pytest.raises(UsageError, match="running already"):
        proxy.start()


def test_a_registry_that_is_gone_is_a_reset_connection(proxy: FaultyProxy, http: httpx2.Client) -> None:
    with server() as other, faults(other.url) as before, httpx2.Client(base_url=before.url) as client:
        other.stop()
        with pytest.raises(httpx2.TransportError):
            client.get("/runs/1")
        assert before.record[0].status is None


def test_no_thread_runs_afterwards(registry: RunningRegistry) -> None:
    before = set(threading.enumerate())
    with faults(registry.url) as proxy, token_endpoint(), httpx2.Client() as http:
        proxy.plan(Cut(), nth=2)
        http.get(f"{proxy.url}/runs/1")
    assert set(threading.enumerate()) == before


def test_tokens_are_demanded_and_say_who_asks(registry: RunningRegistry, proxy: FaultyProxy, http: httpx2.Client) -> None:
    with token_endpoint() as tokens:
        proxy.demand_tokens(tokens, email="shifter@example.org", egroups="guests")
        assert http.get("/runs/1").status_code == 401
        form = {"grant_type": "client_credentials", "audience": tokens.audience}
        given = httpx2.post(tokens.url, data=form, auth=(tokens.client_id, tokens.client_secret)).json()
        bearer = {"authorization": f"Bearer {given['access_token']}", "email": "forged@example.org", "egroups": registry.egroups}
        assert http.get("/runs/1", headers=bearer).status_code == 200
        refused = http.post("/runs/move_run/OPEN/SIGNOFF", json={"run_number": 355104}, headers=bearer)
        assert "User needs to be part of" in refused.text  # what the client says of itself does not count
        tokens.expire()
        assert http.get("/runs/1", headers=bearer).status_code == 401


def test_a_sign_in_service_refuses_what_is_wrong_and_fails_as_planned() -> None:
    with token_endpoint(client_id="mine", client_secret="mine too", life_s=60, promised_s=5) as tokens:
        right = {"grant_type": "client_credentials", "audience": tokens.audience}
        mine = {"client_id": "mine", "client_secret": "mine too"}
        tokens.fail(503)
        assert [
            httpx2.post(tokens.url, data=form).status_code
            for form in (right | mine, right, right | mine | {"audience": "another"}, mine, right | mine)
        ] == [503, 401, 400, 400, 200]
        assert httpx2.post(tokens.url, data=right, auth=("mine", "wrong")).status_code == 401
        assert tokens.issued == 1
        assert httpx2.post(tokens.url, data=right, auth=("mine", "mine too")).json()["expires_in"] == 5
