"""A client of OMS: runs and lumisections, whole, however OMS cuts them into pages.

Source: OMS's aggregation API, which is JSON:API:
``{"data": [{"attributes": {…}}, …], "meta": {"totalResourceCount": 7}, "links": {"next": URL or null}}``.
"""

from __future__ import annotations

import random
import ssl
import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import httpx2

from runregistry.errors import AuthenticationError, SettingsError, TransportError
from runregistry.server.oms.exchange import MayWorkLater, Reply, ask, complaint
from runregistry.server.oms.settings import OMSSettings, check_settings
from runregistry.server.oms.token import OMSToken
from runregistry.version import __version__

__all__ = ["OMSClient"]

_FIRST_PAUSE_S, _LONGEST_PAUSE_S = 0.5, 20.0
# Far more pages than any run has: a service that never comes to an end must be left at some time.
_MOST_PAGES = 10_000


class OMSClient:
    """Asks OMS; safe to share between threads.

    Parameters
    ----------
    settings : OMSSettings
        Where OMS is, and as whom it is asked.
    transport : httpx2.BaseTransport, optional
        Sends the requests, instead of the network.
    pause : callable
        Waits for so many seconds.

    Raises
    ------
    SettingsError
        The settings can't work.
    """

    def __init__(
        self,
        settings: OMSSettings,
        *,
        transport: httpx2.BaseTransport | None = None,
        pause: Callable[[float], object] = time.sleep,
    ) -> None:
        self.settings = check_settings(settings)
        self._base = settings.url.rstrip("/")
        self._who = f"OMS ({self._base})"
        self._pause = pause
        self._http = httpx2.Client(
            transport=transport,
            verify=_authorities(settings.verify),
            timeout=settings.timeout_s,
            headers={"Accept": "application/json", "User-Agent": f"runregistry/{__version__}"},
            trust_env=False,
        )
        self._token = OMSToken(settings, self._http) if settings.token_url is not None else None

    def __repr__(self) -> str:
        return f"OMSClient({self._base!r})"

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def latest_runs(self, limit: int, offset: int = 0) -> list[dict[str, Any]]:
        """Return the attributes of runs, those that were updated last first; fewer than asked for if OMS sends fewer."""
        document = self._get(_page("runs?sort=-last_update", limit, offset))
        return _attributes(document, self._who)

    def run(self, run_number: int) -> dict[str, Any] | None:
        """Return the attributes of a run; None if OMS does not know it.

        Raises
        ------
        AuthenticationError, TransportError
            OMS, or its sign-in service, does not let us in or can't be asked.
        """
        rows = _attributes(self._get(f"runs?filter[run_number]={run_number}"), self._who)
        # A service that ignores the filter would give another run.
        return next((row for row in rows if row.get("run_number") == run_number), None)

    def lumisections(self, run_number: int) -> list[dict[str, Any]]:
        """Return the attributes of all lumisections of a run, by number.

        Raises
        ------
        AuthenticationError, TransportError
            As with `run`; or OMS sent fewer lumisections than it says there are.
        """
        found: dict[int, dict[str, Any]] = {}
        unnumbered: list[dict[str, Any]] = []
        for rows in self._pages(f"lumisections?filter[run_number]={run_number}"):
            for row in rows:
                number = row.get("lumisection_number")
                if isinstance(number, int) and not isinstance(number, bool):
                    # The list may grow between two pages: what comes twice is one lumisection, and the later answer counts.
                    found[number] = row
                else:
                    unnumbered.append(row)
        return [row for _, row in sorted(found.items())] + unnumbered

    def _pages(self, path: str) -> Iterator[list[dict[str, Any]]]:
        """Go through all pages of a list; which one is the last is said by OMS, or else found out by asking on."""
        offset, before = 0, None
        for _ in range(_MOST_PAGES):
            document = self._get(_page(path, self.settings.page_size, offset))
            rows = _attributes(document, self._who)
            total = _total(document)
            if not rows or rows == before:  # the second: a service that knows no offset
                if total is not None and offset < total:
                    raise TransportError(f"{self._who} says that there are {total} rows of {path}, and sends {offset}")
                return
            yield rows
            offset, before = offset + len(rows), rows
            if total is not None and offset >= total:
                return
            if total is None and _says_last(document):
                return
        raise TransportError(f"{self._who} sends pages of {path} without end")

    def _get(self, path: str) -> Mapping[str, Any]:
        for attempt in range(self.settings.attempts):
            if attempt:
                pause_s = min(_FIRST_PAUSE_S * 2.0 ** (attempt - 1), _LONGEST_PAUSE_S)
                self._pause(pause_s * random.uniform(0.5, 1.0))
            try:
                return self._checked(self._reply(path), path)
            except MayWorkLater:
                if attempt + 1 == self.settings.attempts:
                    raise
        raise AssertionError("settings with no attempt are refused")

    def _reply(self, path: str) -> Reply:
        """Ask with the token that is there and, if OMS refuses it, once with a new one."""
        if self._token is None:
            return self._send(path, {})
        token = self._token.get()
        reply = self._send(path, {"Authorization": f"Bearer {token}"})
        if reply.status != 401:
            return reply
        return self._send(path, {"Authorization": f"Bearer {self._token.get(refused=token)}"})

    def _send(self, path: str, headers: Mapping[str, str]) -> Reply:
        request = self._http.build_request("GET", f"{self._base}/{path}", headers=headers)
        return ask(self._http, request, self._who, self.settings.timeout_s)

    def _checked(self, reply: Reply, path: str) -> Mapping[str, Any]:
        if reply.status in (401, 403):
            raise AuthenticationError(
                f"{self._who} does not let us in ({reply.status}{complaint(reply.document)});"
                f" check that the client id {self.settings.client_id!r} may ask it"
            )
        if reply.status != 200:
            raise TransportError(f"{self._who} answers {reply.status}{complaint(reply.document)} to {path}")
        if not isinstance(reply.document, Mapping):
            raise TransportError(f"{self._who} answers to {path} with JSON that is no object")
        return reply.document


def _authorities(verify: bool | str) -> ssl.SSLContext | bool:
    if isinstance(verify, bool):
        return verify
    try:
        return ssl.create_default_context(cafile=verify)
    except OSError as error:  # also where the file holds no certificate
        raise SettingsError(f"can't use {verify!r} as the certificates to trust OMS by: {error}") from error


def _page(path: str, limit: int, offset: int) -> str:
    return f"{path}&page[limit]={limit}" + (f"&page[offset]={offset}" if offset else "")


def _attributes(document: Mapping[str, Any], who: str) -> list[dict[str, Any]]:
    data = document.get("data")
    rows = [row.get("attributes") if isinstance(row, Mapping) else None for row in data] if isinstance(data, list) else None
    if rows is None or not all(isinstance(row, dict) for row in rows):
        raise TransportError(f"{who} answers without data: it must be a list of objects with attributes, as JSON:API has it")
    return [row for row in rows if isinstance(row, dict)]


def _total(document: Mapping[str, Any]) -> int | None:
    meta = document.get("meta")
    total = meta.get("totalResourceCount") if isinstance(meta, Mapping) else None
    return total if isinstance(total, int) and not isinstance(total, bool) else None


def _says_last(document: Mapping[str, Any]) -> bool:
    links = document.get("links")
    return isinstance(links, Mapping) and "next" in links and not links["next"]
