"""Many writers and several server processes on one database: nothing is lost, and everyone sees the same at once."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path

import httpx2
import pytest
from tests.contention import RUN, create_run, problems, stored_comments, write_at_once
from tests.integration.registry import EXPERT
from tests.integration.test_cli_registry import serving

from runregistry.store import Store

N_WRITERS, N_EDITS = 8, 25


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of an empty database that several processes can open."""
    if request.param == "postgresql":
        return str(request.getfixturevalue("postgres_url"))
    return f"sqlite:///{tmp_path / 'shared.sqlite'}"


def test_two_servers_on_one_database_lose_no_edit_and_agree_at_once(database: str) -> None:
    with ExitStack() as stack:
        urls = [stack.enter_context(serving("--database", database))[1] for _ in range(2)]
        create_run(urls[0])
        assert_each_sees_what_the_other_wrote(urls)
        written = write_at_once(urls, N_WRITERS, N_EDITS)
        answers = [httpx2.get(f"{url}/runs/{RUN}").json() for url in urls]
    assert written.refused == []
    assert len(written.acknowledged) == N_WRITERS * N_EDITS
    assert problems(database, written.acknowledged) == []
    assert answers[0] == answers[1]
    with Store(database) as store:
        assert_each_writers_edits_are_in_its_own_order(stored_comments(store))


def assert_each_sees_what_the_other_wrote(urls: list[str]) -> None:
    """Through lists, too, which every process answers from memory."""
    for number in range(6):
        here, there = urls[number % 2], urls[(number + 1) % 2]
        body = {"stop_reason": f"seen {number}"}
        assert httpx2.put(f"{here}/manual_run_edit/{RUN}/stop_reason", json=body, headers=EXPERT).status_code == 200
        asked = {"filter": {"rr_attributes.stop_reason": f"seen {number}"}, "sortings": [], "page": 0}
        found = httpx2.post(f"{there}/runs_filtered_ordered", json=asked).json()
        assert [run["run_number"] for run in found["runs"]] == [RUN]


def assert_each_writers_edits_are_in_its_own_order(comments: list[str]) -> None:
    for writer in range(N_WRITERS):
        own = [comment for comment in comments if comment.startswith(f" writer {writer} edit ")]
        assert own == [f" writer {writer} edit {number}" for number in range(N_EDITS)]
