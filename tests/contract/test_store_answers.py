"""What lists keep in memory is never stale: whoever changes something, and whatever was asked before."""

from __future__ import annotations

import random

import pytest

from runregistry.filters import Page, parse_filter, parse_sortings
from runregistry.store import Store, answers
from runregistry.store.queries import Queries
from runregistry.terms import ONLINE

ROBOT, PERSON = "auto@auto", "shifter@example.org"
NAMES = tuple(f"/{process}/Collisions22/DQM" for process in ("Express", "PromptReco", "ReReco"))
ASKED = (
    ("runs", {}, ()),
    ("runs", {}, (("oms_attributes.energy", "DESC"),)),
    ("runs", {"rr_attributes.class": {"like": "C%"}}, (("rr_attributes.class", "ASC"), ("run_number", "ASC"))),
    ("runs", {"run_number": {">": 105}}, ()),
    ("runs", {"triplet_summary.dt-dt.BAD": {">": 0}}, (("triplet_summary.dt-dt.BAD", "ASC"),)),
    ("datasets", {}, ()),
    ("datasets", {}, (("oms_attributes.energy", "ASC"), ("name", "ASC"))),
    ("datasets", {"rr_attributes.class": "Cosmics22"}, (("version", "DESC"),)),
    ("datasets", {"dataset_attributes.dt_state": {"or": [{"=": "OPEN"}, {"=": "SIGNOFF"}]}}, ()),
    ("datasets", {"name": {"<>": ONLINE}}, (("dataset_attributes.dt_state", "DESC"), ("triplet_summary.dt-dt.BAD", "ASC"))),
    ("datasets", {"or": [{"rr_attributes.class": "Cosmics22"}, {"triplet_summary.dt-dt.BAD": {">": 1}}]}, ()),
)


@pytest.fixture(autouse=True)
def _small(monkeypatch):
    """Blocks and lists are small here, as many as a large registry has."""
    monkeypatch.setattr(answers, "_BLOCK", 4)


@pytest.fixture
def registry(store):
    for number in range(100, 112):
        create_run(store, number, random.Random(number))
    return store


def create_run(store, number, dice):
    with store.write(ROBOT, "creation") as writer:
        rr = {"class": dice.choice(("Cosmics22", "Collisions22")), "state": "OPEN"}
        writer.add_run_event(number, oms={"energy": dice.choice((0, 900, 6799, None))}, rr=rr)
        for name in (ONLINE, *dice.sample(NAMES, dice.randrange(3))):
            writer.add_dataset_event(number, name, {"dt_state": "OPEN"} if name != ONLINE else {})
            writer.add_rr_changes(number, name, [(1, 9, {"dt-dt": quality("GOOD")})])


def quality(status):
    return {"status": status, "comment": "", "cause": ""}


def change(store, dice):
    """Change something at random; runs and datasets are created in no order."""
    known = [(row.run_number, row.name) for row in Queries(store.database).datasets(parse_filter({}, "datasets"), (), ALL).rows]
    number, name = dice.choice(known)
    kind = dice.randrange(7)
    if kind == 0:
        create_run(store, dice.choice([each for each in range(80, 140) if each not in {run for run, _ in known}]), dice)
        return
    with store.write(PERSON, "change") as writer:
        if kind == 1:
            writer.add_run_event(number, rr={"class": dice.choice(("Cosmics22", "Commissioning22", "A"))})
        elif kind == 2:
            writer.add_run_event(number, oms={"energy": dice.choice((450, 6500.5, None))})
        elif kind == 3:
            writer.add_dataset_event(number, name, deleted=True)
        elif kind == 4:
            writer.add_dataset_event(number, dice.choice(NAMES), {"dt_state": dice.choice(("OPEN", "SIGNOFF"))}, deleted=False)
        elif kind == 5:
            first = dice.randint(1, 9)
            writer.add_rr_changes(number, name, [(first, 9, {"dt-dt": quality(dice.choice(("BAD", "STANDBY")))})])
        else:
            writer.add_dataset_event(number, ONLINE, deleted=dice.random() < 0.5)


ALL = Page(0, None)


