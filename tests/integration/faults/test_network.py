"""What happens to the way: the registry restarts, a name leads nowhere, proxies stand in between."""

from __future__ import annotations

import threading

import pytest
import requests
from tests.integration.faults.asking import Opener
from tests.integration.faults.conftest import Reading

from runregistry.client.settings import RetryPolicy
from runregistry.errors import APIError, TransportError
from runregistry.testing import Do, FaultyProxy, RunningRegistry, Status

PATIENT = RetryPolicy(attempts=10, first_pause_s=0.05, longest_pause_s=0.2)
VARIABLES = ("HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy", "NO_PROXY", "no_proxy")


@pytest.fixture(autouse=True)
def _no_proxies(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)


def test_a_registry_that_restarts_while_pages_are_read_costs_no_row(
    registry: RunningRegistry, proxy: FaultyProxy, asking: Opener, clean: Reading
) -> None:
    restart = threading.Thread(target=registry.restart, args=(0.1,))
    proxy.plan(Do(restart.start), nth=4)
    with asking(proxy.url, retries=PATIENT, in_flight=2) as ask:
        assert ask.runs() == clean.rows
    restart.join()
    lost = sum(exchange.status is None for exchange in proxy.record)
    assert len(proxy.record) == len(clean.bodies) + lost


def test_a_client_outlives_the_restart_of_its_registry(
    registry: RunningRegistry, asking: Opener, clean: Reading, run_number: int
) -> None:
    with asking(registry.url) as ask:
        assert len(ask.runs()) == len(clean.rows)
        registry.restart()
        ask.edit(run_number, "noise in sector 4")  # on a new connection: the old one has ended
        registry.restart()
        assert len(ask.runs()) == len(clean.rows)


def test_a_registry_that_is_stopped_is_an_error(proxy: FaultyProxy, asking: Opener, request: pytest.FixtureRequest) -> None:
    proxy.plan(Do(proxy.stop), nth=4)
    with asking(proxy.url, in_flight=2) as ask, pytest.raises(TransportError, match="no answer to POST") as caught:
        ask.runs()
    if "old functions" in request.node.callspec.id:
        assert isinstance(caught.value, requests.ConnectionError)


def test_a_name_that_leads_nowhere_is_an_error(asking: Opener, request: pytest.FixtureRequest) -> None:
    with (
        asking("http://no-such-registry.invalid") as ask,
        pytest.raises(TransportError, match=r"no answer to POST http://no-such-registry\.invalid/runs_filtered") as caught,
    ):
        ask.runs()
    if "old functions" in request.node.callspec.id:
        assert isinstance(caught.value, requests.ConnectionError)


def test_a_proxy_of_the_environment_is_used(
    proxy: FaultyProxy, asking: Opener, monkeypatch: pytest.MonkeyPatch, clean: Reading
) -> None:
    monkeypatch.setenv("HTTP_PROXY", proxy.url)
    monkeypatch.setenv("http_proxy", proxy.url)
    with asking("http://registry.example.org/") as ask:  # only the proxy knows the way
        assert ask.runs() == clean.rows
    assert len(proxy.record) == len(clean.bodies)


def test_a_host_of_no_proxy_is_asked_directly(
    registry: RunningRegistry, proxy: FaultyProxy, asking: Opener, monkeypatch: pytest.MonkeyPatch, clean: Reading
) -> None:
    monkeypatch.setenv("http_proxy", proxy.url)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1,.example.org")
    with asking(registry.url) as ask:
        assert ask.runs() == clean.rows
    assert proxy.record == []


def test_a_proxy_that_refuses_is_an_error(
    registry: RunningRegistry, proxy: FaultyProxy, asking: Opener, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> None:
    monkeypatch.setenv("http_proxy", proxy.url)
    proxy.stop()
    with asking(registry.url) as ask, pytest.raises(TransportError, match="no answer to POST") as caught:
        ask.runs()
    if "old functions" in request.node.callspec.id:
        assert isinstance(caught.value, requests.ConnectionError)


def test_a_proxy_that_wants_a_password_says_so(
    registry: RunningRegistry, proxy: FaultyProxy, asking: Opener, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("http_proxy", proxy.url)
    proxy.plan(Status(407))
    with asking(registry.url) as ask, pytest.raises(APIError, match="407"):
        ask.runs()


def test_a_proxy_that_leads_nowhere_is_an_error_even_where_all_is_encrypted(
    proxy: FaultyProxy, asking: Opener, monkeypatch: pytest.MonkeyPatch, run_number: int, request: pytest.FixtureRequest
) -> None:
    monkeypatch.setenv("https_proxy", proxy.url)
    proxy.plan(Status(502), method="CONNECT")
    with (
        asking("https://registry.example.org") as ask,
        pytest.raises(TransportError, match=r"no answer to PUT https://registry\.example\.org.*502") as caught,
    ):
        ask.edit(run_number, "noise in sector 4")
    assert "applied" not in str(caught.value)  # it was never sent
    if "old functions" in request.node.callspec.id:
        assert isinstance(caught.value, requests.exceptions.ProxyError)
