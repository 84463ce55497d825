"""What the benchmark of the client stands on: a road that is longer, and scripts that ask the same in different ways."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx2
import pytest
from tests.conftest import ROOT

from runregistry.testing import server

BENCHMARKS = ROOT / "benchmarks"
ROUND_TRIP_S = 0.04


@pytest.fixture(scope="module", name="near")
def _near() -> Iterator[str]:
    with server(sample=True) as registry:
        yield registry.url


@pytest.fixture(scope="module", name="far")
def _far(near: str) -> Iterator[str]:
    command = [sys.executable, str(BENCHMARKS / "latency.py"), near, str(1e3 * ROUND_TRIP_S)]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        yield process.stderr.readline().strip()
        process.terminate()


def seconds_of(http: httpx2.Client, url: str) -> float:
    begun = time.perf_counter()
    assert http.get(url).status_code == 200
    return time.perf_counter() - begun


def test_a_round_trip_is_longer_and_a_new_connection_takes_another_one(far: str) -> None:
    with httpx2.Client() as http:
        first, *others = (seconds_of(http, f"{far}/runs/355100") for _ in range(6))
    assert first >= 2 * ROUND_TRIP_S
    assert min(others) >= ROUND_TRIP_S
    assert min(others) < 2 * ROUND_TRIP_S, "and nothing more"


def test_connections_do_not_wait_for_each_other(far: str) -> None:
    def ask(_: int) -> float:
        with httpx2.Client(verify=False) as http:
            return seconds_of(http, f"{far}/runs/355100")

    begun = time.perf_counter()
    with ThreadPoolExecutor(20) as pool:
        spent = list(pool.map(ask, range(20)))
    assert time.perf_counter() - begun < sum(spent) / 3


def test_every_byte_arrives_in_order(near: str, far: str) -> None:
    asked = {"run_number": 355100, "dataset_name": "online"}
    one, other = (httpx2.post(f"{url}/lumisections/rr_lumisections", json=asked) for url in (near, far))
    assert one.content == other.content
    assert len(one.content) > 20_000


@pytest.mark.parametrize(("old", "new"), [("runs", "client_runs"), ("lumisections", "client_lumisections")])
def test_both_ways_of_asking_get_the_same(near: str, tmp_path: Path, old: str, new: str) -> None:
    found = []
    for script in (old, new):
        asked = {"script": script, "url": near, "tokens": None, "run_numbers": [355104, 355100], "begun": time.time()}
        command = [sys.executable, str(BENCHMARKS / "asking.py"), str(tmp_path / script)]
        subprocess.run(command, input=json.dumps(asked), text=True, check=True, stdout=subprocess.DEVNULL)
        found.append(json.loads((tmp_path / script).read_text(encoding="utf-8")))
    assert found[0]["fingerprint"] == found[1]["fingerprint"]
    assert all(0 < each["seconds"] < each["whole"] for each in found)
