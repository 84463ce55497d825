"""Where OMS is, and as whom the registry asks it."""

from __future__ import annotations

from typing import NamedTuple
from urllib.parse import urlsplit

from runregistry.errors import SettingsError
from runregistry.server.identity import is_loopback

__all__ = ["OMSSettings", "check_settings"]


class OMSSettings(NamedTuple):
    """How OMS is reached and followed.

    Attributes
    ----------
    url : str
        Base of OMS's API; ``/runs`` and ``/lumisections`` are below it.
    token_url : str or None
        Where the sign-in service gives tokens; None asks OMS without one.
    client_id, client_secret : str
        The application as which the registry signs in.
    audience : str
        The application that the token is for.
    interval_s : float
        Seconds from one look for new and changed runs to the next; 0 never looks, and OMS is asked only when a run is refreshed.
    verify : bool or str
        Whether TLS certificates are verified; a text is the file of the authorities to trust.
    exchange_token : bool
        Whether the first token is exchanged for the one that OMS is shown, as CERN's sign-in service wants it.
    timeout_s : float
        The longest silence; a whole answer may take four times as long.
    attempts : int
        How often a question is asked before it is given up.
    page_size : int
        Lumisections asked for at a time. OMS may send fewer: pages are fetched until all are there.
    """

    url: str = "https://cmsoms.cern.ch/agg/api/v1"
    token_url: str | None = "https://auth.cern.ch/auth/realms/cern/protocol/openid-connect/token"
    client_id: str = ""
    client_secret: str = ""
    audience: str = "cmsoms-prod"
    interval_s: float = 300.0
    verify: bool | str = True
    exchange_token: bool = True
    timeout_s: float = 30.0
    attempts: int = 4
    page_size: int = 5000

    def __repr__(self) -> str:
        # Settings end up in logs and error reports; the secret must not.
        return f"OMSSettings(url={self.url!r}, client_id={self.client_id!r}, interval_s={self.interval_s!r})"


def check_settings(settings: OMSSettings) -> OMSSettings:
    """Return settings that can work.

    Raises
    ------
    SettingsError
        A URL is none or would send a secret unprotected, the application is not named, or a number is out of bounds.

    Examples
    --------
    >>> check_settings(OMSSettings("http://127.0.0.1:8000", token_url=None))
    OMSSettings(url='http://127.0.0.1:8000', client_id='', interval_s=300.0)
    """
    for name, url in (("url", settings.url), ("token_url", settings.token_url)):
        if url is not None:
            _check_url(name, url, needs_tls=settings.token_url is not None)
    if settings.token_url is not None and not (settings.client_id and settings.client_secret):
        raise SettingsError("OMS wants a token: name the client id and secret of an application that may ask it, or no token URL")
    bounds = {"interval_s": (0, 86400), "timeout_s": (0.01, 3600), "attempts": (1, 20), "page_size": (1, 100_000)}
    for name, (lowest, highest) in bounds.items():
        value = getattr(settings, name)
        if not lowest <= value <= highest:
            raise SettingsError(f"{name} of OMS must be from {lowest} to {highest}, not {value!r}")
    return settings


def _check_url(name: str, url: str, *, needs_tls: bool) -> None:
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise SettingsError(f"{name} of OMS must be an http or https URL, not {url!r}")
    if parts.username or parts.password:
        raise SettingsError(f"{name} of OMS must not hold a name or password: it is shown in errors")
    if needs_tls and parts.scheme != "https" and not is_loopback(parts.hostname):
        raise SettingsError(f"{name} of OMS is {url!r}: a token would travel unprotected; name an https URL")
