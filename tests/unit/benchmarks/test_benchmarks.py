"""What the benchmarks stand on: the generated registry, the percentiles, the questions."""

from __future__ import annotations

import importlib
import random
import sys
from pathlib import Path

import pytest
from sqlalchemy import select, update

from runregistry.filters import Page, parse_filter, parse_sortings
from runregistry.store import Store, schema

BENCHMARKS = Path(__file__).parents[3] / "benchmarks"


@pytest.fixture(scope="module", autouse=True)
def _as_scripts():
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(BENCHMARKS))
        yield
        for name in ("generator", "pages", "times", "parts", "growth"):
            sys.modules.pop(name, None)


@pytest.fixture
def generator():
    return importlib.import_module("generator")


def rows_of(store):
    with store.reading() as connection:
        return {
            table.name: connection.execute(select(table)).all() for table in (schema.run, schema.dataset_cache, schema.rr_change)
        }


def filled(generator, n_runs=30, **options):
    store = Store("sqlite://")
    return store, generator.fill(store, n_runs, **options)


def test_a_generated_registry_is_what_the_store_would_make_of_its_events(generator):
    store, made = filled(generator)
    with store:
        assert (made.runs, made.datasets) == (30, 300)
        generator.spot_check(store, n_checked=300)


def test_the_spot_check_sees_a_wrong_projection(generator):
    store, _ = filled(generator, 3)
    with store:
        with store.changing() as connection:
            connection.execute(update(schema.dataset_cache).values(triplet_summary="{}"))
        with pytest.raises(SystemExit, match="not what the store would make"):
            generator.spot_check(store)


def test_the_same_seed_makes_the_same_registry(generator):
    one, other, third = (filled(generator, 8, seed=seed)[0] for seed in (1, 1, 2))
    with one, other, third:
        assert rows_of(one) == rows_of(other) != rows_of(third)


def test_shifters_edits_are_manual_events_and_can_be_as_many_as_wanted(generator):
    ranges = []
    for n_edits in (0, 1.0, 20):
        store, made = filled(generator, 20, n_edits=n_edits)
        with store:
            changes = [row for row in rows_of(store)["rr_change"] if row.manual_change]
            assert bool(changes) is bool(n_edits)
            generator.spot_check(store, n_checked=100)
        ranges.append(made.ranges)
    assert ranges == sorted(ranges)
    assert ranges[2] > 20 * generator.DATASETS_PER_RUN * 20


def test_lengths_of_runs_are_those_of_the_public_table(generator):
    dice = random.Random(3)
    lengths = sorted(generator._length(dice) for _ in range(20_000))
    assert lengths[0] == 1
    assert [lengths[place] for place in (5_000, 10_000, 15_000)] == pytest.approx([11, 39, 116], rel=0.1)
    assert sum(lengths) / len(lengths) == pytest.approx(122, rel=0.15)


def test_events_are_counted_as_they_are_stored(generator):
    store, made = filled(generator, 12)
    with store, store.reading() as connection:
        stored = sum(
            row.last_version - row.version + 1
            for table in (schema.rr_change, schema.oms_change)
            for row in connection.execute(select(table))
        )
        assert stored == made.ranges


def test_the_parts_of_a_page_are_measured_for_each_question_about_datasets(generator, monkeypatch):
    parts = importlib.import_module("parts")
    monkeypatch.setattr(parts, "_TIMES", 1)
    store, _ = filled(generator, 30)
    with store:
        spent = parts.parts_of(store)
    assert tuple(spent) == parts.PARTS
    n_questions = sum(question.table == "datasets" for question in importlib.import_module("pages").QUESTIONS)
    assert {len(each) for each in spent.values()} == {n_questions}
    assert all(seconds > 0 for each in spent.values() for seconds in each)


def test_the_growth_is_drawn_the_same_each_time(tmp_path):
    growth = importlib.import_module("growth")
    points = [
        growth.Point(database, runs, {"first page": 1e-6 * runs, "count": 5e-7 * runs}, 10**6 * runs, 1e-3 * runs, 1e-5 * runs)
        for database in ("SQLite", "PostgreSQL")
        for runs in (1_000, 100_000)
    ]
    for name in ("one.svg", "other.svg"):
        growth.draw(points, {"SQLite": 0.005, "PostgreSQL": 0.010}, tmp_path / name)
    text = (tmp_path / "one.svg").read_text(encoding="utf-8")
    assert text == (tmp_path / "other.svg").read_text(encoding="utf-8")
    written = {found.strip() for found in text.replace("<", ">").split(">")}
    assert {"SQLite, first page", "PostgreSQL, cold", "Size on disk"} <= written


