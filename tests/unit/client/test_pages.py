from __future__ import annotations

import time

import pytest
from tests.unit.client.conftest import Ask
from tests.unit.client.fakes import FakeRegistry, answer, dataset_row, run_row

from runregistry.client import Client
from runregistry.errors import APIError, FilterError, TransportError

PATH = "/runs_filtered_ordered"


def _filled(fake: FakeRegistry, runs: int) -> None:
    fake.runs = [run_row(number) for number in range(runs, 0, -1)]


def test_all_pages_come_in_order(ask: Ask, fake: FakeRegistry) -> None:
    _filled(fake, 473)
    assert [row["run_number"] for row in ask("runs")] == list(range(473, 0, -1))


def test_each_page_is_asked_for_once(ask: Ask, fake: FakeRegistry) -> None:
    _filled(fake, 473)
    ask("runs")
    assert sorted(body["page"] for body in fake.bodies(PATH)) == list(range(10))


def test_the_question_has_the_form_of_the_official_client(ask: Ask, fake: FakeRegistry) -> None:
    ask("runs", {"class": "Cosmics24"}, sortings=[["run_number", "ASC"]])
    assert fake.bodies(PATH) == [
        {"page": 0, "filter": {"rr_attributes.class": {"=": "Cosmics24"}}, "sortings": [["run_number", "ASC"]], "page_size": 50}
    ]


def test_an_empty_list_takes_one_request(ask: Ask, fake: FakeRegistry) -> None:
    assert ask("runs") == []
    assert len(fake.asked) == 1


def test_no_more_than_the_setting_are_in_flight(client: Client, fake: FakeRegistry) -> None:
    _filled(fake, 1000)
    fake.before_page = lambda page: time.sleep(0.002)
    client.runs()
    assert 1 < fake.most_running <= client.settings.in_flight


@pytest.mark.parametrize(("limit", "pages"), [(0, 1), (1, 1), (50, 1), (51, 2), (120, 3), (473, 10), (1000, 10)])
def test_a_limit_cuts_the_list_and_the_requests(ask: Ask, fake: FakeRegistry, limit: int, pages: int) -> None:
    _filled(fake, 473)
    assert len(ask("runs", limit=limit)) == min(limit, 473)
    assert len(fake.asked) == pages


def test_a_wire_filter_is_sent_as_it_is(ask: Ask, fake: FakeRegistry) -> None:
    wire = {"and": [{"run_number": {"and": [{">": 1}]}}], "dataset_attributes.dt_state": 3}
    ask("datasets", wire, is_wire_filter=True)
    assert fake.bodies("/datasets_filtered_ordered")[0]["filter"] == wire


def test_a_filter_that_is_wrong_is_not_sent(ask: Ask, fake: FakeRegistry) -> None:
    with pytest.raises(FilterError):
        ask("runs", {"clas": "Cosmics24"})
    assert fake.asked == []


def test_a_refused_question_raises_the_text(ask: Ask, fake: FakeRegistry) -> None:
    fake.script[PATH] = [answer(500, {"err": "column Run.foo does not exist"})]
    with pytest.raises(APIError, match=r"^column Run\.foo does not exist$"):
        ask("runs")


def test_an_error_that_comes_with_status_200_is_an_error(ask: Ask, fake: FakeRegistry) -> None:
    fake.script[PATH] = [answer(200, {"err": "no"})]
    with pytest.raises(APIError, match=r"^no$"):
        ask("runs")


def test_a_later_page_that_fails_fails_the_whole(ask: Ask, fake: FakeRegistry) -> None:
    _filled(fake, 500)
    page = answer(200, {"runs": fake.runs[:50], "pages": 10, "count": 500})
    fake.script[PATH] = [page, answer(500, {"err": "broken"})]
    with pytest.raises(APIError, match="broken"):
        ask("runs")


def test_an_answer_that_is_no_page_says_so(ask: Ask, fake: FakeRegistry) -> None:
    fake.script[PATH] = [answer(200, ["what"])]
    with pytest.raises(TransportError, match="no page of runs"):
        ask("runs")


