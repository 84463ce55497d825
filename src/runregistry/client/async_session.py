"""The driver with tasks: one HTTP session with keep-alive, which runs flows in a bounded task group."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, TypeVar

import httpx2

from runregistry.client.answers import Answer
from runregistry.client.calls import Call, Flow
from runregistry.client.retries import deliver
from runregistry.client.session import broken, session_options
from runregistry.client.settings import Settings
from runregistry.client.token import to_answer
from runregistry.errors import TransportError

__all__ = ["AsyncSession"]

T = TypeVar("T")


class AsyncSession:
    """Runs flows in an event loop; parameters as of `runregistry.client.session.Session`."""

    def __init__(
        self,
        settings: Settings,
        transport: httpx2.AsyncBaseTransport | None = None,
        *,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self.settings = settings
        self._sleep = sleep
        self._http = httpx2.AsyncClient(transport=transport, **session_options(settings, transport is not None))

    async def run(self, flow: Flow[T]) -> T:
        """Run a flow to its end and return its result."""
        try:
            calls = next(flow)
            while True:
                try:
                    found = await self._perform(calls)
                except Exception as fault:
                    calls = flow.throw(fault)
                else:
                    calls = flow.send(found)
        except StopIteration as end:
            result: T = end.value
            return result
        finally:
            flow.close()

    async def _perform(self, calls: Sequence[Call]) -> list[Any]:
        if len(calls) == 1:
            return [await self._ask(calls[0])]
        room = asyncio.Semaphore(self.settings.in_flight)

        async def ask(call: Call) -> Any:
            async with room:
                return await self._ask(call)

        try:
            async with asyncio.TaskGroup() as group:
                tasks = [group.create_task(ask(call)) for call in calls]
        except BaseExceptionGroup as several:
            raise _first(several) from None
        return [task.result() for task in tasks]

    async def _ask(self, call: Call) -> Any:
        steps = deliver(call, self.settings.retries)
        pause = next(steps)
        while True:
            if pause:
                await self._sleep(pause)
            try:
                answer = await self._send(call)
            except TransportError as fault:
                pause = steps.throw(fault)
            else:
                try:
                    pause = steps.send(answer)
                except StopIteration as end:
                    return call.read(end.value)

    async def _send(self, call: Call) -> Answer:
        url = self.settings.base_url + call.path
        try:
            return to_answer(await self._http.request(call.route.method, url, content=call.content))
        except (httpx2.HTTPError, httpx2.InvalidURL) as fault:
            raise broken(call, self.settings, fault) from fault

    async def close(self) -> None:
        """Close the connections."""
        await self._http.aclose()


def _first(several: BaseExceptionGroup[BaseException]) -> BaseException:
    """Return one exception of a group: both drivers raise the same class."""
    one = several.exceptions[0]
    return _first(one) if isinstance(one, BaseExceptionGroup) else one
