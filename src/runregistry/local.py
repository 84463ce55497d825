"""Client and registry in one process: no socket, no set-up, one SQLite file.

The application is the one that ``runregistry serve`` serves; requests reach it through an HTTP transport that calls it directly.
"""

from __future__ import annotations

import asyncio
import os
import threading
from collections.abc import MutableMapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx2

from runregistry.errors import MissingExtraError, StoreError

if TYPE_CHECKING:
    from fastapi import FastAPI

    from runregistry.store import Store

__all__ = ["EmbeddedTransport", "default_database", "open_registry", "transport"]

_Message = MutableMapping[str, Any]


def default_database() -> str:
    """Return the database of the embedded registry: ``RUNREGISTRY_DATABASE``, else a file in the user's data folder.

    The folder is made if it is missing; the file is not.
    """
    named = os.environ.get("RUNREGISTRY_DATABASE", "").strip()
    if named:
        return named
    from platformdirs import user_data_path

    folder = Path(user_data_path("runregistry", appauthor=False))
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StoreError(
            f"can't make the folder {folder} for its registry: {error.strerror}; name another file in RUNREGISTRY_DATABASE"
        ) from error
    return str(folder / "registry.sqlite")


def open_registry(
    database: str | os.PathLike[str] | None = None, settings_file: str | os.PathLike[str] | None = None, *, auth: str = "owner"
) -> tuple[Store, FastAPI]:
    """Open a registry and build its application; a new one gets its settings first.

    Parameters
    ----------
    database : str or path, optional
        See `runregistry.store.database.normalise_url`; `default_database` if not given.
    settings_file : path, optional
        Settings of a new registry; the ones that ship with the package if not given.
    auth : str
        See `runregistry.server.ServerSettings`.

    Returns
    -------
    tuple
        The store, which the caller closes, and the application, whose registry the caller starts.

    Raises
    ------
    MissingExtraError
        The packages of the registry are not installed.
    StoreError, SettingsError
        The database or the settings can't be used.
    """
    try:
        from runregistry.server import ServerSettings, build_app, ensure_settings
        from runregistry.store import Store
    except ModuleNotFoundError as error:
        if (error.name or "").startswith("runregistry"):
            raise
        raise MissingExtraError("A registry of your own", "server") from error
    store = Store(database if database is not None else default_database())
    try:
        ensure_settings(store, settings_file)
        return store, build_app(ServerSettings(auth=auth), store)
    except BaseException:
        store.close()
        raise


def transport(database: str | os.PathLike[str] | None = None) -> EmbeddedTransport:
    """Return a transport for `httpx2.Client` that leads to an embedded registry; closing it closes the registry."""
    store, app = open_registry(database)
    return EmbeddedTransport(store, app)


class EmbeddedTransport(httpx2.BaseTransport):
    """Calls an application in this process.

    Parameters
    ----------
    store : Store
        Closed together with the transport.
    app : ASGI application
        What answers.
    """

    def __init__(self, store: Store, app: FastAPI) -> None:
        self.store = store
        self.app = app
        app.state.registry.start()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="runregistry-embedded", daemon=True)
        self._thread.start()
        self._closed = False

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        """Answer a request."""
        if self._closed:
            raise httpx2.ConnectError("the embedded registry is closed", request=request)
        body = request.read()
        return asyncio.run_coroutine_threadsafe(_exchange(self.app, request, body), self._loop).result()

    def close(self) -> None:
        """Finish the job at hand, stop the application, and close the database."""
        if self._closed:
            return
        self._closed = True
        self.app.state.registry.stop()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()
        self.store.close()


async def _exchange(app: FastAPI, request: httpx2.Request, body: bytes) -> httpx2.Response:
    url = request.url
    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": request.method,
        "headers": [(name.lower(), value) for name, value in request.headers.raw],
        "scheme": url.scheme,
        "path": url.path,
        "raw_path": url.raw_path.partition(b"?")[0],
        "query_string": url.query,
        "server": (url.host, url.port),
        "client": None,
        "root_path": "",
    }
    incoming = iter([{"type": "http.request", "body": body, "more_body": False}])
    started: _Message = {}
    parts: list[bytes] = []

    async def receive() -> _Message:
        return next(incoming, {"type": "http.disconnect"})

    async def send(message: _Message) -> None:
        if message["type"] == "http.response.start":
            started.update(message)
        else:
            parts.append(message.get("body", b""))

    await app(scope, receive, send)
    return httpx2.Response(started["status"], headers=started["headers"], content=b"".join(parts), request=request)
