"""The token of the sign-in service: asked for once, kept until shortly before it ends, renewed once for all threads or tasks.

Source: the CERN SSO's "API access": a form POST with HTTP Basic, answered by ``{"access_token", "expires_in", "token_type"}``, or
by ``{"error", "error_description"}`` with 400 or 401.
"""

from __future__ import annotations

import asyncio
import json
import math
import threading
import time
from collections.abc import AsyncGenerator, Callable, Generator
from functools import partial
from typing import Any

import httpx2

from runregistry.client.answers import Answer, is_permission_refused
from runregistry.client.calls import Call
from runregistry.client.credentials import Credentials, find_credentials
from runregistry.client.retries import deliver
from runregistry.client.settings import Settings, token_file, user_agent
from runregistry.client.token_file import Token, TokenFile
from runregistry.errors import AuthenticationError, RunRegistryError, TransportError
from runregistry.wire import Route

__all__ = ["SignIn", "attach", "to_answer"]

_DEFAULT_LIFE_S = 300.0
_PATIENCE_S = 30.0  # the most that the sign-in service may take to answer
_HOLD_S = 2.0  # how long a failure is the answer to everyone who asks, before the sign-in service is bothered again
_ASKS = 3  # with the token that is there, with the one that another process keeps, and with a new one
_TOO_BUSY = 429


def to_answer(response: httpx2.Response) -> Answer:
    """Return a response that was read, as an `Answer`."""
    asked = f"{response.request.method} {response.request.url.path}"
    return Answer(response.status_code, response.headers, response.content, asked)


def attach(sign_in: SignIn | None, http: httpx2.Client | httpx2.AsyncClient, sleep: Callable[[float], Any]) -> None:
    """Tell a sign-in, if there is one, how its session sends and waits: it asks for tokens over the session's own connections."""
    if sign_in is not None:
        sign_in.attach(partial(http.send, auth=None), sleep)


