"""Events and what follows from them: merge order, inheritance, all or nothing."""

from __future__ import annotations

import json
from threading import Barrier, Thread

import pytest

from runregistry.errors import NotFound
from runregistry.filters import Page, parse_filter
from runregistry.terms import ONLINE

PERSON = "shifter@cern.ch"
ROBOT = "auto@auto"
PROMPT = "/PromptReco/Collisions2022/DQM"
RUN = 355100


def triplet(status, comment="", cause=""):
    return {"status": status, "comment": comment, "cause": cause}


GOOD, BAD, STANDBY = (triplet(status) for status in ("GOOD", "BAD", "STANDBY"))


@pytest.fixture
def run(store):
    """A run of ten lumisections, GOOD in dt-dt and on in one DCS bit."""
    with store.write(ROBOT, "creation") as writer:
        writer.add_run_event(RUN, oms={"energy": 0}, rr={"class": "Cosmics22", "significant": False, "state": "OPEN"})
        writer.add_dataset_event(RUN, ONLINE)
        writer.add_oms_changes(RUN, ONLINE, [(1, 10, {"dt0_ready": True})])
        writer.add_rr_changes(RUN, ONLINE, [(1, 10, {"dt-dt": GOOD})])
    return RUN


def change_run(store, by, **events):
    with store.write(by, "change") as writer:
        return writer.add_run_event(RUN, **events)


def run_row(store):
    with store.reading() as connection:
        row = store.records.run(connection, RUN)
    return json.loads(row.rr_attributes), json.loads(row.oms_attributes)


def dataset_row(store, name):
    with store.reading() as connection:
        return store.records.dataset(connection, RUN, name)


def lumisections(store, name=ONLINE):
    with store.reading() as connection:
        return store.records.lumisections(connection, RUN, name)


def cache(store, name=ONLINE):
    with store.reading() as connection:
        return store.records.cache(connection, RUN, name)


def test_a_persons_attribute_outranks_later_automatic_ones(store, run):
    change_run(store, PERSON, rr={"significant": True})
    change_run(store, ROBOT, rr={"class": "Collisions22", "significant": False}, oms={"energy": 6799})
    assert run_row(store) == ({"class": "Collisions22", "significant": True, "state": "OPEN"}, {"energy": 6799})


def test_the_later_of_two_persons_wins(store, run):
    change_run(store, PERSON, rr={"stop_reason": "DT"})
    change_run(store, "other@cern.ch", rr={"stop_reason": "END"})
    assert run_row(store)[0]["stop_reason"] == "END"


def test_oms_attributes_go_by_version_whoever_wrote_them(store, run):
    change_run(store, PERSON, oms={"energy": 1})
    change_run(store, ROBOT, oms={"energy": 2})
    assert run_row(store)[1] == {"energy": 2}


def test_an_author_that_begins_like_the_robot_is_the_robot(store, run):
    change_run(store, PERSON, rr={"class": "X"})
    event = change_run(store, "auto@auto - shifter@cern.ch", rr={"class": "Y"})
    assert event["manual_change"] is False
    assert run_row(store)[0]["class"] == "X"


def test_a_persons_component_outranks_later_automatic_ones(store, run):
    with store.write(PERSON, "edit") as writer:
        writer.add_rr_changes(RUN, ONLINE, [(3, 4, {"dt-dt": BAD})])
    with store.write(ROBOT, "update") as writer:
        writer.add_rr_changes(RUN, ONLINE, [(1, 10, {"dt-dt": STANDBY})])
    assert lumisections(store).rr["dt-dt"] == [(1, 2, STANDBY), (3, 4, BAD), (5, 10, STANDBY)]


