"""A mirror of a generated registry, made over HTTP on a road that is as long as a network: the first sync, and the next ones.

python mirror.py                         as `run.py --mirror` does, and prints the table
python mirror.py sync MIRROR URL ROUTES  one sync in a process of its own, which says what it took
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

LATENCY_MS = 20
N_CHANGED = 10
GOALS = {"first": 300.0, "size": 500.0, "next": 10.0}
HERE = Path(__file__).resolve().parent

Say = Callable[[str], None]


def mirrored(n_runs: int, say: Say, routes: str = "feed") -> str:
    """Measure the mirror of a registry of so many runs; return the table."""
    from times import markdown

    with tempfile.TemporaryDirectory(prefix="runregistry-benchmarks-") as name, _far(Path(name), n_runs, say) as (near, far):
        mirror = Path(name) / "mirror.sqlite"
        say(f"the first sync of {n_runs:,} runs")
        first = sync(mirror, far, routes)
        say("a sync without changes, and one with")
        idle = sync(mirror, far, routes)
        changed = change(near)
        again = sync(mirror, far, routes)
    if again["changed"] != changed:
        raise SystemExit(f"{changed} were changed, and the mirror read {again['changed']} again: no figure of it means anything")
    size = f"{first['size_mb']:.0f} MB"
    peak = f"{first['peak_mb']:.0f} MB" if first["peak_mb"] is not None else "not known here"
    goal = n_runs / 10_000
    rows = [
        (f"{first['runs']:,} runs, {first['datasets']:,} datasets", _seconds(first), f"< {GOALS['first'] * goal:.0f} s"),
        ("… size of the file", size, f"< {GOALS['size'] * goal:.0f} MB"),
        ("… most memory", peak, f"< {GOALS['size']:.0f} MB"),
        ("again, nothing changed", _seconds(idle), ""),
        (f"again, {N_CHANGED} runs changed", _seconds(again), f"< {GOALS['next']:.0f} s"),
    ]
    table = markdown(("sync", "took", "goal"), [list(row) for row in rows])
    return f"By the {routes} routes, {LATENCY_MS} ms away. Goals are those of 10,000 runs, in proportion.\n\n{table}"


@contextmanager
def _far(folder: Path, n_runs: int, say: Say) -> Iterator[tuple[str, str]]:
    """Serve a generated registry; yield its URL, and that of the road to it."""
    import generator
    from serving import process, served

    from runregistry.server import ensure_settings
    from runregistry.store import Store

    say(f"a registry of {n_runs:,} runs")
    path = folder / "remote.sqlite"
    with Store(path) as store:
        ensure_settings(store)
        generator.fill(store, n_runs)
    relay = [sys.executable, str(HERE / "latency.py")]
    with served(f"sqlite:///{path}") as near, process([*relay, near.url, str(LATENCY_MS)]) as (_, far):
        yield near.url, far


def change(url: str) -> list[int]:
    """Change some runs, as shifters do, and return their numbers."""
    from serving import EXPERT

    from runregistry import Client

    with Client(url, **EXPERT) as client:
        found = client.runs(fields=["run_number"], limit=5000, state="OPEN", sortings=[["run_number", "ASC"]])
        numbers = [row["run_number"] for row in found]
        chosen = numbers[:: max(len(numbers) // N_CHANGED, 1)][:N_CHANGED]
        client.change_class(chosen, "Commissioning18")
    return sorted(chosen)


def sync(mirror: Path, url: str, routes: str) -> dict[str, Any]:
    """Sync in a process of its own."""
    command = [sys.executable, str(HERE / "mirror.py"), "sync", str(mirror), url, routes]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    result: dict[str, Any] = json.loads(done.stdout)
    return result


def measured_sync(mirror: str, url: str, routes: str) -> dict[str, Any]:
    """Sync here, and say what it took."""
    from measures import peak_mb

    from runregistry.mirror import status, sync

    report = sync(mirror, url, routes=routes)
    if not report.is_complete:
        raise SystemExit(f"the mirror is not complete: {report.problems}")
    found = status(mirror)
    return {
        "seconds": report.seconds,
        "requests": report.requests,
        "runs": found.runs,
        "datasets": found.datasets,
        "size_mb": found.size_mb,
        "changed": report.runs_changed,
        "peak_mb": peak_mb(),
    }


def _seconds(found: dict[str, Any]) -> str:
    return f"{found['seconds']:.1f} s, {found['requests']:,} requests"


if __name__ == "__main__":
    if sys.argv[1:2] == ["sync"]:
        print(json.dumps(measured_sync(*sys.argv[2:])))
    else:
        how = sys.argv[2] if len(sys.argv) > 2 else "feed"
        print(mirrored(int(sys.argv[1]) if sys.argv[1:] else 1_000, lambda what: print(f"… {what}", file=sys.stderr), how))
