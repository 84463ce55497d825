"""Faults in calls about many runs, and while a list is gone through: what is missing is named, and asked for again alone."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from tests.integration.faults.asking import EXPERT, PAGE_SIZE, QUICK
from tests.integration.faults.conftest import FIRST_RUN, N_RUNS

from runregistry import AsyncClient, Client
from runregistry.errors import RunRegistryError, TransportError
from runregistry.testing import Cut, CutAfterApplied, FaultyProxy, RunningRegistry, Status

RUNS = list(range(FIRST_RUN, FIRST_RUN + N_RUNS // 2))
LUMISECTIONS = "/lumisections/rr_lumisections"
SETTINGS: dict[str, Any] = {"retries": QUICK, "page_size": PAGE_SIZE, **EXPERT}
Do = Callable[..., Any]


def with_threads(url: str, verb: str, *args: Any, **kwargs: Any) -> Any:
    with Client(url, **SETTINGS) as client:
        answer = getattr(client, verb)(*args, **kwargs)
        return list(answer) if verb.startswith("iter") else answer


def with_tasks(url: str, verb: str, *args: Any, **kwargs: Any) -> Any:
    async def main() -> Any:
        async with AsyncClient(url, **SETTINGS) as client:
            answer = getattr(client, verb)(*args, **kwargs)
            return [row async for row in answer] if verb.startswith("iter") else await answer

    return asyncio.run(main())


@pytest.fixture(params=[with_threads, with_tasks])
def do(request: pytest.FixtureRequest) -> Iterator[Do]:
    return request.param  # type: ignore[no-any-return]


def is_about(*run_numbers: int) -> Callable[[Any], bool]:
    return lambda asked: json.loads(asked.body)["run_number"] in run_numbers


@pytest.mark.parametrize("fault", [Status(502), Status(429, retry_after=0.01), Cut(), Cut(after_bytes=100)])
def test_a_list_that_is_gone_through_has_every_row_once(
    fault: Any, registry: RunningRegistry, proxy: FaultyProxy, do: Do
) -> None:
    proxy.plan(fault, share=0.2)
    found = [row["run_number"] for row in do(proxy.url, "iter_runs")]
    assert found == [row["run_number"] for row in do(registry.url, "runs")]


def test_lumisections_of_many_runs_are_complete(registry: RunningRegistry, proxy: FaultyProxy, do: Do) -> None:
    proxy.plan(Status(502), share=0.1)
    proxy.plan(Cut(after_bytes=50), share=0.1)
    found = do(proxy.url, "lumisections_of", RUNS, progress=False)
    assert found.is_complete
    assert dict(found) == dict(do(registry.url, "lumisections_of", RUNS, progress=False))


def test_what_failed_is_named_and_only_that_is_asked_for_again(registry: RunningRegistry, proxy: FaultyProxy, do: Do) -> None:
    lost = [RUNS[3], RUNS[7]]
    proxy.plan(Cut(), when=is_about(*lost))
    part = do(proxy.url, "lumisections_of", RUNS, on_error="keep", progress=False)
    assert sorted(key[0] for key in part.failed) == lost
    assert {type(fault) for fault in part.failed.values()} == {TransportError}
    assert len(part) == len(RUNS) - 2
    proxy.clear()
    whole = do(proxy.url, "lumisections_of", RUNS, resume_from=part, progress=False)
    assert whole.is_complete
    assert sorted(json.loads(exchange.body)["run_number"] for exchange in proxy.record) == lost
    assert dict(whole) == dict(do(registry.url, "lumisections_of", RUNS, progress=False))


def test_a_failure_ends_the_call_and_carries_what_was_found(proxy: FaultyProxy, do: Do) -> None:
    proxy.plan(Status(502), when=is_about(RUNS[3]))
    with pytest.raises(RunRegistryError) as caught:
        do(proxy.url, "lumisections_of", RUNS, progress=False)
    assert [key[0] for key in caught.value.result.failed] == [RUNS[3]]
    assert not caught.value.result.is_complete


def test_edits_whose_answers_are_lost_are_not_repeated_by_resuming(proxy: FaultyProxy, do: Do) -> None:
    edits = [(run, 1, 1, "dt-dt", "STANDBY", "a test of many") for run in RUNS[:6]]
    proxy.plan(CutAfterApplied(), when=is_about(RUNS[2]))
    proxy.plan(Status(503), when=is_about(RUNS[4]))
    part = do(proxy.url, "edit_many", edits, on_error="keep", progress=False)
    assert [edit.run_number for edit in part.unknown] == [RUNS[2], RUNS[4]]
    assert len(part) == 4
    proxy.plan(Status(429), times=2)
    again = do(proxy.url, "edit_many", edits, on_error="keep", resume_from=part, progress=False)
    assert [edit.run_number for edit in again.unknown] == [RUNS[2], RUNS[4]]
    bodies = [exchange.body for exchange in proxy.forwarded_writes]
    assert len(bodies) == len(set(bodies)) == 5
