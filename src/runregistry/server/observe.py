"""What an operator sees: a line per request in the log, and an id that the line, the answer and a fault's text have in common.

Nothing here logs a header, a query or a body: they may hold tokens, and what people have not published yet.
"""

from __future__ import annotations

import json
import logging
import re
import sys
import time
import traceback
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from runregistry.server.metrics import Metrics

__all__ = ["LogFormat", "Observed", "current_request_id", "logging_to_stderr", "note_route"]

access = logging.getLogger("runregistry.access")

LogFormat = Literal["text", "json"]

_ID_HEADER = b"x-request-id"
_SANE_ID = re.compile(r"[A-Za-z0-9._:\-]{1,128}")
_UNKNOWN_ROUTE = "unknown"
_LONGEST_PATH = 512


@dataclass
class _Notes:
    """What is known of the request that this context works on."""

    request_id: str
    route: str = _UNKNOWN_ROUTE
    status: int = 0


_notes: ContextVar[_Notes | None] = ContextVar("runregistry_request", default=None)


def current_request_id() -> str:
    """Return the id of the request at hand; an empty text outside of requests."""
    notes = _notes.get()
    return notes.request_id if notes is not None else ""


def note_route(name: str) -> None:
    """Say which endpoint the request at hand has reached."""
    notes = _notes.get()
    if notes is not None:
        notes.route = name


class Observed:
    """ASGI middleware that numbers, measures and logs requests.

    Parameters
    ----------
    app : ASGI application
        What comes after.
    metrics : Metrics
        Where requests are counted.
    """

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self._app = app
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on with an id: its own ``X-Request-ID`` if that is sane, else a new one."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        notes = _Notes(_request_id(scope))

        async def send_with_id(message: Message) -> None:
            if message["type"] == "http.response.start":
                notes.status = message["status"]
                message["headers"] = [*message.get("headers", ()), (_ID_HEADER, notes.request_id.encode())]
            await send(message)

        token = _notes.set(notes)
        started = time.perf_counter()
        try:
            with self._metrics.in_progress.track_inprogress():
                await self._app(scope, receive, send_with_id)
        finally:
            self._report(scope, notes, time.perf_counter() - started)
            _notes.reset(token)

    def _report(self, scope: Scope, notes: _Notes, elapsed_s: float) -> None:
        method = scope["method"] if notes.route != _UNKNOWN_ROUTE else "ANY"  # whatever is sent must not make new series
        self._metrics.observe(notes.route, method, notes.status, elapsed_s)
        if access.isEnabledFor(logging.INFO):
            facts = {
                "method": scope["method"],
                "path": _path(scope),
                "route": notes.route,
                "status": notes.status,
                "ms": round(1000 * elapsed_s, 1),
            }
            access.info("%(method)s %(path)s %(status)d %(ms).1f ms", facts, extra={"facts": facts})


def _request_id(scope: Scope) -> str:
    for name, value in scope["headers"]:
        if name == _ID_HEADER and _SANE_ID.fullmatch(value.decode("latin-1")):
            return str(value.decode("latin-1"))
    return uuid.uuid4().hex


def _path(scope: Scope) -> str:
    """Return the path as sent: percent-encoded, so that it can't break out of its line."""
    raw: bytes = scope.get("raw_path") or scope["path"].encode("ascii", "backslashreplace")
    return raw.partition(b"?")[0][:_LONGEST_PATH].decode("latin-1")


@contextmanager
def logging_to_stderr(style: LogFormat, level: str = "info") -> Iterator[None]:
    """Send this process's log to stderr while the block runs: one JSON object a line, or one line of text.

    Parameters
    ----------
    level : str
        Of the registry's own messages; those of libraries begin at ``warning``.
    """
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_JsonFormatter() if style == "json" else _TextFormatter())
    root, own = logging.getLogger(), logging.getLogger("runregistry")
    before = (root.level, own.level)
    root.addHandler(handler)
    root.setLevel(logging.WARNING)
    own.setLevel(level.upper())
    try:
        yield
    finally:
        root.removeHandler(handler)
        root.setLevel(before[0])
        own.setLevel(before[1])


class _JsonFormatter(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, Any] = {
            "time": _time_of(record),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        line |= getattr(record, "facts", {})
        request_id = current_request_id()
        if request_id:
            line["request_id"] = request_id
        if record.exc_info:
            line["traceback"] = "".join(traceback.format_exception(*record.exc_info))
        return json.dumps(line, default=str)


class _TextFormatter(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        request_id = current_request_id()
        mark = f" [{request_id}]" if request_id else ""
        message = record.getMessage().replace("\r", "\\r").replace("\n", "\\n")
        line = f"{_time_of(record)} {record.levelname} {record.name}{mark} {message}"
        if record.exc_info:
            line += "\n" + "".join(traceback.format_exception(*record.exc_info)).rstrip("\n")
        return line


def _time_of(record: logging.LogRecord) -> str:
    return datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
