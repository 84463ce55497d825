"""The driver with threads: one HTTP session with keep-alive, which runs flows."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_EXCEPTION, Future, ThreadPoolExecutor, wait
from typing import Any, TypeVar

import httpx2

from runregistry.client.answers import Answer
from runregistry.client.calls import Batch, Call, Flow
from runregistry.client.retries import deliver
from runregistry.client.settings import TARGETS_HERE, Settings, identity_headers
from runregistry.client.token import SignIn, attach, to_answer
from runregistry.errors import AuthenticationError, RunRegistryError, SettingsError, TransportError

__all__ = ["Session", "Stop", "broken", "session_options"]

T = TypeVar("T")

_CONNECT_TIMEOUT_S = 30.0
# Node, uvicorn and many gateways close a connection that nobody has used for 5 s. It must be us who do so first: nobody could say
# of a change that is sent in that moment whether it was applied.
_KEEP_ALIVE_S = 4.0
# Where answers come as fast as this, nothing is gained by waiting for many at once: threads only get in each other's way, here
# and in a registry that shares the processor with us.
_NEARBY_S, _IN_FLIGHT_NEARBY = 0.01, 4


def session_options(settings: Settings, has_transport: bool) -> dict[str, Any]:
    """Return the options of an HTTP session, the same for threads and async."""
    if settings.target_name in TARGETS_HERE and not has_transport:
        target = settings.target_name
        raise SettingsError(
            f"{TARGETS_HERE[target]} needs a transport: use runregistry.setup({target!r}), or Client({target!r}), which find it"
        )
    # Where nothing is encrypted, neither registry nor sign-in, the certificates need not be read: that takes most of the start.
    asked = [settings.base_url, *([settings.token_url] if settings.audience else [])]
    is_encrypted = not all(url.lower().startswith("http://") for url in asked)
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


class Stop:
    """Whether a batch is to begin no further call; what is under way is finished.

    Attributes
    ----------
    is_over : bool
        Nothing more is begun.
    """

    def __init__(self) -> None:
        self.is_over = False
        self._fault: RunRegistryError | None = None

    def at(self, fault: RunRegistryError, batch: Batch) -> bool:
        """Take note of a failure; tell whether it is one of the whole batch: who is not signed in can't succeed with any call."""
        is_of_all = isinstance(fault, AuthenticationError | SettingsError)
        self.is_over = self.is_over or is_of_all or batch.ends_at_failure
        if is_of_all and self._fault is None:
            self._fault = fault
        return is_of_all

    def raise_fault(self) -> None:
        """Raise the failure of the whole batch, if there was one."""
        if self._fault is not None:
            raise self._fault


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
        self._quickest_s = float("inf")
        self._http = self._connected()

    def _connected(self) -> httpx2.Client:
        """Return the session of this process: a forked one must not write into its parent's connections."""
        if self._process != os.getpid():
            with self._lock:
                if self._process != os.getpid():
                    self._options = session_options(self.settings, self._transport is not None)
                    self._http = httpx2.Client(transport=self._transport, **self._options)
                    attach(self._options["auth"], self._http, self._sleep)
                    self._process = os.getpid()
        return self._http

    def token(self) -> str:
        """Return the bearer token, empty where the registry wants none."""
        self._connected()
        auth = self._options["auth"]
        return "" if auth is None else str(auth.token())

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

    def _perform(self, calls: Sequence[Call] | Batch) -> list[Any]:
        if isinstance(calls, Batch):
            self._perform_each(calls)
            return []
        if len(calls) == 1:
            return [self._ask(calls[0])]
        pool = self._pool(len(calls))
        try:
            return _results([pool.submit(self._ask, call) for call in calls])
        finally:
            # After a failure or Ctrl-C nobody waits for what is still on its way.
            pool.shutdown(wait=False, cancel_futures=True)

    def _perform_each(self, batch: Batch) -> None:
        stop = Stop()

        def ask(number: int, call: Call) -> None:
            if stop.is_over:
                return
            try:
                outcome: Any = self._ask(call)
            except RunRegistryError as fault:
                if stop.at(fault, batch):
                    return
                outcome = fault
            batch.on_done(number, outcome)

        pool = self._pool(len(batch.calls))
        try:
            _results([pool.submit(ask, *numbered) for numbered in enumerate(batch.calls)])
        finally:
            # A change that is under way is waited for, so that the caller is told what became of it.
            stop.is_over = True
            pool.shutdown(wait=any(call.route.is_write for call in batch.calls), cancel_futures=True)
        stop.raise_fault()

    def _pool(self, n_calls: int) -> ThreadPoolExecutor:
        useful = _IN_FLIGHT_NEARBY if self._quickest_s < _NEARBY_S else n_calls
        return ThreadPoolExecutor(max(1, min(n_calls, useful, self.settings.in_flight)))

    def _ask(self, call: Call) -> Any:
        steps = deliver(call, self.settings.retries, call.read)
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
                    return end.value

    def _send(self, call: Call) -> Answer:
        url = self.settings.base_url + call.path
        begun = time.monotonic()
        try:
            answer = to_answer(self._connected().request(call.route.method, url, content=call.content))
        except (httpx2.HTTPError, httpx2.InvalidURL) as fault:
            raise broken(call, self.settings, fault) from fault
        self._quickest_s = min(self._quickest_s, time.monotonic() - begun)
        return answer

    def close(self) -> None:
        """Close the connections."""
        if self._process == os.getpid():
            self._http.close()


def _results(futures: list[Future[T]]) -> list[T]:
    """Wait for all, or until one has failed, and raise its failure."""
    done, _ = wait(futures, return_when=FIRST_EXCEPTION)
    for future in done:
        future.result()
    return [future.result() for future in futures]