def test_a_run_that_begins_between_pages_is_noticed_and_included(ask: Ask, fake: FakeRegistry) -> None:
    _filled(fake, 200)
    begun = iter([201])

    def before(page: int) -> None:
        if page == 2:
            fake.runs[:0] = [run_row(number) for number in begun]

    fake.before_page = before
    assert [row["run_number"] for row in ask("runs")] == list(range(201, 0, -1))


def test_a_run_that_ends_between_pages_makes_no_other_disappear(ask: Ask, fake: FakeRegistry) -> None:
    _filled(fake, 200)
    gone = iter([fake.runs[0]])

    def before(page: int) -> None:
        if page == 3:
            for row in gone:
                fake.runs.remove(row)

    fake.before_page = before
    assert {row["run_number"] for row in ask("runs")} >= set(range(1, 200))


def test_a_list_that_grows_all_the_time_has_each_row_once_and_in_order(ask: Ask, fake: FakeRegistry) -> None:
    _filled(fake, 200)
    fake.before_page = lambda page: fake.runs.insert(0, run_row(fake.runs[0]["run_number"] + 1)) if page == 1 else None
    numbers = [row["run_number"] for row in ask("runs")]
    assert set(numbers) >= set(range(1, 203))
    assert numbers == sorted(set(numbers), reverse=True)


def test_rows_that_never_come_are_missed(ask: Ask, fake: FakeRegistry) -> None:
    same = [run_row(number) for number in range(50, 0, -1)]
    fake.script[PATH] = [answer(200, {"runs": same, "pages": 2, "count": 100})]
    with pytest.raises(TransportError, match="50 of 100 runs are missing"):
        ask("runs")


def test_datasets_of_one_run_are_told_apart_by_name(ask: Ask, fake: FakeRegistry) -> None:
    fake.datasets = [dataset_row(1, f"/PromptReco/{number:03}/DQM") for number in range(120)]
    assert ask("datasets") == fake.datasets
    assert len(fake.asked) == 3


def test_the_page_size_is_a_setting(ask: Ask, fake: FakeRegistry) -> None:
    _filled(fake, 100)
    assert len(ask("runs", settings={"page_size": 10})) == 100
    assert len(fake.asked) == 10


def test_a_long_list_is_read_in_wider_pages_after_the_first(ask: Ask, fake: FakeRegistry) -> None:
    _filled(fake, 1730)
    assert [row["run_number"] for row in ask("runs")] == list(range(1730, 0, -1))
    asked = [(body["page_size"], body["page"]) for body in fake.bodies(PATH)]
    assert asked[0] == (50, 0)
    assert sorted(asked) == [(50, 0), (50, 1), (50, 2), (50, 3), *((200, page) for page in range(1, 9))]


@pytest.mark.parametrize(("size", "sizes"), [(20, {20, 80}), (100, {100, 200}), (150, {150}), (400, {400})])
def test_no_page_is_made_very_wide(ask: Ask, fake: FakeRegistry, size: int, sizes: set[int]) -> None:
    _filled(fake, 11 * size)
    assert len(ask("runs", settings={"page_size": size})) == 11 * size
    assert {body["page_size"] for body in fake.bodies(PATH)} == sizes


def test_a_limit_holds_in_wide_pages_too(ask: Ask, fake: FakeRegistry) -> None:
    _filled(fake, 5000)
    assert [row["run_number"] for row in ask("runs", limit=777)] == list(range(5000, 4223, -1))
    assert sum(body["page_size"] for body in fake.bodies(PATH)) == 800


def test_a_run_that_begins_between_wide_pages_is_noticed(ask: Ask, fake: FakeRegistry) -> None:
    _filled(fake, 1000)
    begun = iter([1001])

    def before(page: int) -> None:
        if page == 4:
            fake.runs[:0] = [run_row(number) for number in begun]

    fake.before_page = before
    assert [row["run_number"] for row in ask("runs")] == list(range(1001, 0, -1))


def test_a_wide_page_that_comes_short_is_missed(ask: Ask, fake: FakeRegistry) -> None:
    _filled(fake, 1000)
    cut = answer(200, {"runs": fake.runs[200:399], "pages": 20, "count": 1000})
    pages = [answer(200, {"runs": fake.runs[:50], "pages": 20, "count": 1000})] + [cut] * 40
    fake.script[PATH] = pages
    with pytest.raises(TransportError, match="of 1000 runs are missing"):
        ask("runs")
