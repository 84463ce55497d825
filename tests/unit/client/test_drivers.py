"""Both drivers run the same flows: what they return and raise is compared here."""

from __future__ import annotations

import asyncio
import gc
import time
from collections.abc import Callable
from typing import Any

import httpx2
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.unit.client.fakes import QUICK, FakeRegistry, answer, run_row

from runregistry.client import AsyncClient, Client
from runregistry.client.calls import Flow, call

Registry = Callable[[httpx2.Request], httpx2.Response]


def _with_threads(registry: Registry, flow: Flow[Any]) -> Any:
    with Client("local", transport=httpx2.MockTransport(registry), retries=QUICK) as client:
        return client._session.run(flow)


def _with_tasks(registry: Registry, flow: Flow[Any]) -> Any:
    async def main() -> Any:
        async with AsyncClient("local", transport=httpx2.MockTransport(registry), retries=QUICK) as client:
            return await client._session.run(flow)

    return asyncio.run(main())


@pytest.fixture(params=[_with_threads, _with_tasks])
def run(request: pytest.FixtureRequest) -> Callable[[Registry, Flow[Any]], Any]:
    return request.param  # type: ignore[no-any-return]


@settings(max_examples=20, deadline=None)
@given(count=st.integers(0, 130), size=st.integers(1, 40), limit=st.none() | st.integers(0, 150))
def test_both_drivers_give_equal_lists(count: int, size: int, limit: int | None) -> None:
    fake = FakeRegistry(count)

    async def with_tasks() -> list[dict[str, Any]]:
        async with AsyncClient("local", transport=httpx2.MockTransport(fake), page_size=size) as client:
            return await client.runs(limit=limit)

    with Client("local", transport=httpx2.MockTransport(fake), page_size=size) as client:
        rows = client.runs(limit=limit)
    assert rows == asyncio.run(with_tasks()) == [run_row(number) for number in range(count, 0, -1)][:limit]


def test_answers_come_in_the_order_of_the_calls(run: Callable[[Registry, Flow[Any]], Any]) -> None:
    def flow() -> Flow[list[Any]]:
        return (yield [call("get_run", None, {"run_number": number}) for number in range(30)])

    assert run(lambda request: answer(200, request.url.path), flow()) == [f"/runs/{number}" for number in range(30)]


def test_a_failure_is_thrown_into_the_flow_which_may_go_on(run: Callable[[Registry, Flow[Any]], Any]) -> None:
    def flow() -> Flow[str]:
        try:
            yield [call("get_run", None, {"run_number": number}) for number in range(3)]
        except LookupError as fault:
            (second,) = yield [call("get_datasets_accepted")]
            return f"{fault} then {second}"
        raise AssertionError

    def registry(request: httpx2.Request) -> httpx2.Response:
        return answer(500, {"err": "Run not found"}) if request.url.path == "/runs/1" else answer(200, "fine")

    assert run(registry, flow()) == "Run not found then fine"


def test_a_flow_that_does_not_catch_ends_and_is_closed(run: Callable[[Registry, Flow[Any]], Any]) -> None:
    closed = []

    def flow() -> Flow[None]:
        try:
            yield [call("get_run", None, {"run_number": 1})]
        finally:
            closed.append(True)

    with pytest.raises(LookupError, match="Run not found"):
        run(lambda request: answer(500, {"err": "Run not found"}), flow())
    assert closed == [True]


def test_a_flow_without_calls_just_returns(run: Callable[[Registry, Flow[Any]], Any]) -> None:
    def flow() -> Flow[int]:
        return 3
        yield

    assert run(lambda request: answer(500), flow()) == 3


def test_tasks_respect_the_number_in_flight() -> None:
    running, most = 0, 0

    class Slow(httpx2.AsyncBaseTransport):
        async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
            nonlocal running, most
            running += 1
            most = max(most, running)
            await asyncio.sleep(0.001)
            running -= 1
            return answer(200, 1)

    def flow() -> Flow[list[Any]]:
        return (yield [call("get_datasets_accepted") for _ in range(40)])

    async def main() -> list[Any]:
        async with AsyncClient("local", transport=Slow(), in_flight=3) as client:
            return await client._session.run(flow())

    assert asyncio.run(main()) == [1] * 40
    assert most == 3


# The connections of the first loop can't be closed any more when it has ended.
@pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning")
def test_one_client_serves_two_event_loops_one_after_the_other() -> None:
    fake = FakeRegistry(120)
    with fake.on_a_socket() as url:
        client = AsyncClient(url, retries=QUICK)

        async def ask() -> int:
            return len(await client.runs())

        async def end() -> int:
            found = await ask()
            await client.close()
            return found

        assert (asyncio.run(ask()), asyncio.run(end())) == (120, 120)
    gc.collect()


@pytest.mark.parametrize(("pause_s", "most"), [(0.0, 4), (0.02, 10)])
def test_threads_are_fewer_where_answers_come_at_once(pause_s: float, most: int) -> None:
    fake = FakeRegistry()

    def slow(request: httpx2.Request) -> httpx2.Response:
        time.sleep(pause_s)
        return answer(200, [])

    fake.script["/cycles/global"] = [slow]

    def flow() -> Flow[None]:
        yield [call("get_cycles", None, {"workspace": "global"})]
        yield [call("get_cycles", None, {"workspace": "global"}) for _ in range(60)]

    with Client("local", transport=httpx2.MockTransport(fake), retries=QUICK) as client:
        client._session.run(flow())
    assert 1 <= fake.most_running <= most
    assert pause_s == 0.0 or fake.most_running == most
