"""Who asks, and what they may do.

With ``--auth headers`` the registry believes the ``email`` and ``egroups`` headers, as the service does behind its sign-in proxy;
with ``--auth oidc`` it believes signed tokens only, see `runregistry.server.oidc`.
Permissions say which e-group may call which paths; they are searched for in the path as it was sent, without the query.
"""

from __future__ import annotations

import html
import ipaddress
import re
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import NamedTuple
from urllib.parse import quote

from runregistry.errors import APIError, PermissionDenied
from runregistry.terms import AUTOMATIC_AUTHOR

__all__ = ["Identity", "OIDCSettings", "Permission", "check_permission", "identity_of_headers", "is_loopback"]

_EGROUP_PAGE = "https://e-groups.cern.ch/e-groups/Egroup.do?egroupName={name}&tab=3"


class Permission(NamedTuple):
    """What an e-group may call: regular expressions, searched for anywhere in the path."""

    egroup: str
    routes: tuple[str, ...]

    def allows(self, path: str) -> bool:
        """Whether the e-group may call a path.

        Examples
        --------
        >>> Permission("cms-dqm-runregistry-online-shifters", ("/manual_run_edit/.*/stop_reason",)).allows("/runs")
        False
        """
        return any(_compiled(route).search(path) for route in self.routes)


class Identity(NamedTuple):
    """The user of one request.

    Attributes
    ----------
    email : str
        Recorded as the author; empty if the request does not say.
    egroups : frozenset of str
        E-groups of the user.
    is_internal : bool
        Whether the request comes from the registry itself or from its own machine: such may act as ``auto@auto``.
    is_verified : bool
        Whether a signed token says all this.
    """

    email: str
    egroups: frozenset[str]
    is_internal: bool
    is_verified: bool = False

    @property
    def is_automatic(self) -> bool:
        """Whether the request is made by a process that may record automatic changes."""
        return self.is_internal and self.email.startswith(AUTOMATIC_AUTHOR)


class OIDCSettings(NamedTuple):
    """Whose tokens are accepted, and how they are read.

    Attributes
    ----------
    issuer : str
        URL of the sign-in service, as it writes it in its tokens.
    audience : str
        The name of this registry there: a token for another application is refused.
    groups_claim : str
        The claim that lists the user's e-groups; dots lead into objects.
    email_claim : str
        The claim that holds the user's address. A token without it counts with ``preferred_username``, then ``sub``.
    automatic_clients : tuple of str
        Client ids whose own tokens (client credentials, not those of their users) may record automatic changes.
    """

    issuer: str
    audience: str
    groups_claim: str = "groups"
    email_claim: str = "email"
    automatic_clients: tuple[str, ...] = ()


def identity_of_headers(headers: Mapping[str, str], host: str | None) -> Identity:
    """Read the identity from the headers that the sign-in proxy sets.

    Parameters
    ----------
    headers : mapping
        Request headers; names are compared without regard to case by the mapping.
    host : str or None
        Address of the peer; None for a request made in this process.
    """
    egroups = (name.strip() for name in headers.get("egroups", "").split(","))
    return Identity(headers.get("email", "").strip(), frozenset(filter(None, egroups)), host is None or is_loopback(host))


def is_loopback(host: str) -> bool:
    """Whether an address can only be reached from this machine.

    Examples
    --------
    >>> is_loopback("127.0.0.1"), is_loopback("localhost"), is_loopback("0.0.0.0")
    (True, True, False)
    """
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def check_permission(permissions: Iterable[Permission], identity: Identity, path: str) -> None:
    """Raise unless the user may call a path.

    Parameters
    ----------
    path : str
        As sent: percent-encoded, without host and query.

    Raises
    ------
    PermissionDenied
        No e-group of the user may; the text lists those that may.
    APIError
        The request does not say who asks.
    """
    if identity.is_automatic:
        return
    if not identity.is_verified and not (identity.email and identity.egroups):
        raise APIError("Request must provide email and egroups", status=500)
    able = [permission.egroup for permission in permissions if permission.allows(path)]
    if identity.egroups.isdisjoint(able):
        raise PermissionDenied(_refusal(list(dict.fromkeys(able))))


@lru_cache(maxsize=4096)
def _compiled(route: str) -> re.Pattern[str]:
    try:
        return re.compile(route)
    except re.error:
        # An expression that only JavaScript understands, or none: it permits what it says literally, nothing more.
        return re.compile(re.escape(route))


def _refusal(egroups: list[str]) -> str:
    if not egroups:
        return (
            "There is no egroup that is authorized to do this action. If you think there should be one, please file a JIRA ticket"
            " in the project NEWRUNREGISTRY."
        )
    pages = {html.escape(name): html.escape(_EGROUP_PAGE.format(name=quote(name))) for name in egroups}
    links = "".join(f'<strong><i><a target="_blank" href="{url}">{name}</a></i></strong><br/>' for name, url in pages.items())
    return (
        "User needs to be part of any of the following e-groups to fulfill this action (clickable links): <br/><br/>"
        f"{links}<br/>After you have become a member, log out via /logout and in again."
    )
