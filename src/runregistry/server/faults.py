"""From exceptions to answers: one table of status and body, with the body that the service has always sent."""

from __future__ import annotations

import logging

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from runregistry.errors import (
    APIError,
    AuthenticationError,
    PermissionDenied,
    RunRegistryError,
    StoreConflict,
    UsageError,
)
from runregistry.server.observe import current_request_id

__all__ = ["fault_response", "json_response", "status_of"]

logger = logging.getLogger(__name__)

# What no check at the door can find: it comes out where JSON text inside of a text is worked on.
_IMPOSSIBLE: dict[type[Exception], str] = {
    RecursionError: "the request is nested too deeply",
    UnicodeEncodeError: "a text holds half of a character (a lone surrogate, \\ud800 to \\udfff); leave it out",
}
# The first class that fits counts. A user's mistake is 4xx, where the service said 500 to everything.
_STATUS: tuple[tuple[type[Exception], int], ...] = (
    (AuthenticationError, 401),
    (UsageError, 400),
    (StoreConflict, 503),
    *((kind, 400) for kind in _IMPOSSIBLE),
)

_LONGEST_TEXT = 20_000
_HEADERS = {401: {"WWW-Authenticate": 'Bearer realm="runregistry"'}, 408: {"Connection": "close"}}


def status_of(error: Exception) -> int:
    """Return the HTTP status that an exception is answered with.

    Examples
    --------
    >>> status_of(UsageError("no")), status_of(APIError("no", status=409)), status_of(KeyError("x"))
    (400, 409, 500)
    """
    if isinstance(error, APIError):
        return error.status
    return next((status for kind, status in _STATUS if isinstance(error, kind)), 500)


def fault_response(request: Request, error: Exception) -> Response:
    """Answer an exception: ``{"message"}`` for a missing right, ``{"err"}`` for everything else; never a traceback."""
    status = status_of(error)
    if isinstance(error, PermissionDenied):
        return json_response({"message": str(error)}, status)
    if isinstance(error, RunRegistryError):
        if status >= 500 and not isinstance(error, APIError):
            logger.error("%s %s failed: %s", request.method, request.url.path, error)
        response = json_response({"err": _shortened(str(error))} | _reason(error), status)
        response.headers.update(_HEADERS.get(status, {}))
        return response
    if type(error) in _IMPOSSIBLE:
        return json_response({"err": _IMPOSSIBLE[type(error)]}, status)
    logger.error("%s %s failed", request.method, request.url.path, exc_info=error)
    text = f"The registry failed while it worked on this; nothing was stored. Fault {current_request_id()} in its log."
    return json_response({"err": text}, status)


def _reason(error: RunRegistryError) -> dict[str, str]:
    """Say why, where the service's own text doesn't."""
    cause = error.__cause__
    return {"reason": _shortened(str(cause))} if isinstance(cause, RunRegistryError) and str(cause) not in str(error) else {}


def _shortened(text: str) -> str:
    """Leave out most of a text that quotes a body at length."""
    return text if len(text) <= _LONGEST_TEXT else f"{text[:_LONGEST_TEXT]}…"


def json_response(value: object, status: int = 200) -> Response:
    """Encode an answer; `msgspec.Raw` inside it is spliced in as it is."""
    return Response(msgspec.json.encode(value), status, media_type="application/json; charset=utf-8")
