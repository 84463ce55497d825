"""Reading as of a version, for any history: the same as a registry in which nothing came after it."""

from __future__ import annotations

import json

from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import select
from tests.contract.filling import EXPRESS, PROMPT, add_dataset, create_run, triplet

from runregistry.filters import Page, parse_filter, parse_sortings
from runregistry.store import Store
from runregistry.store.differences import changed_runs, differences
from runregistry.store.versions import EVENTS
from runregistry.terms import ONLINE

RUNS = (355100, 355101)
PEOPLE = ("shifter@cern.ch", "auto@auto", "auto@auto - expert@cern.ch")
NAMES = (ONLINE, PROMPT, EXPRESS)
ALL = Page(0, None)

lumisection = st.integers(1, 12)
edits = st.one_of(
    st.tuples(st.just("run"), st.sampled_from(("significant", "stop_reason", "state")), st.sampled_from(("a", "b", None))),
    st.tuples(st.just("oms run"), st.sampled_from(("energy", "b_field")), st.integers(0, 2)),
    st.tuples(st.just("dataset"), st.sampled_from(("dt_state", "global_state")), st.sampled_from(("OPEN", "SIGNOFF"))),
    st.tuples(st.just("hide"), st.booleans(), st.none()),
    st.tuples(st.just("gui"), st.sampled_from(("/A", "/B")), st.none()),
    st.tuples(st.just("rr"), st.sampled_from(("dt-dt", "csc-csc")), st.sampled_from(("GOOD", "BAD", "STANDBY"))),
    st.tuples(st.just("oms"), st.sampled_from(("dt0_ready", "recorded")), st.sampled_from((True, False, 0.5, 2))),
    st.tuples(st.just("create"), st.none(), st.none()),
)
steps = st.tuples(st.sampled_from(RUNS), st.sampled_from(NAMES), st.sampled_from(PEOPLE), lumisection, lumisection, edits)
histories = st.lists(steps, max_size=12)


def play(store, history):
    """Write a history, one version each; what can't be (a run that is not there) is made first."""
    for run_number, name, by, one, other, (kind, what, value) in history:
        first, last = sorted((one, other))
        with store.reading() as connection:
            names = store.records.dataset_names(connection, run_number, hidden=True)
        if not names:
            create_run(store, run_number)
        elif name not in names:
            add_dataset(store, run_number, name)
        else:
            with store.write(by, f"{kind} {what}") as writer:
                write(writer, run_number, name, first, last, kind, what, value)


def write(writer, run_number, name, first, last, kind, what, value):
    """Write one change."""
    if kind == "run":
        writer.add_run_event(run_number, rr={what: value})
    elif kind == "oms run":
        writer.add_run_event(run_number, oms={what: value})
    elif kind == "dataset":
        writer.add_dataset_event(run_number, name, {what: value})
    elif kind == "hide":
        writer.add_dataset_event(run_number, name, deleted=what)
    elif kind == "gui":
        writer.add_dataset_event(run_number, name, in_gui=[what])
    elif kind == "rr":
        writer.add_rr_changes(run_number, name, [(first, last, {what: triplet(value)})])
    elif kind == "oms":
        writer.add_oms_changes(run_number, name, [(first, last, {what: value})])


def present(store):
    """Everything that a registry answers about the present."""
    runs = store.queries.runs(parse_filter({}, "runs"), (), ALL)
    datasets = store.queries.datasets(parse_filter({}, "datasets"), (), ALL)
    keys = [(row.run_number, row.name) for row in datasets.rows]
    with store.reading() as connection:
        columns = {key: store.records.lumisections(connection, *key) for key in keys}
        certified = sorted(store.records.certified(connection, keys))
        luminosity = store.records.luminosity_between(connection, min(RUNS), max(RUNS))
    return shown(runs, datasets, columns, certified, luminosity)


def past(store, version):
    """The same as of a version."""
    reader = store.as_of(version)
    lists = [store.past_lists.page(reader, table, parse_filter({}, table), (), ALL) for table in ("runs", "datasets")]
    with store.reading() as connection:
        keys = [(row.run_number, row.name) for row in lists[1].rows]
        columns = {key: reader.lumisections(connection, *key) for key in keys}
        certified = list(reader.certified(connection, keys))
        luminosity = reader.luminosity_between(connection, min(RUNS), max(RUNS))
    return shown(*lists, columns, certified, luminosity)


def shown(runs, datasets, columns, certified, luminosity):
    """What can be compared: documents by value, as the order of their keys may differ."""
    lumisections = {key: [json.loads(found.encode_rr()), json.loads(found.encode_oms())] for key, found in columns.items()}
    return {
        "runs": [read(row) for row in runs.rows],
        "datasets": [read(row) for row in datasets.rows],
        "counts": (runs.count, datasets.count),
        "lumisections": lumisections,
        "certified": [read(row) for row in certified],
        "luminosity": tuple(round(value, 9) for value in luminosity),
    }


