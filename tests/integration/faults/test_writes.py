"""Faults while the registry is changed: each change reaches it at most once, and who asked is told when that is not known."""

from __future__ import annotations

from threading import Timer
from typing import Any

import pytest
import requests
from tests.integration.faults.asking import EXPERT, Opener

from runregistry.client.session import session_options
from runregistry.client.settings import RetryPolicy, read_settings
from runregistry.errors import APIError, RunRegistryError, ServerFault, TransportError
from runregistry.testing import (
    BrokenChunk,
    Cut,
    CutAfterApplied,
    CutBeforeSend,
    Delay,
    Fault,
    FaultyProxy,
    HalfBody,
    LoginPage,
    Refuse,
    RunningRegistry,
    Status,
    Truncate,
)

EDIT = "/lumisections/edit_rr_lumisections"
UNKNOWN = "may have been applied"


def edits(registry: RunningRegistry, run_number: int) -> list[dict[str, Any]]:
    """What people changed in the lumisections of a run, out of its history."""
    with registry.store.reading() as connection:
        history = registry.store.records.rr_history(connection, run_number, "online")
    return [event for event in history if event["by"] == EXPERT["email"]]


# What happens to a change, how often the registry has applied it afterwards, and what its author is told.
LOST: dict[str, tuple[Fault, int, type[RunRegistryError], str]] = {
    "the answer is lost": (CutAfterApplied(), 1, TransportError, UNKNOWN),
    "the answer is reset": (Cut(), 1, TransportError, UNKNOWN),
    "the answer is cut": (Cut(after_bytes=10), 1, TransportError, UNKNOWN),
    "the answer is truncated": (Truncate(), 1, TransportError, UNKNOWN),
    "the answer is half": (HalfBody(), 1, TransportError, UNKNOWN),
    "the answer is a broken chunk": (BrokenChunk(), 1, TransportError, UNKNOWN),
    "the request is lost": (CutBeforeSend(), 0, TransportError, UNKNOWN),
    "the connection is reset": (Refuse(), 0, TransportError, "no answer to PUT"),
    "502, and applied": (Status(502, applied=True), 1, ServerFault, "Got response 502"),
    "504, and applied": (Status(504, applied=True), 1, ServerFault, "Got response 504"),
    "502": (Status(502), 0, ServerFault, "Got response 502"),
    "503": (Status(503), 0, ServerFault, "Got response 503"),
    "503 with Retry-After": (Status(503, retry_after=0.01), 0, ServerFault, "Got response 503"),
    "the sign-in page": (LoginPage(), 0, RunRegistryError, "sign-in page"),
    "the way to it": (LoginPage(302), 0, RunRegistryError, "sign"),
}


@pytest.mark.parametrize(("fault", "applied", "kind", "says"), LOST.values(), ids=LOST)
def test_a_change_that_may_have_been_applied_is_an_error_and_not_repeated(
    fault: Fault,
    applied: int,
    kind: type[RunRegistryError],
    says: str,
    registry: RunningRegistry,
    proxy: FaultyProxy,
    asking: Opener,
    run_number: int,
) -> None:
    before = len(edits(registry, run_number))
    proxy.plan(fault)
    with asking(proxy.url) as ask, pytest.raises(kind, match=says):
        ask.edit(run_number, "noise in sector 4")
    assert len(proxy.asked(EDIT)) == (0 if fault.at_accept else 1)
    assert len(proxy.forwarded_writes) == applied
    assert len(edits(registry, run_number)) - before == applied


@pytest.mark.parametrize("retry_after", [None, 0.01])
def test_a_change_that_the_registry_was_too_busy_for_is_repeated_and_applied_once(
    retry_after: float | None, registry: RunningRegistry, proxy: FaultyProxy, asking: Opener, run_number: int
) -> None:
    before = len(edits(registry, run_number))
    proxy.plan(Status(429, retry_after=retry_after), times=3)
    with asking(proxy.url) as ask:
        ask.edit(run_number, "noise in sector 4")
    assert [exchange.status for exchange in proxy.asked(EDIT)] == [429, 429, 429, 200]
    assert len(edits(registry, run_number)) - before == 1


