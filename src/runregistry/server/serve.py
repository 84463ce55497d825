"""Serving over HTTP."""

from __future__ import annotations

import socket
from collections.abc import Callable

import uvicorn
from fastapi import FastAPI

from runregistry.errors import SettingsError
from runregistry.server.identity import is_loopback

__all__ = ["check_address", "listen", "serve"]

_SHUTDOWN_S = 30


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


def serve(app: FastAPI, host: str, port: int, *, ready: Callable[[str], None] | None = None) -> None:
    """Serve an application until the process is told to stop; requests that are under way are answered first.

    Parameters
    ----------
    host, port : str, int
        Where to listen.
    ready : callable, optional
        Called with the URL once it is listening.

    Raises
    ------
    SettingsError
        The port is in use.
    """
    with listen(host, port) as opened:
        if ready is not None:
            name = f"[{host}]" if ":" in host else host
            ready(f"http://{name}:{opened.getsockname()[1]}")
        config = uvicorn.Config(app, log_level="warning", timeout_graceful_shutdown=_SHUTDOWN_S, timeout_keep_alive=75)
        uvicorn.Server(config).run(sockets=[opened])


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
                f"{host} can be reached from other machines, and headers can be forged: name --auth headers only behind a proxy"
                " that sets them, or listen on 127.0.0.1"
            )
        return "headers"
    if auth != "headers":
        raise SettingsError(f"--auth must be headers, not {auth!r}")
    return auth
