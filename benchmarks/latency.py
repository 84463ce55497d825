"""A road to a server that is some milliseconds longer: `python latency.py URL MILLISECONDS`, and it says where it begins.

Relays connections. Every byte arrives half of the time later, in each direction, and a new connection waits for the whole time
before it sends anything, as long as a network takes to establish it. Nothing else is slowed down: bytes that follow each other
closely arrive so, connections don't wait for each other, and none starts slowly, so that only the number of round trips counts.
"""

from __future__ import annotations

import asyncio
import selectors
import socket
import sys
from collections import deque
from contextlib import suppress
from functools import partial
from urllib.parse import urlsplit


class _End(asyncio.Protocol):
    """One end of a relayed connection: what it receives, the other end sends on, later."""

    def __init__(self, delay_s: float) -> None:
        self.delay_s = delay_s
        self.loop = asyncio.get_running_loop()
        self._under_way: deque[tuple[float, bytes]] = deque()
        self._other: _End | None = None
        self._not_before = 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin."""
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        transport.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def data_received(self, data: bytes) -> None:
        """Let bytes set out."""
        self._set_out(data)

    def connection_lost(self, error: Exception | None) -> None:
        """Let the end set out, behind the last bytes."""
        self._set_out(b"")

    def _set_out(self, data: bytes) -> None:
        moment = self.loop.time() + self.delay_s
        self._under_way.append((moment, data))
        if self._other is not None:
            self.loop.call_at(max(moment, self._not_before), self._arrive)

    def lead_to(self, other: _End, not_before: float) -> None:
        """Say where everything arrives, and when at the earliest."""
        self._other, self._not_before = other, not_before
        for moment, _ in self._under_way:
            self.loop.call_at(max(moment, not_before), self._arrive)

    def _arrive(self) -> None:
        # In order, whatever order the loop has for calls of one moment.
        _, data = self._under_way.popleft()
        assert self._other is not None
        if not data:
            self._other.transport.close()
        elif not self._other.transport.is_closing():
            self._other.transport.write(data)


class _Near(_End):
    """The end at the client, which opens the other one."""

    def __init__(self, delay_s: float, host: str, port: int) -> None:
        super().__init__(delay_s)
        self._place = host, port

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin to connect."""
        super().connection_made(transport)
        self._task = self.loop.create_task(self._connect(self.loop.time() + 2 * self.delay_s))

    async def _connect(self, established_at: float) -> None:
        _, far = await self.loop.create_connection(lambda: _End(self.delay_s), *self._place)
        far.lead_to(self, 0.0)
        self.lead_to(far, established_at + self.delay_s)


async def relay(host: str, port: int, delay_s: float) -> None:
    """Relay to a server until the process is told to stop."""
    server = await asyncio.get_running_loop().create_server(lambda: _Near(delay_s, host, port), "127.0.0.1", 0, backlog=1024)
    print(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", file=sys.stderr, flush=True)
    await server.serve_forever()


def main(url: str, milliseconds: str) -> None:
    """Relay."""
    place = urlsplit(url)
    # Another selector rounds the moments to milliseconds.
    loop = partial(asyncio.SelectorEventLoop, selectors.SelectSelector())
    with suppress(KeyboardInterrupt), asyncio.Runner(loop_factory=loop) as runner:
        runner.run(relay(place.hostname or "", place.port or 80, float(milliseconds) / 2e3))


if __name__ == "__main__":
    main(*sys.argv[1:])
