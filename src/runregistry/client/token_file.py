"""Tokens on disk, where that is asked for: a script that runs every minute need not sign in every minute.

The file is shared by processes without a lock: each replaces it whole, so that nobody reads a half, and a token that is lost
because two wrote at once is only asked for again. What is not ours in it, or was tampered with, is ignored and replaced.
"""

from __future__ import annotations

import hashlib
import json
import logging
import math
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from runregistry.client.private_files import is_exposed, is_foreign, write_private

__all__ = ["Token", "TokenFile"]

logger = logging.getLogger(__name__)

_CLOCKS_DIFFER_S = 60.0  # between machines that share a home folder


@dataclass(frozen=True, slots=True)
class Token:
    """A bearer token.

    Attributes
    ----------
    text : str
        What is sent; in no repr.
    obtained_at, good_until : float
        Seconds since 1970: when it was given, and until when it is used, which is shortly before its end.
    is_new : bool
        Whether this process got it from the sign-in service, and not from a file.
    """

    text: str = field(repr=False)
    obtained_at: float
    good_until: float
    is_new: bool = True

    def is_good(self, now: float) -> bool:
        """Tell whether it can be used; a clock that was set back makes an old token no younger."""
        return self.obtained_at - _CLOCKS_DIFFER_S <= now < self.good_until


class TokenFile:
    """The tokens of one application for one audience, in a file with those of others.

    Parameters
    ----------
    path : path
        The file; made when a token is kept.
    *owner : str
        Whose token: where it was asked for, client ID, audience. Only their hash is in the file.
    """

    def __init__(self, path: Path, *owner: str) -> None:
        self._path = path
        self._key = hashlib.sha256("\n".join(owner).encode()).hexdigest()

    def read(self, now: float) -> Token | None:
        """Return the token that was kept, None if there is none that is good."""
        token = _token(self._entries().get(self._key))
        return token if token is not None and token.is_good(now) else None

    def keep(self, token: Token) -> None:
        """Keep a token for other processes; those that have ended leave the file."""
        entries = {key: entry for key, entry in self._entries().items() if _is_alive(entry, token.obtained_at)}
        entries[self._key] = {"token": token.text, "obtained_at": token.obtained_at, "good_until": token.good_until}
        self._write(entries)

    def forget(self, refused: str = "") -> bool:
        """Remove the token, or only if it is the refused one; return whether it was there."""
        entries = self._entries()
        token = _token(entries.get(self._key))
        if token is None or refused not in ("", token.text):
            return False
        del entries[self._key]
        self._write(entries)
        return True

    def _entries(self) -> dict[str, Any]:
        try:
            if is_foreign(self._path) or is_exposed(self._path):
                return {}
            document = json.loads(self._path.read_text(encoding="utf-8"))
        except (OSError, ValueError, RecursionError):
            return {}
        return document if isinstance(document, dict) else {}

    def _write(self, entries: dict[str, Any]) -> None:
        try:
            write_private(self._path, json.dumps(entries))
        except OSError as fault:  # the token is good all the same
            logger.warning("tokens can't be kept in %s: %s", self._path, fault.strerror)


def _token(entry: Any) -> Token | None:
    if not isinstance(entry, dict):
        return None
    text, obtained_at, good_until = entry.get("token"), _moment(entry.get("obtained_at")), _moment(entry.get("good_until"))
    if not isinstance(text, str) or not _is_printable(text) or obtained_at is None or good_until is None:
        return None
    return Token(text, obtained_at, good_until, is_new=False)


def _is_printable(text: str) -> bool:
    return bool(text) and text.isascii() and text.isprintable()  # anything else can't be sent in a header


def _moment(value: Any) -> float | None:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return float(value) if is_number and math.isfinite(value) else None


def _is_alive(entry: Any, now: float) -> bool:
    token = _token(entry)
    return token is not None and token.is_good(now)
