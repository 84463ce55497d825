"""Faults while pages are read: the complete data, or an error; never a part, never a row twice."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import httpx2
import pytest
import requests
from tests.integration.faults.asking import Opener
from tests.integration.faults.conftest import Reading

from runregistry.errors import APIError, AuthenticationError, RunRegistryError, ServerFault, TransportError
from runregistry.testing import (
    BrokenChunk,
    Cut,
    CutAfterApplied,
    CutBeforeSend,
    Delay,
    Do,
    Fault,
    FaultyProxy,
    HalfBody,
    LoginPage,
    Refuse,
    RunningRegistry,
    Status,
    Truncate,
)

PAGES = "/runs_filtered_ordered"
LONG_AGO = format_datetime(datetime.now(UTC) - timedelta(hours=1), usegmt=True)

PASSING: dict[str, Fault] = {
    "reset before the answer": Cut(),
    "reset within the answer": Cut(after_bytes=300),
    "end within the answer": Cut(after_bytes=300, reset=False),
    "end before the request is passed on": CutBeforeSend(),
    "end instead of the answer": CutAfterApplied(),
    "the last byte is missing": Truncate(),
    "the whole body is missing": Truncate(missing=10**9),
    "half a body that looks whole": HalfBody(),
    "a broken chunk at once": BrokenChunk(after_bytes=0),
    "a broken chunk later": BrokenChunk(after_bytes=300),
    "429": Status(429, body=b'{"message": "slow down"}'),
    "429 with Retry-After in seconds": Status(429, retry_after=0.01),
    "502": Status(502),
    "502 with an empty body": Status(502, body=b""),
    "503 with Retry-After as a date": Status(503, retry_after=LONG_AGO),
    "504": Status(504),
    "a short delay": Delay(0.03),
    "reset connections": Refuse(),
}


@pytest.mark.parametrize("fault", PASSING.values(), ids=PASSING)
def test_the_data_are_complete_whatever_happens_to_some_pages(
    fault: Fault, proxy: FaultyProxy, asking: Opener, clean: Reading
) -> None:
    proxy.plan(fault, nth=[1, 3])
    proxy.plan(fault, share=0.1)
    with asking(proxy.url) as ask:
        assert ask.runs() == clean.rows
    if not fault.at_accept:
        assert sum(fault in exchange.faults for exchange in proxy.record) >= 2
    assert {exchange.body for exchange in proxy.record} == set(clean.bodies)


@pytest.mark.parametrize("fault", [Status(429, retry_after=0.01), Status(502)], ids=["429", "502"])
def test_a_tenth_of_refusals_costs_a_tenth_more_requests(
    fault: Fault, proxy: FaultyProxy, asking: Opener, clean: Reading
) -> None:
    proxy.plan(fault, nth=4)
    proxy.plan(fault, share=0.1)
    with asking(proxy.url) as ask:
        assert ask.runs() == clean.rows
    refused = sum(not exchange.forwarded for exchange in proxy.record)
    assert refused > 0
    assert sorted(exchange.body for exchange in proxy.record if exchange.forwarded) == sorted(clean.bodies)


LASTING: dict[str, tuple[Fault, type[RunRegistryError], str, type[Exception]]] = {
    "reset before the answer": (Cut(), TransportError, "no answer to POST", requests.ConnectionError),
    "end within the answer": (Truncate(), TransportError, "no answer to POST", requests.exceptions.ChunkedEncodingError),
    "a broken chunk": (BrokenChunk(), TransportError, "no answer to POST", requests.exceptions.ChunkedEncodingError),
    "half a body": (HalfBody(), TransportError, "is not JSON", requests.exceptions.JSONDecodeError),
    "502": (Status(502), ServerFault, "is 502 and a web page", ValueError),
    "429": (Status(429), APIError, "is 429", ValueError),
    "the sign-in page": (
        LoginPage(),
        AuthenticationError,
        "is a sign-in page, and not JSON",
        requests.exceptions.JSONDecodeError,
    ),
    "the way to it": (LoginPage(302), AuthenticationError, "sends to auth.example.org to sign in", requests.RequestException),
}


@pytest.mark.parametrize(("fault", "kind", "says", "theirs"), LASTING.values(), ids=LASTING)
def test_a_page_that_can_not_be_had_is_an_error_and_no_part_is_given(
    fault: Fault,
    kind: type[RunRegistryError],
    says: str,
    theirs: type[Exception],
    proxy: FaultyProxy,
    asking: Opener,
    clean: Reading,
    request: pytest.FixtureRequest,
) -> None:
    proxy.plan(fault, when=lambda asked: asked.body == clean.bodies[5])
    with asking(proxy.url) as ask, pytest.raises(kind, match=says) as caught:
        ask.runs()
    assert caught.type.__name__ == kind.__name__
    if "old functions" in request.node.callspec.id:
        assert isinstance(caught.value, theirs)
    repeated = 1 if isinstance(fault, LoginPage) else 5
    assert [exchange.body for exchange in proxy.record].count(clean.bodies[5]) == repeated


def test_an_answer_that_takes_too_long_is_an_error_and_not_asked_for_again(
    proxy: FaultyProxy, asking: Opener, request: pytest.FixtureRequest
) -> None:
    proxy.plan(Delay(0.6), nth=1)
    with (
        asking(proxy.url, timeout_s=0.2) as ask,
        pytest.raises(TransportError, match=r"in time \(ReadTimeout, limit 0\.2 s\)") as caught,
    ):
        ask.runs()
    assert len(proxy.record) == 1
    if "old functions" in request.node.callspec.id:
        assert isinstance(caught.value, requests.exceptions.ReadTimeout)


def test_a_run_that_begins_between_two_pages_is_noticed(
    registry: RunningRegistry, proxy: FaultyProxy, asking: Opener, clean: Reading
) -> None:
    before = [row["run_number"] for row in clean.rows]
    new = max(before) + 1

    def begin() -> None:
        body = {
            "oms_attributes": {"run_number": new},
            "rr_attributes": {"class": "Cosmics22", "significant": True},
            "oms_lumisections": [{"cms_active": True}],
            "rr_lumisections": [{"dt-dt": {"status": "GOOD", "comment": "", "cause": ""}}],
        }
        httpx2.post(f"{registry.url}/runs", json=body, headers={"email": "auto@auto"}).raise_for_status()

    proxy.plan(Do(begin), nth=4, path=PAGES)
    with asking(proxy.url, in_flight=2) as ask:
        found = [row["run_number"] for row in ask.runs()]
    assert found == [new, *before]
    assert len(proxy.asked(PAGES)) > len(clean.bodies)


def test_rows_that_stay_missing_are_an_error_and_no_row_is_given_twice(
    proxy: FaultyProxy, asking: Opener, clean: Reading
) -> None:
    proxy.plan(_OneRowTwice(), when=lambda asked: asked.body == clean.bodies[5])
    with asking(proxy.url) as ask, pytest.raises(TransportError, match=r"\d+ of \d+ runs are missing: the list changed"):
        ask.runs()
    assert [exchange.body for exchange in proxy.record].count(clean.bodies[5]) == 3


class _OneRowTwice(Fault):
    """A page as if a run had begun before it: a row comes again, and another one is on no page."""

    async def meet(self, visit: Any) -> bool:
        response = await visit.forward()
        document = json.loads(response.body)
        document["runs"] = document["runs"][:1] * len(document["runs"])
        await visit.answer(type(response)(response.status, response.headers, json.dumps(document).encode()))
        return True
