"""Kinds of faults: what a `FaultyProxy` can do to a request that passes through it. No sockets are touched here.

A fault that passes on, such as `Delay`, leaves the request to the next one that was planned, and at last to the registry.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar, Protocol

from runregistry.testing.messages import Request, Response

__all__ = [
    "BrokenChunk",
    "Cut",
    "CutAfterApplied",
    "CutBeforeSend",
    "Delay",
    "Do",
    "ExpireTokens",
    "Fault",
    "HalfBody",
    "LoginPage",
    "Refuse",
    "Status",
    "Truncate",
    "Visit",
]

_LOGIN = b"<!DOCTYPE html><html><head><title>Sign in</title></head><body><form action='/login'>Sign in</form></body></html>"


class Visit(Protocol):
    """A request at the proxy, as faults see it."""

    request: Request

    async def forward(self) -> Response:
        """Have the registry answer it."""

    async def answer(self, response: Response) -> None:
        """Give an answer to the client."""

    async def send(self, response: Response, content: bytes) -> None:
        """Give the client any bytes instead; the response is what they are a part of."""

    def cut(self, *, reset: bool = False) -> None:
        """End the connection, with a reset or as if all was sent."""

    def expire_tokens(self) -> None:
        """Let every token end that was issued until now."""


class Fault:
    """Base of all faults."""

    at_accept: ClassVar[bool] = False

    async def meet(self, visit: Visit) -> bool:
        """Act on a request; return whether it has come to its end here."""
        raise NotImplementedError


@dataclass(frozen=True)
class Cut(Fault):
    """The connection breaks while the answer comes: the request was applied, and the client sees a part of the answer.

    Attributes
    ----------
    after_bytes : int
        Of the body; 0 cuts before the first byte of the answer.
    reset : bool
        Whether the client sees a reset, else an end.
    """

    after_bytes: int = 0
    reset: bool = True

    async def meet(self, visit: Visit) -> bool:
        """Forward the request, and give a part of the answer."""
        response = await visit.forward()
        if self.after_bytes:
            head = response.head(("content-length", str(len(response.body))))
            await visit.send(response, head + response.body[: self.after_bytes])
            await asyncio.sleep(0.01)  # a reset throws away what the client has not read yet
        visit.cut(reset=self.reset)
        return True


@dataclass(frozen=True)
class CutAfterApplied(Fault):
    """The registry applies the request, and the answer is lost: nobody can tell this from `CutBeforeSend`."""

    async def meet(self, visit: Visit) -> bool:
        """Forward the request, and end the connection."""
        await visit.forward()
        visit.cut()
        return True


@dataclass(frozen=True)
class CutBeforeSend(Fault):
    """The connection ends before the registry sees the request."""

    async def meet(self, visit: Visit) -> bool:
        """End the connection."""
        visit.cut()
        return True


@dataclass(frozen=True)
class Truncate(Fault):
    """The answer ends before the length that it has announced.

    Attributes
    ----------
    missing : int
        Bytes that are missing.
    """

    missing: int = 1

    async def meet(self, visit: Visit) -> bool:
        """Forward the request, and give a part of the answer."""
        response = await visit.forward()
        head = response.head(("content-length", str(len(response.body))))
        await visit.send(response, head + response.body[: max(len(response.body) - self.missing, 0)])
        visit.cut()
        return True


@dataclass(frozen=True)
class HalfBody(Fault):
    """Half of the answer, announced as the whole: a gateway lost the rest, and HTTP does not show it."""

    async def meet(self, visit: Visit) -> bool:
        """Forward the request, and give half of the answer."""
        response = await visit.forward()
        await visit.answer(Response(response.status, response.headers, response.body[: len(response.body) // 2]))
        return True


@dataclass(frozen=True)
class BrokenChunk(Fault):
    """The answer comes in chunks, and one of them is no chunk.

    Attributes
    ----------
    after_bytes : int
        Bytes of the body in good chunks before it.
    """

    after_bytes: int = 1

    async def meet(self, visit: Visit) -> bool:
        """Forward the request, and give a good chunk and a bad one."""
        response = await visit.forward()
        good = response.body[: self.after_bytes]
        chunks = b"%x\r\n%b\r\n" % (len(good), good) if good else b""
        await visit.send(response, response.head(("transfer-encoding", "chunked")) + chunks + b"zz\r\nno chunk\r\n")
        visit.cut()
        return True


@dataclass(frozen=True)
class Status(Fault):
    """An answer that is no success, as a gateway or a limit on requests gives it.

    Attributes
    ----------
    status : int
        429, 502, 503, 504, …
    retry_after : str or float or None
        Value of the header ``Retry-After``: seconds, or a date; None leaves it out.
    body : bytes or None
        None makes a web page, as gateways do.
    applied : bool
        Whether the registry applies the request all the same.
    """

    status: int
    retry_after: str | float | None = None
    body: bytes | None = None
    applied: bool = False

    async def meet(self, visit: Visit) -> bool:
        """Answer with the status."""
        if self.applied:
            await visit.forward()
        page = f"<html><body><h1>{self.status}</h1></body></html>".encode()
        kind = "text/html" if self.body is None else "application/json"
        wish = () if self.retry_after is None else (("retry-after", str(self.retry_after)),)
        await visit.answer(Response(self.status, (("content-type", kind), *wish), page if self.body is None else self.body))
        return True


@dataclass(frozen=True)
class LoginPage(Fault):
    """The sign-in page, or the redirection to it, where JSON was due.

    Attributes
    ----------
    status : int
        200 is the page, 302 the redirection.
    """

    status: int = 200

    async def meet(self, visit: Visit) -> bool:
        """Answer with the page, or with its address."""
        if self.status == 200:
            await visit.answer(Response(200, (("content-type", "text/html; charset=utf-8"),), _LOGIN))
        else:
            await visit.answer(Response(self.status, (("location", "https://auth.example.org/realms/example/sign-in"),)))
        return True


@dataclass(frozen=True)
class Delay(Fault):
    """The request waits before it goes on, even if the client has given up meanwhile.

    Attributes
    ----------
    seconds : float
        How long.
    """

    seconds: float

    async def meet(self, visit: Visit) -> bool:
        """Wait, and pass on."""
        await asyncio.sleep(self.seconds)
        return False


@dataclass(frozen=True)
class ExpireTokens(Fault):
    """Every token that was issued until now ends, whatever life it was promised; then the request goes on."""

    async def meet(self, visit: Visit) -> bool:
        """Let the tokens end, and pass on."""
        visit.expire_tokens()
        return False


@dataclass(frozen=True)
class Do(Fault):
    """Something is done in the moment in which a request comes: a run is created, a registry restarts; then the request goes on.

    Attributes
    ----------
    action : callable
        Called without arguments in a thread; the request waits for its end.
    """

    action: Callable[[], Any]

    async def meet(self, visit: Visit) -> bool:
        """Do it, and pass on."""
        await asyncio.get_running_loop().run_in_executor(None, self.action)
        return False


@dataclass(frozen=True)
class Refuse(Fault):
    """A connection is reset as soon as it is there. For a port at which nobody listens, stop the proxy."""

    at_accept: ClassVar[bool] = True
