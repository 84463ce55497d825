"""A registry with enough runs for many pages, a proxy before it, and the three ways to ask."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import cycle
from typing import Any, NamedTuple

import pytest
from tests.integration.faults.asking import WAYS, Opener

from runregistry.testing import FaultyProxy, RunningRegistry, faults, server

N_RUNS = 64
FIRST_RUN = 360001
# Changes go to the older half; the newest are moved out of OPEN.
_numbers = cycle(range(FIRST_RUN, FIRST_RUN + N_RUNS // 4))


@pytest.fixture(scope="session")
def registry(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningRegistry]:
    """A registry with `N_RUNS` cosmics runs of five lumisections."""
    path = tmp_path_factory.mktemp("faults") / "lumisections.csv"
    rows = [f"{run},{number},1" for run in range(FIRST_RUN, FIRST_RUN + N_RUNS) for number in range(1, 6)]
    path.write_text("\n".join(["run_number,lumisection_number,cms_active", *rows]), encoding="utf-8")
    with server(path) as opened:
        yield opened


@pytest.fixture
def proxy(registry: RunningRegistry) -> Iterator[FaultyProxy]:
    """A proxy before the registry, without any fault yet."""
    with faults(registry.url) as opened:
        yield opened


@pytest.fixture(params=WAYS.values(), ids=WAYS)
def asking(request: pytest.FixtureRequest) -> Opener:
    """One of the ways to ask."""
    opener: Opener = request.param
    return opener


class Reading(NamedTuple):
    """A list that was read without any fault: its rows, and the bodies of the requests that it took."""

    rows: list[dict[str, Any]]
    bodies: list[bytes]


@pytest.fixture
def clean(registry: RunningRegistry, asking: Opener) -> Reading:
    """What a read without any fault gives."""
    with faults(registry.url) as proxy, asking(proxy.url) as ask:
        rows = ask.runs()
        bodies = [exchange.body for exchange in proxy.record]
    assert len({row["run_number"] for row in rows}) == len(rows) >= N_RUNS
    assert len(bodies) > 8
    return Reading(rows, bodies)


@pytest.fixture
def run_number(registry: RunningRegistry) -> int:
    """A run that is OPEN; another one for each test, until all have had their turn."""
    return next(_numbers)
