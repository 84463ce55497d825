"""Lists of runs and datasets: filters, orders and pages, before and after changes."""

from __future__ import annotations

import json

import pytest

from runregistry.filters import Page, parse_filter, parse_sortings
from runregistry.terms import ONLINE

ROBOT = "auto@auto"
PROMPT, EXPRESS = "/PromptReco/Collisions2022/DQM", "/Express/Collisions2022/DQM"
EVERYTHING = Page(0, None)
RUNS = [(1, "Cosmics22", None), (2, "Collisions22", 6799), (3, "Collisions22", 900), (4, "", 6.5)]


def triplet(status, comment=""):
    return {"status": status, "comment": comment, "cause": ""}


@pytest.fixture
def registry(store):
    """Four runs; the first two have offline datasets."""
    with store.write(ROBOT, "creation") as writer:
        for number, run_class, energy in RUNS:
            oms = {"run_number": number} | ({"energy": energy} if energy is not None else {})
            writer.add_run_event(number, oms=oms, rr={"class": run_class, "state": "OPEN", "significant": number > 1})
            add_dataset(writer, number, ONLINE, good=number)
        add_dataset(writer, 1, PROMPT, good=5, state="OPEN", in_gui=["/ZeroBias/DQMIO"])
        add_dataset(writer, 2, PROMPT, good=6, state="waiting dqm gui")
        add_dataset(writer, 2, EXPRESS, good=0, state="COMPLETED")
    return store


def add_dataset(writer, number, name, good, state=None, in_gui=()):
    writer.add_dataset_event(number, name, {"dt_state": state} if state else {}, in_gui=in_gui)
    writer.add_oms_changes(number, name, [(1, 10, {"dt0_ready": True})])
    changes = [(1, good, {"dt-dt": triplet("GOOD")})] if good else []
    writer.add_rr_changes(number, name, [*changes, (good + 1, 10, {"dt-dt": triplet("BAD", "HV trip")})])


def runs(store, filter_=None, sortings=(), page=EVERYTHING):
    found = store.queries.runs(parse_filter(filter_ or {}, "runs"), parse_sortings(list(sortings), "runs"), page)
    return [row.run_number for row in found.rows]


def datasets(store, filter_=None, sortings=(), page=EVERYTHING):
    found = store.queries.datasets(parse_filter(filter_ or {}, "datasets"), parse_sortings(list(sortings), "datasets"), page)
    return [(row.run_number, row.name) for row in found.rows]


def change(store, number, **events):
    with store.write(ROBOT, "change") as writer:
        writer.add_run_event(number, **events)


def test_an_empty_registry_has_no_rows(store):
    assert runs(store) == []
    assert datasets(store, {"rr_attributes.class": "X", "name": "y"}) == []


def test_the_newest_run_comes_first(registry):
    assert runs(registry) == [4, 3, 2, 1]


def test_datasets_come_newest_run_first_then_by_name(registry):
    assert datasets(registry) == [
        (4, ONLINE),
        (3, ONLINE),
        (2, EXPRESS),
        (2, PROMPT),
        (2, ONLINE),
        (1, PROMPT),
        (1, ONLINE),
    ]


@pytest.mark.parametrize(
    ("filter_", "expected"),
    [
        ({"run_number": {">": "2"}}, [4, 3]),
        ({"rr_attributes.class": {"like": "%22"}}, [3, 2, 1]),
        ({"oms_attributes.energy": None}, [1]),
        ({"oms_attributes.energy": {"and": [{">": 100}, {"<": 7000}]}}, [3, 2]),
        ({"oms_attributes.energy": {">": "6000"}}, [3, 2]),
        ({"oms_attributes.energy": {">": 6000}}, [2]),
        ({"rr_attributes.significant": False}, [1]),
        ({"triplet_summary.dt-dt.GOOD": {">": 2}}, [4, 3]),
        ({"triplet_summary.dt-dt.STANDBY": {"=": 0}}, []),
        ({"triplet_summary.dt-dt.comments": {"like": '%"HV trip"%'}}, [4, 3, 2, 1]),
        ({"or": [{"triplet_summary.dt-dt.GOOD": 1}, {"rr_attributes.class": ""}]}, [4, 1]),
        ({"run_number": {">": 1}, "or": [{"triplet_summary.dt-dt.GOOD": 2}, {"triplet_summary.dt-dt.GOOD": 3}]}, [3, 2]),
        ({"deleted": True}, [4, 3, 2, 1]),
        ({"and": [{"deleted": True}]}, []),
        ({"oms_attributes.nonsense.deeper": {"=": 1}}, []),
        ({'oms_attributes.a"b\\': {"<>": None}}, []),
        ({"version": {">": 0}}, [4, 3, 2, 1]),
    ],
)
def test_runs_are_filtered(registry, filter_, expected):
    assert runs(registry, filter_) == expected


