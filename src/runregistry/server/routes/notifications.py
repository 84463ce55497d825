"""Endpoint of notifications: an answer that goes on, as server-sent events, which browsers understand (``EventSource``).

The service tells the same over Socket.IO 2, for which there is no Python library that is still looked after.
"""

from __future__ import annotations

import logging
import time
from collections.abc import AsyncIterator
from typing import Any

import anyio
import msgspec
from anyio import to_thread
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from runregistry.errors import StoreError
from runregistry.server.call import Call
from runregistry.server.registry import Registry
from runregistry.server.services.notifications import LOOK_EVERY_S, Notification, Notifications

__all__ = ["HANDLERS"]

logger = logging.getLogger(__name__)

# Proxies cut connections on which nothing is heard.
_SIGN_OF_LIFE_S = 15.0
_RETRY_MS = 5000


class _EventStream(Response):
    """Tells notifications until the listener hangs up, or the registry stops."""

    def __init__(self, notifications: Notifications) -> None:
        super().__init__(media_type="text/event-stream", headers={"cache-control": "no-store", "x-accel-buffering": "no"})
        del self.headers["content-length"]
        self._notifications = notifications

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        if scope["method"] != "HEAD":
            async with anyio.create_task_group() as group:
                group.start_soon(_until_hung_up, receive, group.cancel_scope)
                async for chunk in _told(self._notifications):
                    await send({"type": "http.response.body", "body": chunk, "more_body": True})
                group.cancel_scope.cancel()
        await send({"type": "http.response.body", "body": b"", "more_body": False})


async def _until_hung_up(receive: Receive, scope: anyio.CancelScope) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
    scope.cancel()


async def _told(notifications: Notifications) -> AsyncIterator[bytes]:
    yield b"retry: %d\n\n" % _RETRY_MS
    heard = time.monotonic()
    try:
        before = await to_thread.run_sync(notifications.look)
        while not notifications.is_closed:
            await anyio.sleep(LOOK_EVERY_S)
            after = await to_thread.run_sync(notifications.look)
            for told in await to_thread.run_sync(notifications.between, before, after):
                yield _encoded(told)
                heard = time.monotonic()
            before = after
            if time.monotonic() - heard > _SIGN_OF_LIFE_S:
                yield b": still here\n\n"
                heard = time.monotonic()
    except StoreError:
        logger.warning("a listener is sent away, as the database does not answer; it will come back")


def _encoded(told: Notification) -> bytes:
    return b"event: %s\ndata: %s\n\n" % (told.event.encode(), msgspec.json.encode(told.payload))


def _listen(registry: Registry, call: Call) -> Any:
    return _EventStream(registry.notifications)


HANDLERS = {"notifications": _listen}
