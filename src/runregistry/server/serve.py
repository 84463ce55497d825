"""Serving over HTTP."""

from __future__ import annotations

import math
import signal
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Event, current_thread, main_thread
from types import FrameType

import uvicorn
from fastapi import FastAPI

from runregistry.errors import SettingsError, suggestion
from runregistry.server.identity import is_loopback

__all__ = ["asked_to_stop", "check_address", "listen", "serve"]

_MODES = ("headers", "oidc")


def listen(host: str, port: int) -> socket.socket:
    """Open the listening socket.

    Parameters
    ----------
    port : int
        0 takes a free one.

    Raises
    ------
    SettingsError
        The port is in use, or the address is none of this machine.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    opened = socket.socket(family, socket.SOCK_STREAM)
    opened.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        opened.bind((host, port))
        opened.listen(1024)
    except (OSError, OverflowError) as error:
        opened.close()
        reason = getattr(error, "strerror", None) or str(error)
        raise SettingsError(
            f"can't listen on {host}:{port}: {reason}; stop what uses it, or take another one with --port"
        ) from error
    return opened


def serve(app: FastAPI, host: str, port: int, *, ready: Callable[[str], None] | None = None, shutdown_s: float = 30.0) -> None:
    """Serve an application until the process is told to stop; requests that are under way are answered first.

    Parameters
    ----------
    host, port : str, int
        Where to listen.
    ready : callable, optional
        Called with the URL once it is listening.
    shutdown_s : float
        How long requests under way may take when the process is told to stop.

    Raises
    ------
    SettingsError
        The port is in use.
    """
    with listen(host, port) as opened:
        if ready is not None:
            name = f"[{host}]" if ":" in host else host
            ready(f"http://{name}:{opened.getsockname()[1]}")
        config = uvicorn.Config(
            app, log_config=None, access_log=False, timeout_graceful_shutdown=math.ceil(shutdown_s), timeout_keep_alive=75
        )
        server = _Server(config)
        with asked_to_stop():
            server.run(sockets=[opened])
        if server.is_interrupted:
            # The event loop swallows the interrupt if nothing is left to do when it comes.
            raise KeyboardInterrupt


class _Server(uvicorn.Server):
    """Sends listeners away before it waits for requests to end: theirs would not."""

    is_interrupted = False

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        self.is_interrupted = self.is_interrupted or sig == signal.SIGINT
        super().handle_exit(sig, frame)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self.config.app.state.registry.notifications.close()  # type: ignore[union-attr]  # `serve` gives it the application itself
        await super().shutdown(sockets)


@contextmanager
def asked_to_stop() -> Iterator[Event]:
    """Have SIGTERM, the way in which machines stop a service, set an event instead of ending the process at once."""
    asked = Event()
    if current_thread() is not main_thread():
        yield asked  # only the main thread may say what signals do
        return
    before = signal.signal(signal.SIGTERM, lambda *_: asked.set())
    try:
        yield asked
    finally:
        signal.signal(signal.SIGTERM, before)


def check_address(host: str, auth: str | None) -> str:
    """Return how users are identified at an address.

    Parameters
    ----------
    auth : str or None
        What the operator asked for; None takes ``headers``, which is safe only where nobody else can connect.

    Raises
    ------
    SettingsError
        The address is open to others, and the operator did not say how users are identified.
    """
    if auth is None:
        if not is_loopback(host):
            raise SettingsError(
                f"{host} can be reached from other machines: say how users are identified. --auth oidc asks for signed tokens;"
                " --auth headers believes headers, which can be forged, and is right only behind a proxy that sets them."
                " Or listen on 127.0.0.1"
            )
        return "headers"
    if auth not in _MODES:
        raise SettingsError(f"--auth must be {' or '.join(_MODES)}, not {auth!r}{suggestion(auth, _MODES)}")
    return auth