def test_automatic_updates_compare_by_version_alone(store, run):
    with store.write(PERSON, "edit") as writer:
        writer.add_rr_changes(RUN, ONLINE, [(3, 4, {"dt-dt": BAD})])
    with store.write(ROBOT, "update") as writer:
        writer.add_rr_changes(RUN, ONLINE, [(4, 10, {"dt-dt": STANDBY})])
    with store.reading() as connection:
        columns = store.records.automatic_lumisections(connection, RUN, ONLINE)
    assert columns.rr["dt-dt"] == [(1, 2, GOOD), (3, 3, BAD), (4, 10, STANDBY)]


def test_a_triplet_is_replaced_as_a_whole(store, run):
    with store.write(PERSON, "edit") as writer:
        writer.add_rr_changes(RUN, ONLINE, [(1, 1, {"dt-dt": triplet("BAD", "HV trip", "power")})])
        writer.add_rr_changes(RUN, ONLINE, [(1, 1, {"dt-dt": {"status": "GOOD"}})])
    assert lumisections(store).rr["dt-dt"][0] == (1, 1, {"status": "GOOD"})


def test_other_components_of_a_lumisection_stay(store, run):
    with store.write(PERSON, "edit") as writer:
        writer.add_rr_changes(RUN, ONLINE, [(2, 2, {"csc-csc": BAD})])
    columns = lumisections(store)
    assert columns.rr == {"dt-dt": [(1, 10, GOOD)], "csc-csc": [(2, 2, BAD)]}


def test_a_dataset_has_its_runs_oms_values_and_its_own(store, run):
    with store.write(ROBOT, "sign-off") as writer:
        writer.add_dataset_event(RUN, PROMPT, {"global_state": "OPEN"})
        writer.add_rr_changes(RUN, PROMPT, [(1, 10, {"dt-dt": GOOD})])
        writer.add_oms_changes(RUN, PROMPT, [(5, 5, {"dt0_ready": False})])
    assert lumisections(store, PROMPT).oms["dt0_ready"] == [(1, 4, True), (5, 5, False), (6, 10, True)]
    assert lumisections(store).oms["dt0_ready"] == [(1, 10, True)]


def test_a_later_update_of_the_run_reaches_its_datasets(store, run):
    with store.write(ROBOT, "sign-off") as writer:
        writer.add_dataset_event(RUN, PROMPT)
        writer.add_rr_changes(RUN, PROMPT, [(1, 10, {"dt-dt": GOOD})])
        writer.add_oms_changes(RUN, PROMPT, [(5, 5, {"dt0_ready": True})])
    with store.write(ROBOT, "update") as writer:
        writer.add_oms_changes(RUN, ONLINE, [(4, 5, {"dt0_ready": False})])
    assert lumisections(store, PROMPT).oms["dt0_ready"] == [(1, 3, True), (4, 5, False), (6, 10, True)]
    assert json.loads(cache(store, PROMPT).dcs_summary)["dt0_ready"]["FALSE"] == 2


def test_the_summary_follows_the_lumisections(store, run):
    with store.write(PERSON, "edit") as writer:
        writer.add_rr_changes(RUN, ONLINE, [(9, 10, {"dt-dt": triplet("BAD", "HV trip")})])
    summary = json.loads(cache(store).triplet_summary)
    assert summary == {"dt-dt": {"EMPTY": 0, "comments": ["HV trip"], "causes": [], "GOOD": 8, "BAD": 2}}


def test_a_hidden_dataset_stays_hidden_until_it_is_shown(store, run):
    for deleted, expected in [(None, False), (True, True), (None, True), (False, False), (None, False)]:
        with store.write(PERSON, "hide") as writer:
            writer.add_dataset_event(RUN, PROMPT, {"dt_state": "OPEN"}, deleted=deleted)
        assert dataset_row(store, PROMPT).deleted is expected


def test_names_in_the_gui_are_collected(store, run):
    with store.write(ROBOT, "ping") as writer:
        writer.add_dataset_event(RUN, PROMPT, {"appeared_in": []}, in_gui=["/A", "/B"])
    with store.write(ROBOT, "ping") as writer:
        writer.add_dataset_event(RUN, PROMPT, {"appeared_in": ["DQM GUI"]}, in_gui=["/B", "/C"])
    row = dataset_row(store, PROMPT)
    assert json.loads(row.datasets_in_gui) == ["/A", "/B", "/C"]
    assert json.loads(row.dataset_attributes) == {"appeared_in": ["DQM GUI"]}


