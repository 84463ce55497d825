"""How the registry grows: lists, changes, golden JSONs and the disk at 1,000, 10,000 and 100,000 runs, on both databases."""

from __future__ import annotations

import random
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any, NamedTuple

import generator
import httpx2
import writing
from growth import Point, draw
from pages import PAGE_SIZE, QUESTIONS, Question
from parts import PARTS, parts_of
from serving import EXPERT, Served, postgresql, served, sqlite_database
from sqlalchemy import Connection, select, text
from sqlalchemy.exc import OperationalError
from times import markdown, milliseconds, percentile
from year import RULE

from runregistry.logic import parse_rule
from runregistry.server import ensure_settings
from runregistry.server.services.certified import CertifiedDatasets
from runregistry.store import Store, schema

SIZES = (1_000, 10_000, 100_000)
# 95 % of the answers at the largest size, within so many seconds.
GOALS = {"SQLite": 0.005, "PostgreSQL": 0.010}
PLACES = ("first page", "middle page", "last page", "count")
_TIMES = 25
_AT_START = 400
_RUNS_CREATED = 100
_READS_PER_EVENT = 10
_EVENTS = 40
_RANGE_TABLES = ("rr_change", "oms_change")

_New = Callable[[str], AbstractContextManager[str]]


class Measured(NamedTuple):
    """A registry of one size, on one database.

    Attributes
    ----------
    spent : dict
        Seconds of the answers, by question and place.
    starting, mixed : list of float
        Seconds of answers right after the start, and while the registry is changed.
    """

    database: str
    filled: generator.Filled
    fill_s: float
    n_bytes: int
    range_bytes: int | None
    first: dict[Question, float]
    spent: dict[tuple[Question, str], list[float]]
    starting: list[float]
    mixed: list[float]
    created_per_s: float
    n_golden: int
    golden_cold_s: float
    golden_warm_s: float
    memory_mb: float
    parts: dict[str, list[float]]

    def all_of(self, place: str) -> list[float]:
        """Return the seconds of all kinds of questions for one place."""
        return [each for (_, where), spent in self.spent.items() if where == place for each in spent]

    def everything(self) -> list[float]:
        """Return the seconds of all answers."""
        return [each for spent in self.spent.values() for each in spent]


def scale(sizes: Sequence[int], n_edits: float, say: Callable[[str], None], picture: Path | None) -> str:
    """Measure on both databases; return the tables, and draw how it grows."""
    with tempfile.TemporaryDirectory(prefix="runregistry-benchmarks-") as folder, postgresql() as new:
        databases: dict[str, _New] = {"SQLite": lambda name: sqlite_database(Path(folder), name), "PostgreSQL": new}
        measured = [_measured(name, new, n_runs, n_edits, say) for n_runs in sizes for name, new in databases.items()]
    if picture is not None:
        draw(list(map(_point, measured)), GOALS, picture)
    largest = [each for each in measured if each.filled.runs == max(sizes)]
    size = f"{largest[0].filled.runs:,} runs, {largest[0].filled.datasets:,} datasets"
    return "\n\n".join(
        [
            "### Growth",
            _growth(measured),
            f"### Where the time of a page goes at {size}, p50 and p95",
            _parts(largest),
            f"### Pages of {PAGE_SIZE} at {size}, p95",
            _by_question(largest),
        ]
    )


def _measured(database: str, new: _New, n_runs: int, n_edits: float, say: Callable[[str], None]) -> Measured:
    with new(f"scale{n_runs}") as url:
        filled, fill_s, n_bytes, range_bytes = _filled(url, n_runs, n_edits)
        say(f"{database}: {generator.describe(filled)} in {fill_s:.0f} s, {n_bytes / 1e6:,.0f} MB")
        golden = _golden(url)
        with Store(url) as store:
            parts = parts_of(store)
        with served(url) as registry:
            first, spent, starting = _pages(registry)
            mixed = _mixed(registry)
            created_s, n_lumisections = writing.create_runs(registry, _RUNS_CREATED)
            memory = registry.memory_mb()
        return Measured(
            database,
            filled,
            fill_s,
            n_bytes,
            range_bytes,
            first,
            spent,
            starting,
            mixed,
            n_lumisections / created_s,
            *golden,
            memory[1] if memory else 0.0,
            parts,
        )


