from __future__ import annotations

import copy
import json

import pytest
from tests.unit.client.fakes import dataset_row, run_row

from runregistry.client.flows.oms import with_oms
from runregistry.client.flows.pages import Page


def bare_row(run_number, name="online"):
    row = dataset_row(run_number, name)
    del row["Run"]["oms_attributes"]
    return row


def run(flow, known):
    """Answer a flow from known runs; return the result and what was asked, batch by batch."""
    asked = []
    try:
        calls = next(flow)
        while True:
            bodies = [json.loads(call.content) for call in calls]
            asked.append(bodies)
            answers = []
            for body in bodies:
                rows = [run_row(number) for number in body["filter"]["run_number"] if number in known]
                answers.append(Page(rows, [], len(rows), 1))
            calls = flow.send(answers)
    except StopIteration as end:
        return end.value, asked


def test_rows_get_the_attributes_of_their_run_in_their_order():
    rows = [bare_row(2, "b"), bare_row(1, "a"), bare_row(2, "a")]
    found, _ = run(with_oms(rows), {1, 2})
    assert [(row["run_number"], row["name"]) for row in found] == [(2, "b"), (1, "a"), (2, "a")]
    assert [row["Run"]["oms_attributes"]["run_number"] for row in found] == [2, 1, 2]
    assert found[0]["Run"]["rr_attributes"] == {"class": "Collisions24"}


def test_all_runs_are_asked_for_at_once_in_pages_of_the_given_size():
    rows = [bare_row(number, name) for number in range(1, 6) for name in ("a", "b")]
    _, asked = run(with_oms(rows, page_size=2), set(range(6)))
    (bodies,) = asked
    assert [body["filter"] for body in bodies] == [{"run_number": [5, 4]}, {"run_number": [3, 2]}, {"run_number": [1]}]
    assert [(body["page"], body["page_size"]) for body in bodies] == [(0, 2), (0, 2), (0, 1)]


@pytest.mark.parametrize("size", [0, -1])
def test_a_size_that_is_none_still_gets_every_run(size):
    found, _ = run(with_oms([bare_row(1), bare_row(2)], page_size=size), {1, 2})
    assert all(row["Run"]["oms_attributes"] for row in found)


def test_requests_stay_modest_whatever_the_page_size():
    _, asked = run(with_oms([bare_row(number) for number in range(1, 1201)], page_size=100_000), set())
    assert [len(body["filter"]["run_number"]) for body in asked[0]] == [500, 500, 200]


def test_the_given_rows_stay_as_they_are():
    rows = [bare_row(1), {**bare_row(2), "Run": None}]
    before = copy.deepcopy(rows)
    found, _ = run(with_oms(rows), {1, 2})
    assert rows == before
    assert found[1]["Run"]["oms_attributes"]["run_number"] == 2


def test_rows_that_have_their_attributes_already_are_not_asked_for():
    rows = [dataset_row(1, "online"), bare_row(2)]
    found, asked = run(with_oms(rows), {1, 2})
    assert [body["filter"] for bodies in asked for body in bodies] == [{"run_number": [2]}]
    assert found[0] is rows[0]
    assert run(with_oms(rows[:1]), {1}) == (rows[:1], [])
    assert run(with_oms([]), set()) == ([], [])


def test_a_run_that_the_registry_does_not_list_has_none():
    found, _ = run(with_oms([bare_row(1)]), set())
    assert found[0]["Run"] == {"rr_attributes": {"class": "Collisions24"}, "oms_attributes": None}
