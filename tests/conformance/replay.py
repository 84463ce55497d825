"""Recorded exchanges, played against any registry through an HTTP client."""

from __future__ import annotations

import gzip
import json
import re
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2

from runregistry.wire import ROUTES
from tests.conformance.comparing import UNORDERED, differences, same_refusal, sorted_deeply

WORLD = Path(__file__).parent.parent / "data" / "conformance" / "world-1"
PARTS = ("build", "queries", "golden", "edits", "oms", "golden2")
_TEMPLATES = [
    (route.method, re.compile("/?" + re.sub(r"{\w+}", "[^/]+", route.path.strip("/")) + "/?", re.IGNORECASE))
    for route in ROUTES.values()
]


def read_part(part: str, world: Path = WORLD) -> Iterator[dict[str, Any]]:
    """Read the recorded exchanges of one part, in order."""
    with gzip.open(world / f"{part}.jsonl.gz", "rt", encoding="utf-8") as stream:
        yield from map(json.loads, stream)


def is_asked_for(row: dict[str, Any]) -> bool:
    """Whether this registry has the route of an exchange."""
    path = row["path"].partition("?")[0]
    return any(row["method"] == method and template.fullmatch(path) for method, template in _TEMPLATES)


def play(client: httpx2.Client, row: dict[str, Any]) -> list[str]:
    """Send a recorded request; return where the answer differs."""
    response = client.request(row["method"], row["path"], json=row.get("body"), headers=row.get("headers"))
    answered = response.json() if response.content else None
    if row["status"] >= 400:
        return same_refusal(row["status"], row["answer"], response.status_code, answered)
    if response.status_code != row["status"]:
        return [f"recorded {row['status']}, answered {response.status_code} {answered!r:.400}"]
    recorded = row["answer"]
    if UNORDERED.search(row["path"]):
        recorded, answered = sorted_deeply(recorded), sorted_deeply(answered)
    lines = differences(recorded, answered)
    return lines + _play_final(client, row, answered) if "final" in row else lines


def _play_final(client: httpx2.Client, row: dict[str, Any], job: dict[str, Any]) -> list[str]:
    """Wait for a JSON and compare it with the recorded one; statistics that the reference never made may be there."""
    deadline = time.monotonic() + 30
    while True:
        response = client.post("/json_portal/json", json={"id_json": job["id"]})
        if response.status_code not in (202, 203) or time.monotonic() > deadline:
            break
        time.sleep(0.05)
    if response.status_code != row["final_status"]:
        return [f"final: recorded {row['final_status']}, answered {response.status_code} {response.text[:300]}"]
    recorded, answered = row["final"], response.json()
    if isinstance(recorded, dict) and recorded.get("final_json", {}).get("total_recorded_luminosity_lost") == -1:
        unfinished = {key for key, value in recorded["final_json"].items() if value in (-1, {})}
        for document in (recorded["final_json"], answered["final_json"]):
            for key in unfinished:
                document.pop(key, None)
    return differences(recorded, answered, "final")
