"""The driver with threads: one HTTP session with keep-alive, which runs flows."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from typing import Any, TypeVar

import httpx2

from runregistry.client.answers import Answer
from runregistry.client.calls import Call, Flow
from runregistry.client.retries import deliver
from runregistry.client.settings import Settings, identity_headers
from runregistry.client.token import SignIn, to_answer
from runregistry.errors import SettingsError, TransportError

__all__ = ["Session", "broken", "session_options"]

T = TypeVar("T")

_CONNECT_TIMEOUT_S = 30.0
_KEEP_ALIVE_S = 30.0


def session_options(settings: Settings, has_transport: bool) -> dict[str, Any]:
    """Return the options of an HTTP session, the same for threads and async."""
    if settings.target_name == "embedded" and not has_transport:
        raise SettingsError(
            "the embedded registry needs a transport: use runregistry.setup('embedded'), "
            "or Client('embedded', transport=runregistry.local.transport(database))"
        )
    # Where nothing is encrypted, neither registry nor sign-in, the certificates need not be read: that takes most of the start.
    is_encrypted = bool(settings.audience) or not settings.base_url.startswith("http://")
    return {
        "verify": is_encrypted,
        "auth": SignIn(settings) if settings.audience else None,
        "headers": identity_headers(settings),
        "timeout": httpx2.Timeout(settings.timeout_s, connect=min(settings.timeout_s, _CONNECT_TIMEOUT_S)),
        "limits": httpx2.Limits(max_connections=settings.in_flight, keepalive_expiry=_KEEP_ALIVE_S),
        "follow_redirects": False,  # a redirection leads to the sign-in page
    }


def broken(call: Call, settings: Settings, fault: Exception) -> TransportError:
    """Return what the caller is told when no answer came."""
    where = f"{call.route.method} {settings.base_url}{call.path}"
    if isinstance(fault, httpx2.TimeoutException):
        return TransportError(f"no answer to {where} in time ({type(fault).__name__}, limit {settings.timeout_s:g} s)")
    return TransportError(f"no answer to {where}: {str(fault) or type(fault).__name__}")


class Session:
    """Runs flows with threads.

    Parameters
    ----------
    settings : Settings
        Where and who.
    transport : httpx2.BaseTransport, optional
        Instead of the network: the registry in this process, or a fake.
    sleep : callable
        How to wait.
    """

    def __init__(
        self, settings: Settings, transport: httpx2.BaseTransport | None = None, *, sleep: Callable[[float], None] = time.sleep
    ) -> None:
        self.settings = settings
        self._transport = transport
        self._sleep = sleep
        self._lock = threading.Lock()
        self._process = 0
        self._http = self._connected()

    def _connected(self) -> httpx2.Client:
        """Return the session of this process: a forked one must not write into its parent's connections."""
        if self._process != os.getpid():
            with self._lock:
                if self._process != os.getpid():
                    self._options = session_options(self.settings, self._transport is not None)
                    self._http = httpx2.Client(transport=self._transport, **self._options)
                    self._process = os.getpid()
        return self._http

    def token(self) -> str:
        """Return the bearer token, empty where the registry wants none."""
        auth = self._options["auth"]
        if auth is None:
            return ""
        http = self._connected()
        try:
            return str(auth.token(lambda request: http.send(request, auth=None)))
        except httpx2.HTTPError as fault:
            raise TransportError(f"no answer from the sign-in service: {fault}") from fault

    def run(self, flow: Flow[T]) -> T:
        """Run a flow to its end and return its result."""
        try:
            calls = next(flow)
            while True:
                try:
                    found = self._perform(calls)
                except Exception as fault:
                    calls = flow.throw(fault)
                else:
                    calls = flow.send(found)
        except StopIteration as end:
            result: T = end.value
            return result
        finally:
            flow.close()

    def _perform(self, calls: Sequence[Call]) -> list[Any]:
        if len(calls) == 1:
            return [self._ask(calls[0])]
        pool = ThreadPoolExecutor(max(1, min(len(calls), self.settings.in_flight)))
        try:
            futures = [pool.submit(self._ask, call) for call in calls]
            done, _ = wait(futures, return_when=FIRST_EXCEPTION)
            for future in done:
                future.result()  # raises the failure that ended the waiting
            return [future.result() for future in futures]
        finally:
            # After a failure or Ctrl-C nobody waits for what is still on its way.
            pool.shutdown(wait=False, cancel_futures=True)

    def _ask(self, call: Call) -> Any:
        steps = deliver(call, self.settings.retries)
        pause = next(steps)
        while True:
            if pause:
                self._sleep(pause)
            try:
                answer = self._send(call)
            except TransportError as fault:
                pause = steps.throw(fault)
            else:
                try:
                    pause = steps.send(answer)
                except StopIteration as end:
                    return call.read(end.value)

    def _send(self, call: Call) -> Answer:
        url = self.settings.base_url + call.path
        try:
            return to_answer(self._connected().request(call.route.method, url, content=call.content))
        except (httpx2.HTTPError, httpx2.InvalidURL) as fault:
            raise broken(call, self.settings, fault) from fault

    def close(self) -> None:
        """Close the connections."""
        if self._process == os.getpid():
            self._http.close()
