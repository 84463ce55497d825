"""HTTP/1.1 messages, whole: read from a stream, written as bytes. Just enough to stand between a client and a registry."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass
from http import HTTPStatus
from urllib.parse import urlsplit

__all__ = ["BrokenMessage", "Request", "Response", "read_request", "read_response"]

Header = tuple[str, str]
# What belongs to one connection, and is not passed on.
_OF_THE_CONNECTION = frozenset(
    {"connection", "keep-alive", "proxy-connection", "proxy-authorization", "transfer-encoding", "content-length"}
)


class BrokenMessage(ConnectionError):
    """The other side closed the connection within a message, or sent something else."""


@dataclass(frozen=True, slots=True)
class Request:
    """A request.

    Attributes
    ----------
    method, target : str
        As on the wire; a client that takes us for its proxy sends a whole URL as target.
    headers : tuple of (name, value)
        Without those of the connection; names in lower case.
    body : bytes
    """

    method: str
    target: str
    headers: tuple[Header, ...] = ()
    body: bytes = b""

    @property
    def path(self) -> str:
        """The path without the query."""
        return urlsplit(self.target).path

    def header(self, name: str) -> str:
        """Return the value of a header, empty if there is none."""
        return next((value for key, value in self.headers if key == name), "")

    def encode(self, host: str) -> bytes:
        """Return the bytes for another server, after whose answer the connection is to be closed."""
        parts = urlsplit(self.target)
        target = f"{parts.path or '/'}{'?' if parts.query else ''}{parts.query}"
        kept = [header for header in self.headers if header[0] != "host"]
        framing = [("host", host), ("connection", "close"), ("content-length", str(len(self.body)))]
        return _head(f"{self.method} {target} HTTP/1.1", (*framing, *kept)) + self.body


@dataclass(frozen=True, slots=True)
class Response:
    """An answer; ``headers`` without those of the connection, names in lower case."""

    status: int
    headers: tuple[Header, ...] = ()
    body: bytes = b""

    def head(self, *framing: Header) -> bytes:
        """Return the bytes before the body; the caller says how its end can be known."""
        phrase = HTTPStatus(self.status).phrase if self.status in HTTPStatus._value2member_map_ else ""
        return _head(f"HTTP/1.1 {self.status} {phrase}", (*self.headers, *framing))

    def encode(self, *, with_body: bool = True) -> bytes:
        """Return the whole answer."""
        if self.status in (204, 304):
            return self.head()
        return self.head(("content-length", str(len(self.body)))) + (self.body if with_body else b"")


async def read_request(reader: asyncio.StreamReader) -> Request | None:
    """Read a request; None if the client has closed the connection after the last one.

    Raises
    ------
    BrokenMessage
        What came is no whole request.
    """
    read = await _read_head(reader)
    if read is None:
        return None
    line, headers = read
    method, _, rest = line.partition(" ")
    return Request(method, rest.rpartition(" ")[0], _passed_on(headers), await _read_body(reader, headers, until_end=False))


async def read_response(reader: asyncio.StreamReader, method: str) -> Response:
    """Read the answer to a request of some method.

    Raises
    ------
    BrokenMessage
        There is none, or it is cut.
    """
    read = await _read_head(reader)
    if read is None:
        raise BrokenMessage("the server closed the connection without an answer")
    line, headers = read
    status = int(line.split(" ", 2)[1])
    has_body = method != "HEAD" and status not in (204, 304)
    body = await _read_body(reader, headers, until_end=True) if has_body else b""
    return Response(status, _passed_on(headers), body)


def _head(line: str, headers: Iterable[Header]) -> bytes:
    return "\r\n".join([line, *(f"{name}: {value}" for name, value in headers), "", ""]).encode("latin-1")


def _passed_on(headers: Iterable[Header]) -> tuple[Header, ...]:
    return tuple(header for header in headers if header[0] not in _OF_THE_CONNECTION)


async def _read_head(reader: asyncio.StreamReader) -> tuple[str, list[Header]] | None:
    try:
        text = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    except asyncio.IncompleteReadError as error:
        if not error.partial:
            return None
        raise BrokenMessage("cut within the head of a message") from error
    line, *rest = text[:-4].split("\r\n")
    pairs = (each.partition(":") for each in rest)
    return line, [(name.strip().lower(), value.strip()) for name, _, value in pairs]


async def _read_body(reader: asyncio.StreamReader, headers: Iterable[Header], *, until_end: bool) -> bytes:
    known = dict(headers)
    try:
        if "chunked" in known.get("transfer-encoding", "").lower():
            return await _read_chunks(reader)
        if "content-length" in known:
            return await reader.readexactly(int(known["content-length"]))
        return await reader.read() if until_end else b""
    except (asyncio.IncompleteReadError, ValueError) as error:
        raise BrokenMessage("cut within the body of a message") from error


async def _read_chunks(reader: asyncio.StreamReader) -> bytes:
    chunks = []
    while size := int((await reader.readuntil(b"\r\n")).partition(b";")[0], 16):
        chunks.append(await reader.readexactly(size))
        await reader.readexactly(2)
    while (await reader.readuntil(b"\r\n")) != b"\r\n":  # trailers
        pass
    return b"".join(chunks)
