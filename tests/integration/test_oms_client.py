"""The client of OMS against a double that is in the same trouble as real services are."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import pytest
from tests.integration.oms_double import SECRET, OMSDouble, Trouble, oms_double

from runregistry.errors import AuthenticationError, TransportError
from runregistry.server.oms import OMSClient

RUN = 320001
PAUSES: list[float] = []


@pytest.fixture
def double() -> Iterator[OMSDouble]:
    with oms_double() as double:
        double.put(RUN, 25, last_update="2018-07-01T00:00:00Z", end_time=None)
        yield double


@pytest.fixture
def client(double: OMSDouble) -> Iterator[OMSClient]:
    with closing(make_client(double)) as client:
        yield client


def make_client(double: OMSDouble, **settings: object) -> OMSClient:
    PAUSES.clear()
    return OMSClient(double.settings(**settings), pause=PAUSES.append)


def numbers(client: OMSClient) -> list[int]:
    return [row["lumisection_number"] for row in client.lumisections(RUN)]


def test_a_run_is_found_by_its_number(client: OMSClient, double: OMSDouble) -> None:
    assert client.run(RUN) == double.runs[RUN]
    assert client.run(1) is None


def test_another_run_is_not_taken_for_the_one_that_was_asked_for(client: OMSClient, double: OMSDouble) -> None:
    double.runs[7] = double.runs[RUN]
    assert client.run(7) is None


@pytest.mark.parametrize("tells", ["total", "next", "nothing"])
@pytest.mark.parametrize(("asked_for", "page_limit"), [(5000, None), (5000, 10), (10, None), (25, None), (7, 3), (1, None)])
def test_pages_are_fetched_until_all_lumisections_are_there(
    double: OMSDouble, tells: str, asked_for: int, page_limit: int | None
) -> None:
    double.tells, double.page_limit = tells, page_limit
    with closing(make_client(double, page_size=asked_for)) as client:
        assert numbers(client) == list(range(1, 26))


def test_a_run_longer_than_a_page_of_5000_is_not_cut(double: OMSDouble) -> None:
    double.put(RUN, 5003)
    with closing(make_client(double)) as client:
        assert numbers(client) == list(range(1, 5004))
    assert len(double.asked) == 2


def test_a_service_that_knows_no_offset_is_noticed(client: OMSClient, double: OMSDouble) -> None:
    double.knows_offset, double.page_limit = False, 10
    with pytest.raises(TransportError, match="says that there are 25 rows"):
        client.lumisections(RUN)
    double.tells, double.page_limit = "nothing", None
    assert numbers(client) == list(range(1, 26))


def test_lumisections_come_by_number_each_once(client: OMSClient, double: OMSDouble) -> None:
    rows = double.lumisections[RUN]
    double.lumisections[RUN] = [*rows[20:], *rows[:20], *rows[5:7]]
    assert numbers(client) == list(range(1, 26))


def test_runs_come_by_their_last_update(client: OMSClient, double: OMSDouble) -> None:
    double.put(RUN + 1, 1, last_update="2018-08-01T00:00:00Z")
    double.put(RUN + 2, 1, last_update="2018-06-01T00:00:00Z")
    assert [run["run_number"] for run in client.latest_runs(2)] == [RUN + 1, RUN]
    assert [run["run_number"] for run in client.latest_runs(2, 2)] == [RUN + 2]
    assert double.asked[0].endswith("runs?sort=-last_update&page[limit]=2")


@pytest.mark.parametrize(
    ("trouble", "says"),
    [
        (Trouble("runs", status=500, body=b"{}"), r"OMS \(http://127.*\) answers 500; it may work later"),
        (Trouble("runs", status=503, body=b"<html>busy</html>", kind="text/html"), "answers 503; it may work later"),
        (Trouble("runs", status=429, body=b""), "answers 429"),
        (Trouble("runs", status=200, body=b'{"data": ['), "10 bytes that are not JSON; the answer may be cut"),
        (Trouble("runs", cut=True), r"OMS \(http://127.*\) can't be asked: .*"),
        (Trouble("runs", pause_s=1.0), "can't be asked: it does not answer in time"),
        (Trouble("runs", drip_s=0.02), "answers too slowly"),
    ],
    ids=["500", "503", "429", "no JSON", "cut", "slow", "dripping"],
)
def test_trouble_that_may_pass_is_waited_for_and_then_told(double: OMSDouble, trouble: Trouble, says: str) -> None:
    double.trouble.append(trouble)
    with closing(make_client(double, attempts=3, timeout_s=0.2)) as client:
        with pytest.raises(TransportError, match=says):
            client.run(RUN)
        assert len(double.asked) == 3
        assert len(PAUSES) == 2
        assert 0.25 <= PAUSES[0] <= 0.5 <= PAUSES[1] <= 1.0
        double.trouble.clear()
        assert client.run(RUN) == double.runs[RUN]


@pytest.mark.parametrize("more", [{"status": 502, "body": b""}, {"cut": True}, {"status": 200, "body": b"{"}])
def test_trouble_that_passes_is_not_noticed(client: OMSClient, double: OMSDouble, more: dict[str, Any]) -> None:
    double.trouble.append(Trouble("lumisections", times=1, **more))
    assert numbers(client) == list(range(1, 26))


@pytest.mark.parametrize(
    ("trouble", "says"),
    [
        (Trouble("runs", status=200, body=b"<!doctype html><p>Sign in", kind="text/html"), "answers with a page for people"),
        (Trouble("runs", status=200, body=b"<html>", kind="application/json"), "answers with a page for people"),
        (Trouble("runs", status=302, body=b"", kind="text/html"), "sends us elsewhere .302."),
        (Trouble("runs", status=404, body=b'{"message": "no such resource"}'), "answers 404, no such resource to runs"),
        (Trouble("runs", status=200, body=b"[]"), "with JSON that is no object"),
        (Trouble("runs", status=200, body=b'{"data": {}}'), "answers without data"),
        (Trouble("runs", status=200, body=b'{"data": [{"id": 1}]}'), "answers without data"),
        (Trouble("runs", status=200, body=b'{"data": [[1]]}'), "answers without data"),
        (Trouble("runs", without="data"), "answers without data"),
    ],
)
def test_trouble_that_will_not_pass_is_told_at_once(client: OMSClient, double: OMSDouble, trouble: Trouble, says: str) -> None:
    double.trouble.append(trouble)
    with pytest.raises(TransportError, match=says):
        client.run(RUN)
    assert (len(double.asked), PAUSES) == (1, [])


def test_fewer_lumisections_than_promised_are_not_taken_for_all(client: OMSClient, double: OMSDouble) -> None:
    double.page_limit = 10
    double.trouble.append(Trouble("page[offset]=20", status=200, body=b'{"data": [], "meta": {"totalResourceCount": 25}}'))
    with pytest.raises(TransportError, match=r"says that there are 25 rows .* and sends 20"):
        client.lumisections(RUN)


def test_a_closed_port_is_named(double: OMSDouble) -> None:
    says = r"OMS \(http://127.0.0.1:1/agg\) can't be asked"
    with closing(make_client(double, url="http://127.0.0.1:1/agg")) as client, pytest.raises(TransportError, match=says):
        client.run(RUN)


def test_a_token_is_asked_for_exchanged_and_kept(double: OMSDouble) -> None:
    double.wants_token = True
    with closing(make_client(double)) as client:
        for _ in range(3):
            assert client.run(RUN) is not None
    first, second = double.forms
    assert first == {"grant_type": "client_credentials", "client_id": "registry", "client_secret": SECRET} | {
        "audience": "cmsoms-prod"
    }
    assert second["grant_type"] == "urn:ietf:params:oauth:grant-type:token-exchange"
    assert second["subject_token"] == "first-1"
    assert second["requested_token_type"] == "urn:ietf:params:oauth:token-type:access_token"


def test_a_token_is_renewed_shortly_before_it_ends(double: OMSDouble) -> None:
    double.wants_token, double.token_life_s = True, 0.2
    with closing(make_client(double)) as client:
        assert client.run(RUN) is not None
        time.sleep(0.19)
        assert client.run(RUN) is not None
    assert len(double.forms) == 4


def test_a_token_that_is_refused_is_renewed_once(double: OMSDouble) -> None:
    double.wants_token = True
    with closing(make_client(double)) as client:
        assert client.run(RUN) is not None
        double.good_tokens.clear()
        assert client.run(RUN) is not None
        double.trouble.append(Trouble("runs", status=401, body=b'{"message": "Unauthorized"}'))
        double.asked.clear()
        with pytest.raises(AuthenticationError, match=r"OMS \(.*\) does not let us in \(401, Unauthorized\)"):
            client.run(RUN)
    assert len([target for target in double.asked if "runs" in target]) == 2


def test_oms_without_token_that_wants_one_is_told(client: OMSClient, double: OMSDouble) -> None:
    double.wants_token = True
    with pytest.raises(AuthenticationError, match=r"does not let us in \(401, Unauthorized\); check that the client id"):
        client.run(RUN)


def test_a_wrong_secret_is_told_and_shown_nowhere(double: OMSDouble, caplog: pytest.LogCaptureFixture) -> None:
    double.wants_token = True
    caplog.set_level(logging.DEBUG)
    with closing(make_client(double, client_secret="wrong-secret")) as client:
        with pytest.raises(AuthenticationError, match=r"gives no token for OMS \(401, unauthorized_client: ") as caught:
            client.run(RUN)
        assert "wrong-secret" not in f"{caught.value!r} {client!r} {vars(client)} {caplog.text}"


@pytest.mark.parametrize(
    ("trouble", "kind", "says"),
    [
        (Trouble("token", status=503, body=b""), TransportError, "the sign-in service for OMS .* answers 503"),
        (Trouble("token", status=200, body=b'{"access_token": 7}'), AuthenticationError, "gives no token for OMS .200"),
        (Trouble("token", status=200, body=b"<html>", kind="text/html"), TransportError, "the sign-in service for OMS .* people"),
        (Trouble("token", status=400, body=b"no JSON"), AuthenticationError, "gives no token for OMS .400."),
    ],
)
def test_trouble_with_the_sign_in_service_is_named_as_its_own(
    double: OMSDouble, trouble: Trouble, kind: type[Exception], says: str
) -> None:
    double.wants_token = True
    double.trouble.append(trouble)
    with closing(make_client(double)) as client, pytest.raises(kind, match=says):
        client.run(RUN)


def test_a_token_that_is_not_exchanged_is_told(double: OMSDouble) -> None:
    double.wants_token = True
    with closing(make_client(double, exchange_token=False)) as client, pytest.raises(AuthenticationError, match="OMS"):
        client.run(RUN)
    assert len(double.forms) == 2, "one token, and one more after that was refused"
