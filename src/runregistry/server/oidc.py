"""Identity from signed tokens: with ``--auth oidc`` a request is whoever its bearer token says, and nobody without one.

The sign-in service (OpenID Connect) signs a token; the registry checks the signature with the service's published keys, that the
token was made for this registry and is in force, and reads from its claims who asks and in which e-groups. The headers ``email``
and ``egroups`` count for nothing.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any

from joserfc import jwt
from joserfc.errors import (
    BadSignatureError,
    ClaimError,
    ExpiredTokenError,
    InvalidClaimError,
    JoseError,
    MissingAlgorithmError,
    MissingClaimError,
    UnsupportedAlgorithmError,
)
from joserfc.jws import JWSRegistry

from runregistry.errors import AuthenticationError, SettingsError
from runregistry.server.identity import Identity, OIDCSettings
from runregistry.server.signing_keys import PublicKey, SigningKeys
from runregistry.terms import AUTOMATIC_AUTHOR

__all__ = ["ALGORITHMS", "TokenVerifier"]

ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "Ed25519")
"""Signatures that are accepted. All are asymmetric: with a shared secret whoever can check a token could also make one."""

_LEEWAY_S = 60  # clocks of two machines are never equal
_ESSENTIAL = ("iss", "aud", "exp", "iat")


class TokenVerifier:
    """Checks tokens of one sign-in service.

    Parameters
    ----------
    settings : OIDCSettings
        Whose tokens, and how they are read.
    fetch : callable, optional
        Returns the JSON document at a URL; over HTTP if not given.
    clock : callable
        Seconds since 1970.
    """

    def __init__(
        self, settings: OIDCSettings, *, fetch: Callable[[str], Any] | None = None, clock: Callable[[], float] = time.time
    ) -> None:
        if not settings.audience:
            raise SettingsError("OIDC needs an audience, the name of this registry at the sign-in service: --oidc-audience NAME")
        self._settings = settings
        self._keys = SigningKeys(settings.issuer, fetch=fetch)
        self._clock = clock
        # Other header parameters are allowed, except critical ones; those are checked all the same.
        self._registry = JWSRegistry(algorithms=ALGORITHMS, strict_check_header=False)

    def identity(self, headers: Mapping[str, str]) -> Identity:
        """Return who makes a request.

        Raises
        ------
        AuthenticationError
            There is no token, or not one that is in force here; the text says what to do, and never holds the token.
        APIError
            The sign-in service can't be reached.
        """
        scheme, _, token = headers.get("authorization", "").strip().partition(" ")
        if scheme.lower() != "bearer" or not token.strip():
            raise AuthenticationError(
                f"this registry wants to know who asks: send 'Authorization: Bearer …' with a token of {self._settings.issuer} "
                f"for the audience {self._settings.audience}"
            )
        return self._identity_of(self._claims(token.strip()))

    def _claims(self, token: str) -> dict[str, Any]:
        try:
            claims = jwt.decode(token, self._key, registry=self._registry).claims
            self._check(claims)
        except AuthenticationError:
            raise
        except (JoseError, ValueError, TypeError, RecursionError) as error:
            raise AuthenticationError(self._complaint(error)) from None  # what the library says may quote the token
        return claims

    def _key(self, signature: Any) -> PublicKey:
        header = signature.headers()
        key_id, algorithm = header.get("kid"), header.get("alg")
        if not isinstance(algorithm, str) or algorithm not in ALGORITHMS:
            raise UnsupportedAlgorithmError
        return self._keys.find(key_id if isinstance(key_id, str) else None, algorithm)

    def _check(self, claims: dict[str, Any]) -> None:
        options: dict[str, Any] = {name: {"essential": True} for name in _ESSENTIAL}
        options["iss"]["value"], options["aud"]["value"] = self._settings.issuer, self._settings.audience
        jwt.JWTClaimsRegistry(now=int(self._clock()), leeway=_LEEWAY_S, **options).validate(claims)

    def _complaint(self, error: Exception) -> str:
        again = f"ask {self._settings.issuer} for a new one"
        if isinstance(error, ExpiredTokenError):
            return f"the token has expired; {again}"
        if isinstance(error, MissingClaimError):
            return f"the token lacks the claim {error.claim}; {again} for the audience {self._settings.audience}"
        if isinstance(error, InvalidClaimError | ClaimError):
            return self._claim_complaint(error.claim)
        if isinstance(error, UnsupportedAlgorithmError | MissingAlgorithmError):
            return f"the token is not signed in a way that is accepted here, which is {', '.join(ALGORITHMS)}; {again}"
        if isinstance(error, BadSignatureError):
            return f"the signature of the token is wrong; {again}"
        return f"what was sent as token is no signed JSON Web Token; {again}"

    def _claim_complaint(self, claim: str) -> str:
        settings = self._settings
        if claim == "aud":
            return f"the token is for another application; ask for one whose audience is {settings.audience}"
        if claim == "iss":
            return f"the token is of another sign-in service; ask {settings.issuer} for one"
        if claim in ("nbf", "iat"):
            return f"the token is not in force yet ({claim}); compare the clocks of this registry and of {settings.issuer}"
        return f"the claim {claim} of the token can't be read; ask {settings.issuer} for a new one"

    def _identity_of(self, claims: Mapping[str, Any]) -> Identity:
        settings = self._settings
        groups = _egroups(_claim(claims, settings.groups_claim))
        if _is_own_token_of(claims, settings.automatic_clients):
            return Identity(AUTOMATIC_AUTHOR, groups, is_internal=True, is_verified=True)
        email = _email(claims, settings.email_claim)
        if not email:
            raise AuthenticationError(
                f"the token does not say whose it is: it has no claim {settings.email_claim}, preferred_username or sub; "
                f"have {settings.issuer} put one into tokens for {settings.audience}"
            )
        return Identity(email, groups, is_internal=False, is_verified=True)


def _claim(claims: Mapping[str, Any], path: str) -> Any:
    """Return a claim by its name, or through objects by its dotted path; None if there is none."""
    if path in claims:  # names such as https://example.org/groups have dots too
        return claims[path]
    found: Any = claims
    for part in path.split("."):
        found = found.get(part) if isinstance(found, Mapping) else None
    return found


def _egroups(value: Any) -> frozenset[str]:
    names = value.split(",") if isinstance(value, str) else value if isinstance(value, list) else []
    return frozenset(name.strip() for name in names if isinstance(name, str) and name.strip())


def _email(claims: Mapping[str, Any], email_claim: str) -> str:
    for name in (email_claim, "preferred_username", "sub"):
        value = _claim(claims, name)
        if name == "email" and claims.get("email_verified") is False:
            continue  # anyone could have claimed it
        if isinstance(value, str) and value.strip():
            return value.strip()
    return ""


def _is_own_token_of(claims: Mapping[str, Any], clients: tuple[str, ...]) -> bool:
    """Whether a token is one that a client asked for itself: also its users' tokens name it, but are theirs."""
    client = claims.get("azp", claims.get("client_id"))
    own = (claims.get("sub"), claims.get("preferred_username"))
    return client in clients and (client in own or f"service-account-{client}" in own)