def test_luminosity_is_kept_beside_the_value_it_comes_with(store, run):
    steps = [(number, number, {"cms_active": True, "recorded": number / 10, "delivered": "0.5"}) for number in range(1, 11)]
    with store.write(ROBOT, "brilcalc") as writer:
        _, value_id = writer.add_oms_changes(RUN, ONLINE, steps)
    assert cache(store).recorded == pytest.approx(5.5)
    assert cache(store).delivered == pytest.approx(5.0)
    with store.reading() as connection:
        assert store.values.documents(connection, {value_id}) == {value_id: {"cms_active": True}}
        history = store.records.oms_history(connection, RUN, ONLINE)
    assert history[-1]["jsonb"] == {"cms_active": True, "recorded": 1.0, "delivered": "0.5"}


def test_equal_values_have_one_number(store, run):
    with store.write(PERSON, "edit") as writer:
        _, first = writer.add_rr_changes(RUN, ONLINE, [(1, 1, {"dt-dt": BAD}), (3, 3, {"dt-dt": BAD})])
        _, again = writer.add_rr_changes(RUN, ONLINE, [(5, 5, {"dt-dt": BAD})])
        _, other = writer.add_rr_changes(RUN, ONLINE, [(6, 6, {"dt-dt": GOOD})])
    assert first == again != other


def test_every_change_has_a_number_of_its_own_and_they_grow(store, run):
    with store.write(PERSON, "edit") as writer:
        before = writer.version
        version, _ = writer.add_rr_changes(RUN, ONLINE, [(1, 1, {"dt-dt": BAD}), (2, 2, {"dt-dt": GOOD})])
        event = writer.add_dataset_event(RUN, ONLINE)
    assert (version, event["version"]) == (before + 2, before + 3)
    with store.reading() as connection:
        assert store.event_number(connection) == before + 3
        history = store.records.rr_history(connection, RUN, ONLINE)
    assert [entry["version"] for entry in history[-2:]] == [before + 1, before + 2]


def test_a_history_says_who_and_why_and_puts_automatic_changes_first(store, run):
    with store.write(PERSON, "because") as writer:
        writer.add_rr_changes(RUN, ONLINE, [(3, 4, {"dt-dt": BAD})])
    with store.write(ROBOT, "update") as writer:
        writer.add_rr_changes(RUN, ONLINE, [(5, 5, {"dt-dt": STANDBY})])
    with store.reading() as connection:
        history = store.records.rr_history(connection, RUN, ONLINE)
    assert [(entry["by"], entry["comment"], entry["start"], entry["end"]) for entry in history] == [
        (ROBOT, "creation", 1, 10),
        (ROBOT, "update", 5, 5),
        (PERSON, "because", 3, 4),
    ]


def test_versions_within_one_transaction_have_their_own_author(store, run):
    with store.write(PERSON, "first") as writer:
        writer.add_run_event(RUN, rr={"class": "X"})
        writer.start_version(ROBOT, "second")
        assert writer.add_run_event(RUN, rr={"class": "Y"})["manual_change"] is False
    with store.reading() as connection:
        assert [row.by for row in store.records.run_history(connection, RUN)] == [ROBOT, PERSON, ROBOT]
    assert run_row(store)[0]["class"] == "X"


def change_much_and_fail(store):
    with store.write(PERSON, "edit") as writer:
        writer.add_run_event(RUN, rr={"class": "Z"})
        writer.add_run_event(1)
        writer.add_dataset_event(RUN, PROMPT)
        writer.add_rr_changes(RUN, PROMPT, [(1, 2, {"dt-dt": triplet("BAD", "never")})])
        writer.finish()  # reads the new value back, so that it is in memory
        raise ZeroDivisionError


