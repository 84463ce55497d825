from __future__ import annotations

import gc
import json
import pickle
import ssl
import sys
import types

import httpx2
import pytest

from runregistry.client.collector import paused_collector
from runregistry.client.official import as_official, twin
from runregistry.errors import APIError, AuthenticationError, Conflict, RunRegistryError, TransportError


class RequestException(IOError):
    """As in requests: the root of its exceptions, with request and response."""


_HTTP = ("ProxyError", "SSLError", "ConnectTimeout", "ReadTimeout", "ConnectionError", "Timeout", "InvalidSchema", "InvalidURL")


@pytest.fixture
def requests_exceptions(monkeypatch: pytest.MonkeyPatch) -> types.ModuleType:
    """A module with the exception classes of requests, which need not be installed for the tests."""
    module = types.ModuleType("requests.exceptions")
    for name in (*_HTTP, "ContentDecodingError"):
        setattr(module, name, type(name, (RequestException,), {"__module__": __name__}))
    module.JSONDecodeError = type("JSONDecodeError", (RequestException, json.JSONDecodeError), {})  # type: ignore[attr-defined]
    module.RequestException = RequestException  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "requests", types.ModuleType("requests"))
    monkeypatch.setitem(sys.modules, "requests.exceptions", module)
    return module


def _caused_by(cause: Exception) -> TransportError:
    fault = TransportError("no answer")
    fault.__cause__ = cause
    return fault


@pytest.mark.parametrize(
    ("cause", "theirs"),
    [
        (httpx2.ConnectError("refused"), "ConnectionError"),
        (httpx2.ReadError("cut"), "ConnectionError"),
        (httpx2.RemoteProtocolError("cut"), "ConnectionError"),
        (httpx2.ConnectTimeout("slow"), "ConnectTimeout"),
        (httpx2.ReadTimeout("slow"), "ReadTimeout"),
        (httpx2.PoolTimeout("slow"), "Timeout"),
        (httpx2.ProxyError("no"), "ProxyError"),
        (httpx2.UnsupportedProtocol("ftp"), "InvalidSchema"),
        (httpx2.InvalidURL("no"), "InvalidURL"),
        (httpx2.DecodingError("no"), "ContentDecodingError"),
        (ValueError("no JSON"), "JSONDecodeError"),
        (RuntimeError("?"), "RequestException"),
    ],
)
def test_a_broken_connection_is_caught_by_clauses_for_requests(
    requests_exceptions: types.ModuleType, cause: Exception, theirs: str
) -> None:
    fault = as_official(_caused_by(cause), is_read=True)
    assert isinstance(fault, TransportError)
    assert isinstance(fault, getattr(requests_exceptions, theirs))
    assert isinstance(fault, OSError)
    assert str(fault) == "no answer"


def test_a_certificate_that_is_wrong_is_told_apart(requests_exceptions: types.ModuleType) -> None:
    cause = httpx2.ConnectError("certificate")
    cause.__cause__ = ssl.SSLError("verify failed")
    assert isinstance(as_official(_caused_by(cause), is_read=True), requests_exceptions.SSLError)


def test_a_page_where_json_was_due_is_what_a_decoder_would_have_raised(requests_exceptions: types.ModuleType) -> None:
    fault = as_official(AuthenticationError("a page"), is_read=False)
    assert isinstance(fault, requests_exceptions.JSONDecodeError)
    assert isinstance(fault, ValueError)
    assert (str(fault), fault.pos) == ("a page", 0)  # type: ignore[attr-defined]


@pytest.fixture
def without_requests(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "requests", None)  # importing it fails
    monkeypatch.setitem(sys.modules, "requests.exceptions", None)


@pytest.mark.usefixtures("without_requests")
def test_without_requests_the_own_classes_remain() -> None:
    fault = as_official(_caused_by(httpx2.ConnectError("refused")), is_read=True)
    assert isinstance(fault, TransportError)
    assert not isinstance(fault, OSError)
    assert isinstance(as_official(AuthenticationError("a page"), is_read=True), ValueError)


def test_a_refused_read_is_a_value_error_with_status_and_text() -> None:
    fault = as_official(Conflict("changed", status=409, body="x"), is_read=True)
    assert isinstance(fault, ValueError)
    assert isinstance(fault, Conflict)
    assert (str(fault), fault.status, fault.body) == ("changed", 409, "x")


def test_a_refused_change_is_no_value_error() -> None:
    assert not isinstance(as_official(APIError("no"), is_read=False), ValueError)


def test_other_failures_stay_as_they_are() -> None:
    fault = RunRegistryError("x")
    assert as_official(fault, is_read=True) is fault


def test_a_twin_survives_pickling() -> None:
    fault = pickle.loads(pickle.dumps(twin(Conflict("changed", status=409, body="x"), (ValueError,))))
    assert isinstance(fault, Conflict)
    assert isinstance(fault, ValueError)
    assert (str(fault), fault.status) == ("changed", 409)


def test_the_collector_runs_again_after_nested_pauses_and_failures() -> None:
    with paused_collector():
        with pytest.raises(ZeroDivisionError), paused_collector():
            _ = 1 / 0
        assert not gc.isenabled()
    assert gc.isenabled()


def test_a_collector_that_was_off_stays_off() -> None:
    gc.disable()
    try:
        with paused_collector():
            pass
        assert not gc.isenabled()
    finally:
        gc.enable()
