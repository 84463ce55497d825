"""The way to a host: its proxy, its name, a connection, its certificate, its clock. Every step is bounded in time."""

from __future__ import annotations

import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any, NamedTuple, TypeVar
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

import httpx2

from runregistry.client.doctor.checks import FAIL, OK, WARN, Check
from runregistry.client.settings import variable

__all__ = ["check_certificates", "check_clock", "check_proxies", "check_way"]

T = TypeVar("T")

_NOTICED_SKEW_S = 30.0
_HARMFUL_SKEW_S = 120.0  # a token that is used as if it began in the future, or ended long ago, is refused
_FOREIGN_CA = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")


class _Place(NamedTuple):
    host: str
    port: int
    is_encrypted: bool


def _place(url: str) -> _Place:
    parts = urlsplit(url)
    is_encrypted = parts.scheme.lower() == "https"
    return _Place(parts.hostname or "", parts.port or (443 if is_encrypted else 80), is_encrypted)


def _proxy_of(url: str) -> str:
    """Return the proxy that requests to a URL go through, as the HTTP library finds it; empty if none."""
    proxies = getproxies()
    proxy = proxies.get(urlsplit(url).scheme.lower()) or proxies.get("all") or ""
    if not proxy or proxy_bypass(urlsplit(url).hostname or ""):
        return ""
    return proxy if "://" in proxy else f"http://{proxy}"


def check_proxies(url: str) -> Check:
    """Return which proxies the environment names, without their passwords, and whether one is used for a URL."""
    proxies = {scheme: proxy for scheme, proxy in getproxies().items() if scheme != "no"}
    if not proxies:
        return Check("proxies", OK, "none in the environment")
    named = ", ".join(f"{scheme}: {_without_password(proxy)}" for scheme, proxy in sorted(proxies.items()))
    try:
        used = _proxy_of(url)
        known = not used or (bool(_place(used).host) and _place(used).port > 0)
    except ValueError:
        known = False
    if not known:
        return Check("proxies", FAIL, f"not a proxy: {named}", "write HTTPS_PROXY as http://host:port, or unset it")
    return Check("proxies", OK, f"{named}; {'used' if used else 'not used'} for {urlsplit(url).hostname}")


def _without_password(url: str) -> str:
    return f"{url.split('://')[0]}://…@{url.rpartition('@')[2]}" if "@" in url else url


def check_certificates(url: str) -> Iterator[Check]:
    """Yield whose certificates are believed, where a URL is encrypted."""
    if not _place(url).is_encrypted:
        return
    named = variable("SSL_CERT_FILE") or variable("SSL_CERT_DIR")
    if named:
        yield _check_own_certificates(named)
        return
    foreign = next(filter(variable, _FOREIGN_CA), "")
    if foreign:
        what = f"those of the system; {foreign} is set, which this release does not read"
        yield Check("certificates", WARN, what, f"if TLS fails below: export SSL_CERT_FILE={variable(foreign)}")
        return
    yield Check("certificates", OK, "those of the system")


def _check_own_certificates(named: str) -> Check:
    path = Path(named)
    try:
        context = ssl.create_default_context(cafile=named) if path.is_file() else ssl.create_default_context(capath=named)
        usable = path.exists() and (path.is_dir() or bool(context.get_ca_certs()))
    except (OSError, ssl.SSLError):
        usable = False
    if usable:
        return Check("certificates", OK, f"those of {named}")
    what = f"SSL_CERT_FILE or SSL_CERT_DIR names {named}, which holds no certificates"
    return Check("certificates", FAIL, what, "unset it, or name a PEM file that is there")


