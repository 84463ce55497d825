"""All checks, in the order in which a failure explains those that follow."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace

import httpx2

from runregistry.client.doctor.checks import FAIL, Check
from runregistry.client.doctor.configuration import (
    check_credentials,
    check_env_file,
    check_identity,
    check_target,
    check_token_file,
)
from runregistry.client.doctor.installation import check_installation
from runregistry.client.doctor.network import check_certificates, check_proxies, check_way
from runregistry.client.doctor.service import check_answer, check_read, check_token
from runregistry.client.session import Session
from runregistry.client.settings import RetryPolicy, Settings, read_settings
from runregistry.errors import SettingsError

__all__ = ["check_answers", "diagnose"]

_STEP_S = 5.0
_ANSWER_S = 20.0


def diagnose(target: str | None = None, *, embedded: Callable[[Settings], Iterable[Check]] | None = None) -> Iterator[Check]:
    """Yield what stands between here and a registry, each check as it is done; what can't work after a failure is left out.

    Every step that waits for somebody else is bounded: all together take a minute at most.

    Parameters
    ----------
    target : str, optional
        Name or URL; what ``ENVIRONMENT`` says, or production, if not given.
    embedded : callable, optional
        Yields the checks of a registry in this process.
    """
    yield from check_installation()
    env_file = check_env_file()
    yield env_file
    if env_file.status == FAIL:
        return
    try:
        settings = read_settings(target)
    except SettingsError as fault:
        yield Check("target", FAIL, str(fault), "name it with --target or in ENVIRONMENT")
        return
    yield check_target(settings, target)
    if settings.target_name == "embedded":
        yield from embedded(settings) if embedded is not None else ()
        return
    yield from _check_service(replace(settings, token_file="", timeout_s=_ANSWER_S, retries=RetryPolicy(attempts=1)))


def _check_service(settings: Settings) -> Iterator[Check]:
    yield check_identity(settings)
    credentials = check_credentials(settings)
    yield credentials
    yield from check_token_file(replace(settings, token_file=None))
    proxies = check_proxies(settings.base_url)
    yield proxies
    if proxies.status == FAIL:
        return  # no request could be made
    certificates = [*check_certificates(settings.base_url)]
    yield from certificates
    if any(check.status == FAIL for check in certificates):
        return
    is_reached = True
    for check in _ways(settings):
        yield check
        is_reached = is_reached and check.status != FAIL
    # Without credentials no question is worth asking; where the way ends has been said.
    if is_reached and credentials.status != FAIL:
        yield from check_answers(settings)


def _ways(settings: Settings) -> Iterator[Check]:
    is_reached = True
    for check in check_way("registry", settings.base_url, _STEP_S):
        yield check
        is_reached = is_reached and check.status != FAIL
    if is_reached:
        yield from check_answer(settings, _ANSWER_S)
    if settings.audience:
        yield from check_way("sign-in", settings.token_url, _STEP_S)


def check_answers(settings: Settings, transport: httpx2.BaseTransport | None = None) -> Iterator[Check]:
    """Yield whether there is a token, where one is wanted, and whether the registry answers a cheap question."""
    session = Session(settings, transport)
    try:
        if settings.audience:
            token = check_token(session, time.time())
            yield token
            if token.status == FAIL:
                return
        yield check_read(session)
    finally:
        session.close()