@pytest.mark.parametrize(
    ("filter_", "expected"),
    [
        ({"run_number": 2, "name": PROMPT}, [(2, PROMPT)]),
        ({"name": {"<>": ONLINE}}, [(2, EXPRESS), (2, PROMPT), (1, PROMPT)]),
        ({"dataset_attributes.dt_state": {"or": [{"=": "OPEN"}, {"=": "COMPLETED"}]}}, [(2, EXPRESS), (1, PROMPT)]),
        ({"dataset_attributes": {"contains": {"dt_state": "OPEN"}}}, [(1, PROMPT)]),
        ({"datasets_in_gui": {"like": "/ZeroBias/DQMIO"}}, [(1, PROMPT)]),
        ({"datasets_in_gui": {"like": "/ZeroBias/%"}}, []),
        ({"rr_attributes.class": "Cosmics22"}, [(1, PROMPT), (1, ONLINE)]),
        ({"rr_attributes": {"class": "Cosmics22"}, "name": ONLINE}, [(1, ONLINE)]),
        ({"triplet_summary.dt-dt.GOOD": {">": 4}}, [(2, PROMPT), (1, PROMPT)]),
        ({"or": [{"rr_attributes.class": "Cosmics22"}, {"name": EXPRESS}]}, [(2, EXPRESS), (1, PROMPT), (1, ONLINE)]),
        ({"name": PROMPT, "or": [{"rr_attributes.class": "Cosmics22"}, {"rr_attributes.class": "X"}]}, [(1, PROMPT)]),
    ],
)
def test_datasets_are_filtered(registry, filter_, expected):
    assert datasets(registry, filter_) == expected


def test_runs_are_sorted_by_attributes(registry):
    assert runs(registry, sortings=[["oms_attributes.energy", "ASC"]]) == [4, 2, 3, 1]
    assert runs(registry, sortings=[["oms_attributes.energy", "DESC"]]) == [1, 3, 2, 4]
    assert runs(registry, sortings=[["rr_attributes.class", "ASC"], ["run_number", "ASC"]]) == [4, 2, 3, 1]


def test_datasets_are_sorted_by_attributes_of_their_runs_and_by_components(registry):
    offline = {"name": {"<>": ONLINE}}
    assert datasets(registry, offline, [["oms_attributes.energy", "DESC"]])[0] == (1, PROMPT)
    assert datasets(registry, offline, [["triplet_summary.dt-dt.GOOD", "ASC"]]) == [(1, PROMPT), (2, PROMPT), (2, EXPRESS)]
    assert len(datasets(registry, offline, [["dt-dt", "DESC"]])) == 3


def test_pages_hold_every_row_once_and_the_count_of_all(registry):
    found = [registry.queries.datasets(parse_filter({}, "datasets"), (), Page(page, 3)) for page in range(4)]
    assert [len(page.rows) for page in found] == [3, 3, 1, 0]
    assert {page.count for page in found} == {7}
    keys = [(row.run_number, row.name) for page in found for row in page.rows]
    assert keys == datasets(registry)


def test_a_page_of_no_rows_tells_the_count(registry):
    found = registry.queries.runs(parse_filter({}, "runs"), (), Page(0, 0))
    assert (found.rows, found.count) == ([], 4)