def _filled(url: str, n_runs: int, n_edits: float) -> tuple[generator.Filled, float, int, int | None]:
    with Store(url) as store:
        ensure_settings(store, None)
        begun = time.perf_counter()
        filled = generator.fill(store, n_runs, n_edits=n_edits)
        fill_s = time.perf_counter() - begun
        generator.spot_check(store)
        with store.reading() as connection:
            return filled, fill_s, *_bytes(connection)


def _bytes(connection: Connection) -> tuple[int, int | None]:
    """Return the bytes of a database, and those of its events of ranges, with the indexes of both; None where nobody says."""
    if connection.dialect.name == "sqlite":
        whole = text("SELECT page_count * page_size FROM pragma_page_count(), pragma_page_size()")
        part = text("SELECT sum(pgsize) FROM dbstat WHERE name IN (SELECT name FROM sqlite_schema WHERE tbl_name = :name)")
    else:
        whole = text("SELECT pg_database_size(current_database())")
        part = text("SELECT pg_total_relation_size(CAST(:name AS text))")
    n_bytes = int(connection.execute(whole).scalar_one())
    try:
        return n_bytes, sum(int(connection.execute(part, {"name": name}).scalar_one()) for name in _RANGE_TABLES)
    except OperationalError:  # SQLite was compiled without its table of pages
        return n_bytes, None


def _golden(url: str) -> tuple[int, float, float]:
    """Make the golden JSON of the year with most runs: from opening the database, and again; return also how many datasets."""
    rule = parse_rule(RULE)
    begun = time.perf_counter()
    with Store(url) as store, store.reading() as connection:
        datasets = CertifiedDatasets(store, folder=None)
        names = datasets.matching_names(connection, f"/PromptReco/{_largest_class(connection)}_/DQM")
        opened = time.perf_counter()
        snapshot = datasets.snapshot(connection, names, rule)
        golden = snapshot.golden(rule)
        cold = time.perf_counter() - opened
        n_datasets = connection.execute(select(schema.dataset.c.run_number).where(schema.dataset.c.name.in_(names))).all()
        warm = []
        for _ in range(5):
            begun = time.perf_counter()
            if datasets.snapshot(connection, names, rule).golden(rule) != golden:
                raise SystemExit("the same golden JSON was made in two ways")
            warm.append(time.perf_counter() - begun)
    return len(n_datasets), cold, percentile(warm, 50)


def _largest_class(connection: Connection) -> str:
    """Return the class of collisions that has most runs."""
    names = connection.execute(select(schema.dataset.c.name).where(schema.dataset.c.name.like("/PromptReco/Collisions%")))
    counts = Counter(name.split("/")[2][:-1] for (name,) in names)
    return str(counts.most_common(1)[0][0])


