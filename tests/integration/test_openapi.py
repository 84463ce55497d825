"""Requests that a program makes up from ``/v1/openapi.json``: every endpoint keeps what is promised there."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from typing import Any

import httpx2
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, settings
from tests.integration.registry import AUTOMATIC, EXPERT, create_run, run_body
from tests.integration.test_fuzz import check, route_of

from runregistry.local import EmbeddedTransport
from runregistry.server import ServerSettings, build_app, ensure_settings
from runregistry.store import Store


@pytest.fixture(scope="module")
def client() -> Iterator[httpx2.Client]:
    """A registry with two runs, of which one is signed off and has datasets; jobs are not worked on."""
    store = Store("sqlite://")
    ensure_settings(store, None)
    app = build_app(ServerSettings(run_worker=False, request_timeout_s=60), store)
    with httpx2.Client(transport=EmbeddedTransport(store, app), base_url="http://described", timeout=60) as client:
        create_run(client)
        client.post("/runs", json=run_body(355101), headers=AUTOMATIC)
        client.post("/runs/move_run/OPEN/SIGNOFF", json={"run_number": 355101}, headers=EXPERT)
        yield client


def _description() -> dict[str, Any]:
    with Store("sqlite://") as store:
        return build_app(ServerSettings(run_worker=False), store).openapi()


schema = schemathesis.openapi.from_dict(_description())


@schema.parametrize()
@settings(
    max_examples=8,
    derandomize=True,
    database=None,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    phases=[Phase.explicit, Phase.generate],
)
def test_an_endpoint_keeps_what_it_promises(
    case: schemathesis.Case, client: httpx2.Client, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.clear()
    before = event_number(client)
    with caplog.at_level(logging.ERROR, "runregistry"):
        answer = send(client, case)
    name = route_of(case.method, case.formatted_path)
    check(answer, name, stored=event_number(client) != before, log=caplog.text)


def event_number(client: httpx2.Client) -> int:
    """Number of the newest event."""
    store: Store = client._transport.store  # type: ignore[attr-defined]
    with store.reading() as connection:
        return store.event_number(connection)


def send(client: httpx2.Client, case: schemathesis.Case) -> httpx2.Response:
    """Send a request as it was made up, with an expert's identity."""
    headers = EXPERT | {"content-type": case.media_type or "application/json"}
    body = case.body if isinstance(case.body, bytes) else json.dumps(case.body).encode() if case.media_type else b""
    return client.request(case.method, case.formatted_path, params=case.query, headers=headers, content=body)
