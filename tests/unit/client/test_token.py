from __future__ import annotations

import asyncio
import json
import threading
import time
import traceback
from base64 import b64encode
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs

import httpx2
import pytest
from tests.unit.client.conftest import Ask
from tests.unit.client.fakes import QUICK, TOKEN_URL, FakeRegistry, answer

from runregistry.client import AsyncClient, Client
from runregistry.client.settings import RetryPolicy, read_settings
from runregistry.client.token import SignIn
from runregistry.errors import AuthenticationError, PermissionDenied, RunRegistryError, SettingsError, TransportError

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
    assert dict(ask("mark_significant", [7], target="production", settings=SIGNED)) == {7: {"ok": 1}}


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


# Many at once


def _at_once(count: int, do: Callable[[], Any]) -> list[Any]:
    """What a call returned or raised in each of many threads."""
    outcomes: list[Any] = []

    def run() -> None:
        try:
            outcomes.append(do())
        except RunRegistryError as fault:
            outcomes.append(fault)

    threads = [threading.Thread(target=run) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return outcomes


def _after(seconds: float, wanted: httpx2.Response) -> Callable[[httpx2.Request], httpx2.Response]:
    def slow(request: httpx2.Request) -> httpx2.Response:
        time.sleep(seconds)
        return wanted

    return slow


def _asked_for_tokens(fake: FakeRegistry) -> int:
    return sum(str(request.url) == TOKEN_URL for request in fake.asked)


def test_fifty_threads_wait_for_one_slow_token(fake: FakeRegistry) -> None:
    fake.script[PATH] = [answer(200, [])]
    fake.script["/token"] = [_after(0.05, answer(200, {"access_token": "abc", "expires_in": 1200}))]
    with _signed(fake) as client:
        assert _at_once(50, client.cycles) == [[]] * 50
    assert _asked_for_tokens(fake) == 1


def test_fifty_tasks_wait_for_one_slow_token(fake: FakeRegistry) -> None:
    asked = []

    async def slow(request: httpx2.Request) -> httpx2.Response:
        if str(request.url) != TOKEN_URL:
            return answer(200, [])
        asked.append(request)
        await asyncio.sleep(0.05)
        return answer(200, {"access_token": "abc", "expires_in": 1200})

    async def main() -> list[Any]:
        async with AsyncClient("production", transport=httpx2.MockTransport(slow), in_flight=50, **SIGNED) as client:
            return await asyncio.gather(*(client.cycles() for _ in range(50)))

    assert asyncio.run(main()) == [[]] * 50
    assert len(asked) == 1


def test_fifty_threads_whose_renewal_fails_bother_the_sign_in_service_once(fake: FakeRegistry) -> None:
    fake.script["/token"] = [_after(0.05, answer(401, {"error": "invalid_client", "error_description": "no such client"}))]
    with _signed(fake) as client:
        outcomes = _at_once(50, client.cycles)
    assert {type(outcome) for outcome in outcomes} == {AuthenticationError}
    assert len({id(outcome) for outcome in outcomes}) == 50  # each has its own traceback
    assert _asked_for_tokens(fake) == 1


def test_fifty_threads_repeat_the_question_to_a_service_that_is_down_as_one(fake: FakeRegistry) -> None:
    fake.script["/token"] = [_after(0.01, answer(503))]
    with _signed(fake) as client:
        outcomes = _at_once(50, client.cycles)
    assert {type(outcome) for outcome in outcomes} == {TransportError}
    assert _asked_for_tokens(fake) == QUICK.attempts


def test_a_token_that_ends_in_the_middle_of_many_pages_is_renewed_once(ask: Ask, fake: FakeRegistry) -> None:
    fake.runs = FakeRegistry(1000).runs
    served = 0
    lock = threading.Lock()
    page = fake._page

    def serve(request: httpx2.Request) -> httpx2.Response:
        nonlocal served
        with lock:
            served += 1
            if served > 7 and request.headers["authorization"] == "Bearer token-1":
                return answer(401, {"message": "the token has expired"})
        return page(request)

    fake.script["/api/runs_filtered_ordered"] = [serve]
    rows = ask("runs", target="production", settings={**SIGNED, "in_flight": 8})
    assert [row["run_number"] for row in rows] == list(range(1000, 0, -1))
    assert fake.tokens == 2


# What the sign-in service answers


@pytest.mark.parametrize(
    ("expires_in", "is_good_after"),
    [(1200, 1100), ("1200", 1100), (None, 200), ("soon", 200), ([], 200), (float("inf"), 200), (20, 17)],
)
def test_how_long_a_token_is_good_is_read_tolerantly(expires_in: Any, is_good_after: float) -> None:
    now = [1000.0]
    sign_in = SignIn(read_settings("production", environ={}, **SIGNED), clock=lambda: now[0])
    content = json.dumps({"access_token": "abc", "expires_in": expires_in})
    sign_in.keep(httpx2.Response(200, text=content))
    now[0] += is_good_after
    assert sign_in.question() is None
    now[0] += 1200
    assert sign_in.question() is not None


@pytest.mark.parametrize("expires_in", [0, -5, "0"])
def test_a_token_that_ends_at_once_serves_one_request(ask: Ask, fake: FakeRegistry, expires_in: Any) -> None:
    fake.script[PATH] = [answer(200, [])]
    fake.script["/token"] = [answer(200, {"access_token": "abc", "expires_in": expires_in})]
    ask("cycles", target="production", settings=SIGNED)
    assert _tokens_used(fake) == ["Bearer abc"]


@pytest.mark.parametrize(
    "wanted",
    [
        answer(200, {"expires_in": 5}),
        answer(200, {"access_token": ""}),
        answer(200, []),
        httpx2.Response(200, text="<html>Sign in</html>"),
        httpx2.Response(302, headers={"location": "https://auth.example.org"}),
        answer(400, {"error": "invalid_request"}),
    ],
)
def test_an_answer_without_a_token_is_an_error_and_not_repeated(ask: Ask, fake: FakeRegistry, wanted: httpx2.Response) -> None:
    fake.script["/token"] = [wanted]
    with pytest.raises(AuthenticationError, match="the sign-in service gave no token"):
        ask("cycles", target="production", settings=SIGNED)
    assert _asked_for_tokens(fake) == 1


def test_the_error_names_where_the_secret_came_from_and_the_audience(ask: Ask, fake: FakeRegistry) -> None:
    fake.script["/token"] = [answer(401, {"error": "unauthorized_client"})]
    with pytest.raises(AuthenticationError, match=r"come from arguments.* audience cmsrunregistry-sso-proxy.*runregistry doctor"):
        ask("cycles", target="production", settings=SIGNED)


def test_a_sign_in_service_that_is_too_busy_is_asked_again_when_it_says(fake: FakeRegistry) -> None:
    slept: list[float] = []
    given = [answer(429, **{"retry-after": "7"}), answer(502), answer(200, {"access_token": "abc"})]
    sign_in = SignIn(read_settings("production", environ={}, **SIGNED, retries=RetryPolicy(first_pause_s=1.0)))

    def send(request: httpx2.Request) -> httpx2.Response:
        given[0].request = request
        return given.pop(0)

    sign_in.attach(send, slept.append)
    assert sign_in.token() == "abc"
    assert slept[0] == 7.0
    assert 1.0 <= slept[1] <= 2.0


@pytest.mark.parametrize("fault", [httpx2.ConnectError("refused"), httpx2.ReadError("cut"), httpx2.RemoteProtocolError("half")])
def test_a_change_survives_a_sign_in_service_that_drops_a_connection(ask: Ask, fake: FakeRegistry, fault: Exception) -> None:
    fake.script["/api/runs/mark_significant"] = [answer(200, {"ok": 1})]
    fake.script["/token"] = [fault, answer(200, {"access_token": "abc"})]
    assert dict(ask("mark_significant", [7], target="production", settings=SIGNED)) == {7: {"ok": 1}}
    assert len(_tokens_used(fake)) == 1


@pytest.mark.parametrize("fault", [httpx2.ConnectError("refused"), httpx2.ReadTimeout("slow"), httpx2.InvalidURL("odd")])
def test_a_sign_in_service_that_does_not_answer_is_named(ask: Ask, fake: FakeRegistry, fault: Exception) -> None:
    fake.script["/token"] = [fault]
    with pytest.raises(TransportError, match=rf"no answer from the sign-in service {TOKEN_URL}: {fault}") as caught:
        ask("cycles", target="production", settings=SIGNED)
    assert _tokens_used(fake) == []
    assert isinstance(caught.value.__cause__, httpx2.ConnectError)  # the request itself was never sent


def test_a_slow_sign_in_service_is_not_waited_for_as_long_as_a_registry() -> None:
    question = SignIn(read_settings("production", environ={}, **SIGNED)).question()
    assert question is not None
    assert question.extensions["timeout"]["read"] == 30.0


def test_a_redirection_to_the_sign_in_page_renews_the_token_once(ask: Ask, fake: FakeRegistry) -> None:
    fake.script[PATH] = [httpx2.Response(302, headers={"location": "https://auth.cern.ch/auth"}), answer(200, ["in"])]
    assert ask("cycles", target="production", settings=SIGNED) == ["in"]
    assert _tokens_used(fake) == ["Bearer token-1", "Bearer token-2"]


# Time, locks and loops


def _counting(steady: list[float], now: list[float]) -> tuple[SignIn, list[int]]:
    """A sign-in with clocks of its own, and how often it asked."""
    asked = [0]
    sign_in = SignIn(read_settings("production", environ={}, **SIGNED), clock=lambda: now[0], steady=lambda: steady[0])

    def send(request: httpx2.Request) -> httpx2.Response:
        asked[0] += 1
        return httpx2.Response(200, json={"access_token": f"token-{asked[0]}", "expires_in": 1200}, request=request)

    sign_in.attach(send, time.sleep)
    return sign_in, asked


@pytest.mark.parametrize(
    ("real", "clock", "wanted"),
    [
        (600.0, 600.0, "token-1"),
        (1500.0, 1500.0, "token-2"),
        (1500.0, -3000.0, "token-2"),  # set back meanwhile: it has ended all the same
        (0.0, 9000.0, "token-2"),  # asleep, or set forward
        (5.0, -30.0, "token-1"),
        (5.0, -9000.0, "token-2"),
    ],
)
def test_a_clock_that_is_set_makes_no_token_younger(real: float, clock: float, wanted: str) -> None:
    steady, now = [0.0], [1e6]
    sign_in, _ = _counting(steady, now)
    assert sign_in.token() == "token-1"
    steady[0] += real
    now[0] += clock
    assert sign_in.token() == wanted


def test_after_a_failure_the_service_is_asked_again_a_little_later() -> None:
    steady, now = [0.0], [1e6]
    sign_in, asked = _counting(steady, now)
    good = sign_in._send

    def refuse(request: httpx2.Request) -> httpx2.Response:
        asked[0] += 1
        return httpx2.Response(401, json={"error": "invalid_client"}, request=request)

    sign_in.attach(refuse, time.sleep)
    for _ in range(3):
        with pytest.raises(AuthenticationError, match="invalid_client"):
            sign_in.token()
    assert asked == [1]
    sign_in.attach(good, time.sleep)
    steady[0] += 2.5
    assert sign_in.token() == "token-2"


def test_a_thread_that_is_interrupted_lets_the_others_go_on(fake: FakeRegistry) -> None:
    fake.script[PATH] = [answer(200, [])]
    fake.script["/token"] = [MemoryError("no more"), answer(200, {"access_token": "abc"})]
    with _signed(fake) as client:
        with pytest.raises(MemoryError):
            client.cycles()
        assert client.cycles() == []


def test_a_request_that_is_given_up_holds_no_lock() -> None:
    sign_in, _ = _counting([0.0], [1e6])
    flow = sign_in.sync_auth_flow(httpx2.Request("GET", "https://registry.example.org"))
    next(flow)
    flow.close()
    assert sign_in.token() == "token-1"


def test_a_task_that_is_cancelled_while_it_signs_in_lets_the_others_go_on() -> None:
    asked = []

    async def slow(request: httpx2.Request) -> httpx2.Response:
        if str(request.url) != TOKEN_URL:
            return answer(200, [])
        asked.append(request)
        await asyncio.sleep(10 if len(asked) == 1 else 0)
        return answer(200, {"access_token": "abc"})

    async def main() -> list[Any]:
        async with AsyncClient("production", transport=httpx2.MockTransport(slow), **SIGNED) as client:
            first = asyncio.create_task(client.cycles())
            others = [asyncio.create_task(client.cycles()) for _ in range(5)]
            while not asked:
                await asyncio.sleep(0.001)
            first.cancel()
            return await asyncio.gather(*others)

    assert asyncio.run(main()) == [[]] * 5
    assert len(asked) == 2


def test_a_client_can_be_used_in_one_event_loop_after_the_other(fake: FakeRegistry) -> None:
    async def slow(request: httpx2.Request) -> httpx2.Response:
        await asyncio.sleep(0.001)
        return fake(request)

    fake.script[PATH] = [answer(200, [])]
    client = AsyncClient("production", transport=httpx2.MockTransport(slow), retries=QUICK, **SIGNED)

    async def many() -> list[Any]:
        client._session._http.auth._token = None
        return await asyncio.gather(*(client.cycles() for _ in range(20)))

    assert asyncio.run(many()) == asyncio.run(many()) == [[]] * 20
    assert fake.tokens == 2
    asyncio.run(client.close())


def test_no_failure_of_the_sign_in_shows_a_secret(ask: Ask, fake: FakeRegistry) -> None:
    basic = b64encode(b"me:hush").decode()
    for wanted in (answer(401, {"error": "invalid_client"}), httpx2.ConnectError("refused"), answer(503)):
        fake.script["/token"] = [wanted]
        with pytest.raises(RunRegistryError) as caught:
            ask("cycles", target="production", settings=SIGNED)
        shown = "".join(traceback.format_exception(caught.value))
        assert "hush" not in shown
        assert basic not in shown


def test_tokens_are_asked_for_through_the_same_proxy_as_everything_else(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    class Proxy(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["content-length"]))
            self._reply(b'{"access_token": "abc", "expires_in": 1200}')

        def do_GET(self) -> None:
            self._reply(b"[]")

        def _reply(self, content: bytes) -> None:
            asked.append(self.path)
            self.send_response(200)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *args: Any) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Proxy) as proxy:
        threading.Thread(target=proxy.serve_forever, args=(0.01,), daemon=True).start()
        monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{proxy.server_port}")
        monkeypatch.delenv("no_proxy", raising=False)
        monkeypatch.delenv("NO_PROXY", raising=False)
        settings = {**SIGNED, "token_url": "http://sso.example.org/token", "audience": "a-registry"}
        with Client("http://registry.example.org", **settings) as client:
            assert client.cycles() == []
        proxy.shutdown()
    assert asked == ["http://sso.example.org/token", "http://registry.example.org/cycles/global"]