def _pages(registry: Served) -> tuple[dict[Question, float], dict[tuple[Question, str], list[float]], list[float]]:
    """Ask each kind of question with changing operands: for the first page, the middle one, the last one, and the count alone.

    Returns
    -------
    tuple
        Seconds of the slowest of the first requests of each kind; of the later ones, by kind and place; and of those requests
        that were made while the registry, just started, read columns into memory.
    """
    dice = random.Random(0)
    spent: dict[tuple[Question, str], list[float]] = {(question, place): [] for question in QUESTIONS for place in PLACES}
    with registry.client() as client:

        def ask(question: Question, n_times: int) -> list[float]:
            return [_ask(client, question, question.body(dice))[0] for _ in range(n_times)]

        # What nobody asked for yet is read from every document: that happens once in the life of a process.
        first = {QUESTIONS[0]: max(ask(QUESTIONS[0], 5))}
        starting = ask(QUESTIONS[0], _AT_START)
        first |= {question: max(ask(question, 5)) for question in QUESTIONS[1:]}
        for question in QUESTIONS:
            for _ in range(_TIMES):
                body = question.body(dice) | {"page": 0}
                seconds, answer = _ask(client, question, body)
                pages = max(answer["pages"], 1)
                asked = [{"page": pages // 2}, {"page": pages - 1}, {"page_size": 0}]
                times = [seconds, *(_ask(client, question, body | more)[0] for more in asked)]
                for place, each in zip(PLACES, times, strict=True):
                    spent[question, place].append(each)
    return first, spent, starting


def _mixed(registry: Served) -> list[float]:
    """Change a run now and then, and ask for pages in between; return the seconds of the pages."""
    dice, spent = random.Random(0), []
    with registry.client() as client, registry.client(**EXPERT) as expert:
        asked = {"filter": {"rr_attributes.state": {"=": "OPEN"}}, "sortings": [], "page_size": _EVENTS}
        runs = client.post("/runs_filtered_ordered", json=asked).json()["runs"]
        for _ in range(_EVENTS):
            change = {"stop_reason": f"event {dice.randrange(10**9)}"}
            _expect(expert.put(f"/manual_run_edit/{dice.choice(runs)['run_number']}/stop_reason", json=change))
            for _ in range(_READS_PER_EVENT):
                question = dice.choice(QUESTIONS)
                spent.append(_ask(client, question, question.body(dice))[0])
    return spent


def _ask(client: httpx2.Client, question: Question, body: dict[str, Any]) -> tuple[float, dict[str, Any]]:
    begun = time.perf_counter()
    answer = client.post(question.path, json=body)
    spent = time.perf_counter() - begun
    return spent, _expect(answer).json()


def _expect(answer: httpx2.Response) -> httpx2.Response:
    if answer.status_code != 200:
        raise SystemExit(f"{answer.request.url.path} was answered with {answer.status_code}: {answer.text[:300]}")
    return answer


def _growth(measured: Sequence[Measured]) -> str:
    header = ("what", *(f"{each.database}, {each.filled.runs:,} runs" for each in measured))
    rows = [
        ("datasets", *(f"{each.filled.datasets:,}" for each in measured)),
        ("events of ranges", *(f"{each.filled.ranges:,}" for each in measured)),
        *((f"{place}, p50 and p95", *(_two(each.all_of(place)) for each in measured)) for place in PLACES),
        ("all of these, p50 and p95", *(_two(each.everything()) for each in measured)),
        ("goal for p95 at the largest size", *(f"{GOALS[each.database] * 1e3:.0f} ms" for each in measured)),
        (f"the first {_AT_START} after the start, p50 and p95", *(_two(each.starting) for each in measured)),
        (
            f"pages with a change after each {_READS_PER_EVENT}, p50 and p95",
            *(_two(each.mixed) for each in measured),
        ),
        ("written straight into the tables, events of ranges a second", *(_rate(each) for each in measured)),
        ("runs created over HTTP, lumisections a second", *(f"{each.created_per_s:,.0f}" for each in measured)),
        ("size on disk", *(f"{each.n_bytes / 1e6:,.0f} MB" for each in measured)),
        ("… for each million events of ranges", *(_per_million(each.n_bytes, each) for each in measured)),
        ("… of it the events of ranges themselves", *(_per_million(each.range_bytes, each) for each in measured)),
        ("golden JSON of the largest year, datasets", *(f"{each.n_golden:,}" for each in measured)),
        ("… cold: nothing in memory, nothing kept beside", *(f"{each.golden_cold_s:.2f} s" for each in measured)),
        ("… warm", *(milliseconds(each.golden_warm_s) for each in measured)),
        ("memory of the server, the most", *(f"{each.memory_mb:,.0f} MB" for each in measured)),
    ]
    return markdown(header, rows)


def _rate(each: Measured) -> str:
    return f"{each.filled.ranges / each.fill_s:,.0f}"


def _per_million(n_bytes: int | None, each: Measured) -> str:
    if n_bytes is None:
        return "not known here"
    return f"{n_bytes / each.filled.ranges:,.0f} MB"


def _two(spent: Sequence[float]) -> str:
    return f"{milliseconds(percentile(spent, 50))}, {milliseconds(percentile(spent, 95))}"


def _by_question(measured: Sequence[Measured]) -> str:
    header = ("list", "filter", *(f"{each.database} {what}" for each in measured for what in ("first of all", *PLACES)))
    rows = [
        (question.table, question.kind, *(cell for each in measured for cell in _cells(each, question))) for question in QUESTIONS
    ]
    return markdown(header, rows)


def _parts(measured: Sequence[Measured]) -> str:
    rows = [(part, *(_two(each.parts[part]) for each in measured)) for part in PARTS]
    return markdown(("part", *(each.database for each in measured)), rows)


def _cells(each: Measured, question: Question) -> list[str]:
    return [
        milliseconds(each.first[question]),
        *(milliseconds(percentile(each.spent[question, place], 95)) for place in PLACES),
    ]


def _point(each: Measured) -> Point:
    return Point(
        each.database,
        each.filled.runs,
        {place: percentile(each.all_of(place), 95) for place in PLACES},
        each.n_bytes,
        each.golden_cold_s,
        each.golden_warm_s,
    )


if __name__ == "__main__":
    print(scale(list(map(int, sys.argv[1:])) or [1_000], 1.0, lambda line: print(line, file=sys.stderr, flush=True), None))