def test_a_registry_that_holds_something_is_not_filled(generator):
    store, _ = filled(generator, 2)
    with store, pytest.raises(SystemExit, match="empty"):
        generator.fill(store, 2)


def test_a_generated_registry_can_be_changed_afterwards(generator):
    store, _ = filled(generator, 5)
    with store:
        with store.write("shifter@example.org", "hide nothing") as writer:
            writer.add_run_event(generator.FIRST_RUN - 1, rr={"class": "New"})
        found = store.queries.runs(parse_filter({"rr_attributes.class": "New"}, "runs"), (), Page(0, 50))
        assert [row.run_number for row in found.rows] == [generator.FIRST_RUN - 1]
        assert found.rows[0].version == max(row.version for row in rows_of(store)["run"])


def test_a_generated_registry_lies_on_postgresql_too(generator, postgres_url):
    with Store(postgres_url) as store:
        generator.fill(store, 12)
        generator.spot_check(store, n_checked=120)
        with store.write("auto@auto", "creation") as writer:
            writer.add_run_event(1)
        sqlite, _ = filled(generator, 12)
        with sqlite:
            on_postgresql = [row for row in rows_of(store)["dataset_cache"] if row.run_number != 1]
            assert sorted(on_postgresql) == sorted(rows_of(sqlite)["dataset_cache"])


def test_every_question_is_a_valid_filter_and_finds_something(generator):
    questions = importlib.import_module("pages").QUESTIONS
    store, _ = filled(generator, 400)
    with store:
        for question in questions:
            dice, found = random.Random(7), 0
            for _ in range(40):
                body = question.body(dice)
                node = parse_filter(body["filter"], question.table)
                ask = store.queries.runs if question.table == "runs" else store.queries.datasets
                found += ask(node, parse_sortings(body["sortings"], question.table), Page(0, 1)).count
            assert found, question.kind


@pytest.mark.parametrize(
    ("percent", "expected"),
    [(50, 2.0), (51, 3.0), (95, 4.0), (100, 4.0), (1, 1.0), (25, 1.0)],
)
def test_a_percentile_is_one_of_the_durations(percent, expected):
    assert importlib.import_module("times").percentile([3.0, 1.0, 4.0, 2.0], percent) == expected


@pytest.mark.parametrize(("seconds", "percent"), [([], 50), ([1.0], 0), ([1.0], 101)])
def test_a_percentile_of_nothing_is_refused(seconds, percent):
    with pytest.raises(ValueError, match="no percentile"):
        importlib.import_module("times").percentile(seconds, percent)


def test_a_table_is_markdown():
    table = importlib.import_module("times").markdown(("what", "p50"), [("a", "10.0 ms")])
    assert table.splitlines() == ["| what | p50     |", "| ---- | ------- |", "| a    | 10.0 ms |"]


@pytest.fixture
def year():
    yield importlib.import_module("year")
    sys.modules.pop("year", None)


def test_a_generated_year_is_what_the_store_would_make_of_its_events(generator, year):
    store = Store("sqlite://")
    with store:
        year.fill(store, year.Size(12, 40))
        generator.spot_check(store, n_checked=24)
        with store.reading() as connection:
            rows = sorted(store.records.certified(connection, [(year.FIRST_RUN + place, year.NAME) for place in range(12)]))
    assert rows == list(year.stored(year.Size(12, 40)))


def test_longer_runs_of_a_generated_year_have_the_same_ranges(year):
    def n_ranges(*size):
        return sum(len(steps) for each in year.made(year.Size(20, *size)) for steps in each.columns.rr.values())

    assert n_ranges(8000, 1, False) == pytest.approx(n_ranges(500, 1, False), rel=0.02)
    assert n_ranges(8000, 4, False) == pytest.approx(4 * n_ranges(8000, 1, False), rel=0.15)
