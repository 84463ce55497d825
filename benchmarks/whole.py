"""The whole service on both databases: registries that a process of its own serves, asked and changed over HTTP."""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import generator
import httpx2
import writing
from pages import PAGE_SIZE, QUESTIONS, Question
from serving import Served, bare_server, latencies, postgresql, served, sqlite_database, together
from times import markdown, milliseconds, percentile

from runregistry.server import ensure_settings
from runregistry.store import Store

CLIENTS = 16
EDITS = 200
# Goals of a filtered, counted page: up to so many runs, 95 % of the answers within so many seconds.
GOALS = ((1_000, 0.010), (100_000, 0.050))
_WARM_UP, _TIMES = 40, 200
_TOGETHER_S = 10.0

_New = Callable[[str], Any]
_Row = tuple[str, ...]


def whole(sizes: Sequence[int], say: Callable[[str], None]) -> str:
    """Measure on both databases; return the tables."""
    with tempfile.TemporaryDirectory(prefix="runregistry-benchmarks-") as folder, postgresql() as new:
        databases: dict[str, _New] = {"SQLite": lambda name: sqlite_database(Path(folder), name), "PostgreSQL": new}
        say("changes")
        parts = ["### Changes", markdown(("what", *databases, "goal"), changes(databases))]
        for n_runs in sizes:
            parts += [f"### Pages of {PAGE_SIZE} at {n_runs:,} runs", *pages(databases, n_runs, say)]
    return "\n\n".join(parts)


def changes(databases: dict[str, _New]) -> list[_Row]:
    """Measure what is written through HTTP."""
    columns = [_changes(new) for new in databases.values()]
    lumisections = writing.N_RUNS * writing.N_LUMISECTIONS
    what = (
        ("`world-1` built, its recorded exchanges", ""),
        (f"{writing.N_RUNS:,} runs created, {lumisections:,} lumisections, one after the other", "< 60 s"),
        ("… memory of the server, the most", "< 300 MB"),
        (f"{CLIENTS} writers × {EDITS} edits of one run, all of them in its history", ""),
        ("… one edit, p50 and p95", ""),
    )
    return [(name, *cells, goal) for (name, goal), *cells in zip(what, *columns, strict=True)]


def _changes(new: _New) -> list[str]:
    with _registry(new, "world", writing.world_settings()) as registry:
        world, n_exchanges = writing.build_world(registry)
    with _registry(new, "runs") as registry:
        created, _ = writing.create_runs(registry, writing.N_RUNS)
        memory = _most_memory(registry)
    with _registry(new, "edits") as registry:
        edited, each = writing.edit_together(registry, CLIENTS, EDITS)
    return [
        f"{world:.1f} s, {n_exchanges}",
        f"{created:.1f} s",
        memory,
        f"{edited:.0f} s",
        f"{milliseconds(percentile(each, 50))}, {milliseconds(percentile(each, 95))}",
    ]


@contextmanager
def _registry(new: _New, name: str, settings: str | None = None) -> Iterator[Served]:
    with new(name) as database, served(database, *(["--settings", settings] if settings else [])) as registry:
        yield registry


def pages(databases: dict[str, _New], n_runs: int, say: Callable[[str], None]) -> list[str]:
    """Measure lists in a registry of a size; return text, a table of latencies, a table of the rest."""
    measured = [_pages(name, new, n_runs, say) for name, new in databases.items()]
    goal = min((limit for size, limit in GOALS if n_runs <= size), default=None)
    header = ("list", "filter", *(f"{name} {kind}" for name in databases for kind in ("first", "p50", "p95")))
    rows = [
        (question.table, question.kind, *(cell for each in measured for cell in each.cells(question))) for question in QUESTIONS
    ]
    rest = [(what, *(each.rest[what] for each in measured)) for what in measured[0].rest]
    said = f"{measured[0].size}. Goal: {'none' if goal is None else f'p95 < {milliseconds(goal)}'}."
    return [said, markdown(header, rows), markdown(("what", *databases), rest)]


class _Measured:
    """Lists of one registry."""

    def __init__(self, size: str) -> None:
        self.size = size
        self.spent: dict[Question, list[float]] = {}
        self.first: dict[Question, float] = {}
        self.rest: dict[str, str] = {}

    def cells(self, question: Question) -> list[str]:
        """Return the slowest answer of those that are not counted, and the percentiles of the others."""
        spent = self.spent[question]
        return [milliseconds(each) for each in (self.first[question], percentile(spent, 50), percentile(spent, 95))]


def _pages(name: str, new: _New, n_runs: int, say: Callable[[str], None]) -> _Measured:
    with new(f"lists{n_runs}") as database:
        with Store(database) as store:
            ensure_settings(store, None)
            begun = time.perf_counter()
            filled = generator.fill(store, n_runs)
            say(f"{name}: {generator.describe(filled)} in {time.perf_counter() - begun:.0f} s")
            generator.spot_check(store)
        with served(database) as registry:
            return _lists(registry, _Measured(generator.describe(filled)))


def _lists(registry: Served, measured: _Measured) -> _Measured:
    with registry.client() as client:
        for question in QUESTIONS:
            # A path that nobody asked for yet is read from every document: that happens once in the life of a process.
            measured.first[question] = max(latencies(client, question, _WARM_UP))
            measured.spent[question] = latencies(client, question, _TIMES)
        page = client.post(QUESTIONS[-1].path, json={"filter": {}, "sortings": [], "page_size": PAGE_SIZE}).content
    every = [spent for each in measured.spent.values() for spent in each]
    measured.rest["all kinds, p50 and p95"] = _two(every)
    spent, rate = together(registry.url, QUESTIONS, CLIENTS, _TOGETHER_S)
    measured.rest[f"{CLIENTS} clients, answers a second"] = f"{rate:.0f}"
    measured.rest[f"{CLIENTS} clients, p50 and p95"] = _two(spent)
    measured.rest["memory of the server, now and the most"] = _memory(registry)
    with bare_server(page) as url:
        with httpx2.Client(base_url=url) as client:
            what = f"a server that always sends {len(page) // 1000} kB, p50 and p95: HTTP and the client alone"
            measured.rest[what] = _two(latencies(client, QUESTIONS[0], _TIMES))
        measured.rest[f"… {CLIENTS} clients, answers a second"] = f"{together(url, QUESTIONS, CLIENTS, _TOGETHER_S / 3)[1]:.0f}"
    return measured


def _two(spent: Sequence[float]) -> str:
    return f"{milliseconds(percentile(spent, 50))}, {milliseconds(percentile(spent, 95))}"


def _memory(registry: Served) -> str:
    memory = registry.memory_mb()
    return "not known here" if memory is None else f"{memory[0]:.0f} MB, {memory[1]:.0f} MB"


def _most_memory(registry: Served) -> str:
    return _memory(registry).rpartition(", ")[2]


if __name__ == "__main__":
    print(whole([int(size) for size in sys.argv[1:]] or [1_000], lambda text: print(text, file=sys.stderr, flush=True)))
