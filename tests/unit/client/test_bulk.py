"""Verbs about many runs: what fails, what is kept, what is tried again."""

from __future__ import annotations

import pickle
import threading
from collections.abc import Callable
from typing import Any

import httpx2
import pytest
from tests.unit.client.conftest import Ask
from tests.unit.client.fakes import QUICK, FakeRegistry, answer, dataset_row

from runregistry.client import Client
from runregistry.client.bulk import Bulk
from runregistry.errors import (
    APIError,
    AuthenticationError,
    NotFound,
    PermissionDenied,
    RangeError,
    RunRegistryError,
    TransportError,
    UsageError,
)

RANGES = "/lumisections/rr_lumisection_ranges"
MOVE = "/runs/move_run/OPEN/SIGNOFF"
EDIT = "/lumisections/edit_rr_lumisections"


def by_run(outcome: Callable[[int], Any]) -> Callable[[httpx2.Request], Any]:
    """Answer each request by the run that it is about."""

    def give(request: httpx2.Request) -> Any:
        import json

        return outcome(json.loads(request.content)["run_number"])

    return give


def found_except(*broken: int) -> Callable[[httpx2.Request], Any]:
    return by_run(lambda run: answer(500, {"err": f"no {run}"}) if run in broken else answer(200, [{"start": 1, "end": run}]))


def test_many_datasets_are_asked_for_in_one_call(ask: Ask, fake: FakeRegistry) -> None:
    fake.script[RANGES] = [found_except()]
    found = ask("ranges_of", range(1, 31))
    assert list(found) == [(run, "online") for run in range(1, 31)]
    assert found[7, "online"] == [{"start": 1, "end": 7}]
    assert found.is_complete


def test_datasets_are_named_by_number_by_pair_or_by_row(ask: Ask, fake: FakeRegistry) -> None:
    fake.script[RANGES] = [found_except()]
    which = [1, (2, "/a/b"), dataset_row(3, "/c/d"), {"run_number": 4}, 1]
    assert list(ask("ranges_of", which)) == [(1, "online"), (2, "/a/b"), (3, "/c/d"), (4, "online")]
    assert len(fake.asked) == 4


@pytest.mark.parametrize("wrong", ["12x", 1.5, True, None, (1,), (1, 2), {"run": 1}])
def test_what_is_no_dataset_is_named_and_nothing_sent(ask: Ask, fake: FakeRegistry, wrong: Any) -> None:
    with pytest.raises(UsageError, match=r"run number is an integer|dataset is given as"):
        ask("ranges_of", [7, wrong])
    assert fake.asked == []


def test_the_first_failure_is_raised_with_what_was_done(ask: Ask, fake: FakeRegistry) -> None:
    fake.script[RANGES] = [found_except(4)]
    with pytest.raises(APIError, match="no 4") as caught:
        ask("ranges_of", range(1, 9), settings={"in_flight": 1})
    result = caught.value.result
    assert list(result) == [(1, "online"), (2, "online"), (3, "online")]
    assert list(result.failed) == [(4, "online")]
    assert [run for run, _ in result.pending] == [5, 6, 7, 8]
    assert "5 of 8 are missing (1 failed, 4 not tried)" in caught.value.__notes__[0]
    assert len(fake.asked) == 4


def test_a_call_is_taken_up_where_it_broke(ask: Ask, fake: FakeRegistry) -> None:
    fake.script[RANGES] = [found_except(4)]
    with pytest.raises(APIError) as caught:
        ask("ranges_of", range(1, 9), settings={"in_flight": 1})
    fake.script[RANGES] = [found_except()]
    fake.asked.clear()
    found = ask("ranges_of", resume_from=caught.value.result)
    assert list(found) == [(run, "online") for run in range(1, 9)]
    assert len(fake.asked) == 5
    assert not caught.value.result.is_complete


@pytest.mark.parametrize("how", [{"on_error": "keep"}, {"keep_failed": True}])
def test_failures_can_be_kept_and_everything_be_tried(ask: Ask, fake: FakeRegistry, how: dict[str, Any]) -> None:
    fake.script[RANGES] = [found_except(2, 5)]
    found = ask("ranges_of", range(1, 9), **how)
    assert {run for run, _ in found.failed} == {2, 5}
    assert len(found) == 6
    assert repr(found) == "Bulk(ranges_of: 6 of 8 done, 2 failed)"
    with pytest.raises(KeyError, match="failed: no 5"):
        found[5, "online"]
    with pytest.raises(APIError):
        found.raise_if_incomplete()


def test_failures_can_be_warned_of(ask: Ask, fake: FakeRegistry) -> None:
    fake.script[RANGES] = [found_except(2)]
    with pytest.warns(UserWarning, match=r"1 of 8 are missing(.|\n)*run 2 online: no 2") as warned:
        assert len(ask("ranges_of", range(1, 9), on_error="warn")) == 7
    assert len(warned) == 1


def test_an_unknown_way_with_failures_is_refused(ask: Ask, fake: FakeRegistry) -> None:
    with pytest.raises(UsageError, match=r"did you mean raise\?"):
        ask("ranges_of", [1], on_error="rise")


