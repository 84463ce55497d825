"""The keys with which a sign-in service signs its tokens: discovered, kept for a while, fetched again when they change."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlsplit

import httpx2
import msgspec
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, JWKRegistry, OKPKey, RSAKey

from runregistry.errors import APIError, AuthenticationError, SettingsError
from runregistry.server.identity import is_loopback

__all__ = ["SigningKeys", "check_issuer", "fetch_json"]

logger = logging.getLogger(__name__)

PublicKey = RSAKey | ECKey | OKPKey

_DISCOVERY = "/.well-known/openid-configuration"
_TIMEOUT_S = 5.0
_LARGEST_ANSWER = 1024 * 1024
# Keys live for months; an hour is how long a key that was withdrawn is still believed.
_LIFE_S = 3600.0
# Tokens with made-up key ids, or a service that is down, must not make the registry ask all the time.
_PAUSE_S = 10.0
_KEY_TYPES = {"R": "RSA", "P": "RSA", "E": "EC"}  # by the first letter of the algorithm: RS256, PS256, ES256


class SigningKeys:
    """The public keys of one issuer, by key id; safe to share between threads.

    Parameters
    ----------
    issuer : str
        URL of the sign-in service; its discovery document is below it.
    fetch : callable
        Returns the JSON document at a URL.
    clock : callable
        Seconds that only grow.
    """

    def __init__(
        self, issuer: str, *, fetch: Callable[[str], Any] | None = None, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.issuer = check_issuer(issuer)
        self._fetch = fetch or fetch_json
        self._clock = clock
        self._lock = threading.Lock()
        self._keys: dict[str | None, PublicKey] = {}
        self._fetched_at = self._tried_at = float("-inf")

    def find(self, key_id: str | None, algorithm: str) -> PublicKey:
        """Return the key that a token says it is signed with.

        Raises
        ------
        AuthenticationError
            The issuer publishes no such key.
        APIError
            The issuer can't be asked, and no keys of it are known.
        """
        key = self._current().get(key_id)
        if key is None:
            # The issuer may have begun to sign with a new key since.
            key = self._renewed().get(key_id)
        if key is None or not _fits(key, algorithm):
            raise AuthenticationError(
                f"the token is signed with a key that {self.issuer} does not publish; ask it for a new token"
                if key_id is not None
                else "the token does not say which key it is signed with (kid); ask the sign-in service for one that does"
            )
        return key

    def _current(self) -> dict[str | None, PublicKey]:
        if self._clock() - self._fetched_at > _LIFE_S:
            return self._renewed(patient=not self._keys)
        return self._keys

    def _renewed(self, *, patient: bool = True) -> dict[str | None, PublicKey]:
        """Fetch the keys, or wait until whoever does has; the impatient go on with those that are there."""
        if self._lock.acquire(blocking=patient):
            try:
                if self._clock() - self._tried_at > _PAUSE_S:
                    self._renew()
            finally:
                self._lock.release()
        if not self._keys:
            raise APIError(
                f"the sign-in service {self.issuer} can't be reached, so that no token can be checked; try again in a minute",
                status=503,
            )
        return self._keys

    def _renew(self) -> None:
        self._tried_at = self._clock()
        try:
            self._keys = _key_set(self._fetch(self._address_of_keys()))
        except (APIError, JoseError, ValueError, httpx2.HTTPError) as error:
            # What is known stays good: the service may be down for a moment only.
            logger.warning("the keys of %s can't be fetched: %s", self.issuer, error)
            return
        self._fetched_at = self._clock()

    def _address_of_keys(self) -> str:
        document = self._fetch(self.issuer.rstrip("/") + _DISCOVERY)
        if not isinstance(document, Mapping):
            raise ValueError("the discovery document is no JSON object")
        if document.get("issuer") != self.issuer:
            raise ValueError(f"the discovery document is that of {document.get('issuer')!r}; name exactly this as issuer")
        return _checked_url(document.get("jwks_uri"))


def check_issuer(issuer: str) -> str:
    """Return the URL of an issuer, which must be protected by TLS unless it is on this machine.

    Raises
    ------
    SettingsError
        It is no such URL.

    Examples
    --------
    >>> check_issuer("https://auth.cern.ch/auth/realms/cern")
    'https://auth.cern.ch/auth/realms/cern'
    """
    try:
        return _checked_url(issuer)
    except ValueError as error:
        raise SettingsError(f"the OIDC issuer must be an https URL, not {issuer!r}") from error


def fetch_json(url: str) -> Any:
    """Return the JSON document at a URL; redirections are not followed.

    Raises
    ------
    httpx2.HTTPError, ValueError
        There is no such document.
    """
    with httpx2.stream("GET", url, timeout=_TIMEOUT_S, headers={"Accept": "application/json"}) as response:
        if response.status_code != 200:
            raise ValueError(f"{url} answers {response.status_code}")
        text = bytearray()
        for part in response.iter_bytes():
            text += part
            if len(text) > _LARGEST_ANSWER:
                raise ValueError(f"{url} answers with more than {_LARGEST_ANSWER} bytes")
    return msgspec.json.decode(text)


def _checked_url(url: object) -> str:
    parts = urlsplit(url) if isinstance(url, str) else urlsplit("")
    if not parts.hostname or (parts.scheme != "https" and not (parts.scheme == "http" and is_loopback(parts.hostname))):
        raise ValueError(f"{url!r} is no https URL")
    return str(url)


def _key_set(document: Any) -> dict[str | None, PublicKey]:
    if not isinstance(document, Mapping) or not isinstance(document.get("keys"), list):
        raise ValueError("the document of the keys holds no list of keys")
    found: dict[str | None, PublicKey] = {}
    for data in document["keys"]:
        key = _imported(data)
        if key is not None:
            found[data.get("kid")] = key
    if not found:
        raise ValueError("the document of the keys holds none that signs")
    if len(found) == 1:
        found.setdefault(None, next(iter(found.values())))  # a token need not name the only key
    else:
        found.pop(None, None)
    return found


def _imported(data: Any) -> PublicKey | None:
    """Read one key; None for a key of a kind that signs nothing here, or that is broken."""
    # A symmetric key in public would let everyone sign.
    if not isinstance(data, dict) or data.get("use", "sig") != "sig" or data.get("kty") == "oct":
        return None
    try:
        key = JWKRegistry.import_key(data)
    except (JoseError, ValueError, TypeError, KeyError):
        return None
    return key if isinstance(key, RSAKey | ECKey | OKPKey) else None


def _fits(key: PublicKey, algorithm: str) -> bool:
    named = key.get("alg")
    if named is not None and named != algorithm:
        return False
    return key.key_type == ("OKP" if algorithm == "Ed25519" else _KEY_TYPES.get(algorithm[:1]))
