"""A sign-in service of our own: it publishes keys, signs tokens that are right, and whatever else a test asks for."""

from __future__ import annotations

import base64
import hmac
import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

from joserfc import jwt
from joserfc.jwk import ECKey, OKPKey, RSAKey

AUDIENCE = "run-registry"
SigningKey = RSAKey | ECKey | OKPKey


class Provider:
    """Signs tokens for one audience; `rotate` gives it a new key.

    Parameters
    ----------
    issuer : str
        Its URL.
    """

    def __init__(self, issuer: str = "https://sign-in.example.org/realms/test") -> None:
        self.issuer = issuer
        self.asked: list[str] = []
        self.is_down = False
        self.keys: list[SigningKey] = []
        self.rotate(new_key("first"))

    def rotate(self, key: SigningKey) -> None:
        """Sign with a new key, and publish only that."""
        self.keys = [key]

    def claims(self, **more: Any) -> dict[str, Any]:
        """Return what a good token says; None takes a claim out."""
        now = int(time.time())
        good = {
            "iss": self.issuer,
            "aud": AUDIENCE,
            "sub": "4711",
            "iat": now - 5,
            "exp": now + 300,
            "email": "expert@example.org",
            "groups": ["cms-dqm-runregistry-experts"],
        }
        return {name: value for name, value in (good | more).items() if value is not None}

    def token(self, *, key: SigningKey | None = None, header: dict[str, Any] | None = None, **claims: Any) -> str:
        """Return a signed token."""
        signer = key or self.keys[0]
        named = {"alg": algorithm_of(signer), "kid": signer.kid} | (header or {})
        said = {name: value for name, value in named.items() if value is not None}
        return jwt.encode(said, self.claims(**claims), signer, algorithms=[said["alg"]])

    def unsigned(self, **claims: Any) -> str:
        """Return a token of ``alg: none``: anyone can make one."""
        return ".".join([_part({"alg": "none", "typ": "JWT", "kid": self.keys[0].kid}), _part(self.claims(**claims)), ""])

    def signed_with_public_key(self, **claims: Any) -> str:
        """Return a token whose shared secret is the public key, which anyone can fetch."""
        key = self.keys[0]
        signed = ".".join([_part({"alg": "HS256", "typ": "JWT", "kid": key.kid}), _part(self.claims(**claims))])
        signature = hmac.digest(key.as_pem(private=False), signed.encode(), "sha256")  # no library would do this
        return f"{signed}.{_base64(signature)}"

    def document(self, url: str) -> Any:
        """Answer as the service does over HTTP."""
        self.asked.append(url)
        if self.is_down:
            raise ValueError(f"{url} answers 503")
        if url == f"{self.issuer}/.well-known/openid-configuration":
            return {"issuer": self.issuer, "jwks_uri": f"{self.issuer}/keys"}
        assert url == f"{self.issuer}/keys"
        return {"keys": [key.as_dict(private=False, use="sig") for key in self.keys]}


def new_key(kid: str, kind: str = "RSA") -> SigningKey:
    """Make a key pair."""
    if kind == "RSA":
        return RSAKey.generate_key(2048, {"kid": kid})
    return ECKey.generate_key("P-256", {"kid": kid}) if kind == "EC" else OKPKey.generate_key("Ed25519", {"kid": kid})


def algorithm_of(key: SigningKey) -> str:
    """Return the algorithm that a key signs with here."""
    return {"RSA": "RS256", "EC": "ES256", "OKP": "Ed25519"}[key.key_type]


def _part(value: Any) -> str:
    return _base64(json.dumps(value).encode())


def _base64(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


@contextmanager
def running_provider() -> Iterator[Provider]:
    """Serve a provider on a free port of this machine."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            try:
                status, body = 200, json.dumps(provider.document(f"{address}{self.path}")).encode()
            except (ValueError, AssertionError) as error:
                status, body = 503, str(error).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        address = f"http://127.0.0.1:{server.server_address[1]}"
        provider = Provider(address)
        thread = Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield provider
        server.shutdown()
        thread.join()