def test_only_a_result_of_the_same_verb_is_taken_up(ask: Ask, fake: FakeRegistry) -> None:
    with pytest.raises(UsageError, match="resume_from takes what move_runs returned"):
        ask("move_runs", "OPEN", "SIGNOFF", resume_from=Bulk("ranges_of", [(1, "online")]))
    with pytest.raises(UsageError, match="this is of list"):
        ask("ranges_of", resume_from=[1])


def test_progress_is_told_to_who_asks(ask: Ask, fake: FakeRegistry) -> None:
    fake.script[RANGES] = [found_except(3)]
    told: list[tuple[int, int]] = []
    ask("ranges_of", range(1, 6), on_error="keep", progress=lambda done, total: told.append((done, total)))
    assert sorted(told) == [(done, 5) for done in range(1, 6)]


def test_a_bar_is_not_drawn_into_a_log(ask: Ask, fake: FakeRegistry, capsys: pytest.CaptureFixture[str]) -> None:
    fake.script[RANGES] = [found_except()]
    ask("ranges_of", range(1, 6))
    assert capsys.readouterr() == ("", "")


def test_a_bar_is_drawn_where_it_is_wanted(ask: Ask, fake: FakeRegistry, capsys: pytest.CaptureFixture[str]) -> None:
    fake.script[RANGES] = [found_except()]
    ask("ranges_of", range(1, 6), progress=True)
    assert capsys.readouterr().out == ""


def test_runs_are_changed_each_for_itself(ask: Ask, fake: FakeRegistry) -> None:
    fake.script[MOVE] = [by_run(lambda run: answer(500, {"err": "Run not found"}) if run == 3 else answer(200, {"run": run}))]
    done = ask("move_runs", "OPEN", "SIGNOFF", range(1, 6), on_error="keep")
    assert dict(done) == {run: {"run": run} for run in (1, 2, 4, 5)}
    assert isinstance(done.failed[3], NotFound)
    assert done.unknown == []


def test_a_change_whose_answer_got_lost_is_never_sent_again(ask: Ask, fake: FakeRegistry) -> None:
    fake.script[MOVE] = [by_run(lambda run: httpx2.ReadError("cut") if run == 2 else answer(200, run))]
    done = ask("move_runs", "OPEN", "SIGNOFF", [1, 2, 3], on_error="keep")
    assert done.unknown == [2]
    assert "may have been applied" in done.complaint()
    fake.asked.clear()
    again = ask("move_runs", "OPEN", "SIGNOFF", resume_from=done, on_error="keep")
    assert fake.asked == []
    assert again.unknown == [2]


def test_a_change_that_did_not_reach_the_registry_is_tried_again(ask: Ask, fake: FakeRegistry) -> None:
    fake.script[MOVE] = [by_run(lambda run: httpx2.ConnectError("refused") if run == 2 else answer(200, run))]
    done = ask("move_runs", "OPEN", "SIGNOFF", [1, 2, 3], on_error="keep")
    assert (list(done.failed), done.unknown) == ([2], [])
    fake.script[MOVE] = [by_run(lambda run: answer(200, run))]
    assert ask("move_runs", "OPEN", "SIGNOFF", resume_from=done).is_complete


def test_nothing_to_change_is_a_mistake(ask: Ask, fake: FakeRegistry) -> None:
    with pytest.raises(UsageError, match="nothing to change"):
        ask("mark_significant", [])


def test_edits_of_a_dataset_are_made_in_their_order(ask: Ask, fake: FakeRegistry) -> None:
    fake.script[EDIT] = [answer(200, {})]
    edits: list[Any] = [(run, 1, last, "dt-dt", "BAD", "HV trip") for last in (5, 6, 7) for run in (1, 2)]
    assert ask("edit_many", edits).is_complete
    sent = [(body["run_number"], body["new_lumisection_range"]["end"]) for body in fake.bodies(EDIT)]
    assert [last for run, last in sent if run == 1] == [last for run, last in sent if run == 2] == [5, 6, 7]


def test_after_a_failure_nothing_more_is_edited_in_the_same_dataset(ask: Ask, fake: FakeRegistry) -> None:
    fake.script[EDIT] = [by_run(lambda run: answer(500, {"err": "closed"}) if run == 1 else answer(200, {}))]
    edits: list[Any] = [(run, 1, last, "dt-dt", "BAD", "HV trip") for last in (5, 6) for run in (1, 2)]
    done = ask("edit_many", edits, on_error="keep")
    assert [(edit.run_number, edit.last) for edit in done] == [(2, 5), (2, 6)]
    assert [(edit.run_number, edit.last) for edit in done.pending] == [(1, 6)]


