from __future__ import annotations

import asyncio
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import Any

import httpx2
import pytest

from runregistry.client import AsyncClient, Client, embedded
from runregistry.client.settings import read_settings
from runregistry.errors import MissingExtraError, SettingsError, StoreError, UsageError


def test_an_embedded_registry_needs_nothing_but_its_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RUNREGISTRY_DATABASE", str(tmp_path / "named.sqlite"))
    with Client("embedded") as client:
        assert client.runs() == []
    assert (tmp_path / "named.sqlite").is_file()


def test_a_database_makes_embedded_the_target_and_is_closed_with_the_client(tmp_path: Path) -> None:
    with Client(database=tmp_path / "own.sqlite") as client:
        assert client.settings.target_name == "embedded"
        assert client.cycles() == []
    with pytest.raises(Exception, match="closed"):
        client.cycles()
    with Client("embedded", database=str(tmp_path / "own.sqlite")) as again:
        assert again.runs() == []


def test_tasks_use_it_too_and_all_at_once(tmp_path: Path) -> None:
    async def main() -> list[Any]:
        async with AsyncClient(database=tmp_path / "own.sqlite") as client:
            assert client.settings.target_name == "embedded"
            return await asyncio.gather(client.runs(), *(client.cycles() for _ in range(20)))

    assert asyncio.run(main()) == [[]] * 21


def test_the_event_loop_goes_on_while_a_request_is_answered() -> None:
    import time

    class Slow(httpx2.BaseTransport):
        is_closed = False

        def handle_request(self, request: httpx2.Request) -> httpx2.Response:
            time.sleep(0.05)
            return httpx2.Response(200, json=[request.method, request.headers["email"], len(request.content)])

        def close(self) -> None:
            self.is_closed = True

    slow = Slow()

    async def main() -> tuple[Any, int]:
        ticks = 0
        async with AsyncClient("embedded", transport=embedded.AsyncOverThreads(slow)) as client:
            asked = asyncio.create_task(client.ranges(1))
            while not asked.done():
                await asyncio.sleep(0.005)
                ticks += 1
            return await asked, ticks

    found, ticks = asyncio.run(main())
    assert found[:2] == ["POST", "api@api"]
    assert found[2] > 0
    assert ticks > 2
    assert slow.is_closed


def test_a_database_is_for_embedded_registries_only(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"own\.sqlite' is for the target 'embedded', and not for 'production'"):
        Client("production", database="own.sqlite")
    with pytest.raises(UsageError, match="is for the target 'embedded'"):
        AsyncClient("local", database=tmp_path / "own.sqlite")


def test_a_database_that_can_not_be_opened_is_an_error_at_once(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="does not exist"):
        Client(database=tmp_path / "nowhere" / "own.sqlite")


def test_a_transport_of_ones_own_is_used_instead(tmp_path: Path) -> None:
    answers = httpx2.MockTransport(lambda request: httpx2.Response(200, json=["mine"]))
    with Client("embedded", transport=answers) as client:
        assert client.cycles() == ["mine"]


def _entry_point(monkeypatch: pytest.MonkeyPatch, *values: str) -> None:
    points = [EntryPoint("embedded", value, "runregistry.transports") for value in values]
    monkeypatch.setattr(embedded, "entry_points", lambda **wanted: points)


def test_packages_that_are_missing_are_named_with_what_installs_them(monkeypatch: pytest.MonkeyPatch) -> None:
    _entry_point(monkeypatch, "no_such_package.transports:transport")
    with pytest.raises(MissingExtraError, match=r"pip install 'runregistry\[server\]'"):
        Client("embedded")


def test_an_installation_of_an_earlier_release_is_said_to_be_so(monkeypatch: pytest.MonkeyPatch) -> None:
    _entry_point(monkeypatch)
    with pytest.raises(SettingsError, match="Install runregistry again"):
        Client("embedded")


def test_other_targets_have_no_transport() -> None:
    assert embedded.transport(read_settings("local")) is None
    assert embedded.async_transport(read_settings("production")) is None
