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
from runregistry.client.official import Answers, Changed, as_official, twin
from runregistry.errors import APIError, AuthenticationError, Conflict, NotFound, RunRegistryError, ServerFault, TransportError


class RequestException(IOError):
    """As in requests: the root of its exceptions, with request and response."""


_NAMES = "ProxyError SSLError ConnectTimeout ReadTimeout ConnectionError Timeout InvalidSchema InvalidURL ChunkedEncodingError"


@pytest.fixture
def requests_exceptions(monkeypatch: pytest.MonkeyPatch) -> types.ModuleType:
    """A module with the exception classes of requests, which need not be installed for the tests."""
    module = types.ModuleType("requests.exceptions")
    for name in (*_NAMES.split(), "ContentDecodingError"):
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
        (httpx2.ReadError("cut"), "ChunkedEncodingError"),
        (httpx2.RemoteProtocolError("cut"), "ConnectionError"),
        (httpx2.RemoteProtocolError("cut"), "ChunkedEncodingError"),
        (httpx2.WriteError("cut"), "ConnectionError"),
        (httpx2.ConnectTimeout("slow"), "ConnectTimeout"),
        (httpx2.ReadTimeout("slow"), "ReadTimeout"),
        (httpx2.ReadTimeout("slow in the midst of the body"), "ConnectionError"),
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
    fault = as_official(_caused_by(cause), (ValueError,))
    assert isinstance(fault, TransportError)
    assert isinstance(fault, getattr(requests_exceptions, theirs))
    assert isinstance(fault, OSError)
    assert str(fault) == "no answer"


def test_a_certificate_that_is_wrong_is_told_apart(requests_exceptions: types.ModuleType) -> None:
    cause = httpx2.ConnectError("certificate")
    cause.__cause__ = ssl.SSLError("verify failed")
    assert isinstance(as_official(_caused_by(cause), (ValueError,)), requests_exceptions.SSLError)


def test_a_page_where_json_was_due_is_what_a_decoder_would_have_raised(requests_exceptions: types.ModuleType) -> None:
    fault = as_official(AuthenticationError("a page"))
    assert isinstance(fault, requests_exceptions.JSONDecodeError)
    assert isinstance(fault, ValueError)
    assert (str(fault), fault.pos) == ("a page", 0)  # type: ignore[attr-defined]


@pytest.fixture
def without_requests(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "requests", None)  # importing it fails
    monkeypatch.setitem(sys.modules, "requests.exceptions", None)


@pytest.mark.usefixtures("without_requests")
@pytest.mark.parametrize(
    ("cause", "own"), [(httpx2.ConnectError("refused"), ConnectionError), (httpx2.ReadTimeout("slow"), TimeoutError)]
)
def test_without_requests_the_classes_of_python_are_caught(cause: Exception, own: type[OSError]) -> None:
    fault = as_official(_caused_by(cause))
    assert isinstance(fault, TransportError)
    assert isinstance(fault, own)
    assert str(fault) == "no answer"


@pytest.mark.usefixtures("without_requests")
def test_without_requests_a_page_is_a_value_error() -> None:
    assert isinstance(as_official(AuthenticationError("a page")), ValueError)


def test_a_refused_read_is_a_value_error_with_status_and_text() -> None:
    fault = as_official(Conflict("changed", status=409, body="{}"), (ValueError,))
    assert isinstance(fault, ValueError)
    assert isinstance(fault, Conflict)
    assert (str(fault), fault.status, fault.body) == ("changed", 409, "{}")


def test_a_page_of_a_proxy_is_what_a_decoder_would_have_raised(requests_exceptions: types.ModuleType) -> None:
    fault = as_official(ServerFault("a page", status=502, body="<h1>Bad Gateway</h1>"), (ValueError,))
    assert isinstance(fault, requests_exceptions.JSONDecodeError)
    assert isinstance(fault, ServerFault)


def test_a_refusal_may_be_caught_as_the_key_that_is_missing_in_it() -> None:
    fault = as_official(NotFound("no such dataset", body="{}"), (ValueError, KeyError))
    assert isinstance(fault, KeyError)
    assert isinstance(fault, ValueError)
    assert str(fault) == "no such dataset"


def test_a_refused_change_is_no_value_error() -> None:
    assert not isinstance(as_official(APIError("no")), ValueError)


def test_other_failures_stay_as_they_are() -> None:
    fault = RunRegistryError("x")
    assert as_official(fault, (ValueError,)) is fault


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


RUN = {"run_number": 7, "state": "OPEN"}


def test_answers_are_a_list_and_what_release_1_returned_too() -> None:
    answers = Answers([RUN])
    assert answers == [RUN]
    assert (answers.status_code, answers.ok, answers.json()) == (200, True, RUN)
    assert json.loads(answers.text) == RUN
    answers.raise_for_status()


def test_each_of_many_answers_is_a_dict_and_a_response() -> None:
    answers = Answers([RUN, {"run_number": 8}, None])
    assert isinstance(answers[0], dict)
    assert [answers[0].status_code, answers[0].json()] == [200, RUN]
    assert answers.json() == [RUN, {"run_number": 8}, None]
    assert json.dumps(answers) == answers.text


def test_answers_survive_pickling() -> None:
    answers = pickle.loads(pickle.dumps(Answers([RUN])))
    assert answers == Answers([RUN])
    assert type(answers[0]) is Changed
