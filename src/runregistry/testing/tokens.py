"""A sign-in service for tests: gives out tokens for client credentials, and says which are valid."""

from __future__ import annotations

import asyncio
import base64
import binascii
import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import parse_qs, unquote

from runregistry.client.settings import SettingChanges
from runregistry.testing.loopback import LoopbackService
from runregistry.testing.messages import Request, Response, read_request

__all__ = ["TokenEndpoint", "token_endpoint"]

_JSON = (("content-type", "application/json"),)


class TokenEndpoint:
    """A sign-in service on a free port of this machine.

    Attributes
    ----------
    life_s : float
        How long a token is valid.
    promised_s : float or None
        What the client is told instead, if not None: a token can end before that, as when the service was restarted.
    delay_s : float
        How long it takes to answer.
    client_id, client_secret, audience : str
        Whom it gives tokens, and for what.
    issued : int
        How many tokens it gave.
    """

    def __init__(
        self,
        *,
        life_s: float = 1200.0,
        promised_s: float | None = None,
        delay_s: float = 0.0,
        client_id: str = "tester",
        client_secret: str = "secret of the tester",
        audience: str = "runregistry-for-tests",
    ) -> None:
        self.life_s = life_s
        self.promised_s = promised_s
        self.delay_s = delay_s
        self.client_id, self.client_secret, self.audience = client_id, client_secret, audience
        self.issued = 0
        self._ends: dict[str, float] = {}
        self._failures: list[int] = []
        self._service = LoopbackService(self._serve, "runregistry-tokens")

    def __repr__(self) -> str:
        return f"TokenEndpoint({self.url!r})"

    @property
    def url(self) -> str:
        """Where tokens are asked for."""
        return f"{self._service.url}/token"

    @property
    def settings(self) -> SettingChanges:
        """What a client must know to get tokens here: ``Client(url, **tokens.settings)``."""
        return {
            "client_id": self.client_id,
            "client_secret": self.client_secret,
            "audience": self.audience,
            "token_url": self.url,
        }

    def start(self) -> None:
        """Listen, again on the port that it had."""
        self._service.start()

    def stop(self) -> None:
        """Refuse connections until `start`."""
        self._service.stop()

    def fail(self, status: int, times: int = 1) -> None:
        """Answer the next requests with a status instead of a token."""
        self._failures += [status] * times

    def expire(self) -> None:
        """Let every token end that was issued until now."""
        self._ends.clear()

    def accepts(self, authorization: str) -> bool:
        """Tell whether a header ``Authorization`` carries a token that is valid."""
        return time.monotonic() < self._ends.get(authorization.removeprefix("Bearer "), 0.0)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while (request := await read_request(reader)) is not None:
            await asyncio.sleep(self.delay_s)
            writer.write(self._answer(request).encode())
            await writer.drain()

    def _answer(self, request: Request) -> Response:
        if self._failures:
            return _refused(self._failures.pop(0), "server_error", "planned by the test")
        form = {name: values[0] for name, values in parse_qs(request.body.decode("utf-8", "replace")).items()}
        if (request.method, request.path) != ("POST", "/token") or form.get("grant_type") != "client_credentials":
            return _refused(400, "invalid_request", "POST /token with grant_type=client_credentials")
        if _credentials(request, form) != (self.client_id, self.client_secret):
            return _refused(401, "invalid_client", "Invalid client or Invalid client credentials")
        if form.get("audience") != self.audience:
            return _refused(400, "invalid_request", f"no such audience: {form.get('audience')}")
        self.issued += 1
        token = f"token-{self.issued}"
        self._ends[token] = time.monotonic() + self.life_s
        promised = self.life_s if self.promised_s is None else self.promised_s
        return _json(200, {"access_token": token, "expires_in": promised, "token_type": "Bearer"})


def _credentials(request: Request, form: dict[str, str]) -> tuple[str, str]:
    """Return who asks: HTTP Basic, or in the form."""
    kind, _, encoded = request.header("authorization").partition(" ")
    if kind.lower() != "basic":
        return form.get("client_id", ""), form.get("client_secret", "")
    try:
        name, _, secret = base64.b64decode(encoded).decode("utf-8", "replace").partition(":")
    except binascii.Error:
        return "", ""
    return unquote(name), unquote(secret)


def _json(status: int, document: dict[str, Any]) -> Response:
    return Response(status, _JSON, json.dumps(document).encode())


def _refused(status: int, error: str, description: str) -> Response:
    return _json(status, {"error": error, "error_description": description})


@contextmanager
def token_endpoint(
    *, life_s: float = 1200.0, promised_s: float | None = None, delay_s: float = 0.0, **credentials: str
) -> Iterator[TokenEndpoint]:
    """Run a sign-in service while the block runs.

    Parameters
    ----------
    life_s, promised_s, delay_s : float
        See `TokenEndpoint`.
    **credentials
        ``client_id``, ``client_secret``, ``audience``, if tests care.

    Examples
    --------
    >>> from runregistry import Client
    >>> with token_endpoint() as tokens, Client("http://127.0.0.1:1", **tokens.settings) as client:
    ...     tokens.issued  # none before the first request
    0
    """
    tokens = TokenEndpoint(life_s=life_s, promised_s=promised_s, delay_s=delay_s, **credentials)
    tokens.start()
    try:
        yield tokens
    finally:
        tokens.stop()
