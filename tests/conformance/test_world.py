"""The recorded answers of the reference service, replayed against this registry on each database.

The parts of a world build on each other: one test plays them all, in order, in one registry.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import NamedTuple

import httpx2
import pytest

from runregistry.local import EmbeddedTransport
from runregistry.server import ServerSettings, build_app, ensure_settings
from runregistry.store import Store
from runregistry.store.check import check
from tests.conformance.replay import PARTS, WORLD, is_asked_for, play, read_part
from tests.integration.oms_double import oms_double_for_world

_SHOWN = 20


class World(NamedTuple):
    """A registry in this process with the settings of the recorded one, and a client of it."""

    client: httpx2.Client
    store: Store


@contextmanager
def opened(database: str) -> Iterator[World]:
    """Make the registry of the world; it asks a double of OMS that answers as OMS did."""
    with oms_double_for_world() as oms:
        store = Store(database)
        ensure_settings(store, WORLD / "settings.json")
        app = build_app(ServerSettings(auth="headers", oms=oms.settings()), store)
        app.state.registry.pollers.clear()  # the recorded service did not follow OMS, it only asked
        with httpx2.Client(transport=EmbeddedTransport(store, app), base_url="http://world", timeout=60) as client:
            yield World(client, store)


@pytest.fixture(params=["sqlite", "postgresql"])
def world(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    if request.param == "sqlite":
        database = str(tmp_path_factory.mktemp("world") / "world.sqlite")
    else:
        database = request.getfixturevalue("postgres_url")
    with opened(database) as made:
        yield made


def test_every_answer_is_as_recorded_and_the_registry_is_sound_afterwards(world: World) -> None:
    wrong = [line for part in PARTS for line in played(world.client, part)]
    assert not wrong, "\n".join(wrong)
    with world.store.reading() as connection:
        assert list(check(connection)) == []


def played(client: httpx2.Client, part: str) -> Sequence[str]:
    """Play a part; return which answers differ, the first of them with what differs."""
    wrong, n_played = {}, 0
    for position, row in enumerate(read_part(part)):
        assert is_asked_for(row), f"{row['name']}: {row['method']} {row['path']} is served"
        n_played += 1
        if lines := play(client, row):
            wrong[f"{position} {row['name']} {row['method']} {row['path']}"] = lines[:5]
    shown = [f"{name}: {'; '.join(lines)}" for name, lines in list(wrong.items())[:_SHOWN]]
    return [f"{len(wrong)} of {n_played} answers of {part} differ:", *shown] if wrong else []


def test_a_path_that_differs_in_case_or_a_slash_is_the_same() -> None:
    first = next(row for row in read_part("build") if row["name"] == "build/run")
    number = first["body"]["oms_attributes"]["run_number"]
    with opened("sqlite://") as world:
        assert play(world.client, first) == []
        assert world.client.get(f"/RUNS/{number}/").json() == world.client.get(f"/runs/{number}").json()