def test_a_change_that_the_registry_stays_too_busy_for_is_an_error(
    registry: RunningRegistry, proxy: FaultyProxy, asking: Opener, run_number: int
) -> None:
    before = len(edits(registry, run_number))
    proxy.plan(Status(429))
    with asking(proxy.url) as ask, pytest.raises(APIError, match="Got response 429"):
        ask.edit(run_number, "noise in sector 4")
    assert len(proxy.asked(EDIT)) == 5
    assert len(edits(registry, run_number)) == before


def test_a_change_for_which_no_connection_came_about_is_repeated_and_applied_once(
    registry: RunningRegistry, proxy: FaultyProxy, asking: Opener, run_number: int
) -> None:
    before = len(edits(registry, run_number))
    proxy.stop()
    back = Timer(0.1, proxy.start)
    back.start()
    with asking(proxy.url, retries=RetryPolicy(attempts=8, first_pause_s=0.05, longest_pause_s=0.1)) as ask:
        ask.edit(run_number, "noise in sector 4")
    back.join()
    assert len(proxy.forwarded_writes) == 1
    assert len(edits(registry, run_number)) - before == 1


def test_a_change_whose_answer_takes_too_long_is_an_error_and_applied_once(
    registry: RunningRegistry, proxy: FaultyProxy, asking: Opener, run_number: int, request: pytest.FixtureRequest
) -> None:
    before = len(edits(registry, run_number))
    proxy.plan(_AnsweredLate(0.5))
    with asking(proxy.url, timeout_s=0.25) as ask, pytest.raises(TransportError, match=UNKNOWN) as caught:
        ask.edit(run_number, "noise in sector 4")
    assert len(proxy.asked(EDIT)) == 1
    assert len(edits(registry, run_number)) - before == 1
    if "old functions" in request.node.callspec.id:
        assert isinstance(caught.value, requests.exceptions.ReadTimeout)


class _AnsweredLate(Delay):
    async def meet(self, visit: Any) -> bool:
        response = await visit.forward()
        await super().meet(visit)
        await visit.answer(response)
        return True


def test_a_change_on_a_connection_that_ended_while_nobody_used_it_is_applied_once(
    registry: RunningRegistry, proxy: FaultyProxy, asking: Opener, run_number: int
) -> None:
    before = len(edits(registry, run_number))
    with asking(proxy.url) as ask:
        ask.edit(run_number, "noise in sector 4")
        proxy.stop()  # cuts the connection that the client keeps
        proxy.start()
        ask.edit(run_number, "noise in sector 5")
    assert len({exchange.connection for exchange in proxy.asked(EDIT)}) == 2
    assert len(edits(registry, run_number)) - before == 2


def test_connections_are_given_up_before_services_close_them() -> None:
    """A change that is sent while the other side closes its connection is lost, or applied: nobody knows."""
    assert session_options(read_settings("local"), False)["limits"].keepalive_expiry < 5


def test_the_first_run_of_many_that_fails_ends_the_moves_and_none_is_moved_twice(
    registry: RunningRegistry, proxy: FaultyProxy, asking: Opener
) -> None:
    numbers = [row["run_number"] for row in _open_runs(registry)[:3]]
    proxy.plan(CutAfterApplied(), nth=2)
    with asking(proxy.url, in_flight=1) as ask, pytest.raises(TransportError, match=UNKNOWN):
        ask.move("OPEN", "SIGNOFF", numbers)
    assert len(proxy.forwarded_writes) == len({exchange.body for exchange in proxy.forwarded_writes}) == 2
    moved = [number for number in numbers if number not in {row["run_number"] for row in _open_runs(registry)}]
    assert moved == numbers[:2]


def _open_runs(registry: RunningRegistry) -> list[dict[str, Any]]:
    with registry.client() as client:
        return client.runs({"state": "OPEN"}, sortings=[["run_number", "DESC"]])