def check_way(name: str, url: str, timeout_s: float) -> Iterator[Check]:
    """Yield how far a connection comes: to the name, to the port, to an encrypted connection; ends at the first failure.

    Parameters
    ----------
    name : str
        What is at the URL, e.g. ``registry``.
    url : str
        Where.
    timeout_s : float
        The most that each step may take.
    """
    proxy = _proxy_of(url)
    place = _place(proxy or url)
    shown = f"the proxy {place.host}" if proxy else place.host
    try:
        addresses = _bounded(lambda: socket.getaddrinfo(place.host, place.port, type=socket.SOCK_STREAM), timeout_s)
    except (OSError, UnicodeError) as fault:
        said = getattr(fault, "strerror", None) or str(fault)
        step = "check the network and the spelling of the target; inside CERN's technical network a proxy may be needed"
        yield Check(f"{name}: name", FAIL, f"{shown} is not found: {said}", step)
        return
    yield Check(f"{name}: name", OK, f"{shown} is {addresses[0][4][0]}")
    yield from _check_connection(name, place, shown, timeout_s, is_direct=not proxy)


def _check_connection(name: str, place: _Place, shown: str, timeout_s: float, *, is_direct: bool) -> Iterator[Check]:
    started = time.monotonic()
    try:
        connection = socket.create_connection((place.host, place.port), timeout_s)
    except OSError as fault:
        said = "no answer in time" if isinstance(fault, TimeoutError) else fault.strerror or str(fault)
        yield Check(f"{name}: connection", FAIL, f"{shown}, port {place.port}: {said}", _no_connection(place))
        return
    with connection:
        yield Check(f"{name}: connection", OK, f"port {place.port} answers after {_ms(started)}")
        if place.is_encrypted and is_direct:
            yield _check_encryption(name, connection, place)


def _no_connection(place: _Place) -> str:
    if place.host in ("localhost", "127.0.0.1", "::1"):
        return f"start a registry there: runregistry serve --port {place.port}"
    return "the service may be down, or a firewall or VPN is between; try from lxplus, or set HTTPS_PROXY"


def _check_encryption(name: str, connection: socket.socket, place: _Place) -> Check:
    try:
        with httpx2.create_ssl_context().wrap_socket(connection, server_hostname=place.host) as secured:
            return Check(f"{name}: encryption", OK, f"{secured.version()}, certificate accepted")
    except ssl.SSLCertVerificationError as fault:
        step = "set SSL_CERT_FILE to a file with the CERN root certificates (package CERN-CA-certs), or mend this machine's clock"
        return Check(f"{name}: encryption", FAIL, f"the certificate is not accepted: {fault.verify_message}", step)
    except OSError as fault:
        step = "is this the right port, and no proxy or firewall in between?"
        return Check(f"{name}: encryption", FAIL, f"no encrypted connection: {fault.strerror or fault}", step)


def check_clock(date_header: str, now: float) -> Iterator[Check]:
    """Yield how this machine's clock compares with the ``Date`` of an answer that has just come."""
    try:
        there = parsedate_to_datetime(date_header).timestamp()
    except (ValueError, TypeError):
        return
    skew = now - there
    what = f"this machine is {abs(skew):.0f} s {'ahead of' if skew > 0 else 'behind'} the service"
    step = "set this machine's clock, e.g. timedatectl set-ntp true: tokens are refused when it is wrong"
    if abs(skew) <= _NOTICED_SKEW_S:
        yield Check("clock", OK, "as the service's")
    else:
        yield Check("clock", FAIL if abs(skew) > _HARMFUL_SKEW_S else WARN, what, step)


def _bounded(ask: Callable[[], T], timeout_s: float) -> T:
    """Return what a call returns that has no time-out of its own."""
    box: list[Any] = []

    def run() -> None:
        try:
            box.append((True, ask()))
        except BaseException as fault:
            box.append((False, fault))

    thread = threading.Thread(target=run, name="runregistry-doctor", daemon=True)
    thread.start()
    thread.join(timeout_s)
    if not box:
        raise TimeoutError(f"no answer in {timeout_s:g} s")
    succeeded, outcome = box[0]
    if not succeeded:
        raise outcome
    result: T = outcome
    return result


def _ms(started: float) -> str:
    return f"{(time.monotonic() - started) * 1000:.0f} ms"
