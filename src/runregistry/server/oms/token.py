"""The token that OMS is shown: asked for once, kept until shortly before it ends, renewed once for all threads.

Source: the OMS poller of the service (its workflows, *Access*): client credentials first, then the exchange of that token.
"""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable, Mapping

import httpx2

from runregistry.errors import AuthenticationError
from runregistry.server.oms.exchange import ask, complaint
from runregistry.server.oms.settings import OMSSettings

__all__ = ["OMSToken"]

_GRANT = "urn:ietf:params:oauth:grant-type:token-exchange"
_ACCESS_TOKEN = "urn:ietf:params:oauth:token-type:access_token"
_DEFAULT_LIFE_S = 300.0


class OMSToken:
    """The token of one application; safe to share between threads.

    Parameters
    ----------
    settings : OMSSettings
        With a token URL.
    http : httpx2.Client
        Sends the questions.
    clock : callable
        Seconds that only grow.
    """

    def __init__(self, settings: OMSSettings, http: httpx2.Client, clock: Callable[[], float] = time.monotonic) -> None:
        self._settings = settings
        self._http = http
        self._clock = clock
        self._lock = threading.Lock()
        self._token = ""
        self._fresh_until = -math.inf

    def __repr__(self) -> str:
        return f"OMSToken(client_id={self._settings.client_id!r})"

    def get(self, refused: str = "") -> str:
        """Return a token that is good and not the refused one.

        Raises
        ------
        AuthenticationError
            The sign-in service gives none.
        TransportError
            The sign-in service can't be asked.
        """
        # The others wait for the token that is on its way, and don't ask too.
        with self._lock:
            if not self._token or self._token == refused or self._clock() >= self._fresh_until:
                self._renew()
            return self._token

    def _renew(self) -> None:
        token, life_s = self._request({"grant_type": "client_credentials"})
        if self._settings.exchange_token:
            wanted = {"subject_token": token, "requested_token_type": _ACCESS_TOKEN}
            token, life_s = self._request({"grant_type": _GRANT} | wanted)
        self._token = token
        self._fresh_until = self._clock() + life_s - min(60.0, 0.1 * life_s)

    def _request(self, more: Mapping[str, str]) -> tuple[str, float]:
        settings = self._settings
        form = {"client_id": settings.client_id, "client_secret": settings.client_secret, "audience": settings.audience}
        request = self._http.build_request("POST", settings.token_url or "", data=form | dict(more))
        reply = ask(self._http, request, f"the sign-in service for OMS ({settings.token_url})", settings.timeout_s)
        document = reply.document if isinstance(reply.document, Mapping) else {}
        token, life = document.get("access_token"), document.get("expires_in")
        if reply.status != 200 or not isinstance(token, str) or not token:
            step = "exchanges no token" if "subject_token" in more else "gives no token"
            raise AuthenticationError(
                f"the sign-in service {step} for OMS ({reply.status}{complaint(document)}). Check the client id"
                f" {settings.client_id!r}, its secret, and that it may ask for the audience {settings.audience!r}."
            )
        if isinstance(life, bool) or not isinstance(life, int | float) or life <= 0:
            life = _DEFAULT_LIFE_S
        return token, float(life)
