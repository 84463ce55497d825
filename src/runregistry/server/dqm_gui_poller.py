"""The thread that looks which datasets are in the DQM GUI."""

from __future__ import annotations

import logging
import ssl
from collections.abc import Mapping
from typing import NamedTuple
from urllib.parse import urlsplit

import httpx2
import msgspec

from runregistry.errors import SettingsError, TransportError
from runregistry.server.oms.exchange import ask, complaint
from runregistry.server.poller import Poller
from runregistry.server.services.dqm_gui import Appeared, record_appearances
from runregistry.store import Store
from runregistry.version import __version__

__all__ = ["DQMGUIPoller", "DQMGUISettings"]

logger = logging.getLogger(__name__)

_GRACE_S = 300.0
_FIRST_LOOK_S = 3.0  # whoever starts the registry wants it to answer first


class DQMGUISettings(NamedTuple):
    """How the DQM GUI is asked.

    Attributes
    ----------
    url : str
        Where it lists its samples, as JSON.
    interval_s : float
        Seconds from one look to the next.
    verify : bool or str
        Whether its TLS certificate is verified; a text is the file of the authorities to trust.
    cert : str, tuple of str or None
        The file of the registry's own certificate with its key, or the files of both.
    timeout_s : float
        The longest silence; the whole answer may take four times as long.
    """

    url: str = "https://cmsweb.cern.ch/dqm/offline/data/json/samples?match=*."
    interval_s: float = 600.0
    verify: bool | str = True
    cert: str | tuple[str, str] | None = None
    timeout_s: float = 60.0


class _Item(msgspec.Struct):
    run: str | int | None = None
    dataset: str | None = None


class _Kind(msgspec.Struct):
    items: list[_Item] = []


class _Samples(msgspec.Struct):
    samples: list[_Kind]


class DQMGUIPoller(Poller):
    """Looks at the DQM GUI again and again, in a thread.

    Parameters
    ----------
    store : Store
        Where the datasets are.
    settings : DQMGUISettings
        How the GUI is asked.
    transport : httpx2.BaseTransport, optional
        Sends the requests, instead of the network.

    Raises
    ------
    SettingsError
        The settings can't work.
    """

    def __init__(self, store: Store, settings: DQMGUISettings, *, transport: httpx2.BaseTransport | None = None) -> None:
        super().__init__(store, "dqm gui", "the DQM GUI", settings.interval_s, _GRACE_S, _FIRST_LOOK_S)
        self._settings = settings
        self._who = f"the DQM GUI ({settings.url.partition('?')[0]})"
        self._http = _client(settings, transport)

    def poll_once(self) -> Appeared | None:
        """Look once; None if it is another process's turn.

        Raises
        ------
        TransportError
            The GUI can't be asked, or answers with something else than its samples.
        StoreError
            The database can't be reached.
        """
        appeared = record_appearances(self._store, self._names_by_run()) if self.take_turn() else None
        self.succeeded()
        return appeared

    def look(self) -> bool:
        """Look once, which is always enough."""
        appeared = self.poll_once()
        if appeared is not None and appeared.datasets:
            logger.info("%d datasets appeared in the DQM GUI, under %d names", appeared.datasets, appeared.names)
        return True

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def _names_by_run(self) -> Mapping[int, set[str]]:
        request = self._http.build_request("GET", self._settings.url)
        reply = ask(self._http, request, self._who, self._settings.timeout_s, shape=_Samples)
        if not isinstance(reply.document, _Samples):
            raise TransportError(f"{self._who} answers {reply.status}{complaint(reply.document)}")
        names: dict[int, set[str]] = {}
        # The first kind holds what was reconstructed from data; the others are of simulation and of release validation.
        for item in reply.document.samples[0].items if reply.document.samples else []:
            run = str(item.run)
            if item.dataset and run.isascii() and run.isdecimal() and len(run) < 10:
                names.setdefault(int(run), set()).add(item.dataset)
        return names


def _client(settings: DQMGUISettings, transport: httpx2.BaseTransport | None) -> httpx2.Client:
    parts = urlsplit(settings.url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise SettingsError(f"the DQM GUI must be at an http or https URL, not {settings.url!r}")
    if parts.username or parts.password:
        raise SettingsError("the URL of the DQM GUI must not hold a name or password: it is shown in errors")
    for name, value in (("interval_s", settings.interval_s), ("timeout_s", settings.timeout_s)):
        if not 0.01 <= value <= 86400:
            raise SettingsError(f"{name} of the DQM GUI must be from 0.01 to 86400 seconds, not {value!r}")
    return httpx2.Client(
        transport=transport,
        verify=_tls(settings) if parts.scheme == "https" else True,
        timeout=settings.timeout_s,
        headers={"Accept": "application/json", "User-Agent": f"runregistry/{__version__}"},
        trust_env=False,
    )


def _tls(settings: DQMGUISettings) -> ssl.SSLContext:
    try:
        context = ssl.create_default_context(cafile=settings.verify if isinstance(settings.verify, str) else None)
        if settings.verify is False:
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
        if settings.cert is not None:
            context.load_cert_chain(*([settings.cert] if isinstance(settings.cert, str) else settings.cert))
    except OSError as error:  # ssl.SSLError is one
        raise SettingsError(f"the certificates for the DQM GUI can't be used: {error}") from error
    return context