def test_an_exception_leaves_nothing_behind(store, run):
    with store.reading() as connection:
        before = store.records.counts(connection)
    with pytest.raises(ZeroDivisionError):
        change_much_and_fail(store)
    with store.reading() as connection:
        assert store.records.counts(connection) == before
        assert store.records.run(connection, 1) is None
    assert run_row(store)[0]["class"] == "Cosmics22"
    assert store.queries.runs(parse_filter({"rr_attributes.class": "Z"}, "runs"), (), Page(0, 10)).count == 0


def test_values_of_a_transaction_that_was_undone_are_not_remembered(store, run):
    with pytest.raises(ZeroDivisionError):
        change_much_and_fail(store)
    with store.write(PERSON, "edit") as writer:
        writer.add_rr_changes(RUN, ONLINE, [(1, 2, {"dt-dt": triplet("BAD", "once")})])
    assert lumisections(store).rr["dt-dt"][0] == (1, 2, triplet("BAD", "once"))


def test_a_run_gets_its_online_dataset_if_nobody_makes_it(store):
    with store.write(ROBOT, "creation") as writer:
        writer.add_run_event(1, rr={"class": "X"})
    with store.reading() as connection:
        assert store.records.run(connection, 1).triplet_summary == "{}"
        assert store.records.dataset_names(connection, 1) == [ONLINE]
    assert store.queries.runs(parse_filter({}, "runs"), (), Page(0, 10)).count == 1


def test_a_dataset_needs_its_run(store):
    with pytest.raises(NotFound, match="run 1 is not in the registry"), store.write(ROBOT, "creation") as writer:
        writer.add_dataset_event(1, PROMPT)
    assert store.queries.datasets(parse_filter({}, "datasets"), (), Page(0, 10)).count == 0


def test_lumisections_need_their_dataset(store, run):
    with pytest.raises(NotFound, match="has no dataset /PromptReco"), store.write(ROBOT, "creation") as writer:
        writer.add_rr_changes(RUN, PROMPT, [(1, 2, {"dt-dt": GOOD})])
    assert cache(store, PROMPT) is None


def test_no_changes_are_no_event(store, run):
    with store.write(PERSON, "edit") as writer:
        before = writer.version
        assert writer.add_rr_changes(RUN, ONLINE, []) == (before, 0)
        assert writer.version == before


def test_what_is_written_can_be_read_before_the_commit(store, run):
    with store.write(PERSON, "edit") as writer:
        writer.add_run_event(RUN, rr={"class": "X"})
        writer.finish()
        assert json.loads(store.records.run(writer.connection, RUN).rr_attributes)["class"] == "X"


def test_two_threads_that_write_never_lose_an_update(store, run):
    n_times, start, failed = 15, Barrier(2), []

    def count_up():
        try:
            start.wait()
            for _ in range(n_times):
                with store.write(ROBOT, "count") as writer:
                    seen = json.loads(store.records.run(writer.connection, RUN).rr_attributes).get("n", 0)
                    writer.add_run_event(RUN, rr={"n": seen + 1})
        except Exception as error:  # the test fails in the main thread
            failed.append(error)

    threads = [Thread(target=count_up) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failed
    assert run_row(store)[0]["n"] == 2 * n_times
    with store.reading() as connection:
        versions = [row.version for row in store.records.run_history(connection, RUN)]
    assert len(set(versions)) == len(versions) == 2 * n_times + 1


def test_readers_see_whole_transactions_while_someone_writes(store, run):
    stop, torn = [], []

    def read():
        while not stop:
            rr, oms = run_row(store)
            if rr.get("n", 0) != oms.get("n", 0):
                torn.append((rr, oms))

    reader = Thread(target=read)
    reader.start()
    for number in range(20):
        change_run(store, ROBOT, rr={"n": number}, oms={"n": number})
    stop.append(True)
    reader.join()
    assert torn == []
