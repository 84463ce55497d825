"""Our client against the official one: the same scripts, the same registry, each client in an environment of its own."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple

import generator
import httpx2
from serving import HERE, process, served, sqlite_database
from times import markdown, milliseconds

from runregistry.server import ensure_settings
from runregistry.store import Store

N_RUNS, N_ASKED = 1_000, 300
LATENCY_MS, TOKEN_MS = 20, 50
CLIENTS = ("official", "ours", "Client")
_MORE_MEMORY = 1.2
_SIGN_IN = {"client_id": "tester", "client_secret": "secret of the tester", "audience": "runregistry-for-tests"}

Say = Callable[[str], None]


class Script(NamedTuple):
    """What a user does: what it is called, how `asking.py` calls it, with `Client` too, and how often it is done."""

    what: str
    name: str
    client_name: str
    rounds: int


SCRIPTS = (
    Script(f"all {N_RUNS:,} runs", "runs", "client_runs", 9),
    Script(f"lumisections of {N_ASKED} runs", "lumisections", "client_lumisections", 3),
)


class Road(NamedTuple):
    """How a registry is reached: where it begins, what is known of the sign-in service, and the goal of each script."""

    name: str
    url: str
    tokens: dict[str, str] | None
    goals: tuple[tuple[str, str], ...]


class Done(NamedTuple):
    """What a script took: its work, all of it from the start of Python, memory, requests and tokens."""

    seconds: float
    whole: float
    memory_mb: float | None
    requests: int
    tokens: int
    fingerprint: str


def against_official(say: Say) -> str:
    """Measure both clients on both roads; return the tables."""
    pythons = {"official": _official_python(), "ours": sys.executable, "Client": sys.executable}
    parts = []
    with tempfile.TemporaryDirectory(prefix="runregistry-benchmarks-") as folder, _roads(Path(folder), say) as (roads, count):
        for road in roads:
            rows, more = [], []
            for script, goals in zip(SCRIPTS, road.goals, strict=True):
                done = _measured(pythons, script, road, count, say)
                rows.append(_row(script.what, done, lambda each: each.seconds, goals))
                rows.append(_row("… with the start of Python and the imports", done, lambda each: each.whole, ("", "")))
                more += _more_rows(script, done, road)
            header = ("script", "official 3.1.2", "ours", "times as fast", "goal", "`Client`", "times as fast", "goal")
            parts += [f"### {road.name}", markdown(header, rows)]
            parts.append(markdown(("script", "", "official 3.1.2", "ours", "`Client`", "goal"), more))
    return "\n\n".join(parts)


@contextmanager
def _roads(folder: Path, say: Say) -> Iterator[tuple[list[Road], Callable[[], tuple[int, int]]]]:
    """Serve a registry, a road that is longer, and a sign-in service; yield the roads and what counts requests and tokens."""
    say("the registry")
    with sqlite_database(folder, "runs") as database:
        with Store(database) as store:
            ensure_settings(store)
            generator.fill(store, N_RUNS)
        relay = [sys.executable, str(HERE / "latency.py")]
        sign_in = [sys.executable, str(HERE / "signin.py"), str(TOKEN_MS)]
        with (
            served(database) as registry,
            process([*relay, registry.url, str(LATENCY_MS)]) as (_, far),
            process(sign_in) as (_, token_host),
        ):
            tokens = {**_SIGN_IN, "token_url": f"{token_host}/token"}
            far_name = f"{LATENCY_MS} ms away, with tokens that take {TOKEN_MS} ms"
            roads = [
                Road("The same machine, no tokens", registry.url, None, (("≥ 3 ×", "≥ 3 ×"), ("", ""))),
                Road(far_name, far, tokens, (("≥ 10 ×", "≥ 10 ×"), ("", "≥ 10 ×"))),
            ]
            with httpx2.Client(timeout=60) as http:
                yield roads, lambda: (_count_requests(http, registry.url), _count_tokens(http, tokens))


def _measured(
    pythons: dict[str, str], script: Script, road: Road, count: Callable[[], tuple[int, int]], say: Say
) -> dict[str, list[Done]]:
    """Run a script with each client in turns, in changing order; all must get the same answers."""
    done: dict[str, list[Done]] = {client: [] for client in CLIENTS}
    numbers = _run_numbers(road.url) if script.name == "lumisections" else []
    for round_number in range(script.rounds):
        say(f"{road.name}: {script.what}, {round_number + 1} of {script.rounds}")
        for client in CLIENTS if round_number % 2 else reversed(CLIENTS):
            name = script.client_name if client == "Client" else script.name
            asked = {"script": name, "url": road.url, "tokens": road.tokens, "run_numbers": numbers}
            done[client].append(_run(pythons[client], asked, count))
    if len({each.fingerprint for several in done.values() for each in several}) != 1:
        raise SystemExit(f"the clients did not get the same answers from {script.what}: no figure of theirs means anything")
    return done


def _run(python: str, asked: dict[str, Any], count: Callable[[], tuple[int, int]]) -> Done:
    """Run a script in a process of its own."""
    with tempfile.NamedTemporaryFile("r", suffix=".json", encoding="utf-8") as answer:
        before = count()
        command = [python, str(HERE / "asking.py"), answer.name]
        told = json.dumps({**asked, "begun": time.time()})
        subprocess.run(command, input=told, text=True, check=True, stdout=subprocess.DEVNULL)
        found = json.load(answer)
    after = count()
    # Of the tokens, one is that of the count.
    return Done(**found, requests=after[0] - before[0], tokens=after[1] - before[1] - 1)


def _run_numbers(url: str) -> list[int]:
    asked = {"filter": {}, "sortings": [], "page": 0, "page_size": N_ASKED}
    return [row["run_number"] for row in httpx2.post(f"{url}/runs_filtered_ordered", json=asked).json()["runs"]]


def _count_requests(http: httpx2.Client, url: str) -> int:
    """Return how many requests the registry has answered, without those for its figures."""
    figures = http.get(f"{url}/v1/metrics").text
    found = re.findall(r'^runregistry_requests_total\{.*route="(\w+)".*\} (\S+)$', figures, re.MULTILINE)
    return sum(int(float(number)) for route, number in found if route != "metrics")


def _count_tokens(http: httpx2.Client, tokens: dict[str, str]) -> int:
    """Return how many tokens were given out, this one too: they are numbered."""
    form = {"grant_type": "client_credentials", "audience": tokens["audience"]}
    answer = http.post(tokens["token_url"], data=form, auth=(tokens["client_id"], tokens["client_secret"]))
    return int(answer.json()["access_token"].rpartition("-")[2])


def _row(what: str, done: dict[str, list[Done]], seconds: Callable[[Done], float], goals: tuple[str, str]) -> tuple[str, ...]:
    official, ours, client = (median(map(seconds, done[name])) for name in CLIENTS)
    return what, _time(official), _time(ours), _ratio(official, ours), goals[0], _time(client), _ratio(official, client), goals[1]


def _more_rows(script: Script, done: dict[str, list[Done]], road: Road) -> list[tuple[str, ...]]:
    rows = [(script.what, "requests", *(str(done[name][0].requests) for name in CLIENTS), "")]
    if road.tokens is not None:
        rows.append(("", "tokens", *(str(done[name][0].tokens) for name in CLIENTS), ""))
    memory = [_memory(done[name]) for name in CLIENTS]
    if None not in memory:
        goal = f"≤ {_MORE_MEMORY * memory[0]:.0f} MB"
        rows.append(("", "most memory", *(f"{each:.0f} MB" for each in memory), goal))
    return rows


def _memory(several: Sequence[Done]) -> Any:
    known = [each.memory_mb for each in several if each.memory_mb is not None]
    return median(known) if known else None


def _time(seconds: float) -> str:
    return f"{seconds:.1f} s" if seconds >= 1 else milliseconds(seconds)


def _ratio(reference: float, seconds: float) -> str:
    ratio = reference / seconds
    return f"{ratio:.0f} ×" if ratio >= 20 else f"{ratio:.1f} ×"


def _official_python() -> str:
    """Return the Python of the environment in which the tests have the official client; made if there is none."""
    sys.path.insert(0, str(HERE.parent))
    import pytest
    from tests.official_clients import NEWEST, python_of_release

    try:
        return str(python_of_release(NEWEST))
    except pytest.skip.Exception as reason:
        raise SystemExit(f"there is nothing to compare with: {reason}") from None
