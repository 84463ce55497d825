"""Versions by number, time and tag; tags that freeze one; what changed between two."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import insert
from tests.contract.filling import PERSON, PROMPT, ROBOT, RUNS, add_dataset, create_run, fill, triplet

from runregistry.errors import Conflict, NotFound, UsageError
from runregistry.filters import Page, parse_filter
from runregistry.store import schema
from runregistry.store.check import check
from runregistry.store.differences import changed_runs, differences
from runregistry.store.past_lists import PastLists
from runregistry.terms import ONLINE

RUN = RUNS[0]
TIMES = ("2022-07-05T12:00:00.000Z", "2022-07-05T12:00:00.500Z", "2022-07-06T00:00:00.000Z")


@pytest.fixture
def dated(store):
    """A registry whose three versions are of known times."""
    with store.changing() as connection:
        rows = [{"by": PERSON, "comment": f"at {time}", "created_at": time} for time in TIMES]
        connection.execute(insert(schema.version), rows)
    return store


def resolved(store, as_of):
    with store.reading() as connection:
        return store.versions.resolve(connection, as_of)


@pytest.mark.parametrize(
    ("as_of", "version"),
    [
        (None, 3),
        (1, 1),
        ("2", 2),
        (" +3 ", 3),
        ("2022-07-05T12:00:00Z", 1),
        ("2022-07-05T12:00:00.499999", 1),
        ("2022-07-05T14:00:00.500+02:00", 2),
        ("2022-07-05", 2),
        (date(2022, 7, 5), 2),
        (datetime(2022, 7, 6), 3),
        (datetime(2022, 7, 5, 12, tzinfo=UTC), 1),
        ("2022-07-06", 3),
    ],
)
def test_a_version_is_named_by_number_or_time(dated, as_of, version):
    assert resolved(dated, as_of) == version


@pytest.mark.parametrize(
    ("as_of", "text"),
    [
        (0, "as_of must be a version of this registry, 1 to 3, not 0"),
        ("4", "1 to 3, not 4"),
        ("9" * 40, "1 to 3, not"),
        ("2022-07-05T11:59:59Z", "before the first version of this registry, which is of 2022-07-05T12:00:00.000Z"),
        ("2999-01-01", "is in the future"),
        ("2022-13-01", "is no time"),
        ("1.5", "not '1.5'"),
        ("", "must be a version"),
        (True, "not True"),
        (2.5, "not 2.5"),
        ("golden", "there is no tag 'golden'; there are none"),
    ],
)
def test_what_means_no_version_is_refused_with_the_reason(dated, as_of, text):
    with pytest.raises(UsageError, match="as_of") as refused:
        resolved(dated, as_of)
    assert text in str(refused.value)


def test_a_day_that_has_begun_is_as_far_as_it_has_come(store):
    create_run(store, RUN)
    assert resolved(store, datetime.now(UTC).date()) == 1
    with pytest.raises(UsageError, match="in the future"):
        resolved(store, datetime.now(UTC).date() + timedelta(days=1))


def test_a_registry_without_versions_has_no_past(store):
    assert resolved(store, None) == 0
    for as_of in (1, "2022-07-05", "golden"):
        with pytest.raises(UsageError, match="has no versions yet"):
            resolved(store, as_of)


def tag(store, name, version, note=""):
    with store.write(PERSON, f"tag {name}") as writer:
        return store.versions.add_tag(writer.connection, name, version, note, PERSON)


def test_a_tag_names_a_version_for_ever(dated):
    made = tag(dated, "golden-2022", 2, "as published")
    assert (made.atomic_version, made.note, made.by) == (2, "as published", PERSON)
    assert resolved(dated, "golden-2022") == 2
    create_run(dated, RUN)
    assert resolved(dated, "golden-2022") == 2
    with dated.reading() as connection:
        assert dated.versions.tags(connection) == [made]
        assert dated.versions.tags(connection, 2) == [made]
        assert dated.versions.tags(connection, 3) == []


def test_a_mistyped_tag_gets_the_nearest(dated):
    tag(dated, "golden-2022", 2)
    with pytest.raises(UsageError, match=r"no tag 'golden-2023' \(did you mean golden-2022\?\)"):
        resolved(dated, "golden-2023")


def test_a_name_is_given_once(dated):
    tag(dated, "golden", 2)
    with pytest.raises(Conflict, match=r"there is a tag golden already, shifter@cern\.ch put it on version 2 at"):
        tag(dated, "golden", 1)
    assert resolved(dated, "golden") == 2


def test_a_tag_that_is_taken_away_is_gone(dated):
    tag(dated, "golden", 2)
    with dated.write(PERSON, "tag golden deleted") as writer:
        dated.versions.remove_tag(writer.connection, "golden")
    with pytest.raises(UsageError, match="there are none"):
        resolved(dated, "golden")
    tag(dated, "golden-22", 2)
    with pytest.raises(NotFound, match="did you mean golden-22"), dated.write(PERSON, "tag golden deleted") as writer:
        dated.versions.remove_tag(writer.connection, "golden")


def test_tags_do_not_make_a_registry_unsound(store):
    fill(store)
    with store.reading() as connection:
        assert list(check(connection)) == []
        assert [found.name for found in store.versions.tags(connection)] == ["edits"]


def test_the_last_event_of_a_version_is_that_of_whatever_it_changed(store):
    create_run(store, RUN)
    with store.reading() as connection:
        first = store.event_number(connection)
    with store.write(PERSON, "edit") as writer:
        writer.add_rr_changes(RUN, ONLINE, [(1, 2, {"dt-dt": triplet("BAD")}), (4, 5, {"dt-dt": triplet("BAD")})])
    with store.reading() as connection:
        assert store.versions.last_event(connection, 1) == first
        assert store.versions.last_event(connection, 2) == store.event_number(connection) == first + 2
        assert store.versions.last_event(connection, 0) == 0


# What changed


def changes(store, since, upto):
    with store.reading() as connection:
        runs = changed_runs(connection, since, upto)
        return list(differences(connection, store.values, runs, since, upto))


@pytest.fixture
def edited(store):
    """A run with a dataset, and edits of both: versions 3 to 8."""
    create_run(store, RUN)
    add_dataset(store, RUN, PROMPT)
    with store.write(PERSON, "HV trip") as writer:
        writer.add_rr_changes(RUN, ONLINE, [(3, 6, {"dt-dt": triplet("BAD", "HV")})])
    with store.write(ROBOT, "OMS again") as writer:
        writer.add_rr_changes(RUN, ONLINE, [(1, 12, {"dt-dt": triplet("STANDBY"), "csc-csc": triplet("GOOD")})])
    with store.write(PERSON, "class was wrong") as writer:
        writer.add_run_event(RUN, rr={"class": "Cosmics22"})
    with store.write(ROBOT, "a bit") as writer:
        writer.add_oms_changes(RUN, ONLINE, [(2, 3, {"dt0_ready": False})])
    with store.write(PERSON, "certified") as writer:
        writer.add_dataset_event(RUN, PROMPT, {"global_state": "COMPLETED"}, in_gui=["/B"])
    with store.write(PERSON, "hide") as writer:
        writer.add_dataset_event(RUN, PROMPT, deleted=True)
    return store


def told(found):
    return [(one.name, one.kind, one.what, one.first, one.last, one.atomic_version) for one in found]


def test_each_change_is_told_with_what_was_and_what_is_in_the_order_of_the_events(edited):
    found = changes(edited, 2, 8)
    assert told(found) == [
        (ONLINE, "component", "dt-dt", 3, 6, 3),
        (ONLINE, "component", "dt-dt", 1, 2, 4),
        (ONLINE, "component", "dt-dt", 7, 12, 4),
        (ONLINE, "attribute", "rr_attributes.class", None, None, 5),
        (ONLINE, "oms", "dt0_ready", 2, 3, 6),
        (PROMPT, "attribute", "dataset_attributes.global_state", None, None, 7),
        (PROMPT, "attribute", "datasets_in_gui", None, None, 7),
        (PROMPT, "attribute", "deleted", None, None, 8),
    ]
    by_what = {one.what: (one.was, one.now) for one in found}
    assert by_what["rr_attributes.class"] == ("Collisions22", "Cosmics22")
    assert by_what["dt0_ready"] == (True, False)
    assert by_what["datasets_in_gui"] == (["/A"], ["/A", "/B"])
    assert by_what["deleted"] == (False, True)
    assert (found[0].was, found[0].now) == (triplet("GOOD"), triplet("BAD", "HV"))


def test_what_was_taken_back_is_no_change(edited):
    with edited.write(PERSON, "back") as writer:
        writer.add_run_event(RUN, rr={"class": "Collisions22"})
    assert "rr_attributes.class" not in [one.what for one in changes(edited, 2, 9)]
    assert [one.what for one in changes(edited, 8, 9)] == ["rr_attributes.class"]


def test_between_a_version_and_itself_nothing_changed(edited):
    assert changes(edited, 4, 4) == []


def test_what_is_new_is_told_as_created_and_its_later_changes_from_there_on(edited):
    found = changes(edited, 0, 3)
    assert told(found) == [
        (ONLINE, "created", "run", None, None, 1),
        (PROMPT, "created", "dataset", None, None, 2),
        (ONLINE, "component", "dt-dt", 3, 6, 3),
    ]


def test_luminosity_is_told_as_a_sum(store):
    create_run(store, RUN)
    with store.write(ROBOT, "brilcalc") as writer:
        writer.add_oms_changes(RUN, ONLINE, [(n, n, {"recorded": n / 7 + 1}) for n in range(1, 13)])
    (found,) = changes(store, 1, 2)
    assert told([found]) == [(ONLINE, "oms", "recorded", 1, 12, 2)]
    assert found.was == pytest.approx(78 / 7)
    assert found.now == pytest.approx(78 / 7 + 12)


def test_only_runs_between_the_bounds_are_looked_at(store):
    for run_number in RUNS:
        create_run(store, run_number)
    with store.reading() as connection:
        assert changed_runs(connection, 0, 3) == list(RUNS)
        assert changed_runs(connection, 1, 3) == list(RUNS[1:])
        assert changed_runs(connection, 0, 3, RUNS[1], RUNS[1]) == [RUNS[1]]
        assert changed_runs(connection, 3, 3) == []


# Lists


def past_page(store, version, wire, lists=None):
    node = parse_filter(wire, "datasets")
    return (lists or store.past_lists).page(store.as_of(version), "datasets", node, (), Page(0, 10))


def test_lists_of_the_past_know_who_was_hidden_then(edited):
    assert [row.name for row in past_page(edited, 7, {}).rows] == [PROMPT, ONLINE]
    assert [row.name for row in past_page(edited, 8, {}).rows] == [ONLINE]
    assert [row.name for row in past_page(edited, 1, {}).rows] == [ONLINE]


def test_a_filter_that_would_look_into_too_much_is_refused(edited):
    lists = PastLists(edited.queries, most_rows=1)
    assert past_page(edited, 7, {"run_number": {">": 0}}, lists).count == 2
    assert past_page(edited, 7, {"name": ONLINE, "oms_attributes.energy": {">": 0}}, lists).count == 1
    with pytest.raises(UsageError, match="into 1 datasets of runs that changed since, and there are 2: narrow it"):
        past_page(edited, 7, {"oms_attributes.energy": {">": 0}}, lists)


def test_what_did_not_change_since_is_not_looked_into(edited):
    for run_number in RUNS[1:]:
        create_run(edited, run_number)
    with edited.reading() as connection:
        newest = edited.records.latest_atomic_version(connection)
    lists = PastLists(edited.queries, most_rows=1)
    wire = {"oms_attributes.energy": {">": 0}}
    unchanged = past_page(edited, newest, wire, lists)
    assert unchanged.count > 1
    with edited.write(PERSON, "later") as writer:
        writer.add_rr_changes(RUNS[-1], ONLINE, [(1, 9, {"dt-dt": triplet("BAD")})])
    assert past_page(edited, newest, wire, lists) == unchanged
