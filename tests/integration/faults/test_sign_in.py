"""Tokens that end at the wrong moment, and a sign-in service that fails."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from tests.integration.faults.asking import EXPERT, Opener
from tests.integration.faults.conftest import Reading

from runregistry.errors import AuthenticationError, TransportError
from runregistry.terms import EXPERTS_EGROUP
from runregistry.testing import Delay, ExpireTokens, FaultyProxy, RunningRegistry, TokenEndpoint, token_endpoint

PAGES = "/runs_filtered_ordered"


@pytest.fixture
def tokens(proxy: FaultyProxy) -> Iterator[TokenEndpoint]:
    """A sign-in service whose tokens the proxy demands."""
    with token_endpoint() as opened:
        proxy.demand_tokens(opened, email=EXPERT["email"], egroups=EXPERTS_EGROUP)
        yield opened


def refused(proxy: FaultyProxy) -> int:
    return sum(exchange.status == 401 for exchange in proxy.record)


def test_a_token_serves_all_pages(proxy: FaultyProxy, tokens: TokenEndpoint, asking: Opener, clean: Reading) -> None:
    tokens.delay_s = 0.03
    with asking(proxy.url, **tokens.settings) as ask:
        assert ask.runs() == clean.rows
    assert (tokens.issued, refused(proxy)) == (1, 0)


def test_a_token_that_ends_before_its_time_is_renewed_once_for_all_pages(
    proxy: FaultyProxy, tokens: TokenEndpoint, asking: Opener, clean: Reading
) -> None:
    tokens.delay_s = 0.03
    proxy.plan(ExpireTokens(), nth=7)
    with asking(proxy.url, **tokens.settings) as ask:
        assert ask.runs() == clean.rows
    assert tokens.issued == 2
    assert 1 <= refused(proxy) <= 8  # those that were on their way


def test_tokens_that_live_shorter_than_the_reading_are_renewed_in_time(
    proxy: FaultyProxy, tokens: TokenEndpoint, asking: Opener, clean: Reading
) -> None:
    tokens.life_s = 0.3
    proxy.plan(Delay(0.1))
    with asking(proxy.url, in_flight=2, **tokens.settings) as ask:
        assert ask.runs() == clean.rows
    assert 2 <= tokens.issued <= 6
    assert len(proxy.record) - refused(proxy) == len(clean.bodies)


def test_a_change_with_a_token_that_has_ended_is_applied_once(
    registry: RunningRegistry, proxy: FaultyProxy, tokens: TokenEndpoint, asking: Opener, run_number: int
) -> None:
    with asking(proxy.url, **tokens.settings) as ask:
        ask.lumisections(run_number)
        tokens.expire()
        ask.edit(run_number, "noise in sector 4")
    assert (tokens.issued, refused(proxy), len(proxy.forwarded_writes)) == (2, 1, 1)


def test_tokens_that_are_never_accepted_are_an_error_about_signing_in(
    proxy: FaultyProxy, tokens: TokenEndpoint, asking: Opener
) -> None:
    proxy.plan(ExpireTokens())
    with asking(proxy.url, **tokens.settings) as ask, pytest.raises(AuthenticationError, match="not signed in"):
        ask.runs()
    assert (tokens.issued, refused(proxy)) == (2, 2)


@pytest.mark.parametrize("status", [429, 503])
def test_a_sign_in_service_that_fails_once_is_asked_again(
    status: int, proxy: FaultyProxy, tokens: TokenEndpoint, asking: Opener, clean: Reading, run_number: int
) -> None:
    with asking(proxy.url, **tokens.settings) as ask:
        tokens.fail(status)
        assert ask.runs() == clean.rows
        tokens.expire()
        tokens.fail(status)
        ask.edit(run_number, "noise in sector 4")  # was not sent yet: it may go on
    assert len(proxy.forwarded_writes) == 1


def test_a_sign_in_service_that_is_gone_is_named(
    proxy: FaultyProxy, tokens: TokenEndpoint, asking: Opener, run_number: int
) -> None:
    tokens.stop()
    with asking(proxy.url, **tokens.settings) as ask:
        with pytest.raises(TransportError, match="sign-in service"):
            ask.runs()
        with pytest.raises(TransportError, match="sign-in service") as caught:
            ask.edit(run_number, "noise in sector 4")
    assert "applied" not in str(caught.value)
    assert proxy.record == []


def test_a_wrong_secret_is_said_and_not_shown(proxy: FaultyProxy, tokens: TokenEndpoint, asking: Opener) -> None:
    wrong = {**tokens.settings, "client_secret": "opensesame"}
    with asking(proxy.url, **wrong) as ask, pytest.raises(AuthenticationError, match="invalid_client") as caught:
        ask.runs()
    assert "opensesame" not in str(caught.value)
    assert (tokens.issued, proxy.record) == (0, [])
