"""One question and its answer over HTTP, for OMS, DQM GUI and sign-in service: bounded in time and size, faults told apart."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

import httpx2
import msgspec

from runregistry.errors import TransportError

__all__ = ["MayWorkLater", "Reply", "ask", "complaint"]

_LATER = frozenset({408, 425, 429, 500, 502, 503, 504})
# A run of 5,000 lumisections is 15 MB; what is larger is no answer of OMS.
_LARGEST_ANSWER = 256 * 1024 * 1024
# The whole answer may take as many times the longest silence: a service that drips must not hold the registry for ever.
_PATIENCE = 4.0


class MayWorkLater(TransportError):
    """A fault that may be gone at the next attempt."""


class Reply(msgspec.Struct, frozen=True):
    """An answer that came to its end: its status, and its JSON document (None if it is none)."""

    status: int
    document: Any


def ask(http: httpx2.Client, request: httpx2.Request, who: str, timeout_s: float, *, shape: Any = Any) -> Reply:
    """Send a request and read the whole answer.

    Parameters
    ----------
    who : str
        Who is asked, for errors.
    timeout_s : float
        The longest silence.
    shape : type
        What the document of an answer with status 200 must be.

    Raises
    ------
    MayWorkLater
        No answer, half of one, one that is not JSON though it says so, or one that means "later".
    TransportError
        An answer that will not get better: a page for people, or a redirection to one.
    """
    try:
        response = http.send(request, stream=True)
        try:
            body = _read(response, who, time.monotonic() + _PATIENCE * timeout_s)
        finally:
            response.close()
    except httpx2.HTTPError as error:
        raise MayWorkLater(f"{who} can't be asked: {_reason(error)}") from error
    return _reply(response, body, who, shape)


def _read(response: httpx2.Response, who: str, deadline: float) -> bytes:
    chunks, size = [], 0
    for chunk in response.iter_bytes():
        chunks.append(chunk)
        size += len(chunk)
        if size > _LARGEST_ANSWER:
            raise TransportError(f"{who} answers with more than {_LARGEST_ANSWER} bytes, which can't be meant")
        if time.monotonic() > deadline:
            raise MayWorkLater(f"{who} answers too slowly: {size} bytes came, then the time was over")
    return b"".join(chunks)


def _reply(response: httpx2.Response, body: bytes, who: str, shape: Any) -> Reply:
    status = response.status_code
    if status in _LATER:
        raise MayWorkLater(f"{who} answers {status}; it may work later")
    if 300 <= status < 400:
        raise TransportError(f"{who} sends us elsewhere ({status}), as people who have to sign in; check its URL and the token")
    kind = response.headers.get("content-type", "")
    if status == 200 and ("html" in kind or body.lstrip()[:1] == b"<"):
        raise TransportError(f"{who} answers with a page for people (HTML), not with data; check its URL and the token")
    try:
        return Reply(status, msgspec.json.decode(body, type=shape if status == 200 else Any))
    except msgspec.ValidationError as error:
        raise TransportError(f"{who} answers with JSON of another shape than expected: {error}") from error
    except (msgspec.DecodeError, RecursionError) as error:
        if status == 200:
            raise MayWorkLater(f"{who} answers with {len(body)} bytes that are not JSON; the answer may be cut") from error
        return Reply(status, None)


def complaint(document: object) -> str:
    """Return what an answer says about its error, to be put behind the status."""
    if not isinstance(document, Mapping):
        return ""
    said = [str(document[key]) for key in ("error", "error_description", "message", "detail") if document.get(key)]
    return f", {': '.join(said)[:300]}" if said else ""


def _reason(error: httpx2.HTTPError) -> str:
    if isinstance(error, httpx2.TimeoutException):
        return "it does not answer in time"
    return str(error) or type(error).__name__