@pytest.mark.parametrize(
    ("edits", "kind", "text"),
    [
        ([(1, 5, 4, "dt-dt", "BAD", "HV trip")], RangeError, "from 5 to 4 is no range"),
        ([(1, 0, 4, "dt-dt", "BAD", "HV trip")], RangeError, "count from 1"),
        ([(1, 1, 4, "dt-dt", "BAD", "HV")], UsageError, "BAD needs a comment"),
        ([(1, 1, 4, "dt-dt", "BADD")], UsageError, r"did you mean BAD\?"),
        ([(1, 1, 4, "dt-dt")], UsageError, "an edit has run_number, first, last"),
        ([{"run": 1}], UsageError, "an edit has run_number"),
        ([(1, 1, 4, "dt-dt", "BAD", "HV trip")] * 2, UsageError, "edits 2 and 3 are the same"),
    ],
)
def test_an_edit_that_can_not_work_stops_all_before_the_first(
    ask: Ask, fake: FakeRegistry, edits: Any, kind: type[Exception], text: str
) -> None:
    with pytest.raises(kind, match=text):
        ask("edit_many", [(9, 1, 1, "dt-dt", "GOOD"), *edits])
    assert fake.asked == []


def test_a_component_that_is_not_known_is_sent_with_a_warning(ask: Ask, fake: FakeRegistry) -> None:
    fake.script[EDIT] = [answer(200, {"ok": 1})]
    with pytest.warns(UserWarning, match=r"did you mean dt-dt"):
        assert ask("edit_lumisections", 7, 1, 4, "dt-td", "GOOD") == {"ok": 1}


def test_a_refusal_keeps_its_class_in_a_bulk_call(ask: Ask, fake: FakeRegistry) -> None:
    fake.script[MOVE] = [answer(401, {"message": "User needs to be part of any of the following e-groups: x"})]
    with pytest.raises(PermissionDenied, match="User needs to be part of"):
        ask("move_runs", "OPEN", "SIGNOFF", [1, 2])


def test_ctrl_c_keeps_what_was_done(fake: FakeRegistry) -> None:
    fake.script[RANGES] = [found_except()]

    def interrupt(done: int, total: int) -> None:
        if done == 3:
            raise KeyboardInterrupt

    with Client("local", transport=httpx2.MockTransport(fake), retries=QUICK, in_flight=1) as client:
        with pytest.raises(KeyboardInterrupt) as caught:
            client.ranges_of(range(1, 9), progress=interrupt)
        broken = caught.value.result  # type: ignore[attr-defined]
        assert len(broken) >= 3
        assert len(client.ranges_of(range(1, 9), keep_failed=True, progress=interrupt)) >= 3
        assert client.ranges_of(resume_from=broken).is_complete


def test_a_change_that_is_cancelled_on_its_way_is_unknown(fake: FakeRegistry) -> None:
    import asyncio

    from runregistry.client import AsyncClient

    class Never(httpx2.AsyncBaseTransport):
        async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
            await asyncio.sleep(60)
            raise AssertionError

    async def main() -> Any:
        async with AsyncClient("local", transport=Never()) as client:
            task = asyncio.create_task(client.move_runs("OPEN", "SIGNOFF", [1, 2, 3]))
            await asyncio.sleep(0.01)
            task.cancel()
            try:
                await task
            except asyncio.CancelledError as stop:
                return stop.result  # type: ignore[attr-defined]

    result = asyncio.run(main())
    assert result.unknown == [1, 2, 3]


def test_a_result_can_be_kept_in_a_file(ask: Ask, fake: FakeRegistry) -> None:
    fake.script[RANGES] = [found_except(2)]
    found = ask("ranges_of", [1, 2], on_error="keep")
    again = pickle.loads(pickle.dumps(found))
    assert dict(again) == dict(found)
    assert str(again.failed[2, "online"]) == "no 2"


def test_no_more_than_the_setting_are_in_flight(fake: FakeRegistry) -> None:
    gate = threading.Event()

    def slow(request: httpx2.Request) -> Any:
        gate.wait(0.01)
        return answer(200, [])

    fake.script[RANGES] = [slow]
    with Client("local", transport=httpx2.MockTransport(fake), in_flight=3) as client:
        client.ranges_of(range(1, 30))
    assert fake.most_running == 3


def test_a_failure_of_the_transport_is_a_failure_of_its_run(ask: Ask, fake: FakeRegistry) -> None:
    fake.script[RANGES] = [by_run(lambda run: httpx2.ReadError("cut") if run == 2 else answer(200, []))]
    found = ask("ranges_of", [1, 2, 3], keep_failed=True)
    assert isinstance(found.failed[2, "online"], TransportError)
    assert isinstance(found.failed[2, "online"], RunRegistryError)


def test_who_is_not_signed_in_is_told_once(ask: Ask, fake: FakeRegistry) -> None:
    fake.script[RANGES] = [answer(401, {"message": "who are you?"})]
    with pytest.raises(AuthenticationError) as caught:
        ask("ranges_of", range(1, 100), on_error="keep", settings={"in_flight": 2})
    assert len(fake.asked) < 10
    assert len(caught.value.result.pending) == 99


def test_a_result_is_one_table_even_if_nothing_was_found(ask: Ask, fake: FakeRegistry) -> None:
    fake.script[RANGES] = [found_except(*range(1, 4))]
    found = ask("ranges_of", [1, 2, 3], on_error="keep").to_arrow()
    fake.script[RANGES] = [found_except()]
    assert ask("ranges_of", [1, 2, 3]).to_arrow().schema.names == found.schema.names
    assert found.num_rows == 0