def test_rows_are_the_stored_text(registry):
    row = registry.queries.datasets(parse_filter({"run_number": 2, "name": PROMPT}, "datasets"), (), EVERYTHING).rows[0]
    assert row.dataset_attributes == '{"dt_state":"waiting dqm gui"}'
    assert row.oms_attributes == '{"run_number":2,"energy":6799}'
    assert json.loads(row.triplet_summary)["dt-dt"]["GOOD"] == 6


def test_keys_of_datasets_come_by_run_and_name(registry):
    node = parse_filter({"name": {"like": "/%"}}, "datasets")
    assert registry.queries.dataset_keys(node) == [(1, PROMPT), (2, EXPRESS), (2, PROMPT)]


def test_a_change_of_a_run_is_seen_by_the_next_query(registry):
    assert runs(registry, {"rr_attributes.class": "Commissioning22"}) == []
    change(registry, 3, rr={"class": "Commissioning22"})
    assert runs(registry, {"rr_attributes.class": "Commissioning22"}) == [3]
    assert runs(registry, {"rr_attributes.class": "Collisions22"}) == [2]
    assert datasets(registry, {"rr_attributes.class": "Commissioning22"}) == [(3, ONLINE)]


def test_new_runs_and_datasets_are_seen_by_the_next_query(registry):
    assert datasets(registry, {"triplet_summary.dt-dt.GOOD": 9}) == []
    with registry.write(ROBOT, "creation") as writer:
        writer.add_run_event(7, rr={"class": "Cosmics22"})
        add_dataset(writer, 7, ONLINE, good=9)
        add_dataset(writer, 3, PROMPT, good=9)
    assert runs(registry)[0] == 7
    assert datasets(registry, {"triplet_summary.dt-dt.GOOD": 9}) == [(7, ONLINE), (3, PROMPT)]
    assert runs(registry, {"rr_attributes.class": "Cosmics22", "triplet_summary.dt-dt.GOOD": {">": 0}}) == [7, 1]


def test_edited_lumisections_are_seen_by_the_next_query(registry):
    assert runs(registry, {"triplet_summary.dt-dt.STANDBY": {">": 0}}) == []
    with registry.write("shifter@cern.ch", "edit") as writer:
        writer.add_rr_changes(2, ONLINE, [(1, 1, {"dt-dt": triplet("STANDBY")})])
    assert runs(registry, {"triplet_summary.dt-dt.STANDBY": {">": 0}}) == [2]
    assert datasets(registry, {"triplet_summary.dt-dt.STANDBY": {">": 0}}) == [(2, ONLINE)]


def test_a_hidden_dataset_is_not_listed(registry):
    assert (1, PROMPT) in datasets(registry)
    with registry.write("shifter@cern.ch", "hide") as writer:
        writer.add_dataset_event(1, PROMPT, deleted=True)
    assert (1, PROMPT) not in datasets(registry)
    assert registry.queries.dataset_keys(parse_filter({"name": PROMPT}, "datasets")) == [(2, PROMPT)]


def test_new_values_of_a_sorted_column_are_put_in_their_place(registry):
    by_class = [["rr_attributes.class", "DESC"]]
    assert runs(registry, sortings=by_class) == [1, 3, 2, 4]
    change(registry, 4, rr={"class": "Zero"})
    assert runs(registry, sortings=by_class) == [4, 1, 3, 2]


def test_elements_of_lists_are_named_by_number(registry):
    change(registry, 2, oms={"components": ["DAQ", "DT"]})
    assert runs(registry, {"oms_attributes.components.1": "DT"}) == [2]
    assert runs(registry, {"oms_attributes.components.7": "DT"}) == []


def test_names_that_json_must_escape_can_be_filtered(registry):
    change(registry, 2, oms={'odd "name"\\\n': {"7": 5}})
    assert runs(registry, {'oms_attributes.odd "name"\\\n.7': 5}) == [2]
    assert runs(registry, {"oms_attributes": {'odd "name"\\\n': {"7": {">": 4}}}}) == [2]
