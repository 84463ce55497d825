"""Datasets that appear in the DQM GUI: found by a poller, remembered, opened where they waited."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.integration.dqm_gui_double import DQMGUIDouble, dqm_gui_double

from runregistry.errors import SettingsError, TransportError
from runregistry.server.dqm_gui_poller import DQMGUIPoller, DQMGUISettings
from runregistry.server.services.dqm_gui import Appeared, record_appearances
from runregistry.store import Store
from runregistry.store.documents import decode

PROMPT = "/PromptReco/Collisions2022/DQM"
ZERO_BIAS = "/ZeroBias/Run2022C-PromptReco-v1/DQMIO"
MUON = "/Muon/Run2022C-PromptReco-v1/DQMIO"
WAITING, NOT_SIGNIFICANT = "waiting dqm gui", "not significant for workspace"
ACCEPTED = {
    "name": PROMPT,
    "regexp": "/ZeroBias/Run2022.*?-PromptReco-v.*?/DQMIO\n\n  /Muon/Run2022.*?-PromptReco-v.*?/DQMIO ",
    "enabled": True,
    "class": "Collisions22",
    "run_from": 355100,
    "run_to": 355200,
}
OPENS_PROMPT = {"if": [{"in": ["Prompt", {"var": "name"}]}, True, False]}


@pytest.fixture
def store() -> Iterator[Store]:
    with Store("sqlite://") as store:
        fill(store)
        yield store


@pytest.fixture
def gui() -> Iterator[DQMGUIDouble]:
    with dqm_gui_double() as double:
        yield double


def fill(store: Store) -> None:
    with store.write("auto@auto", "test") as writer:
        for run_number in (355100, 355300):
            writer.add_run_event(run_number, oms={"energy": 6799}, rr={"class": "Collisions22"})
            states = {"global_state": WAITING, "dt_state": WAITING, "csc_state": "COMPLETED"}
            writer.add_dataset_event(run_number, PROMPT, states)
            writer.add_rr_changes(run_number, PROMPT, [(1, 3, {"dt-dt": {"status": "BAD", "comment": "", "cause": ""}})])
            writer.add_oms_changes(run_number, PROMPT, [(1, 3, {"cms_active": True})])
    configure(store, "datasets_accepted", ACCEPTED)
    for workspace in ("global", "dt"):
        classify(store, workspace, OPENS_PROMPT)


def configure(store: Store, family: str, fields: dict[str, Any]) -> None:
    with store.changing() as connection:
        store.configuration.add(connection, family, fields, "test")


def classify(store: Store, workspace: str, rule: Any, *, enabled: bool = True) -> None:
    configure(store, "offline_dataset", {"workspace": workspace, "classifier": rule, "enabled": enabled})


def attributes(store: Store, run_number: int = 355100) -> dict[str, Any]:
    with store.reading() as connection:
        row = store.records.dataset(connection, run_number, PROMPT)
    assert row is not None
    return {**decode(row.dataset_attributes), "in_gui": decode(row.datasets_in_gui), "deleted": row.deleted}


def newest_version(store: Store) -> tuple[int, str, str]:
    with store.reading() as connection:
        row = store.records.versions(connection, 0, 1)[0]
    return row.atomic_version, row.by, row.comment


def wait_for(condition: Callable[[], object]) -> None:
    deadline = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < deadline, "it did not happen within 10 s"
        time.sleep(0.02)


# One look


def test_a_dataset_in_the_gui_is_opened_where_it_waited_and_nowhere_else(store: Store) -> None:
    assert record_appearances(store, {355100: [ZERO_BIAS]}) == Appeared(1, 1, ())
    assert attributes(store) == {
        "global_state": "OPEN",
        "dt_state": "OPEN",
        "csc_state": "COMPLETED",
        "in_gui": [ZERO_BIAS],
        "deleted": False,
    }
    assert newest_version(store)[1:] == ("auto@auto", "new dataset appeared pinging gui")


def test_every_line_of_the_expressions_counts(store: Store) -> None:
    assert record_appearances(store, {355100: [MUON, ZERO_BIAS, "/JetHT/Run2022C-PromptReco-v1/DQMIO"]}).names == 2
    assert attributes(store)["in_gui"] == [MUON, ZERO_BIAS]


def test_what_is_known_already_makes_no_version(store: Store) -> None:
    record_appearances(store, {355100: [ZERO_BIAS]})
    before = newest_version(store)
    assert record_appearances(store, {355100: [ZERO_BIAS]}) == Appeared(0, 0, ())
    assert newest_version(store) == before


def test_new_names_of_a_known_dataset_are_added(store: Store) -> None:
    record_appearances(store, {355100: [ZERO_BIAS]})
    assert record_appearances(store, {355100: [MUON, ZERO_BIAS]}) == Appeared(1, 1, ())
    assert attributes(store)["in_gui"] == [ZERO_BIAS, MUON]


@pytest.mark.parametrize(
    "gui_names",
    [
        {},
        {355100: ["/JetHT/Run2022C-PromptReco-v1/DQMIO"]},
        {355300: [ZERO_BIAS]},
        {999999: [ZERO_BIAS]},
        {355100: [ZERO_BIAS.lower()]},
    ],
)
def test_what_does_not_belong_to_a_dataset_of_the_registry_changes_nothing(store: Store, gui_names: Any) -> None:
    before = newest_version(store)
    assert record_appearances(store, gui_names) == Appeared(0, 0, ())
    assert newest_version(store) == before


def test_an_accepted_dataset_that_is_not_enabled_is_not_looked_for(store: Store) -> None:
    with store.changing() as connection:
        store.configuration.replace(connection, "datasets_accepted", 1, ACCEPTED | {"enabled": False}, "test")
    assert record_appearances(store, {355100: [ZERO_BIAS]}).datasets == 0


def test_an_accepted_dataset_without_first_run_has_no_lower_limit(store: Store) -> None:
    with store.changing() as connection:
        store.configuration.replace(connection, "datasets_accepted", 1, ACCEPTED | {"run_from": None}, "test")
    assert record_appearances(store, {355100: [ZERO_BIAS]}).datasets == 1


def test_a_bad_expression_is_told_and_the_others_are_used(store: Store) -> None:
    configure(store, "datasets_accepted", ACCEPTED | {"regexp": "/Muon/(\n/ZeroBias/"})
    appeared = record_appearances(store, {355100: [ZERO_BIAS]})
    assert (appeared.datasets, appeared.names) == (1, 1)
    [problem] = appeared.problems
    assert problem.startswith(f"accepted dataset 2 ({PROMPT}): '/Muon/(' can't be used")


def test_a_classifier_that_is_false_makes_a_dataset_not_significant(store: Store) -> None:
    with store.changing() as connection:
        store.configuration.remove(connection, "offline_dataset", 2, "test")
    classify(store, "dt", {"in": ["Express", {"var": "name"}]})
    record_appearances(store, {355100: [ZERO_BIAS]})
    assert (attributes(store)["dt_state"], attributes(store)["global_state"]) == (NOT_SIGNIFICANT, "OPEN")


@pytest.mark.parametrize(
    "rule",
    [
        {"==": [{"var": "run_number"}, 355100]},
        {"==": [{"var": "dataset_attributes.csc_state"}, "COMPLETED"]},
        {"==": [{"var": "Run.rr_attributes.class"}, "Collisions22"]},
        {">": [{"var": "Run.oms_attributes.energy"}, 6000]},
        {">": [{"var": "DatasetTripletCache.triplet_summary.dt-dt.BAD"}, 2]},
        {"==": [{"var": "DatasetTripletCache.rr_ranges.dt-dt.BAD.0.1"}, 3]},
        {"==": [{"var": "DatasetTripletCache.dcs_summary.cms_active.TRUE"}, 3]},
    ],
)
def test_a_classifier_sees_the_whole_record_of_the_dataset(store: Store, rule: Any) -> None:
    with store.changing() as connection:
        store.configuration.replace(
            connection, "offline_dataset", 2, {"workspace": "dt", "classifier": rule, "enabled": True}, "test"
        )
    record_appearances(store, {355100: [ZERO_BIAS]})
    assert attributes(store)["dt_state"] == "OPEN"


def test_the_first_enabled_classifier_of_a_workspace_decides(store: Store) -> None:
    with store.changing() as connection:
        disabled = {"workspace": "dt", "classifier": True, "enabled": False}
        store.configuration.replace(connection, "offline_dataset", 2, disabled, "test")
    classify(store, "dt", False)
    classify(store, "dt", True)
    record_appearances(store, {355100: [ZERO_BIAS]})
    assert attributes(store)["dt_state"] == NOT_SIGNIFICANT


def test_without_a_classifier_that_works_a_dataset_goes_on_waiting(store: Store) -> None:
    with store.changing() as connection:
        store.configuration.remove(connection, "offline_dataset", 1, "test")
        broken = {"workspace": "dt", "classifier": {"no such operator": [1]}, "enabled": True}
        store.configuration.replace(connection, "offline_dataset", 2, broken, "test")
    appeared = record_appearances(store, {355100: [ZERO_BIAS]})
    assert attributes(store)["in_gui"] == [ZERO_BIAS]
    assert (attributes(store)["global_state"], attributes(store)["dt_state"]) == (WAITING, WAITING)
    assert len(appeared.problems) == 2
    assert any("no offline dataset classifier of workspace global" in problem for problem in appeared.problems)


def test_a_hidden_dataset_stays_hidden(store: Store) -> None:
    with store.write("expert@example.org", "hide") as writer:
        writer.add_dataset_event(355100, PROMPT, deleted=True)
    assert record_appearances(store, {355100: [ZERO_BIAS]}).datasets == 1
    assert (attributes(store)["deleted"], attributes(store)["dt_state"]) == (True, "OPEN")


# The poller


def test_a_look_takes_what_the_gui_lists_of_data(store: Store, gui: DQMGUIDouble) -> None:
    gui.put(355100, ZERO_BIAS, ZERO_BIAS)
    gui.items += [
        {"run": None, "dataset": MUON},
        {"run": "355100"},
        {"run": "x", "dataset": MUON},
        {"run": 355100, "dataset": MUON},
    ]
    assert DQMGUIPoller(store, gui.settings()).poll_once() == Appeared(1, 2, ())
    assert gui.asked == ["/dqm/offline/data/json/samples?match=*."]


def test_a_gui_without_samples_is_no_trouble(store: Store, gui: DQMGUIDouble) -> None:
    gui.body = b'{"samples": []}'
    assert DQMGUIPoller(store, gui.settings()).poll_once() == Appeared(0, 0, ())


@pytest.mark.parametrize(
    ("trouble", "text"),
    [
        ({"status": 503}, "answers 503; it may work later"),
        ({"status": 404, "body": b'{"message": "moved"}'}, "answers 404, moved"),
        ({"body": b"<html>sign in</html>"}, "a page for people"),
        ({"body": b'{"contents": []}'}, "missing required field `samples`"),
        ({"body": b'{"samples": [{"items": [{"dataset": 5}]}]}'}, "Expected `str | null`, got `int`"),
        ({"cut": True}, "can't be asked"),
        ({"drip_s": 0.5}, "answers too slowly"),
    ],
)
def test_a_gui_in_trouble_changes_nothing_and_is_told_plainly(
    store: Store, gui: DQMGUIDouble, trouble: dict[str, Any], text: str
) -> None:
    gui.put(355100, ZERO_BIAS)
    for name, value in trouble.items():
        setattr(gui, name, value)
    with pytest.raises(TransportError, match=rf"the DQM GUI .*{re.escape(text)}"):
        DQMGUIPoller(store, gui.settings(timeout_s=0.2 if "drip_s" not in trouble else 1.0)).poll_once()
    assert attributes(store)["in_gui"] == []


def test_a_gui_that_nobody_answers_for_is_told_plainly(store: Store) -> None:
    poller = DQMGUIPoller(store, DQMGUISettings("http://127.0.0.1:1/samples", timeout_s=1))
    with pytest.raises(TransportError, match=r"the DQM GUI .* can't be asked"):
        poller.poll_once()


def test_of_two_processes_one_looks_and_the_other_takes_over_when_it_stops(tmp_path: Path, gui: DQMGUIDouble) -> None:
    with Store(tmp_path / "registry.sqlite") as one, Store(tmp_path / "registry.sqlite") as other:
        fill(one)
        first, second = DQMGUIPoller(one, gui.settings(interval_s=60)), DQMGUIPoller(other, gui.settings(interval_s=60))
        assert first.poll_once() == Appeared(0, 0, ())
        assert second.poll_once() is None
        assert first.poll_once() is not None
        first.start()
        first.stop()
        assert second.poll_once() is not None


def test_the_thread_looks_again_and_again_and_survives_trouble(
    store: Store, gui: DQMGUIDouble, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("runregistry.server.dqm_gui_poller._FIRST_LOOK_S", 0.0)
    gui.put(355100, ZERO_BIAS)
    gui.status = 500
    poller = DQMGUIPoller(store, gui.settings(interval_s=0.05))
    poller.start()
    poller.start()
    try:
        wait_for(lambda: len(gui.asked) >= 2)
        assert poller.is_alive
        gui.status = 200
        wait_for(lambda: attributes(store)["in_gui"])
        wait_for(lambda: poller.age_s < 1)
    finally:
        poller.stop()
    assert not poller.is_alive


@pytest.mark.parametrize(
    "more",
    [
        {"url": "ftp://gui.example.org/samples"},
        {"url": "samples"},
        {"url": "https://me:secret@gui.example.org/samples"},
        {"interval_s": 0},
        {"timeout_s": float("nan")},
        {"cert": "/no/such/certificate.pem"},
        {"verify": "/no/such/authorities.pem"},
    ],
)
def test_settings_that_can_not_work_are_refused_at_once(store: Store, more: dict[str, Any]) -> None:
    with pytest.raises(SettingsError, match="DQM GUI") as caught:
        DQMGUIPoller(store, DQMGUISettings()._replace(**more))
    assert "secret" not in str(caught.value)
