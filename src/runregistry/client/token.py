"""The token of the sign-in service: asked for once, kept until shortly before it ends, renewed once for all threads.

Source: the CERN SSO's "API access": a form POST with HTTP Basic, answered by ``{"access_token", "expires_in", "token_type"}``, or
by ``{"error", "error_description"}`` with 400 or 401.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import AsyncGenerator, Callable, Generator

import httpx2

from runregistry.client.answers import Answer, is_permission_refused
from runregistry.client.settings import Settings, user_agent
from runregistry.errors import AuthenticationError, SettingsError, TransportError

__all__ = ["SignIn", "to_answer"]

_DEFAULT_LIFE_S = 300.0
_ASKS = 2  # with the token that is there, and with a new one if the registry refused that


def to_answer(response: httpx2.Response) -> Answer:
    """Return a response that was read, as an `Answer`."""
    asked = f"{response.request.method} {response.request.url.path}"
    return Answer(response.status_code, response.headers, response.content, asked)


class SignIn(httpx2.Auth):
    """Puts a bearer token on each request; renews it when it is about to end and, once, when it was refused.

    The lock is held while a new token is on its way, so that the others wait for it and don't ask too.
    """

    def __init__(self, settings: Settings, clock: Callable[[], float] = time.time) -> None:
        self._settings = settings
        self._clock = clock
        self._lock = threading.Lock()
        self._async_lock = asyncio.Lock()
        self._token = ""
        self._fresh_until = 0.0

    def __repr__(self) -> str:
        return f"SignIn(audience={self._settings.audience!r})"

    def question(self, refused: str = "") -> httpx2.Request | None:
        """Return the request for a new token, or None while the one that is there is good and not the refused one."""
        if self._token and self._token != refused and self._clock() < self._fresh_until:
            return None
        settings = self._settings
        if not settings.client_id or not settings.client_secret:
            raise SettingsError(
                f"the target {settings.target_name!r} needs a client ID and secret: set SSO_CLIENT_ID and SSO_CLIENT_SECRET "
                "in the environment or in a .env file"
            )
        basic = httpx2.BasicAuth(settings.client_id, settings.client_secret)
        form = {"grant_type": "client_credentials", "audience": settings.audience}
        headers = {"User-Agent": user_agent(settings.target_name)}
        return next(basic.auth_flow(httpx2.Request("POST", settings.token_url, data=form, headers=headers)))

    def keep(self, response: httpx2.Response) -> None:
        """Keep the token of an answer that was read."""
        if response.status_code >= 500:
            raise TransportError(f"the sign-in service answers {response.status_code}. Try again later.")
        try:
            document = response.json()
        except ValueError:
            document = None
        token = document.get("access_token") if isinstance(document, dict) else None
        if response.status_code != 200 or not isinstance(token, str):
            raise AuthenticationError(_complaint(response.status_code, document))
        life = float(document.get("expires_in") or _DEFAULT_LIFE_S)
        self._token = token
        self._fresh_until = self._clock() + life - min(60.0, 0.1 * life)

    def token(self, send: Callable[[httpx2.Request], httpx2.Response]) -> str:
        """Return a token that is good, for people who make their own requests."""
        with self._lock:
            question = self.question()
            if question is not None:
                self.keep(send(question))
            return self._token

    def sync_auth_flow(self, request: httpx2.Request) -> Generator[httpx2.Request, httpx2.Response, None]:
        """Send a request with a token, from threads."""
        refused = ""
        for _ in range(_ASKS):
            with self._lock:
                question = self.question(refused)
                if question is not None:
                    response = yield question
                    response.read()
                    self.keep(response)
                refused = self._put_on(request)
            response = yield request
            response.read()
            if not _is_refused(response):
                return

    async def async_auth_flow(self, request: httpx2.Request) -> AsyncGenerator[httpx2.Request, httpx2.Response]:
        """Send a request with a token, from tasks."""
        refused = ""
        for _ in range(_ASKS):
            async with self._async_lock:
                question = self.question(refused)
                if question is not None:
                    response = yield question
                    await response.aread()
                    self.keep(response)
                refused = self._put_on(request)
            response = yield request
            await response.aread()
            if not _is_refused(response):
                return

    def _put_on(self, request: httpx2.Request) -> str:
        request.headers["Authorization"] = f"Bearer {self._token}"
        return self._token


def _is_refused(response: httpx2.Response) -> bool:
    return response.status_code == 401 and not is_permission_refused(to_answer(response))


def _complaint(status: int, document: object) -> str:
    said = ""
    if isinstance(document, dict):
        said = ": ".join(str(document[key]) for key in ("error", "error_description") if document.get(key))
    return (
        f"the sign-in service gave no token ({status}{', ' + said if said else ''}). "
        "Check SSO_CLIENT_ID and SSO_CLIENT_SECRET, and that the application may ask for this audience."
    )
