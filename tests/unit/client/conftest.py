from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from typing import Any

import httpx2
import pytest
from tests.unit.client.fakes import QUICK, FakeRegistry

from runregistry.client import AsyncClient, Client


@pytest.fixture(autouse=True)
def empty_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("ENVIRONMENT", "SSO_CLIENT_ID", "SSO_CLIENT_SECRET", "RUNREGISTRY_EMAIL", "RUNREGISTRY_EGROUPS"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def fake() -> FakeRegistry:
    return FakeRegistry()


@pytest.fixture
def client(fake: FakeRegistry) -> Iterator[Client]:
    with Client("local", transport=httpx2.MockTransport(fake), retries=QUICK) as made:
        yield made


Ask = Callable[..., Any]


@pytest.fixture(params=["threads", "tasks"])
def ask(request: pytest.FixtureRequest, fake: FakeRegistry) -> Ask:
    """Call a verb of `Client` or of `AsyncClient`, each on the same fake."""

    def with_threads(verb: str, *args: Any, target: str = "local", settings: Any = None, **kwargs: Any) -> Any:
        with Client(target, transport=httpx2.MockTransport(fake), **{"retries": QUICK, **(settings or {})}) as made:
            return getattr(made, verb)(*args, **kwargs)

    def with_tasks(verb: str, *args: Any, target: str = "local", settings: Any = None, **kwargs: Any) -> Any:
        async def main() -> Any:
            transport = httpx2.MockTransport(fake)
            async with AsyncClient(target, transport=transport, **{"retries": QUICK, **(settings or {})}) as made:
                return await getattr(made, verb)(*args, **kwargs)

        return asyncio.run(main())

    return with_threads if request.param == "threads" else with_tasks
