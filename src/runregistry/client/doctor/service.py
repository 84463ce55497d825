"""What the sign-in service and the registry answer: a token and what it is for, the clock, a cheap question, the release."""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import httpx2

from runregistry.client.calls import Flow, call
from runregistry.client.doctor.checks import FAIL, OK, WARN, Check
from runregistry.client.doctor.network import check_clock
from runregistry.client.session import Session
from runregistry.client.settings import Settings, user_agent
from runregistry.errors import (
    AuthenticationError,
    NotFound,
    PermissionDenied,
    RunRegistryError,
    ServerFault,
    SettingsError,
    TransportError,
)

__all__ = ["check_answer", "check_read", "check_token"]

_SLOW_S = 5.0
_PORTAL = "https://application-portal.web.cern.ch"


def check_answer(settings: Settings, timeout_s: float, transport: httpx2.BaseTransport | None = None) -> Iterator[Check]:
    """Yield what an answer without a token tells: the time of day there, and, where the service says it, its release."""
    verify = settings.base_url.lower().startswith("https://")
    headers = {"User-Agent": user_agent(settings.target_name)}
    try:
        with httpx2.Client(transport=transport, timeout=timeout_s, verify=verify, headers=headers) as http:
            answer = http.get(f"{settings.base_url}/v1/health", follow_redirects=False)
    except (httpx2.HTTPError, httpx2.InvalidURL) as fault:
        step = "the port answers, but not as a web service: check the target, and the proxy if there is one"
        yield Check("registry: answer", FAIL, f"no answer: {str(fault) or type(fault).__name__}", step)
        return
    yield from check_clock(answer.headers.get("date", ""), time.time())
    health = _object(answer.content) if answer.status_code in (200, 503) else {}
    release = health.get("version")
    if isinstance(release, str):
        status = str(health.get("status", "ok"))
        step = "" if status == "ok" else "tell those who run it: its database, its worker or a poller does not work"
        yield Check("registry: service", OK if status == "ok" else WARN, f"release {release}, {status}", step)


def check_token(session: Session, now: float) -> Check:
    """Return whether the sign-in service gives a token, and for whom and until when; the token itself is not shown."""
    settings, started = session.settings, time.monotonic()
    try:
        token = session.token()
    except SettingsError as fault:
        return Check("token", FAIL, str(fault), "run runregistry login")
    except AuthenticationError as fault:
        return Check("token", FAIL, str(fault), _refused(str(fault), settings))
    except TransportError as fault:
        step = "the sign-in service may be down, or this machine can't reach it: try in a few minutes, or with HTTPS_PROXY set"
        return Check("token", FAIL, str(fault), step)
    took = f"after {time.monotonic() - started:.1f} s"
    claims = _claims(token)
    if not claims:
        return Check("token", OK, f"obtained {took}; it does not say for whom and until when")
    return _check_claims(claims, settings.audience, now, took)


def _refused(said: str, settings: Settings) -> str:
    if "audience" in said.lower().split("). check", 1)[0] or "invalid_target" in said:
        return (
            f"ask those who run the registry to let your application have tokens for {settings.audience}, "
            f"under SSO registration at {_PORTAL}"
        )
    return f"compare ID and secret with the SSO registration at {_PORTAL}, and run runregistry login again"


def _check_claims(claims: dict[str, Any], audience: str, now: float, took: str) -> Check:
    named = claims.get("aud")
    audiences = [one for one in (named if isinstance(named, list) else [named]) if isinstance(one, str)]
    ends = claims.get("exp")
    until = _time(ends)
    what = f"obtained {took} for {', '.join(audiences) or 'nobody named'}, {until}"
    if audiences and audience not in audiences:
        step = f"the registry wants tokens for {audience}: check the target, or RUNREGISTRY_AUDIENCE"
        return Check("token", FAIL, what, step)
    if isinstance(ends, int | float) and ends <= now:
        return Check("token", FAIL, f"{what}: it has ended already", "set this machine's clock, e.g. timedatectl set-ntp true")
    return Check("token", OK, what)


def _time(ends: object) -> str:
    try:
        return f"until {datetime.fromtimestamp(float(str(ends)), UTC):%Y-%m-%d %H:%M:%S} UTC"
    except (ValueError, OverflowError, OSError):
        return "without an end"


def _claims(token: str) -> dict[str, Any]:
    """Return what a token says about itself, unverified; nothing if it is no JSON web token."""
    parts = token.split(".")
    if len(parts) != 3:
        return {}
    try:
        return _object(base64.urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4)))
    except ValueError:
        return {}


def _object(content: bytes) -> dict[str, Any]:
    try:
        document = json.loads(content)
    except (ValueError, RecursionError):
        return {}
    return document if isinstance(document, dict) else {}


def check_read(session: Session) -> Check:
    """Return whether the registry answers a cheap question as we are signed in, and how fast."""
    started = time.monotonic()
    try:
        count = session.run(_count())
    except RunRegistryError as fault:
        return Check("registry: question", FAIL, str(fault), _next_step(fault, session.settings))
    took = time.monotonic() - started
    what = f"{count} runs, answered after {took:.1f} s"
    if took > _SLOW_S:
        return Check("registry: question", WARN, what, "slow: the service is busy, or far away; ask with narrow filters")
    return Check("registry: question", OK, what)


def _count() -> Flow[int]:
    (page,) = yield [call("runs_filtered_ordered", {"page": 0, "page_size": 1, "filter": {}, "sortings": []})]
    count = page.get("count") if isinstance(page, dict) else None
    if not isinstance(count, int):
        raise TransportError("the answer is JSON, but not that of a run registry")
    return count


def _next_step(fault: RunRegistryError, settings: Settings) -> str:
    if isinstance(fault, AuthenticationError):
        if settings.audience:
            return (
                f"the token was not accepted: is {settings.audience} the audience of this registry, and may your application "
                f"have tokens for it? See the SSO registration at {_PORTAL}"
            )
        return "this registry wants a token: name its audience in RUNREGISTRY_AUDIENCE (and RUNREGISTRY_TOKEN_URL), then log in"
    if isinstance(fault, PermissionDenied):
        return "we are known, and may not read: ask those who run the registry"
    if isinstance(fault, NotFound):
        return "something answers there, but no run registry: check the target (the URL of the service ends with /api)"
    if isinstance(fault, ServerFault):
        return "the registry has a fault: try in a few minutes, then tell those who run it"
    return "something answers there, but not as a run registry: check the target, and the proxy if there is one"
