"""A registry that breaks: what requests raises there, our old functions raise too, so that people's clauses catch it."""

from __future__ import annotations

import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import pytest

import runregistry
from runregistry import runregistry as old
from runregistry.client.settings import RetryPolicy

requests = pytest.importorskip("requests")

JSON = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\n"
PAGE = b"<!DOCTYPE html><title>Sign in</title>"


def closes(connection: socket.socket) -> None:
    """Close before the answer."""


def resets(connection: socket.socket) -> None:
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def cuts_the_body(connection: socket.socket) -> None:
    connection.sendall(JSON + b"Content-Length: 1000\r\n\r\n[1, 2")


def cuts_a_chunk(connection: socket.socket) -> None:
    connection.sendall(JSON + b"Transfer-Encoding: chunked\r\n\r\n100\r\n[1, 2")


def misses_the_last_chunk(connection: socket.socket) -> None:
    connection.sendall(JSON + b"Transfer-Encoding: chunked\r\n\r\n5\r\n[1, 2\r\n")


def breaks_a_chunk(connection: socket.socket) -> None:
    connection.sendall(JSON + b"Transfer-Encoding: chunked\r\n\r\nnonsense\r\n[1, 2")


def ends_in_the_midst(connection: socket.socket) -> None:
    connection.sendall(JSON + b"\r\n[1, 2")


def speaks_another_protocol(connection: socket.socket) -> None:
    connection.sendall(b"SSH-2.0-OpenSSH_9.6\r\n")


def shows_a_page(connection: socket.socket) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nConnection: close\r\n\r\n" + PAGE)


def fails_with_a_page(connection: socket.socket) -> None:
    connection.sendall(b"HTTP/1.1 502 Bad Gateway\r\nContent-Type: text/html\r\nConnection: close\r\n\r\n" + PAGE)


def asks_who_we_are(connection: socket.socket) -> None:
    connection.sendall(b"HTTP/1.1 401 Unauthorized\r\nContent-Type: text/html\r\nConnection: close\r\n\r\n" + PAGE)


def packs_badly(connection: socket.socket) -> None:
    connection.sendall(JSON + b"Content-Encoding: gzip\r\nContent-Length: 5\r\n\r\n[1,2]")


def is_slow(connection: socket.socket) -> None:
    time.sleep(0.4)


def is_slow_in_the_midst(connection: socket.socket) -> None:
    connection.sendall(JSON + b"Content-Length: 1000\r\n\r\n[1, 2")
    time.sleep(0.4)


BREAKS: list[Callable[[socket.socket], None]] = [
    *(closes, resets, cuts_the_body, cuts_a_chunk, misses_the_last_chunk, breaks_a_chunk, ends_in_the_midst),
    *(speaks_another_protocol, shows_a_page, fails_with_a_page, asks_who_we_are, packs_badly, is_slow, is_slow_in_the_midst),
]


def read_request(connection: socket.socket) -> None:
    """Read a request to its end: who closes a connection with something unread resets it."""
    head, body = b"", b""
    while b"\r\n\r\n" not in head:
        if not (more := connection.recv(65536)):
            return
        head += more
    head, _, body = head.partition(b"\r\n\r\n")
    lengths = [line.partition(b":")[2] for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")]
    missing = int(lengths[0]) - len(body) if lengths else 0
    while missing > 0 and (more := connection.recv(65536)):
        missing -= len(more)


@contextmanager
def broken_registry(answer: Callable[[socket.socket], None]) -> Iterator[str]:
    """Serve an answer to each connection, over and over; the URL."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            while True:
                try:
                    connection, _ = listener.accept()
                except OSError:
                    return
                threading.Thread(target=reply, args=(connection,), daemon=True).start()

        def reply(connection: socket.socket) -> None:
            with connection:
                read_request(connection)
                answer(connection)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        listener.shutdown(socket.SHUT_RDWR)
    thread.join(5)


@pytest.fixture(autouse=True)
def impatience(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the pauses between attempts, and the time-out, be short."""
    made = old._settings
    monkeypatch.setattr(old, "_settings", lambda: replace(made(), retries=RetryPolicy(2, 0.001, 0.001)))
    monkeypatch.setattr(old, "REQUESTS_TIMEOUT", 0.1)


def asked_by_requests(url: str) -> Any:
    """What the official client does, and a script with it."""
    return requests.post(f"{url}/lumisections/rr_lumisections", json={}, timeout=old.REQUESTS_TIMEOUT).json()


def failure_of(ask: Callable[..., Any], *arguments: object) -> Exception:
    try:
        answer = ask(*arguments)
    except Exception as failure:
        return failure
    raise AssertionError(f"there was an answer: {answer!r}")


@pytest.mark.parametrize("answer", BREAKS, ids=lambda answer: answer.__name__)
def test_a_clause_for_requests_catches_ours(answer: Callable[[socket.socket], None]) -> None:
    with broken_registry(answer) as url:
        theirs = failure_of(asked_by_requests, url)
        runregistry.setup(url)
        for read in (runregistry.get_lumisections, runregistry.get_run):
            assert isinstance(failure_of(read, 315512), type(theirs))
        old._close()


def test_a_clause_for_requests_catches_that_nobody_listens() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
    theirs = failure_of(asked_by_requests, url)
    runregistry.setup(url)
    assert isinstance(failure_of(runregistry.get_lumisections, 315512), type(theirs))


def test_a_clause_for_requests_catches_that_a_name_is_unknown() -> None:
    url = "http://no-such-host.invalid"
    theirs = failure_of(asked_by_requests, url)
    runregistry.setup(url)
    assert isinstance(failure_of(runregistry.get_lumisections, 315512), type(theirs))


@pytest.mark.parametrize("name", ["ConnectionError", "ChunkedEncodingError", "RequestException"])
def test_a_body_that_was_cut_is_caught_by_all_clauses_in_use(name: str) -> None:
    with broken_registry(cuts_a_chunk) as url:
        runregistry.setup(url)
        with pytest.raises(getattr(requests.exceptions, name)):
            runregistry.get_oms_lumisections(315512)
        old._close()


def test_a_change_that_breaks_is_caught_too_and_not_sent_again() -> None:
    received = []

    def counts(connection: socket.socket) -> None:
        received.append(connection)

    with broken_registry(counts) as url:
        runregistry.setup(url)
        with pytest.raises(requests.exceptions.ConnectionError):
            runregistry.move_runs("OPEN", "SIGNOFF", runs=[1, 2])
        old._close()
    assert len(received) == 1
