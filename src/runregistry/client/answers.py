"""Reading answers: JSON where it is, and the right exception where it is not. No I/O.

The service answers every mistake with 500 and ``{"err": text}``, a refusal with 401 and ``{"message": text}``, and the sign-in
proxy before it with a page or a redirection. The text is passed on unchanged: people's scripts look into it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import msgspec

from runregistry.errors import (
    APIError,
    AuthenticationError,
    Conflict,
    NotFound,
    NotMirrored,
    PermissionDenied,
    RunRegistryError,
    ServerFault,
    TransportError,
)

__all__ = ["Answer", "failure", "is_permission_refused", "read_json", "refusal_text"]

_BY_STATUS: Mapping[int, type[APIError]] = {403: PermissionDenied, 404: NotFound, 409: Conflict, 421: NotMirrored}
# What the service says with 500 for a user's mistake, and the class it deserves.
_BY_TEXT: tuple[tuple[str, type[APIError]], ...] = (
    ("Run not found", NotFound),
    ("Run must be in state OPEN", Conflict),
    ("Run is already significant", Conflict),
)
# A 401 with one of these is the service's: it knows who we are. Any other is about the token.
_PERMISSION = ("User needs to be part of", "There is no egroup")


class Answer(NamedTuple):
    """What came back: status, headers (lower-case names) and body, and the question as ``METHOD path``."""

    status: int
    headers: Mapping[str, str]
    content: bytes
    asked: str = ""

    @property
    def text(self) -> str:
        """The body as text."""
        return self.content.decode("utf-8", "replace")

    @property
    def is_page(self) -> bool:
        """Whether the body is a web page."""
        return "html" in self.headers.get("content-type", "") or self.content.lstrip()[:1] == b"<"


def read_json(answer: Answer) -> Any:
    """Return the document of an answer, None for an empty one.

    Raises
    ------
    AuthenticationError
        A sign-in page or a redirection to one.
    APIError
        The registry refused; the subclass says how, the text is the registry's.
    TransportError
        The body is no JSON.

    Examples
    --------
    >>> read_json(Answer(200, {}, b'{"runs": [], "pages": 0, "count": 0}'))
    {'runs': [], 'pages': 0, 'count': 0}
    >>> read_json(Answer(500, {}, b'{"err": "Run not found"}'))
    Traceback (most recent call last):
    runregistry.errors.NotFound: Run not found
    """
    if answer.status >= 300:
        raise failure(answer)
    if not answer.content:
        return None
    try:
        return _decode(answer.content)
    except ValueError as fault:
        if answer.is_page:
            raise _sign_in(answer) from None
        raise TransportError(f"the answer to {answer.asked} is not JSON ({fault}): {answer.text[:200]!r}") from fault


def _decode(content: bytes) -> Any:
    try:
        return msgspec.json.decode(content)
    except msgspec.DecodeError:
        return json.loads(content)  # takes NaN and Infinity, which some writers of JSON leave in


def refusal_text(answer: Answer) -> str:
    """Return the text with which the registry refuses, empty if it gives none."""
    try:
        document = _decode(answer.content)
    except ValueError:
        return ""
    if not isinstance(document, dict):
        return ""
    text = document.get("err", document.get("message", ""))
    return text if isinstance(text, str) else json.dumps(text)


def is_permission_refused(answer: Answer) -> bool:
    """Tell whether the registry knows the user and does not permit this."""
    return answer.status == 401 and refusal_text(answer).startswith(_PERMISSION)


def failure(answer: Answer, message: str = "") -> RunRegistryError:
    """Return the exception that an answer which is no success deserves, with the registry's text or another one."""
    if answer.status < 400:
        return _sign_in(answer)
    text = refusal_text(answer)
    if answer.status == 401 and not is_permission_refused(answer):
        detail = text or ("a sign-in page" if answer.is_page else answer.text[:200])
        return AuthenticationError(message or f"not signed in: the answer to {answer.asked} is 401 {detail}".rstrip())
    chosen = _class_of(answer.status, text)
    shown = "a web page" if answer.is_page else repr(answer.text[:200])
    said = message or text or f"the answer to {answer.asked} is {answer.status} and {shown}"
    return chosen(said, status=answer.status, body=answer.text)


def _class_of(status: int, text: str) -> type[APIError]:
    if status == 401:
        return PermissionDenied
    if status in _BY_STATUS:
        return _BY_STATUS[status]
    for beginning, chosen in _BY_TEXT:
        if text.startswith(beginning):
            return chosen
    return ServerFault if status >= 500 and not text else APIError


def _sign_in(answer: Answer) -> RunRegistryError:
    place = answer.headers.get("location", "")
    if answer.status in (301, 308):
        return TransportError(f"the registry has moved: {answer.asked} is at {place}. Set up that URL as target.")
    where = f"sends to {urlsplit(place).netloc or 'another page'} to sign in" if place else "is a sign-in page"
    return AuthenticationError(
        f"the answer to {answer.asked} {where}, and not JSON: the token was missing or not accepted. "
        "Check SSO_CLIENT_ID, SSO_CLIENT_SECRET and the target."
    )
