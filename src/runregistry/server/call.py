"""A request as the handlers see it: identity, parameters of the path, and the body as JSON."""

from __future__ import annotations

import asyncio
import json
import math
from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Any, NamedTuple
from urllib.parse import parse_qsl

import msgspec
from starlette.requests import ClientDisconnect, Request

from runregistry.errors import APIError, UsageError
from runregistry.server.identity import Identity
from runregistry.terms import AUTOMATIC_AUTHOR

__all__ = ["Call", "check_parameters", "parse_body", "read_bytes"]

_SILENCE_S = 30.0
# Deeper than any rule that people write, and far from where Python's own limit of calls begins to matter.
_DEEPEST = 100


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
    query : mapping of str to str
        What stands after the question mark; of a name that is there twice, the last one.
    """

    identity: Identity
    parameters: Mapping[str, str]
    body: dict[str, Any]
    query: Mapping[str, str] = MappingProxyType({})

    @property
    def author(self) -> str:
        """The author to record.

        Raises
        ------
        UsageError
            The request does not say who asks, or calls itself automatic without being so.
        """
        if not self.identity.email:
            raise UsageError("The email of the author's action should be stated in request's header 'email'")
        if self.identity.email.startswith(AUTOMATIC_AUTHOR) and not self.identity.is_internal:
            raise UsageError(f"only the registry's own machine may act as {AUTOMATIC_AUTHOR}; send an address of your own")
        return self.identity.email


async def read_bytes(request: Request, limit: int, timeout_s: float) -> bytes:
    """Read the body of a request, as bytes.

    Parameters
    ----------
    limit : int
        Bytes that it may have.
    timeout_s : float
        How long it may take. A client that falls silent has less patience.

    Raises
    ------
    APIError
        It is too large, too slow, or was not sent to its end.
    """
    if "content-length" not in request.headers and "transfer-encoding" not in request.headers:
        return b""
    too_large = APIError(f"the body is larger than the limit of {limit} bytes", status=413)
    declared = request.headers.get("content-length", "")
    if declared.isdecimal() and len(declared) < 20 and int(declared) > limit:
        raise too_large
    chunks, size, clock = [], 0, asyncio.get_running_loop().time
    end = clock() + timeout_s
    try:
        async with asyncio.timeout_at(min(end, clock() + _SILENCE_S)) as patience:
            async for chunk in request.stream():
                size += len(chunk)
                if size > limit:
                    raise too_large
                chunks.append(chunk)
                patience.reschedule(min(end, clock() + _SILENCE_S))
    except ClientDisconnect as error:
        raise APIError("the client hung up before its request was complete", status=400) from error
    except TimeoutError as error:
        raise APIError("the body did not arrive in time; nothing was stored", status=408) from error
    return b"".join(chunks)


def parse_body(content_type: str, raw: bytes) -> dict[str, Any]:
    """Read a body: JSON, or a form whose values are texts. Other content types give an empty object.

    Raises
    ------
    APIError, UsageError
        The body is no JSON object, or holds what no database can.
    """
    kind = content_type.partition(";")[0].strip().lower()
    if not raw.strip() or kind not in ("application/json", "application/x-www-form-urlencoded"):
        return {}
    body = _parsed(raw) if kind == "application/json" else _form(raw)
    if not isinstance(body, dict):
        raise UsageError(f"the body must be a JSON object, not {type(body).__name__}")
    if raw.count(b"[") + raw.count(b"{") > _DEEPEST:
        _check_depth(body)
    if b"\\u0000" in raw or b"%00" in raw or b"\0" in raw:
        _check_texts(body)
    return body


def check_parameters(parameters: Mapping[str, str]) -> None:
    """Refuse parameters of a path that no database can hold."""
    _check_texts(dict(parameters))


def _form(raw: bytes) -> dict[str, Any]:
    return dict(parse_qsl(raw.decode("utf-8", "replace"), keep_blank_values=True))


def _parsed(raw: bytes) -> Any:
    # compat: malformed JSON is answered with 500, as the service does.
    try:
        return msgspec.json.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        try:
            # Python's reader knows what msgspec refuses: numbers beyond 64 bits.
            body = json.loads(raw, parse_constant=_no_number, parse_float=_finite, parse_int=_whole)
            # It also takes halves of characters (lone surrogates), which can't be sent on.
            json.dumps(body, ensure_ascii=False).encode()
        except (ValueError, RecursionError):
            raise APIError(f"the body is not JSON: {error}", status=500) from error
        return body


def _no_number(name: str) -> float:
    raise ValueError(f"{name} is no number of JSON")


def _finite(text: str) -> float:
    number = float(text)
    return number if math.isfinite(number) else _no_number(text)


def _whole(text: str) -> float:
    # A number as JavaScript has it, where none is whole beyond 64 bits.
    number = int(text)
    return number if abs(number) < 2**63 else _finite(text)


def _check_depth(body: object) -> None:
    """Refuse what is nested so deeply that it could be stored, but not be read again."""
    level = [body]
    for _ in range(_DEEPEST):
        level = [child for node in level for child in _children(node)]
        if not level:
            return
    raise UsageError(f"the body is nested too deeply: more than {_DEEPEST} levels")


def _check_texts(body: object) -> None:
    level = [body]
    while level:
        texts = [text for node in level for text in (node if isinstance(node, dict) else [node]) if isinstance(text, str)]
        if any("\0" in text for text in texts):
            raise UsageError("a text holds the character NUL (\\u0000), which can't be stored; leave it out")
        level = [child for node in level for child in _children(node)]


def _children(node: object) -> Iterable[Any]:
    return node.values() if isinstance(node, dict) else node if isinstance(node, list) else ()
