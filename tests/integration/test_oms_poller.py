"""The registry follows OMS: new and changed runs, all of them, whatever single runs or OMS itself do."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from typing import Any

import pytest
from tests.integration.oms_double import OMSDouble, Trouble, oms_double

from runregistry.errors import TransportError
from runregistry.server import Registry, ServerSettings, ensure_settings
from runregistry.server.oms import Cycle, OMSClient, OMSPoller, PollMemory, poll_once
from runregistry.server.services.runs import FLAG
from runregistry.store import Store
from runregistry.store.documents import decode

FIRST = 320001


@pytest.fixture
def double() -> Iterator[OMSDouble]:
    with oms_double() as double:
        yield double


@pytest.fixture
def store() -> Iterator[Store]:
    with Store("sqlite://") as store:
        ensure_settings(store, None)
        yield store


@pytest.fixture
def client(double: OMSDouble) -> Iterator[OMSClient]:
    with closing(OMSClient(double.settings(), pause=lambda _: None)) as client:
        yield client


@pytest.fixture
def look(store: Store, client: OMSClient) -> Callable[..., Cycle]:
    """Look at OMS once; later looks remember the earlier ones."""
    memory = PollMemory()
    return lambda **more: poll_once(store, client, memory, **more)


def put_runs(double: OMSDouble, n_runs: int, first: int = FIRST) -> list[int]:
    numbers = list(range(first, first + n_runs))
    for number in numbers:
        minute = f"2018-07-01T{number % 1440 // 60:02d}:{number % 60:02d}:00Z"
        double.put(number, 2, last_update=minute, end_time=minute)
    return numbers


def change(double: OMSDouble, run_number: int, n_lumisections: int = 2, **attributes: Any) -> None:
    """Change a run in OMS, which notes when."""
    later = max(str(run["last_update"]) for run in double.runs.values()) + "+"
    double.put(run_number, n_lumisections, **({"last_update": later} | attributes))


def stored(store: Store, run_number: int) -> tuple[dict[str, Any], dict[str, Any]] | None:
    with store.reading() as connection:
        row = store.records.run(connection, run_number)
    return (decode(row.oms_attributes), decode(row.rr_attributes)) if row else None


def n_events(store: Store) -> int:
    with store.reading() as connection:
        return store.event_number(connection)


def last_lumisection(store: Store, run_number: int) -> int:
    with store.reading() as connection:
        return store.records.lumisections(connection, run_number, "online").oms_last


def sign_off(store: Store, run_number: int) -> None:
    with store.write("shifter@example.org", "sign off") as writer:
        writer.add_run_event(run_number, rr={"state": "SIGNOFF"})


def test_an_empty_oms_makes_an_empty_look(look: Callable[..., Cycle], double: OMSDouble) -> None:
    assert look() == Cycle([], [], [], {}, {}, is_complete=True)
    assert len(double.asked) == 1


@pytest.mark.parametrize("n_runs", [1, 50, 51, 105])
def test_an_empty_registry_gets_every_run_the_oldest_change_first(
    look: Callable[..., Cycle], double: OMSDouble, store: Store, n_runs: int
) -> None:
    numbers = put_runs(double, n_runs)
    cycle = look()
    assert cycle == Cycle(sorted(numbers, key=lambda number: double.runs[number]["last_update"]), [], [], {}, {}, True)
    assert all(last_lumisection(store, number) == 2 for number in numbers)
    oms, rr = stored(store, FIRST) or ({}, {})
    assert {"dt_included": True, "ls_duration": 2, "run_number": FIRST}.items() <= oms.items()
    assert {"state": "OPEN", "stop_reason": "", "significant": False}.items() <= rr.items()


def test_a_second_look_does_nothing_and_asks_for_one_page(look: Callable[..., Cycle], double: OMSDouble, store: Store) -> None:
    put_runs(double, 60)
    look()
    events = n_events(store)
    double.asked.clear()
    assert look() == Cycle([], [], [], {}, {}, is_complete=True)
    assert (n_events(store), len(double.asked)) == (events, 1)


@pytest.mark.parametrize("page_limit", [None, 7])
def test_changed_runs_are_followed_over_pages(
    look: Callable[..., Cycle], double: OMSDouble, store: Store, page_limit: int | None
) -> None:
    numbers = put_runs(double, 70)
    look()
    double.page_limit = page_limit
    for number in numbers[:60]:
        change(double, number, 3, energy=6500)
    new = put_runs(double, 3, first=FIRST + 500)
    for number in new:
        change(double, number)
    cycle = look()
    assert (sorted(cycle.updated), sorted(cycle.created)) == (numbers[:60], new)
    for number in numbers[:60]:
        assert (stored(store, number) or [{}])[0]["energy"] == 6500
        assert last_lumisection(store, number) == 3


def test_a_run_is_followed_while_it_takes_data(look: Callable[..., Cycle], double: OMSDouble, store: Store) -> None:
    double.put(FIRST, 2, last_update="2018-07-01T00:00:00Z", end_time=None, l1_rate=1.5)
    look()
    change(double, FIRST, 9, l1_rate=2.5)
    assert look().updated == [FIRST]
    oms, _ = stored(store, FIRST) or ({}, {})
    assert (oms["l1_rate"], oms["ls_duration"], last_lumisection(store, FIRST)) == (2.5, 9, 9)
    assert look() == Cycle([], [], [], {}, {}, is_complete=True)
    double.put(FIRST, 9, end_time="2018-07-01T02:00:00Z")
    assert look().updated == [FIRST], "its end alone is a change"


def test_lumisections_have_the_numbers_that_oms_gives_them(look: Callable[..., Cycle], double: OMSDouble, store: Store) -> None:
    put_runs(double, 1)
    del double.lumisections[FIRST][0]
    double.lumisections[FIRST][0]["lumisection_number"] = 7
    look()
    with store.reading() as connection:
        columns = store.records.lumisections(connection, FIRST, "online")
    assert columns.oms["dt0_ready"] == [(7, 7, True)]


def test_a_run_with_more_lumisections_than_a_page_holds_is_whole(double: OMSDouble, store: Store) -> None:
    put_runs(double, 1)
    double.put(FIRST, 5010)
    with closing(OMSClient(double.settings())) as client:
        poll_once(store, client, PollMemory())
    assert last_lumisection(store, FIRST) == 5010


def test_shifters_changes_stay_on_top(look: Callable[..., Cycle], double: OMSDouble, store: Store) -> None:
    put_runs(double, 1)
    look()
    with store.write("shifter@example.org", "class") as writer:
        writer.add_run_event(FIRST, rr={"class": "Special18", "significant": True})
        bad = {"status": "BAD", "comment": "", "cause": ""}
        writer.add_rr_changes(FIRST, "online", [(1, 2, {"dt-dt": bad})])
    change(double, FIRST, 3)
    assert look().updated == [FIRST]
    _, rr = stored(store, FIRST) or ({}, {})
    assert (rr["class"], rr["significant"]) == ("Special18", True)
    with store.reading() as connection:
        assert store.records.lumisections(connection, FIRST, "online").rr["dt-dt"][0] == (1, 2, bad)


def test_a_run_that_is_no_longer_open_is_flagged_once_and_left_alone(
    look: Callable[..., Cycle], double: OMSDouble, store: Store
) -> None:
    put_runs(double, 2)
    look()
    with store.write("shifter@example.org", "class") as writer:
        writer.add_run_event(FIRST, rr={"class": "Special18"})
    sign_off(store, FIRST)
    change(double, FIRST, energy=1)
    cycle = look()
    assert list(cycle.refused) == [FIRST]
    assert "needs revision" in cycle.refused[FIRST]
    oms, rr = stored(store, FIRST) or ({}, {})
    assert (rr[FLAG], rr["class"], "energy" in oms) == (True, "Special18", False)
    events = n_events(store)
    double.asked.clear()
    assert look().refused == {}
    assert (n_events(store), len(double.asked)) == (events, 1), "OMS is not asked again for what was refused"
    change(double, FIRST, energy=2)
    assert list(look().refused) == [FIRST], "what OMS changed since is looked at"
    assert n_events(store) == events
    with store.write("shifter@example.org", "reopened") as writer:
        writer.add_run_event(FIRST, rr={"state": "OPEN"})
    assert look().updated == [FIRST]
    oms, rr = stored(store, FIRST) or ({}, {})
    assert (rr[FLAG], oms["energy"]) == (False, 2)


def test_attributes_that_decide_nothing_are_stored_also_for_a_run_that_is_signed_off(
    look: Callable[..., Cycle], double: OMSDouble, store: Store
) -> None:
    put_runs(double, 1)
    look()
    sign_off(store, FIRST)
    change(double, FIRST, tier0_transfer=True)
    assert look().updated == [FIRST]
    oms, rr = stored(store, FIRST) or ({}, {})
    assert (oms["tier0_transfer"], rr.get(FLAG)) == (True, None)


BAD_RUN = FIRST + 3
TROUBLES: dict[str, Trouble] = {
    "500": Trouble(f"lumisections?filter[run_number]={BAD_RUN}", status=500),
    "401": Trouble(f"lumisections?filter[run_number]={BAD_RUN}", status=401, body=b"{}"),
    "HTML": Trouble(f"lumisections?filter[run_number]={BAD_RUN}", status=200, body=b"<html>", kind="text/html"),
    "no JSON": Trouble(f"lumisections?filter[run_number]={BAD_RUN}", status=200, body=b'{"data"'),
    "no data": Trouble(f"lumisections?filter[run_number]={BAD_RUN}", without="data"),
    "cut": Trouble(f"lumisections?filter[run_number]={BAD_RUN}", cut=True),
    "slow": Trouble(f"lumisections?filter[run_number]={BAD_RUN}", pause_s=0.6),
    "odd values": Trouble(
        f"lumisections?filter[run_number]={BAD_RUN}",
        status=200,
        body=b'{"data": [{"attributes": {"lumisection_number": 1, "recorded_lumi": {}, "delivered_lumi": []}},'
        b'{"attributes": {"lumisection_number": 2, "recorded_lumi": "x", "delivered_lumi": "y"}}]}',
    ),
}


@pytest.mark.parametrize("name", TROUBLES)
def test_a_bad_run_stops_no_other_and_is_tried_again(store: Store, double: OMSDouble, name: str) -> None:
    numbers = put_runs(double, 6)
    trouble = TROUBLES[name]
    trouble.times = 1000
    double.trouble.append(trouble)
    memory = PollMemory()
    with closing(OMSClient(double.settings(timeout_s=0.3, attempts=1))) as client:
        cycle = poll_once(store, client, memory)
        assert (cycle.created, list(cycle.failed)) == ([number for number in numbers if number != BAD_RUN], [BAD_RUN])
        assert stored(store, BAD_RUN) is None
        assert list(poll_once(store, client, memory).failed) == [BAD_RUN]
        double.trouble.clear()
        assert poll_once(store, client, memory).created == [BAD_RUN]
        assert poll_once(store, client, memory) == Cycle([], [], [], {}, {}, is_complete=True)


def test_a_run_that_failed_is_tried_again_also_when_it_is_no_longer_on_the_first_page(
    look: Callable[..., Cycle], double: OMSDouble
) -> None:
    put_runs(double, 1)
    double.trouble.append(Trouble("lumisections", status=500))
    assert list(look().failed) == [FIRST]
    double.trouble.clear()
    double.runs[FIRST]["last_update"] = "2000-01-01T00:00:00Z"
    newer = put_runs(double, 101, first=FIRST + 60)
    cycle = look()
    assert sorted(cycle.created) == [FIRST, *newer]
    assert cycle.created[-1] == FIRST, "it comes last, so that it can't hold up the others"


def test_runs_that_fail_one_after_the_other_do_not_hold_up_the_others_for_ever(
    look: Callable[..., Cycle], double: OMSDouble
) -> None:
    numbers = put_runs(double, 12)
    order = sorted(numbers, key=lambda number: double.runs[number]["last_update"])
    for number in order[:6]:
        double.trouble.append(Trouble(f"lumisections?filter[run_number]={number}", status=404, body=b"{}"))
    first = look()
    assert (list(first.failed), first.created, first.is_complete) == (order[:5], [], False)
    assert look().created == order[6:]


def test_an_oms_that_can_not_say_what_changed_is_an_error(look: Callable[..., Cycle], double: OMSDouble) -> None:
    put_runs(double, 1)
    double.trouble.append(Trouble("runs", status=500, times=2))
    with pytest.raises(TransportError, match="answers 500"):
        look()
    assert look().created == [FIRST]


def test_what_is_on_the_first_pages_is_taken_when_a_later_one_fails(look: Callable[..., Cycle], double: OMSDouble) -> None:
    numbers = put_runs(double, 90)
    double.trouble.append(Trouble("page[offset]=50", status=500))
    cycle = look()
    assert (len(cycle.created), cycle.is_complete) == (50, False)
    double.trouble.clear()
    again = look()
    assert sorted(cycle.created + again.created) == numbers
    assert again.is_complete


def test_a_long_list_is_worked_on_in_parts_and_none_is_forgotten(look: Callable[..., Cycle], double: OMSDouble) -> None:
    numbers = put_runs(double, 110)
    cycles = [look(most_runs=50) for _ in range(3)]
    assert [len(cycle.created) for cycle in cycles] == [50, 50, 10]
    assert [cycle.is_complete for cycle in cycles] == [False, False, True]
    assert sorted(number for cycle in cycles for number in cycle.created) == numbers


def test_a_look_that_is_stopped_leaves_what_the_next_one_finds(store: Store, client: OMSClient, double: OMSDouble) -> None:
    numbers = put_runs(double, 80)
    answers = iter([True] * 30)
    cut = poll_once(store, client, PollMemory(), may_go_on=lambda: next(answers, False))
    assert (len(cut.created), cut.is_complete) == (30, False)
    rest = poll_once(store, client, PollMemory())  # as another process would, which remembers nothing
    assert sorted(cut.created + rest.created) == numbers


@pytest.mark.parametrize("number", [None, "320001", True, 0, -5, 2**31])
def test_a_run_without_a_number_is_passed_over(look: Callable[..., Cycle], double: OMSDouble, number: Any) -> None:
    put_runs(double, 2)
    double.runs[FIRST] = {**double.runs[FIRST], "run_number": number}
    assert look().created == [FIRST + 1]


def test_an_oms_that_knows_no_offset_ends_the_look(look: Callable[..., Cycle], double: OMSDouble) -> None:
    put_runs(double, 60)
    double.knows_offset = False
    cycle = look()
    assert (len(cycle.created), cycle.is_complete) == (50, True)


def test_a_run_that_somebody_else_creates_meanwhile_is_updated(store: Store, client: OMSClient, double: OMSDouble) -> None:
    """The other one gets in between the look at the database and the transaction."""
    put_runs(double, 1)

    class Late(OMSClient):
        def lumisections(self, run_number: int) -> list[dict[str, Any]]:
            rows = client.lumisections(run_number)
            poll_once(store, client, PollMemory())
            return rows

    with closing(Late(double.settings())) as late:
        cycle = poll_once(store, late, PollMemory())
    assert (cycle.created, cycle.failed) == ([], {})


def test_oms_is_followed_on_postgresql_as_well(postgres_url: str, client: OMSClient, double: OMSDouble) -> None:
    with Store(postgres_url) as store:
        ensure_settings(store, None)
        one, other = OMSPoller(store, client, 60), OMSPoller(store, client, 60)
        put_runs(double, 3)
        change(double, FIRST + 2, end_time=None)
        cycle = one.poll_once()
        assert cycle is not None
        assert sorted(cycle.created) == [FIRST, FIRST + 1, FIRST + 2]
        change(double, FIRST + 2, 5, energy=6500)
        assert other.poll_once() is None
        cycle = one.poll_once()
        assert cycle is not None
        assert cycle.updated == [FIRST + 2]
        assert last_lumisection(store, FIRST + 2) == 5


def wait_until(condition: Callable[[], bool], timeout_s: float = 10.0) -> None:
    deadline = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.01)


def test_the_registry_follows_oms_by_itself(store: Store, double: OMSDouble) -> None:
    put_runs(double, 3)
    registry = Registry(ServerSettings(oms=double.settings(interval_s=0.05)), store)
    registry.start()
    try:
        wait_until(lambda: stored(store, FIRST + 2) is not None)
        double.trouble.append(Trouble("runs", status=500, times=3))
        change(double, FIRST, energy=5)
        wait_until(lambda: (stored(store, FIRST) or [{}])[0].get("energy") == 5)
        assert registry.standing().poller_ages_s["oms"] < 10
    finally:
        registry.stop()
    assert not any(thread.name == "runregistry-oms" for thread in threading.enumerate())


@pytest.mark.parametrize("settings", [{"interval_s": 0.0}, {"run_worker": False}])
def test_a_registry_follows_oms_only_if_it_is_to(store: Store, double: OMSDouble, settings: dict[str, Any]) -> None:
    run_worker = settings.pop("run_worker", True)
    registry = Registry(ServerSettings(oms=double.settings(**settings), run_worker=run_worker), store)
    assert registry.oms is not None
    assert "oms" not in registry.pollers
    registry.oms.close()


def test_of_several_processes_one_follows_oms_and_another_takes_over(store: Store, client: OMSClient, double: OMSDouble) -> None:
    one, other = OMSPoller(store, client, 60), OMSPoller(store, client, 60)
    put_runs(double, 1)
    first = one.poll_once()
    assert first is not None
    assert first.created == [FIRST]
    asked = len(double.asked)
    assert other.poll_once() is None
    assert len(double.asked) == asked
    one.start()
    wait_until(lambda: len(double.asked) > asked)
    one.stop()
    assert other.poll_once() is not None, "the turn was given back"


def test_a_poller_that_lost_its_turn_stops_in_the_middle(store: Store, client: OMSClient, double: OMSDouble) -> None:
    put_runs(double, 3)
    one = OMSPoller(store, client, 60)
    one.poll_once()
    with store.changing() as connection:
        store.leases.give_back(connection, "oms", one._name)
        assert store.leases.take(connection, "oms", "another", 60)
    one._renewed_at = 0.0
    assert not one.may_go_on()


def test_a_poller_outlives_whatever_goes_wrong(
    store: Store, client: OMSClient, double: OMSDouble, caplog: pytest.LogCaptureFixture
) -> None:
    put_runs(double, 1)

    class Stumbling(OMSClient):
        stumbles = 2

        def latest_runs(self, limit: int, offset: int = 0) -> list[dict[str, Any]]:
            if self.stumbles:
                self.stumbles -= 1
                raise ZeroDivisionError("a defect")
            return super().latest_runs(limit, offset)

    caplog.set_level(logging.INFO)
    with closing(Stumbling(double.settings())) as stumbling:
        poller = OMSPoller(store, stumbling, 0.02)
        poller.start()
        try:
            wait_until(lambda: stored(store, FIRST) is not None)
        finally:
            poller.stop()
    assert "a look at OMS failed" in caplog.text
    assert "looked at OMS: 1 created" in caplog.text


def test_stopping_does_not_wait_for_the_next_look(store: Store, client: OMSClient) -> None:
    poller = OMSPoller(store, client, 3600)
    poller.start()
    begin = time.monotonic()
    poller.stop()
    assert time.monotonic() - begin < 5
    assert not poller.is_alive
