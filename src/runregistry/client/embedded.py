"""The registry in this process as a target of clients: found through an entry point, because the client knows nothing above it.

What is installed says in the entry points of the group ``runregistry.transports`` which targets need no network, and what opens
them: ``embedded`` leads to `runregistry.local`.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from importlib.metadata import entry_points

import httpx2

from runregistry.client.settings import Settings
from runregistry.errors import MissingExtraError, SettingsError, UsageError

__all__ = ["AsyncOverThreads", "async_transport", "target_of", "transport"]

_GROUP = "runregistry.transports"
_TARGET = "embedded"


def target_of(target: str | None, database: str | os.PathLike[str] | None) -> str | None:
    """Return the target of a client that is given a database: the embedded registry.

    Raises
    ------
    UsageError
        Another target is named.

    Examples
    --------
    >>> target_of(None, "mine.sqlite")
    'embedded'
    """
    if database is not None and target not in (None, _TARGET):
        raise UsageError(f"database={os.fspath(database)!r} is for the target 'embedded', and not for {target!r}")
    return target if database is None else _TARGET


def transport(settings: Settings, database: str | os.PathLike[str] | None = None) -> httpx2.BaseTransport | None:
    """Return what leads to the registry of a target in this process, None where the network leads there.

    Closing it stops the registry and closes its database.

    Raises
    ------
    MissingExtraError
        The packages of a registry are not installed.
    StoreError, SettingsError
        The database can't be used.
    """
    if settings.target_name != _TARGET:
        return None
    try:
        return _opener()(database)
    except ModuleNotFoundError as fault:
        if (fault.name or "").partition(".")[0] == "runregistry":
            raise
        raise MissingExtraError("the embedded registry", "server") from fault


def async_transport(settings: Settings, database: str | os.PathLike[str] | None = None) -> httpx2.AsyncBaseTransport | None:
    """Return the same for tasks."""
    opened = transport(settings, database)
    return None if opened is None else AsyncOverThreads(opened)


def _opener() -> Callable[[str | os.PathLike[str] | None], httpx2.BaseTransport]:
    for point in entry_points(group=_GROUP, name=_TARGET):
        found: Callable[[str | os.PathLike[str] | None], httpx2.BaseTransport] = point.load()
        return found
    raise SettingsError(
        "this installation does not say how the embedded registry is opened: it was made by an earlier release. "
        "Install runregistry again; runregistry doctor tells more."
    )


class AsyncOverThreads(httpx2.AsyncBaseTransport):
    """Lets tasks use a transport that is made for threads: each request waits in a thread, and the event loop goes on.

    Parameters
    ----------
    transport : httpx2.BaseTransport
        Closed together with this one.
    """

    def __init__(self, transport: httpx2.BaseTransport) -> None:
        self._transport = transport

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        """Answer a request."""
        content = await request.aread()
        asked = httpx2.Request(
            request.method, request.url, headers=request.headers, content=content, extensions=request.extensions
        )
        answer = await asyncio.to_thread(self._answer, asked)
        answer.request = request
        return answer

    def _answer(self, request: httpx2.Request) -> httpx2.Response:
        answer = self._transport.handle_request(request)
        answer.read()
        return answer

    async def aclose(self) -> None:
        """Close the transport."""
        await asyncio.to_thread(self._transport.close)
