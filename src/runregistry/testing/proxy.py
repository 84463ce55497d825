"""A proxy that misbehaves as planned, and remembers what it did.

with runregistry.testing.faults(registry.url) as proxy:
    proxy.plan(Status(502), share=0.1)
    with registry.client(url=proxy.url) as client:
        client.runs()
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from random import Random
from urllib.parse import urlsplit

from runregistry.testing.fault_kinds import Fault
from runregistry.testing.loopback import LoopbackService, end_with_reset
from runregistry.testing.messages import BrokenMessage, Request, Response, read_request, read_response
from runregistry.testing.tokens import TokenEndpoint
from runregistry.wire import ROUTES

__all__ = ["Exchange", "FaultyProxy", "faults"]

_WRITES = [
    (route.method, re.compile(re.sub(r"{\w+(:path)?}", "[^/]+", route.path))) for route in ROUTES.values() if route.is_write
]


@dataclass
class Exchange:
    """A request that the proxy has seen, and what became of it.

    Attributes
    ----------
    method, path : str
    body : bytes
    connection : int
        Number of the connection on which it came, from 1.
    faults : list of Fault
        Those that met it, in order.
    forwarded : bool
        Whether the registry got it.
    status : int or None
        Of the answer that the client got, whole or in part; None if it got none.
    """

    method: str
    path: str
    body: bytes
    connection: int
    faults: list[Fault] = field(default_factory=list)
    forwarded: bool = False
    status: int | None = None

    @property
    def is_write(self) -> bool:
        """Whether it can change the registry."""
        return any(self.method == method and pattern.fullmatch(self.path) for method, pattern in _WRITES)


class _Plan:
    """A fault, and which requests it meets."""

    def __init__(
        self,
        fault: Fault,
        when: Callable[[Request], bool],
        nth: frozenset[int] | None,
        times: int | None,
        share: float,
        dice: Random,
    ) -> None:
        self.fault = fault
        self._when, self._nth, self._share, self._dice = when, nth, share, dice
        self._left = times
        self._seen = 0

    def is_due(self, request: Request) -> bool:
        """Tell whether the fault is meant for a request; asked once for each."""
        if self._left == 0 or not self._when(request):
            return False
        self._seen += 1
        is_chosen = self._share >= 1 or self._dice.random() < self._share
        return is_chosen and (self._nth is None or self._seen in self._nth)

    def use(self) -> Fault:
        """Return the fault, for a request that no other fault has ended before."""
        if self._left is not None:
            self._left -= 1
        return self.fault


class FaultyProxy:
    """A proxy before a registry, on a free port of this machine.

    It passes on what no fault meets. It works as the registry's address, and as an HTTP proxy (``HTTP_PROXY``): whatever host a
    request names, the registry answers it. If the registry can't be reached, the connection is reset, as if there were no proxy.

    Parameters
    ----------
    upstream_url : str
        The registry.
    seed : int
        Decides which requests are met where only a share of them is.
    """

    def __init__(self, upstream_url: str, *, seed: int = 1) -> None:
        parts = urlsplit(upstream_url)
        self._upstream = parts.hostname or "127.0.0.1", parts.port or 80
        self._seed = seed
        self._plans: list[_Plan] = []
        self._record: list[Exchange] = []
        self._connections = 0
        self._service = LoopbackService(self._serve, "runregistry-faults")
        self.tokens: TokenEndpoint | None = None
        self._identity: tuple[tuple[str, str], ...] = ()

    def __repr__(self) -> str:
        return f"FaultyProxy({self.url!r})"

    @property
    def url(self) -> str:
        """Where it listens."""
        return self._service.url

    @property
    def record(self) -> list[Exchange]:
        """Every request until now, in the order in which they came."""
        return list(self._record)

    @property
    def forwarded_writes(self) -> list[Exchange]:
        """The changes that reached the registry."""
        return [exchange for exchange in self.record if exchange.forwarded and exchange.is_write]

    def asked(self, path: str, method: str | None = None) -> list[Exchange]:
        """Return the requests for paths that begin so."""
        return [one for one in self.record if one.path.startswith(path) and method in (None, one.method)]

    def plan(
        self,
        fault: Fault,
        *,
        path: str = "",
        method: str | None = None,
        nth: int | Iterable[int] | None = None,
        times: int | None = None,
        share: float = 1.0,
        when: Callable[[Request], bool] | None = None,
    ) -> None:
        """Plan a fault. Several may meet a request, in the order in which they were planned, until one of them ends it.

        Parameters
        ----------
        path, method : str, optional
            Only requests whose path begins so, of this method.
        nth : int or several, optional
            Only these of them, counted from 1. For `Refuse`, connections are counted.
        times : int, optional
            At most so many of them.
        share : float
            So many of them, chosen by the seed of the proxy.
        when : callable, optional
            Only requests of which this is true; called with a `Request`.
        """

        def is_meant(request: Request) -> bool:
            return (
                request.path.startswith(path) and method in (None, request.method) and (when is None or when(request))
            ) or fault.at_accept

        numbers = None if nth is None else frozenset([nth] if isinstance(nth, int) else nth)
        self._plans.append(_Plan(fault, is_meant, numbers, times, share, Random(f"{self._seed} {len(self._plans)}")))

    def clear(self) -> None:
        """Forget the plans and the record."""
        self._plans, self._record = [], []

    def demand_tokens(self, tokens: TokenEndpoint, *, email: str = "tester@example.org", egroups: str = "") -> None:
        """Behave as the sign-in proxy: refuse requests without a valid token, and tell the registry whose it is."""
        self.tokens = tokens
        self._identity = (("email", email), ("egroups", egroups))

    def start(self) -> None:
        """Listen, again on the port that it had."""
        self._service.start()

    def stop(self) -> None:
        """Cut all connections; new ones are refused until `start`."""
        self._service.stop()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._connections += 1
        connection = self._connections
        refusing = [plan for plan in self._plans if plan.fault.at_accept and plan.is_due(Request("", ""))]
        if refusing:
            refusing[0].use()
            end_with_reset(writer)
            return
        while (request := await read_request(reader)) is not None:
            exchange = Exchange(request.method, request.path, request.body, connection)
            self._record.append(exchange)
            visit = _Visit(self, request, exchange, writer)
            await self._pass(visit)
            if visit.is_cut:
                return

    async def _pass(self, visit: _Visit) -> None:
        try:
            for plan in [plan for plan in self._plans if not plan.fault.at_accept and plan.is_due(visit.request)]:
                visit.exchange.faults.append(plan.use())
                if await plan.fault.meet(visit):
                    return
            await visit.answer(await visit.forward())
        except _RegistryGone:
            visit.cut(reset=True)

    async def _forward(self, request: Request, exchange: Exchange) -> Response:
        if self.tokens is not None:
            if not self.tokens.accepts(request.header("authorization")):
                return Response(
                    401, (("content-type", "application/json"),), b'{"message": "the token is not valid, or has ended"}'
                )
            others = (header for header in request.headers if header[0] not in ("email", "egroups", "authorization"))
            request = Request(request.method, request.target, (*others, *self._identity), request.body)
        try:
            reader, writer = await asyncio.open_connection(*self._upstream, limit=2**20)
        except OSError as error:
            raise _RegistryGone from error
        exchange.forwarded = True
        try:
            writer.write(request.encode("{}:{}".format(*self._upstream)))
            return await read_response(reader, request.method)
        except (BrokenMessage, OSError) as error:
            raise _RegistryGone from error
        finally:
            writer.close()


class _RegistryGone(Exception):
    """The registry gave no answer."""


class _Visit:
    """See `runregistry.testing.fault_kinds.Visit`."""

    def __init__(self, proxy: FaultyProxy, request: Request, exchange: Exchange, writer: asyncio.StreamWriter) -> None:
        self._proxy = proxy
        self.request = request
        self.exchange = exchange
        self._writer = writer
        self.is_cut = False

    async def forward(self) -> Response:
        return await self._proxy._forward(self.request, self.exchange)

    async def answer(self, response: Response) -> None:
        await self.send(response, response.encode(with_body=self.request.method != "HEAD"))

    async def send(self, response: Response, content: bytes) -> None:
        self.exchange.status = response.status
        self._writer.write(content)
        await self._writer.drain()

    def cut(self, *, reset: bool = False) -> None:
        self.is_cut = True
        if reset:
            end_with_reset(self._writer)

    def expire_tokens(self) -> None:
        if self._proxy.tokens is not None:
            self._proxy.tokens.expire()


@contextmanager
def faults(upstream_url: str, *, seed: int = 1) -> Iterator[FaultyProxy]:
    """Put a proxy that misbehaves before a registry while the block runs.

    Parameters
    ----------
    upstream_url : str
        The registry.
    seed : int
        Decides which requests are met where only a share of them is.

    Examples
    --------
    >>> from runregistry.testing import Cut, server
    >>> with server(sample=True) as registry, faults(registry.url) as proxy, registry.client(url=proxy.url) as client:
    ...     proxy.plan(Cut(), times=1)
    ...     rows = client.runs()
    >>> len(rows), [(exchange.path, exchange.status) for exchange in proxy.record]
    (7, [('/runs_filtered_ordered', None), ('/runs_filtered_ordered', 200)])
    """
    proxy = FaultyProxy(upstream_url, seed=seed)
    proxy.start()
    try:
        yield proxy
    finally:
        proxy.stop()