def read(row):
    """A row with its documents decoded."""
    return [json.loads(value) if isinstance(value, str) and value[:1] in "{[" else value for value in row]


@settings(max_examples=10)
@given(histories)
def test_as_of_a_version_a_registry_is_one_that_has_only_the_versions_up_to_it(history):
    with Store("sqlite://") as whole:
        play(whole, history)
        for upto in range(len(history) + 1):
            with Store("sqlite://") as shorter:
                play(shorter, history[:upto])
                assert past(whole, upto) == present(shorter), f"as of {upto}"


FILTERS = (
    {"run_number": {">": 355100}},
    {"rr_attributes.significant": {"=": "a"}},
    {"or": [{"oms_attributes.energy": {">=": 1}}, {"triplet_summary.dt-dt.BAD": {">": 0}}]},
    {"and": [{"run_number": {"<=": 355101}}, {"version": {">": 10}}, {"deleted": {"=": False}}]},
)
SORTINGS = ([], [["run_number", "ASC"]], [["rr_attributes.stop_reason", "DESC"]], [["version", "ASC"]])


@settings(max_examples=20)
@given(histories, st.sampled_from(("runs", "datasets")), st.sampled_from(FILTERS), st.sampled_from(SORTINGS), st.integers(0, 12))
def test_lists_as_of_a_version_are_filtered_sorted_and_paged_as_those_of_the_present(history, table, wire, order, upto):
    upto = min(upto, len(history))
    node, sortings = parse_filter(wire, table), parse_sortings(order, table)
    with Store("sqlite://") as whole, Store("sqlite://") as shorter:
        play(whole, history)
        play(shorter, history[:upto])
        for page in (ALL, Page(0, 2), Page(1, 2), Page(0, 0)):
            expected = getattr(shorter.queries, table)(node, sortings, page)
            found = whole.past_lists.page(whole.as_of(upto), table, node, sortings, page)
            assert found.count == expected.count
            assert [read(row) for row in found.rows] == [read(row) for row in expected.rows]


@settings(max_examples=20)
@given(histories, st.integers(0, 12), st.integers(0, 12))
def test_differences_are_what_was_and_what_is(history, one, other):
    check_differences(history, one, other)


quarrels = st.lists(
    st.tuples(st.sampled_from(PEOPLE), lumisection, lumisection, st.sampled_from(("GOOD", "BAD", "STANDBY"))),
    min_size=2,
    max_size=8,
)


@settings(max_examples=25)
@given(quarrels, st.integers(1, 9), st.integers(1, 9))
def test_differences_are_right_whoever_overrules_whom(edits, one, other):
    place = (RUNS[0], ONLINE)
    history = [(*place, by, first, last, ("rr", "dt-dt", status)) for by, first, last, status in edits]
    check_differences([(*place, PEOPLE[1], 1, 1, ("create", None, None)), *history], one, other)


def check_differences(history, one, other):
    """Compare what is told of components with what they were and are, lumisection by lumisection."""
    since, upto = sorted((min(one, len(history)), min(other, len(history))))
    with Store("sqlite://") as store:
        play(store, history)
        with store.reading() as connection:
            runs = changed_runs(connection, since, upto)
            assert runs == sorted({row.run_number for row in events_between(connection, since, upto)})
            found = list(differences(connection, store.values, runs, since, upto))
            before = columns_as_of(store, connection, since)
            after = columns_as_of(store, connection, upto)
            by = {number: row.by for number, row in store.versions.named(connection, range(len(history) + 1)).items()}
    assert all(since < change.atomic_version <= upto for change in found)
    assert all(change.atomic_version in by for change in found)
    new = {(change.run_number, change.name) for change in found if change.kind == "created"}
    told = {}
    for change in found:
        if change.kind == "component":
            for number in range(change.first, change.last + 1):
                told[change.run_number, change.name, change.what, number] = (change.was, change.now)
    expected = {}
    for key in before.keys() | after.keys():
        if key[:2] not in new and before.get(key) != after.get(key):
            expected[key] = (before.get(key), after.get(key))
    assert {key: value for key, value in told.items() if key[:2] not in new} == expected


def events_between(connection, since, upto):
    """Every event of some versions, looked for one by one."""
    for table in EVENTS:
        yield from (row for row in connection.execute(select(table)) if since < row.atomic_version <= upto)


def columns_as_of(store, connection, version):
    """Every component in every lumisection."""
    found = {}
    for run_number in RUNS:
        for name in NAMES:
            if store.as_of(version).dataset(connection, run_number, name) is None:
                continue
            for component, steps in store.as_of(version).lumisections(connection, run_number, name).rr.items():
                for first, last, value in steps:
                    found |= {(run_number, name, component, number): value for number in range(first, last + 1)}
    return found