def ask(queries, asked, page=ALL):
    table, filter_, sortings = asked
    of_table = queries.runs if table == "runs" else queries.datasets
    found = of_table(parse_filter(filter_, table), parse_sortings([list(key) for key in sortings], table), page)
    return found.rows, found.count


def assert_same(queries, database):
    """Compare with lists that remember nothing."""
    for asked in ASKED:
        rows, count = ask(Queries(database), asked)
        assert ask(queries, asked) == (rows, count), asked
        assert count == len(rows)
        for page in (Page(0, 3), Page(count // 6, 3), Page(max(count - 1, 0) // 3, 3), Page(0, 0)):
            assert ask(queries, asked, page) == (page.cut(rows), count), (asked, page)


@pytest.mark.parametrize("seed", range(3))
def test_lists_follow_every_change(registry, seed):
    dice = random.Random(seed)
    assert_same(registry.queries, registry.database)
    for _ in range(8):
        for _ in range(dice.choice((1, 1, 2))):
            change(registry, dice)
        assert_same(registry.queries, registry.database)


def test_lists_follow_what_another_process_writes(registry, database_url):
    if database_url == "sqlite://":
        pytest.skip("a database in memory belongs to one process")
    dice = random.Random(7)
    with Store(database_url) as other:
        for _ in range(6):
            assert_same(registry.queries, registry.database)
            assert_same(other.queries, other.database)
            change(other, dice)
            change(registry, dice)
        assert_same(registry.queries, registry.database)


def test_an_answer_is_found_again_until_something_changes(registry, monkeypatch):
    asked = ASKED[6]
    first = ask(registry.queries, asked)
    with monkeypatch.context() as patch:
        patch.setattr("runregistry.store.index.match", lambda *_: pytest.fail("it was asked before"))
        assert ask(registry.queries, asked) == first
        assert ask(registry.queries, asked, Page(1, 3))[0] == first[0][3:6]
    with registry.write(PERSON, "hide") as writer:
        writer.add_dataset_event(first[0][0].run_number, first[0][0].name, deleted=True)
    assert ask(registry.queries, asked) == (first[0][1:], first[1] - 1)


def test_one_and_true_are_asked_apart(registry):
    with registry.write(ROBOT, "flags") as writer:
        writer.add_run_event(100, oms={"flag": 1})
        writer.add_run_event(101, oms={"flag": True})
    rows = [ask(registry.queries, ("runs", {"oms_attributes.flag": {"=": operand}}, ()))[0] for operand in (1, True)]
    assert [[row.run_number for row in found] for found in rows] == [[100], [101, 100]]


def test_an_order_is_moved_on_and_not_made_again(registry, monkeypatch):
    asked = ("runs", {}, (("oms_attributes.energy", "ASC"),))
    ask(registry.queries, asked)
    for name in ("runregistry.store.answers.ordered", "runregistry.filters.orders.ordered"):
        monkeypatch.setattr(name, lambda *_: pytest.fail("it is known"))
    monkeypatch.setattr("runregistry.filters.orders._ONE_OF", 1)
    with registry.write(PERSON, "change") as writer:
        writer.add_run_event(105, oms={"energy": "0 at last"})
    assert ask(registry.queries, asked)[0][0].run_number != 105
    with registry.write(PERSON, "change") as writer:
        writer.add_run_event(105, oms={"energy": ""})
    assert ask(registry.queries, asked)[0][0].run_number == 105


def test_a_full_memory_forgets_and_answers_all_the_same(registry, monkeypatch):
    monkeypatch.setattr(answers, "_MAX_BYTES", 100)
    monkeypatch.setattr(answers, "_MAX_ORDERS", 1)
    monkeypatch.setattr(answers, "_MAX_TAKEN", 1)
    registry.queries._index.reset()
    assert_same(registry.queries, registry.database)
    assert len(registry.queries._index._state.answers) <= 2


def test_pages_beyond_the_end_are_empty(registry):
    for asked in ASKED:
        rows, count = ask(registry.queries, asked, Page(1000, 50))
        assert rows == []
        assert count == ask(registry.queries, asked)[1]