class SignIn(httpx2.Auth):
    """Puts a bearer token on each request; renews it when it is about to end and, once, when it was refused.

    A lock is held while a new token is on its way, so that the others wait for it and don't ask too; when it does not come, all
    who waited are told the same. The question goes through the session's own connections, with its proxy and certificates, and
    is repeated as its retry policy says.

    Parameters
    ----------
    settings : Settings
        Where tokens are asked for, and how patiently.
    clock, steady : callable
        The time of day, which may be set back and forth, and a time that only goes on, but may stand still while a laptop sleeps:
        a token has ended when either says so.
    """

    def __init__(
        self, settings: Settings, clock: Callable[[], float] = time.time, steady: Callable[[], float] = time.monotonic
    ) -> None:
        self._settings = settings
        self._clock = clock
        self._steady = steady
        self._lock = threading.Lock()
        self._async_lock: tuple[asyncio.AbstractEventLoop, asyncio.Lock] | None = None
        self._credentials: Credentials | None = None
        self._file: TokenFile | None = None
        self._token: Token | None = None
        self._ends_at = 0.0  # on the steady clock
        self._refused = ""
        self._failure: RunRegistryError | None = None
        self._failed_at = -math.inf

    def __repr__(self) -> str:
        return f"SignIn(audience={self._settings.audience!r})"

    def attach(self, send: Callable[..., Any], sleep: Callable[[float], Any]) -> None:
        """Say how questions for a token are sent and how to wait: both with threads, or both with tasks."""
        self._send = send
        self._sleep = sleep

    def question(self, refused: str = "") -> httpx2.Request | None:
        """Return the request for a new token, or None while there is one that is good and not the refused one.

        Raises
        ------
        SettingsError
            There are no client ID and secret, or the file that holds them can't be used.
        """
        if self._held(refused) is not None:
            return None
        settings, credentials = self._settings, self._found()
        basic = httpx2.BasicAuth(credentials.client_id, credentials.client_secret)
        form = {"grant_type": "client_credentials", "audience": settings.audience}
        patience = httpx2.Timeout(min(settings.timeout_s, _PATIENCE_S))
        asked = httpx2.Request(
            "POST",
            settings.token_url,
            data=form,
            headers={"User-Agent": user_agent(settings.target_name)},
            extensions={"timeout": patience.as_dict()},
        )
        return next(basic.auth_flow(asked))

    def keep(self, answer: Answer | httpx2.Response) -> Token:
        """Keep the token of an answer that was read, and return it.

        Raises
        ------
        AuthenticationError
            The sign-in service refused.
        TransportError
            It has a fault, or no time.
        """
        status, content = (answer.status, answer.content) if isinstance(answer, Answer) else (answer.status_code, answer.content)
        if status >= 500 or status == _TOO_BUSY:
            raise TransportError(f"the sign-in service {self._settings.token_url} answers {status}. Try again later.")
        document = _document(content)
        text = document.get("access_token")
        if status != 200 or not isinstance(text, str) or not text:
            raise AuthenticationError(self._complaint(status, document))
        now, life = self._clock(), _life(document.get("expires_in"))
        used = life - min(60.0, 0.1 * life)
        self._failure = None
        token = self._take(Token(text, now, now + used))
        if self._file is not None:
            self._file.keep(token)
        return token

    def token(self) -> str:
        """Return a token that is good, for people who make their own requests with threads."""
        with self._lock:
            return (self._held() or self._renewed()).text

    def sync_auth_flow(self, request: httpx2.Request) -> Generator[httpx2.Request, httpx2.Response, None]:
        """Send a request with a token, from threads."""
        refused = ""
        for _ in range(_ASKS):
            with self._lock:
                token = self._held(refused) or self._renewed(refused)
            response = yield _signed(request, token)
            response.read()
            if not _is_refused(response) or (refused and token.is_new):
                return
            refused = token.text

    async def async_auth_flow(self, request: httpx2.Request) -> AsyncGenerator[httpx2.Request, httpx2.Response]:
        """Send a request with a token, from tasks."""
        refused = ""
        for _ in range(_ASKS):
            async with self._lock_of_loop():
                token = self._held(refused) or await self._renewed_by_task(refused)
            response = yield _signed(request, token)
            await response.aread()
            if not _is_refused(response) or (refused and token.is_new):
                return
            refused = token.text

    def _lock_of_loop(self) -> asyncio.Lock:
        """Return the lock of the running event loop: one that was waited for in another loop can't be waited for here."""
        loop = asyncio.get_running_loop()
        if self._async_lock is None or self._async_lock[0] is not loop:
            self._async_lock = loop, asyncio.Lock()
        return self._async_lock[1]

    def _held(self, refused: str = "") -> Token | None:
        """Return the token that is in memory, if it can be used."""
        if refused:
            self._refused = refused
        token = self._token
        if token is None or token.text == self._refused or self._steady() >= self._ends_at:
            return None
        return token if token.is_good(self._clock()) else None

    def _renewed(self, refused: str = "") -> Token:
        """Return the token that another process keeps, or a new one."""
        self._raise_if_just_failed()
        try:
            return self._kept(refused) or self.keep(self._ask())
        except RunRegistryError as fault:
            raise self._remembered(fault) from fault.__cause__

    async def _renewed_by_task(self, refused: str = "") -> Token:
        self._raise_if_just_failed()
        try:
            # A keyring may take its time, and a home folder too.
            kept = await asyncio.to_thread(self._kept, refused)
            return kept or self.keep(await self._ask_by_task())
        except RunRegistryError as fault:
            raise self._remembered(fault) from fault.__cause__

    def _ask(self) -> Answer:
        steps = deliver(_call(self._settings), self._settings.retries)
        pause = next(steps)
        while True:
            if pause:
                self._sleep(pause)
            try:
                answer = to_answer(self._send(self.question()))
            except (httpx2.HTTPError, httpx2.InvalidURL) as fault:
                pause = steps.throw(_unanswered(self._settings, fault))
            else:
                try:
                    pause = steps.send(answer)
                except StopIteration as end:
                    last: Answer = end.value
                    return last

    async def _ask_by_task(self) -> Answer:
        steps = deliver(_call(self._settings), self._settings.retries)
        pause = next(steps)
        while True:
            if pause:
                await self._sleep(pause)
            try:
                answer = to_answer(await self._send(self.question()))
            except (httpx2.HTTPError, httpx2.InvalidURL) as fault:
                pause = steps.throw(_unanswered(self._settings, fault))
            else:
                try:
                    pause = steps.send(answer)
                except StopIteration as end:
                    last: Answer = end.value
                    return last

    def _found(self) -> Credentials:
        """Return client ID and secret, looked up when they are first needed, and with them the file that tokens are kept in."""
        if self._credentials is None:
            settings = self._settings
            self._credentials = find_credentials(settings)
            path = token_file(settings)
            if path is not None:
                self._file = TokenFile(path, settings.token_url, self._credentials.client_id, settings.audience)
        return self._credentials

    def _kept(self, refused: str) -> Token | None:
        self._found()
        if self._file is None:
            return None
        if refused:
            self._file.forget(refused)
        token = self._file.read(self._clock())
        if token is None or token.text == self._refused:
            return None
        return self._take(token)

    def _take(self, token: Token) -> Token:
        self._token = token
        self._ends_at = self._steady() + token.good_until - self._clock()
        return token

    def _raise_if_just_failed(self) -> None:
        if self._failure is not None and self._steady() < self._failed_at + _HOLD_S:
            # Each thread has its own: a traceback belongs to the one that raises.
            again = type(self._failure)(*self._failure.args)
            raise again from self._failure.__cause__

    def _remembered(self, fault: RunRegistryError) -> RunRegistryError:
        if isinstance(fault, TransportError):
            _mark_never_sent(fault)
        self._failure, self._failed_at = fault, self._steady()
        return fault

    def _complaint(self, status: int, document: dict[str, Any]) -> str:
        said = ": ".join(str(document[key]) for key in ("error", "error_description") if document.get(key))
        source = self._credentials.source if self._credentials is not None else self._settings.credentials_source
        return (
            f"the sign-in service gave no token ({status}{', ' + said if said else ''}). Check SSO_CLIENT_ID and "
            f"SSO_CLIENT_SECRET, which come from {source}, and that the application may ask for the audience "
            f"{self._settings.audience}; runregistry doctor tells more."
        )


