"""Lists that are gone through or only counted."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from typing import Any

import httpx2
import pytest
from tests.unit.client.conftest import Ask
from tests.unit.client.fakes import QUICK, FakeRegistry, answer, dataset_row, run_row

from runregistry.client import AsyncClient, Client
from runregistry.errors import FilterError, TransportError, UsageError


def through(fake: FakeRegistry, verb: str, *args: Any, is_async: bool, **kwargs: Any) -> list[dict[str, Any]]:
    settings: Any = {"retries": QUICK, "page_size": 10, "in_flight": 2}
    if not is_async:
        with Client("local", transport=httpx2.MockTransport(fake), **settings) as client:
            return list(getattr(client, verb)(*args, **kwargs))

    async def main() -> list[dict[str, Any]]:
        async with AsyncClient("local", transport=httpx2.MockTransport(fake), **settings) as client:
            return [row async for row in getattr(client, verb)(*args, **kwargs)]

    return asyncio.run(main())


class Living(FakeRegistry):
    """A registry that understands the rule on the run number with which a stream goes on; `meanwhile` runs before each window."""

    def __init__(self, runs: int = 0) -> None:
        super().__init__(runs)
        self.meanwhile: Callable[[], None] = lambda: None

    def _page(self, request: httpx2.Request) -> httpx2.Response:
        body = json.loads(request.content)
        name = "runs" if "runs" in request.url.path else "datasets"
        rows = list(getattr(self, name))
        if body["sortings"]:
            rows.reverse()
        for part in body["filter"].get("and", []):
            if isinstance(part.get("run_number"), dict):
                rows = [row for row in rows if row["run_number"] <= part["run_number"].get("<=", 10**9)]
                rows = [row for row in rows if row["run_number"] >= part["run_number"].get(">=", 0)]
        page, size = body["page"], body["page_size"]
        found = rows[page * size :][:size] if size else []
        return answer(200, {name: found, "pages": -(-len(rows) // size) if size else None, "count": len(rows)})


@pytest.fixture(params=[False, True], ids=["threads", "tasks"])
def is_async(request: pytest.FixtureRequest) -> bool:
    return bool(request.param)


@pytest.mark.parametrize("count", [0, 1, 19, 20, 21, 95])
def test_a_stream_gives_each_row_once_and_in_order(is_async: bool, count: int) -> None:
    assert through(Living(count), "iter_runs", is_async=is_async) == [run_row(number) for number in range(count, 0, -1)]


def test_a_stream_can_begin_with_the_oldest(is_async: bool) -> None:
    rows = through(Living(45), "iter_runs", sortings=[["run_number", "ASC"]], is_async=is_async)
    assert [row["run_number"] for row in rows] == list(range(1, 46))


def test_a_stream_asks_only_for_what_is_taken() -> None:
    fake = Living(1000)
    with Client("local", transport=httpx2.MockTransport(fake), page_size=10, in_flight=2) as client:
        stream = client.iter_runs()
        assert fake.asked == []
        next(stream)
    assert len(fake.asked) == 2


def test_the_users_filter_stays_in_force(is_async: bool) -> None:
    fake = Living(45)
    through(fake, "iter_runs", {"class": "Cosmics24"}, is_async=is_async)
    body = fake.bodies("/runs_filtered_ordered")[-1]
    assert body["filter"] == {"and": [{"rr_attributes.class": {"=": "Cosmics24"}}, {"run_number": {"<=": 7}}]}


def test_rows_that_come_and_go_between_windows_move_no_other(is_async: bool) -> None:
    fake = Living(60)
    served = 0
    plain = fake._page

    def page(request: httpx2.Request) -> httpx2.Response:
        nonlocal served
        served += 1
        if served == 3:  # between the first window and the second
            fake.runs[:0] = [run_row(number) for number in range(75, 60, -1)]
            fake.runs = [row for row in fake.runs if row["run_number"] not in range(50, 58)]
        return plain(request)

    fake._page = page  # type: ignore[method-assign]
    numbers = [row["run_number"] for row in through(fake, "iter_runs", is_async=is_async)]
    assert numbers == list(range(60, 0, -1))


def test_a_run_with_more_datasets_than_a_window_is_gone_through(is_async: bool) -> None:
    fake = Living()
    fake.datasets = [dataset_row(run, f"/d{number:03}/DQM") for run in (9, 8, 7) for number in range(55)]
    assert through(fake, "iter_datasets", is_async=is_async) == fake.datasets


def test_another_order_has_no_place_to_go_on_from(is_async: bool) -> None:
    for sortings in ([["class", "ASC"]], [["run_number", "ASC"], ["name", "ASC"]], [["run_number", "UP"]]):
        with pytest.raises(UsageError, match="in the order of run_number only"):
            through(Living(3), "iter_runs", sortings=sortings, is_async=is_async)


def test_a_wrong_filter_is_refused_before_the_first_row() -> None:
    with Client("local", transport=httpx2.MockTransport(Living(3))) as client, pytest.raises(FilterError):
        client.iter_runs({"clas": "x"})


def test_a_registry_that_ignores_the_filter_gives_each_row_once_too(is_async: bool) -> None:
    fake = FakeRegistry(60)  # answers every question with all rows
    assert through(fake, "iter_runs", is_async=is_async) == fake.runs


def test_rows_in_a_wrong_order_are_noticed(is_async: bool) -> None:
    fake = Living(60)
    fake.runs[5], fake.runs[15] = fake.runs[15], fake.runs[5]
    with pytest.raises(TransportError, match="did not come in the order of run numbers"):
        through(fake, "iter_runs", is_async=is_async)


def test_a_count_has_no_rows(ask: Ask) -> None:
    fake = Living(473)
    with Client("local", transport=httpx2.MockTransport(fake)) as client:
        assert client.count_runs({"class": "Cosmics24"}) == 473
        assert client.count_datasets() == 0
    assert [body["page_size"] for body in fake.bodies("/runs_filtered_ordered")] == [0]


def test_an_answer_without_a_count_is_no_count(ask: Ask, fake: FakeRegistry) -> None:
    fake.script["/runs_filtered_ordered"] = [answer(200, {"runs": []})]
    with pytest.raises(TransportError, match="did not say how many"):
        ask("count_runs")


def test_fields_are_cut_out_of_each_row(ask: Ask, fake: FakeRegistry) -> None:
    fake.runs = [run_row(number) for number in range(120, 0, -1)]
    rows = ask("runs", fields=["run_number", "class", "energy"])
    assert rows == [{"run_number": number, "class": "Collisions24", "energy": 6800} for number in range(120, 0, -1)]


def test_a_field_that_is_not_known_is_not_sent(ask: Ask, fake: FakeRegistry) -> None:
    with pytest.raises(FilterError, match="energy"):
        ask("runs", fields=["enrgy"])
    assert fake.asked == []
