from __future__ import annotations

from collections.abc import Generator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import httpx2
import pytest
from tests.unit.client.conftest import Ask
from tests.unit.client.fakes import FakeRegistry, answer

from runregistry.client.answers import Answer
from runregistry.client.calls import Call, call
from runregistry.client.retries import deliver, is_unknown
from runregistry.client.settings import RetryPolicy
from runregistry.errors import RunRegistryError, ServerFault, SettingsError, TransportError

READ = call("get_datasets_accepted")
WRITE = call("mark_significant", {"run_number": 1})


def _fault(cause: Exception) -> TransportError:
    fault = TransportError("cut")
    fault.__cause__ = cause
    return fault


def _pauses(one: Call, outcome: Answer | TransportError, policy: RetryPolicy) -> list[float]:
    """The pauses before the attempts when each of them ends the same."""
    steps: Generator[float, Answer, Answer] = deliver(one, policy)
    pauses = [next(steps)]
    try:
        while True:
            pauses.append(steps.throw(outcome) if isinstance(outcome, TransportError) else steps.send(outcome))
    except (StopIteration, TransportError):
        return pauses


@pytest.mark.parametrize("status", [429, 502, 503, 504])
def test_a_read_is_repeated_after_an_answer_that_means_later(ask: Ask, fake: FakeRegistry, status: int) -> None:
    fake.script["/cycles/global"] = [answer(status), answer(status), answer(200, ["here"])]
    assert ask("cycles") == ["here"]
    assert len(fake.asked) == 3


@pytest.mark.parametrize("kind", [httpx2.ConnectError, httpx2.ReadError, httpx2.RemoteProtocolError, httpx2.ConnectTimeout])
def test_a_read_is_repeated_after_a_broken_connection(ask: Ask, fake: FakeRegistry, kind: Any) -> None:
    fake.script["/cycles/global"] = [kind("cut"), answer(200, ["here"])]
    assert ask("cycles") == ["here"]


def test_a_read_is_not_repeated_for_ever(ask: Ask, fake: FakeRegistry) -> None:
    fake.script["/cycles/global"] = [httpx2.ConnectError("refused")]
    with pytest.raises(TransportError, match=r"no answer to GET http://localhost:9500/cycles/global: refused") as caught:
        ask("cycles")
    assert len(fake.asked) == 4
    assert isinstance(caught.value.__cause__, httpx2.ConnectError)


def test_the_last_answer_counts_if_none_was_better(ask: Ask, fake: FakeRegistry) -> None:
    fake.script["/cycles/global"] = [answer(503)]
    with pytest.raises(ServerFault):
        ask("cycles")
    assert len(fake.asked) == 4


def test_a_read_that_timed_out_is_not_repeated(ask: Ask, fake: FakeRegistry) -> None:
    fake.script["/cycles/global"] = [httpx2.ReadTimeout("slow")]
    with pytest.raises(TransportError, match=r"in time \(ReadTimeout, limit 600 s\)"):
        ask("cycles")
    assert len(fake.asked) == 1


def test_a_mistake_is_not_repeated(ask: Ask, fake: FakeRegistry) -> None:
    fake.script["/cycles/global"] = [answer(500, {"err": "no"})]
    with pytest.raises(Exception, match="no"):
        ask("cycles")
    assert len(fake.asked) == 1


@pytest.mark.parametrize(
    ("outcome", "sent"),
    [
        (httpx2.ConnectError("refused"), 4),
        (httpx2.ConnectTimeout("slow"), 4),
        (httpx2.ReadError("cut"), 1),
        (httpx2.RemoteProtocolError("cut"), 1),
        (httpx2.ReadTimeout("slow"), 1),
        (answer(429), 4),
        (answer(502), 1),
        (answer(503), 1),
    ],
)
def test_a_change_is_repeated_only_if_it_was_not_applied(ask: Ask, fake: FakeRegistry, outcome: Any, sent: int) -> None:
    fake.script["/runs/mark_significant"] = [outcome]
    with pytest.raises(Exception, match=r"no answer|Got response"):
        ask("mark_significant", [1])
    assert len(fake.asked) == sent


def test_pauses_double_up_to_the_longest_and_are_shortened_by_chance() -> None:
    policy = RetryPolicy(attempts=6, first_pause_s=1.0, longest_pause_s=4.0)
    pauses = _pauses(READ, _fault(httpx2.ConnectError("refused")), policy)
    assert pauses[0] == 0
    assert all(whole / 2 <= pause <= whole for whole, pause in zip([1, 2, 4, 4, 4], pauses[1:], strict=True))