def _signed(request: httpx2.Request, token: Token) -> httpx2.Request:
    request.headers["Authorization"] = f"Bearer {token.text}"
    return request


def _is_refused(response: httpx2.Response) -> bool:
    if response.status_code == 401:
        return not is_permission_refused(to_answer(response))
    return response.status_code in (302, 303, 307)  # to the page where people sign in


def _call(settings: Settings) -> Call:
    """Return the question for a token as what a retry policy reads; asking twice changes nothing."""
    return Call(Route("token", "POST", settings.token_url, False, False, "A token."), settings.token_url, None)


def _unanswered(settings: Settings, fault: Exception) -> TransportError:
    unanswered = TransportError(f"no answer from the sign-in service {settings.token_url}: {str(fault) or type(fault).__name__}")
    unanswered.__cause__ = fault
    return unanswered


def _mark_never_sent(fault: TransportError) -> None:
    """Make clear that the request was never sent, for want of a token: even a change may be repeated after that."""
    never_sent = httpx2.ConnectError(str(fault))
    never_sent.__cause__ = fault.__cause__
    fault.__cause__ = never_sent


def _document(content: bytes) -> dict[str, Any]:
    try:
        document = json.loads(content)
    except (ValueError, RecursionError):
        return {}
    return document if isinstance(document, dict) else {}


def _life(expires_in: Any) -> float:
    """Return for how long a token is good; what can't be read as seconds says nothing about it."""
    try:
        life = float(expires_in)
    except (TypeError, ValueError):
        return _DEFAULT_LIFE_S
    return max(life, 0.0) if math.isfinite(life) else _DEFAULT_LIFE_S
