from __future__ import annotations

import threading
from base64 import b64encode
from typing import Any
from urllib.parse import parse_qs

import httpx2
import pytest
from tests.unit.client.conftest import Ask
from tests.unit.client.fakes import QUICK, TOKEN_URL, FakeRegistry, answer

from runregistry.client import Client
from runregistry.client.settings import read_settings
from runregistry.client.token import SignIn
from runregistry.errors import AuthenticationError, PermissionDenied, SettingsError

SIGNED: dict[str, Any] = {"client_id": "me", "client_secret": "hush", "token_url": TOKEN_URL}
HOST = "cmsrunregistry.web.cern.ch"
PATH = "/api/cycles/global"


def _signed(fake: FakeRegistry) -> Client:
    return Client("production", transport=httpx2.MockTransport(fake), retries=QUICK, **SIGNED)


def _tokens_used(fake: FakeRegistry) -> list[str]:
    return [request.headers["authorization"] for request in fake.asked if request.url.host == HOST]


def test_the_token_is_asked_for_as_the_sign_in_service_wants(ask: Ask, fake: FakeRegistry) -> None:
    fake.script[PATH] = [answer(200, [])]
    ask("cycles", target="production", settings=SIGNED)
    question = fake.asked[0]
    assert (question.method, str(question.url)) == ("POST", TOKEN_URL)
    assert question.headers["authorization"] == "Basic " + b64encode(b"me:hush").decode()
    form = {"grant_type": ["client_credentials"], "audience": ["cmsrunregistry-sso-proxy"]}
    assert parse_qs(question.content.decode()) == form


def test_one_token_serves_all_pages(ask: Ask, fake: FakeRegistry) -> None:
    ask("runs", target="production", settings=SIGNED)
    fake.runs = FakeRegistry(400).runs
    ask("runs", target="production", settings=SIGNED)
    assert fake.tokens == 2  # one a client
    assert set(_tokens_used(fake)[1:]) == {"Bearer token-2"}


def test_a_token_is_kept_until_shortly_before_its_end() -> None:
    now = [1000.0]
    sign_in = SignIn(read_settings("production", environ={}, **SIGNED), clock=lambda: now[0])
    sign_in.keep(answer(200, {"access_token": "abc", "expires_in": 1200}))
    now[0] += 1130
    assert sign_in.question() is None
    now[0] += 20
    assert sign_in.question() is not None


def test_a_token_without_an_end_is_kept_for_a_while() -> None:
    sign_in = SignIn(read_settings("production", environ={}, **SIGNED), clock=lambda: 0.0)
    sign_in.keep(answer(200, {"access_token": "abc"}))
    assert sign_in.question() is None


def test_a_refused_token_is_renewed_once(ask: Ask, fake: FakeRegistry) -> None:
    fake.script[PATH] = [answer(401, {"message": "expired"}), answer(200, ["in"])]
    assert ask("cycles", target="production", settings=SIGNED) == ["in"]
    assert _tokens_used(fake) == ["Bearer token-1", "Bearer token-2"]


def test_a_token_that_is_refused_again_is_an_error(ask: Ask, fake: FakeRegistry) -> None:
    fake.script[PATH] = [answer(401, {"message": "who are you"})]
    with pytest.raises(AuthenticationError, match="401 who are you"):
        ask("cycles", target="production", settings=SIGNED)
    assert fake.tokens == 2


def test_a_change_is_repeated_with_a_new_token(ask: Ask, fake: FakeRegistry) -> None:
    fake.script["/api/runs/mark_significant"] = [answer(401), answer(200, {"ok": 1})]
    assert ask("mark_significant", [7], target="production", settings=SIGNED) == [{"ok": 1}]


def test_a_permission_that_is_missing_is_no_reason_for_a_new_token(ask: Ask, fake: FakeRegistry) -> None:
    text = "User needs to be part of any of the following e-groups to fulfill this action"
    fake.script["/api/runs/mark_significant"] = [answer(401, {"message": text})]
    with pytest.raises(PermissionDenied, match=r"Got response 401 .*User needs to be part of any of the following e-groups"):
        ask("mark_significant", [7], target="production", settings=SIGNED)
    assert fake.tokens == 1


def test_a_sign_in_page_instead_of_json_is_an_error(ask: Ask, fake: FakeRegistry) -> None:
    fake.script[PATH] = [httpx2.Response(302, headers={"location": "https://auth.cern.ch/auth"})]
    with pytest.raises(AuthenticationError, match=r"sends to auth\.cern\.ch to sign in"):
        ask("cycles", target="production", settings=SIGNED)


def test_a_wrong_secret_is_explained_and_not_shown(ask: Ask, fake: FakeRegistry) -> None:
    fake.script["/token"] = [answer(401, {"error": "unauthorized_client", "error_description": "Invalid client secret"})]
    with pytest.raises(AuthenticationError, match="401, unauthorized_client: Invalid client secret") as caught:
        ask("cycles", target="production", settings=SIGNED)
    assert "hush" not in str(caught.value)


def test_a_missing_secret_is_named_before_anything_is_sent(ask: Ask, fake: FakeRegistry) -> None:
    with pytest.raises(SettingsError, match="SSO_CLIENT_ID and SSO_CLIENT_SECRET"):
        ask("cycles", target="production")
    assert fake.asked == []


def test_a_sign_in_service_that_is_down_for_a_moment_is_asked_again(ask: Ask, fake: FakeRegistry) -> None:
    fake.script[PATH] = [answer(200, [])]
    fake.script["/token"] = [answer(503), answer(200, {"access_token": "abc", "expires_in": 10})]
    assert ask("cycles", target="production", settings=SIGNED) == []
    assert _tokens_used(fake) == ["Bearer abc"]


def test_nothing_secret_is_in_a_repr(fake: FakeRegistry) -> None:
    sign_in = SignIn(read_settings("production", environ={}, **SIGNED))
    sign_in.keep(answer(200, {"access_token": "abc123"}))
    shown = repr(sign_in) + repr(_signed(fake)) + repr(sign_in.question("abc123"))
    assert "hush" not in shown
    assert "abc123" not in shown


def test_threads_that_find_no_token_ask_for_one_together(fake: FakeRegistry) -> None:
    fake.script[PATH] = [answer(200, [])]
    with _signed(fake) as client:
        threads = [threading.Thread(target=client.cycles) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert fake.tokens == 1
    assert len(_tokens_used(fake)) == 8


def test_threads_whose_token_is_refused_renew_it_once(fake: FakeRegistry) -> None:
    def by_token(request: httpx2.Request) -> httpx2.Response:
        return answer(401 if request.headers["authorization"] == "Bearer token-1" else 200, [])

    fake.script[PATH] = [by_token]
    with _signed(fake) as client:
        client._session.token()
        threads = [threading.Thread(target=client.cycles) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert fake.tokens == 2


def test_people_can_have_the_token_for_their_own_requests(fake: FakeRegistry) -> None:
    with _signed(fake) as client:
        assert [client._session.token(), client._session.token()] == ["token-1", "token-1"]
    with Client("local", transport=httpx2.MockTransport(fake)) as client:
        assert client._session.token() == ""