@pytest.mark.parametrize(("wish", "least", "most"), [("7", 7, 7), ("100000", 120, 120), ("soon", 0.5, 1), ("-3", 0.5, 1)])
def test_retry_after_is_obeyed_within_bounds(wish: str, least: float, most: float) -> None:
    pauses = _pauses(READ, Answer(503, {"retry-after": wish}, b""), RetryPolicy(attempts=2, first_pause_s=1.0))
    assert least <= pauses[1] <= most


def test_retry_after_may_be_a_date() -> None:
    moment = format_datetime(datetime.now(UTC) + timedelta(seconds=60), usegmt=True)
    pauses = _pauses(READ, Answer(503, {"retry-after": moment}, b""), RetryPolicy(attempts=2))
    assert 50 < pauses[1] <= 60


def test_a_policy_without_attempts_is_a_wrong_setting() -> None:
    with pytest.raises(SettingsError, match="allows 0 attempts"):
        next(deliver(WRITE, RetryPolicy(attempts=0)))


def test_a_read_is_repeated_after_half_a_document(ask: Ask, fake: FakeRegistry) -> None:
    fake.script["/cycles/global"] = [httpx2.Response(200, text='[{"cycle_name": "we'), answer(200, ["here"])]
    assert ask("cycles") == ["here"]
    assert len(fake.asked) == 2


def test_a_read_of_which_only_half_ever_comes_is_an_error(ask: Ask, fake: FakeRegistry) -> None:
    fake.script["/cycles/global"] = [httpx2.Response(200, text='[{"cycle_name": "we')]
    with pytest.raises(TransportError, match="is not JSON"):
        ask("cycles")
    assert len(fake.asked) == 4


def test_a_registry_that_moved_is_not_asked_again(ask: Ask, fake: FakeRegistry) -> None:
    fake.script["/cycles/global"] = [httpx2.Response(301, headers={"location": "https://new.example.org/"})]
    with pytest.raises(TransportError, match="has moved"):
        ask("cycles")
    assert len(fake.asked) == 1


@pytest.mark.parametrize(
    "outcome", [httpx2.ReadError("cut"), httpx2.ReadTimeout("slow"), httpx2.Response(200, text='{"run'), answer(502), answer(504)]
)
def test_who_changes_something_is_told_when_it_may_have_been_applied(ask: Ask, fake: FakeRegistry, outcome: Any) -> None:
    fake.script["/runs/mark_significant"] = [outcome]
    with pytest.raises(RunRegistryError) as caught:
        ask("mark_significant", [1])
    assert len(fake.asked) == 1
    assert str(caught.value).endswith("The change may have been applied: look at the history before you repeat it.")
    assert is_unknown(caught.value)


@pytest.mark.parametrize(
    "outcome",
    [
        httpx2.ConnectError("refused"),
        httpx2.ProxyError("407"),
        httpx2.UnsupportedProtocol("no"),
        answer(429),
        answer(500, {"err": "Run not found"}),
        httpx2.Response(302, headers={"location": "https://auth.example.org"}),
    ],
)
def test_what_was_certainly_not_applied_is_not_said_to_be_unknown(ask: Ask, fake: FakeRegistry, outcome: Any) -> None:
    fake.script["/runs/mark_significant"] = [outcome]
    with pytest.raises(RunRegistryError) as caught:
        ask("mark_significant", [1])
    assert "applied" not in str(caught.value)
    assert not is_unknown(caught.value)


def test_a_read_is_never_said_to_have_been_applied(ask: Ask, fake: FakeRegistry) -> None:
    fake.script["/cycles/global"] = [httpx2.ReadError("cut")]
    with pytest.raises(TransportError) as caught:
        ask("cycles")
    assert "applied" not in str(caught.value)


@pytest.mark.parametrize("wish", ["nan", "inf", "-inf", "1e400", "", "Tue, 99 Nov 2024 00:00:00 GMT"])
def test_no_wish_of_the_registry_makes_the_client_wait_for_ever_or_fail(wish: str) -> None:
    pauses = _pauses(READ, Answer(503, {"retry-after": wish}, b""), RetryPolicy(attempts=2, first_pause_s=1.0))
    assert 0 < pauses[1] <= 120
