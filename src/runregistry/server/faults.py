"""From exceptions to answers: one table of status and body, with the body that the service has always sent."""

from __future__ import annotations

import logging
import uuid

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

__all__ = ["fault_response", "json_response", "status_of"]

logger = logging.getLogger(__name__)

# The first class that fits counts. A user's mistake is 4xx, where the service said 500 to everything.
_STATUS: tuple[tuple[type[Exception], int], ...] = (
    (AuthenticationError, 401),
    (UsageError, 400),
    (StoreConflict, 503),
)


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
        return json_response({"err": str(error)} | _reason(error), status)
    number = uuid.uuid4().hex[:12]
    logger.error("%s %s failed (fault %s)", request.method, request.url.path, number, exc_info=error)
    return json_response(
        {"err": f"The registry failed while it worked on this; nothing was stored. Fault {number} in its log."}, 500
    )


def _reason(error: RunRegistryError) -> dict[str, str]:
    """Say why, where the service's own text doesn't."""
    cause = error.__cause__
    return {"reason": str(cause)} if isinstance(cause, RunRegistryError) and str(cause) not in str(error) else {}


def json_response(value: object, status: int = 200) -> Response:
    """Encode an answer; `msgspec.Raw` inside it is spliced in as it is."""
    return Response(msgspec.json.encode(value), status, media_type="application/json; charset=utf-8")
