"""The registry in this process as a target of clients: found through an entry point, because the client knows nothing above it.

What is installed says in the entry points of the group ``runregistry.transports`` which targets need no network, and what opens
them: ``embedded`` leads to `runregistry.local`, ``mirror`` to `runregistry.mirror`.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from importlib.metadata import entry_points
from typing import TypeAlias

import httpx2

from runregistry.client.settings import TARGETS_HERE, Settings
from runregistry.errors import MissingExtraError, SettingsError, UsageError

__all__ = ["AsyncOverThreads", "async_transport", "target_of", "transport"]

_GROUP = "runregistry.transports"
_Path: TypeAlias = str | os.PathLike[str]


def target_of(target: str | None, database: _Path | None, mirror: _Path | None = None) -> tuple[str | None, _Path | None]:
    """Return the target of a client that is given a database or a mirror, and the file.

    Raises
    ------
    UsageError
        Another target is named, or both are given.

    Examples
    --------
    >>> target_of(None, "mine.sqlite"), target_of(None, None, "copy.sqlite"), target_of("local", None)
    (('embedded', 'mine.sqlite'), ('mirror', 'copy.sqlite'), ('local', None))
    """
    given = [(name, file) for name, file in (("embedded", database), ("mirror", mirror)) if file is not None]
    if not given:
        return target, None
    (name, file), *more = given
    if more:
        raise UsageError("database= and mirror= are two registries: give one of them")
    if target not in (None, name):
        called = "database" if name == "embedded" else name
        raise UsageError(f"{called}={os.fspath(file)!r} is for the target {name!r}, and not for {target!r}")
    return name, file


def transport(settings: Settings, file: _Path | None = None) -> httpx2.BaseTransport | None:
    """Return what leads to the registry of a target in this process, None where the network leads there.

    Closing it stops the registry and closes its database.

    Raises
    ------
    MissingExtraError
        The packages of a registry are not installed.
    StoreError, SettingsError
        The database can't be used.
    """
    if settings.target_name not in TARGETS_HERE:
        return None
    try:
        return _opener(settings.target_name)(file)
    except ModuleNotFoundError as fault:
        if (fault.name or "").partition(".")[0] == "runregistry":
            raise
        raise MissingExtraError(TARGETS_HERE[settings.target_name], "server") from fault


def async_transport(settings: Settings, file: _Path | None = None) -> httpx2.AsyncBaseTransport | None:
    """Return the same for tasks."""
    opened = transport(settings, file)
    return None if opened is None else AsyncOverThreads(opened)


def _opener(target: str) -> Callable[[_Path | None], httpx2.BaseTransport]:
    for point in entry_points(group=_GROUP, name=target):
        found: Callable[[_Path | None], httpx2.BaseTransport] = point.load()
        return found
    raise SettingsError(
        f"this installation does not say how {TARGETS_HERE[target]} is opened: it was made by an earlier release. "
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
