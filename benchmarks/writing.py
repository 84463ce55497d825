"""Changes through HTTP: building the recorded world, creating runs with their lumisections, many writers on one run."""

from __future__ import annotations

import random
import sys
import time
from pathlib import Path
from typing import Any

import generator
import httpx2
from serving import AUTOMATIC, EXPERT, Served, in_threads

ROOT = Path(__file__).resolve().parent.parent
N_RUNS, N_LUMISECTIONS = 1000, 59
_RUN = 900_100  # beyond every run that is generated


def world_settings() -> str:
    """Return the path of the settings of the recorded world."""
    return str(ROOT / "tests" / "data" / "conformance" / "world-1" / "settings.json")


def build_world(registry: Served) -> tuple[float, int]:
    """Play the recorded exchanges that build a world; return the seconds, and how many they were."""
    sys.path.insert(0, str(ROOT))
    from tests.conformance.replay import play, read_part

    rows = list(read_part("build"))
    with registry.client() as client:
        begun = time.perf_counter()
        wrong = [f"{row['name']}: {lines[0]}" for row in rows if (lines := play(client, row))]
        spent = time.perf_counter() - begun
    if wrong:
        raise SystemExit(f"the world was not built as it is recorded: {wrong[:5]}")
    return spent, len(rows)


def create_runs(registry: Served, n_runs: int) -> tuple[float, int]:
    """Create runs of 59 lumisections one after the other; return the seconds, and how many lumisections."""
    dice = random.Random(2018)
    with registry.client(**AUTOMATIC) as client:
        spent = 0.0
        for position in range(n_runs):
            body = _new_run(_RUN + position, dice)
            begun = time.perf_counter()
            answer = client.post("/runs", json=body)
            spent += time.perf_counter() - begun
            _check(answer)
    return spent, n_runs * N_LUMISECTIONS


def _new_run(run_number: int, dice: random.Random) -> dict[str, Any]:
    bits = dict.fromkeys(generator.BITS, True)
    qualities = {component: {"status": "GOOD", "comment": "", "cause": ""} for component in generator.COMPONENTS}
    bad = qualities | {"dt-dt": {"status": "BAD", "comment": "HV trip", "cause": ""}}
    trip = dice.randrange(N_LUMISECTIONS)
    oms = {"run_number": run_number, "energy": 6799, "hlt_key": "/cdaq/physics/Run2022/v1", "end_time": "2022-07-05T16:52:11Z"}
    luminosities = [{name: round(dice.random(), 4) for name in ("recorded", "delivered")} for _ in range(N_LUMISECTIONS)]
    return {
        "oms_attributes": oms,
        "rr_attributes": {"class": "Collisions22", "significant": True},
        "oms_lumisections": [bits | {"cms_active": position != trip} | each for position, each in enumerate(luminosities)],
        "rr_lumisections": [bad if position == trip else qualities for position in range(N_LUMISECTIONS)],
    }


def edit_together(registry: Served, n_writers: int, n_edits: int) -> tuple[float, list[float]]:
    """Let writers edit one run at the same time; return all the seconds, and those of each edit.

    Every other writer edits an attribute of the run, the others a component; each edit has a text of its own, and must be in the
    history once when it was acknowledged.
    """
    with registry.client(**AUTOMATIC) as client:
        _check(client.post("/runs", json=_new_run(_RUN - 1, random.Random(0))))
    acknowledged: list[str] = []
    each: list[float] = []

    def write(writer: int) -> None:
        with registry.client(**EXPERT) as client:
            for number in range(n_edits):
                text = f"writer {writer} edit {number}"
                begun = time.perf_counter()
                _check(_edit_attribute(client, text) if writer % 2 else _edit_component(client, text))
                each.append(time.perf_counter() - begun)
                acknowledged.append(text)

    begun = time.perf_counter()
    in_threads(write, n_writers)
    spent = time.perf_counter() - begun
    _compare(acknowledged, _history(registry))
    return spent, each


def _edit_attribute(client: httpx2.Client, text: str) -> httpx2.Response:
    return client.put(f"/manual_run_edit/{_RUN - 1}/stop_reason", json={"stop_reason": text})


def _edit_component(client: httpx2.Client, text: str) -> httpx2.Response:
    change = {"start": 1, "end": N_LUMISECTIONS, "status": "BAD", "comment": text, "cause": ""}
    body = {"run_number": _RUN - 1, "dataset_name": "online", "component": "dt-dt", "new_lumisection_range": change}
    return client.put("/lumisections/edit_rr_lumisections", json=body)


def _history(registry: Served) -> list[str]:
    """Return the texts of all edits in the histories of the run and of its components."""
    with registry.client(**EXPERT) as client:
        run = _check(client.get(f"/run_with_history/{_RUN - 1}")).json()
        asked = {"run_number": _RUN - 1, "dataset_name": "online"}
        components = _check(client.post("/lumisections/get_rr_lumisection_history", json=asked)).json()
    versions = [event["version"] for event in run]
    if versions != sorted(set(versions)):
        raise SystemExit("the events of the run are not in one order")
    texts = [event.get("stop_reason", "") for event in run]
    texts += [event["jsonb"].get("dt-dt", {}).get("comment", "") for event in components]
    return [text for text in texts if text.startswith("writer")]


def _compare(acknowledged: list[str], found: list[str]) -> None:
    lost, more = set(acknowledged) - set(found), len(found) - len(acknowledged)
    if lost or more:
        raise SystemExit(f"{len(lost)} acknowledged edits are not in the history, and {more} more than were acknowledged are")


def _check(answer: httpx2.Response) -> httpx2.Response:
    if answer.status_code != 200:
        raise SystemExit(f"{answer.request.method} {answer.request.url.path}: {answer.status_code} {answer.text[:300]}")
    return answer
