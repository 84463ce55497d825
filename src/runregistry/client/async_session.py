"""The driver with tasks: one HTTP session with keep-alive, which runs flows in a bounded task group."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import Any, TypeVar

import httpx2

from runregistry.client.answers import Answer
from runregistry.client.calls import Batch, Call, Flow
from runregistry.client.retries import deliver
from runregistry.client.session import Stop, broken, session_options
from runregistry.client.settings import Settings
from runregistry.client.token import attach, to_answer
from runregistry.errors import RunRegistryError, TransportError

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
        self._transport = transport
        self._sleep = sleep
        self._options = session_options(settings, transport is not None)
        self._http = self._opened()
        self._loop: asyncio.AbstractEventLoop | None = None

    def _opened(self) -> httpx2.AsyncClient:
        http = httpx2.AsyncClient(transport=self._transport, **self._options)
        attach(self._options["auth"], http, self._sleep)
        return http

    def _connected(self) -> httpx2.AsyncClient:
        """Return the session of this event loop: connections that were kept in another one can't be used."""
        loop = asyncio.get_running_loop()
        if self._loop is not loop:
            if self._loop is not None and self._transport is None:
                self._http = self._opened()
            self._loop = loop
        return self._http

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

    async def _perform(self, calls: Sequence[Call] | Batch) -> list[Any]:
        if isinstance(calls, Batch):
            await self._perform_each(calls)
            return []
        if len(calls) == 1:
            return [await self._ask(calls[0])]
        return await self._bounded([partial(self._ask, call) for call in calls])

    async def _perform_each(self, batch: Batch) -> None:
        stop = Stop()

        async def ask(number: int, call: Call) -> None:
            if stop.is_over:
                return
            try:
                outcome: Any = await self._ask(call)
            except RunRegistryError as fault:
                if stop.at(fault, batch):
                    return
                outcome = fault
            except asyncio.CancelledError as cancelled:
                if call.route.is_write:
                    batch.on_done(number, _cut_short(call, self.settings, cancelled))
                raise
            batch.on_done(number, outcome)

        await self._bounded([partial(ask, *numbered) for numbered in enumerate(batch.calls)])
        stop.raise_fault()

    async def _bounded(self, jobs: Sequence[Callable[[], Awaitable[T]]]) -> list[T]:
        """Do jobs at the same time, as many as may be; a failure ends the others."""
        room = asyncio.Semaphore(self.settings.in_flight)

        async def do(job: Callable[[], Awaitable[T]]) -> T:
            async with room:
                return await job()

        try:
            async with asyncio.TaskGroup() as group:
                tasks = [group.create_task(do(job)) for job in jobs]
        except BaseExceptionGroup as several:
            raise _first(several) from None
        return [task.result() for task in tasks]

    async def _ask(self, call: Call) -> Any:
        steps = deliver(call, self.settings.retries, call.read)
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
                    return end.value

    async def _send(self, call: Call) -> Answer:
        url = self.settings.base_url + call.path
        try:
            return to_answer(await self._connected().request(call.route.method, url, content=call.content))
        except (httpx2.HTTPError, httpx2.InvalidURL) as fault:
            raise broken(call, self.settings, fault) from fault

    async def close(self) -> None:
        """Close the connections."""
        await self._http.aclose()


def _cut_short(call: Call, settings: Settings, cancelled: asyncio.CancelledError) -> TransportError:
    fault = TransportError(f"cancelled before the answer to {call.route.method} {settings.base_url}{call.path} was there")
    fault.__cause__ = cancelled
    return fault


def _first(several: BaseExceptionGroup[BaseException]) -> BaseException:
    """Return one exception of a group: both drivers raise the same class."""
    one = several.exceptions[0]
    return _first(one) if isinstance(one, BaseExceptionGroup) else one
