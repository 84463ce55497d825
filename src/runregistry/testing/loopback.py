"""A service on a free port of this machine that an event loop in a thread serves."""

from __future__ import annotations

import asyncio
import socket
import struct
import threading
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any

from runregistry.errors import UsageError

__all__ = ["LoopbackService", "end_with_reset"]

Handler = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]
_ROOM = 2**20  # the longest head of a message


def end_with_reset(writer: asyncio.StreamWriter) -> None:
    """End a connection with a reset: the other side sees an error, not an end."""
    opened = writer.get_extra_info("socket")
    if opened is not None:
        opened.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()


class LoopbackService:
    """Listens on 127.0.0.1, keeps its port when it is stopped and started again, and cuts what is open when it stops.

    Parameters
    ----------
    handler : coroutine function
        Serves one connection; called with its reader and writer.
    name : str
        Of the thread.
    """

    def __init__(self, handler: Handler, name: str) -> None:
        self._handler = handler
        self._name = name
        self._port = 0
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread = threading.Thread()
        self._listening: socket.socket | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self._port}"

    @property
    def is_running(self) -> bool:
        """Whether it listens."""
        return self._loop is not None

    def start(self) -> None:
        """Begin to listen."""
        if self._loop is not None:
            raise UsageError(f"{self._name} at {self.url} is running already")
        self._loop = asyncio.SelectorEventLoop()  # the loop of Windows has no add_reader
        self._thread = threading.Thread(target=self._loop.run_forever, name=self._name, daemon=True)
        self._thread.start()
        try:
            self._do(self._listen())
        except BaseException:
            self._end()
            raise

    def stop(self) -> None:
        """Cut all connections, and refuse new ones."""
        if self._loop is not None:
            self._do(self._hang_up())
            self._end()

    def _end(self) -> None:
        assert self._loop is not None
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()
        self._loop = None

    def _do(self, doing: Any) -> Any:
        assert self._loop is not None
        return asyncio.run_coroutine_threadsafe(doing, self._loop).result()

    async def _listen(self) -> None:
        # Not `asyncio.start_server`, which stumbles over connections that come while it is closed.
        listening = socket.create_server(("127.0.0.1", self._port), backlog=128)
        listening.setblocking(False)
        self._port = listening.getsockname()[1]
        self._listening = listening
        asyncio.get_running_loop().add_reader(listening, self._accept, listening)

    def _accept(self, listening: socket.socket) -> None:
        with suppress(ConnectionError, BlockingIOError):  # gone before it was accepted
            opened, _ = listening.accept()
            opened.setblocking(False)
            task = asyncio.get_running_loop().create_task(self._serve(opened))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _hang_up(self) -> None:
        assert self._listening is not None
        asyncio.get_running_loop().remove_reader(self._listening)
        self._listening.close()
        await asyncio.sleep(0)  # those that were just accepted begin: what never began can't clean up
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await asyncio.sleep(0)  # sockets that were given up are closed

    async def _serve(self, opened: socket.socket) -> None:
        try:
            reader, writer = await asyncio.open_connection(sock=opened, limit=_ROOM)
        except BaseException:
            opened.close()
            raise
        try:
            await self._handler(reader, writer)
            writer.close()
            await writer.wait_closed()
        except (ConnectionError, asyncio.CancelledError):
            pass  # the client is gone, or we go
        finally:
            writer.transport.abort()
