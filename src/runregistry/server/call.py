"""A request as the handlers see it: identity, parameters of the path, and the body as JSON."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, NamedTuple
from urllib.parse import parse_qsl

import msgspec
from starlette.requests import ClientDisconnect, Request

from runregistry.errors import APIError, UsageError
from runregistry.server.identity import Identity

__all__ = ["Call", "read_body"]


class Call(NamedTuple):
    """One request.

    Attributes
    ----------
    identity : Identity
        Who asks.
    parameters : mapping of str to str
        Parameters of the path, decoded.
    body : dict
        The body; empty if there was none.
    """

    identity: Identity
    parameters: Mapping[str, str]
    body: dict[str, Any]

    @property
    def author(self) -> str:
        """The author to record.

        Raises
        ------
        UsageError
            The request does not say who asks.
        """
        if not self.identity.email:
            raise UsageError("The email of the author's action should be stated in request's header 'email'")
        return self.identity.email


async def read_body(request: Request, limit: int) -> dict[str, Any]:
    """Read the body of a request: JSON, or a form whose values are texts. Other content types give an empty object.

    Raises
    ------
    APIError
        The body is no JSON object, or larger than `limit` bytes.
    """
    content_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    raw = await _bytes(request, limit)
    if not raw.strip() or content_type not in ("application/json", "application/x-www-form-urlencoded"):
        return {}
    if content_type != "application/json":
        return dict(parse_qsl(raw.decode("utf-8", "replace"), keep_blank_values=True))
    body = _parsed(raw)
    if not isinstance(body, dict):
        raise UsageError(f"the body must be a JSON object, not {type(body).__name__}")
    return body


def _parsed(raw: bytes) -> Any:
    # compat: malformed JSON is answered with 500, as the service does.
    try:
        return msgspec.json.decode(raw)
    except (msgspec.DecodeError, RecursionError) as error:
        try:
            # Python's reader knows what msgspec refuses: numbers beyond 64 bits.
            return json.loads(raw)
        except (ValueError, RecursionError):
            raise APIError(f"the body is not JSON: {error}", status=500) from error


async def _bytes(request: Request, limit: int) -> bytes:
    chunks, size = [], 0
    try:
        async for chunk in request.stream():
            size += len(chunk)
            if size > limit:
                raise APIError(f"the body is larger than the limit of {limit} bytes", status=413)
            chunks.append(chunk)
    except ClientDisconnect as error:
        raise APIError("the client hung up before its request was complete", status=400) from error
    return b"".join(chunks)
