"""A mirror whose sync is cut, whose remote registry changes, lies or loses something, and whose file is damaged."""

from __future__ import annotations

import json
import os
import random
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import httpx2
import pytest
from sqlalchemy import select, update
from tests.integration.mirroring import RUNS, Remote, contents, filled, path, remote, routes
from tests.integration.offline import COPY, PROMPT, create_dataset
from tests.integration.registry import create_run, edit

from runregistry import Client, testing
from runregistry.errors import DamagedFile, MigrationNeeded, NotMirrored, RunRegistryError, StoreCorrupt, StoreError
from runregistry.mirror import status, sync
from runregistry.mirror.files import opened
from runregistry.mirror.notes import note_of
from runregistry.store import schema

__all__ = ["filled", "path", "remote", "routes"]  # fixtures

KILLS = int(os.environ.get("RUNREGISTRY_TEST_KILLS", "2"))


def is_as_in_peace(remote: Remote, path: Path) -> bool:
    """Whether a mirror is what one is that is made now; that this one answers as the registry does, other tests ask."""
    peace = path.with_name("peace.sqlite")
    routes = remote_routes(path)
    assert sync(peace, remote.client, routes=routes).is_complete
    return contents(path) == contents(peace)


def remote_routes(path: Path) -> str:
    with opened(path) as store, store.reading() as connection:
        return store.mirrored.about(connection)["routes"]


def rows_of(answer: httpx2.Response) -> tuple[str, dict[str, Any]] | None:
    """The name of the rows of a page and the page, None of another answer."""
    document = answer.json() if answer.content[:1] == b"{" else None
    name = next((key for key in ("runs", "datasets") if isinstance(document, dict) and key in document), None)
    return None if name is None or "count" not in document else (name, document)


# Cuts


class Cut(Exception):
    """Ends a sync wherever it is, as a kill does."""


def test_wherever_a_sync_is_cut_the_next_one_goes_on(remote: Remote, tmp_path: Path, routes: str) -> None:
    peace = tmp_path / "peace.sqlite"
    n_requests = sync(peace, remote.client, routes=routes).requests
    path = tmp_path / "mirror.sqlite"
    cuts = sorted(random.Random(7).sample(range(1, n_requests), min(n_requests - 1, 8)))
    for number in cuts:
        left = number

        def cut(request: httpx2.Request) -> None:
            nonlocal left
            left -= 1
            if left == 0:
                raise Cut

        remote.road.before = cut
        with pytest.raises(Cut):
            sync(path, remote.client, routes=routes, full=number == cuts[-1])
        for claim in status(path).claims if path.exists() else ():
            assert claim.is_under_way or claim.synced_at is not None
    remote.road.before = lambda request: None
    assert sync(path, remote.client, routes=routes).is_complete
    assert contents(path) == contents(peace)


def test_a_mirror_that_was_never_complete_says_so(remote: Remote, path: Path) -> None:
    def cut(request: httpx2.Request) -> None:
        if request.url.path == "/runs_filtered_ordered":
            raise Cut

    remote.road.before = cut
    with pytest.raises(Cut):
        sync(path, remote.client)
    found = status(path)
    assert (found.runs, found.synced_at, found.is_complete) == (5, None, False)
    with pytest.warns(UserWarning, match="is not complete: runregistry mirror sync"):
        mirror = Client(mirror=path)
    with mirror, pytest.raises(NotMirrored, match="it holds nothing yet"):
        mirror.runs()


SYNC = "import sys; from runregistry.mirror import sync; print(sync(sys.argv[1], sys.argv[2], routes=sys.argv[3]).is_complete)"


def test_a_killed_sync_leaves_a_mirror_that_becomes_equal_to_one_made_in_peace(tmp_path: Path, routes: str) -> None:
    dice = random.Random()
    with testing.server(sample=True) as server:
        peace, path = tmp_path / "peace.sqlite", tmp_path / "mirror.sqlite"
        begun = time.monotonic()
        assert _sync_process(peace, server.url, routes).wait(60) == 0
        whole_s = time.monotonic() - begun
        killed = 0
        while killed < KILLS:
            process = _sync_process(path, server.url, routes)
            # Half of it is the start of Python.
            time.sleep(dice.uniform(whole_s / 3, whole_s))
            process.send_signal(signal.SIGKILL)
            if process.wait() != -signal.SIGKILL:
                whole_s *= 0.8  # the machine was busier when it was measured
                continue
            killed += 1
            if killed % 2 == 0:
                with server.client() as client:
                    client.edit_lumisections(355104, 1, 2, "dt-dt", "BAD", comment=f"after kill {killed}")
        assert killed == KILLS
        for each in (peace, path):
            assert sync(each, server.url, routes=routes).is_complete
        assert contents(path) == contents(peace)
        assert status(path, check=True).damage == []


def _sync_process(path: Path, url: str, routes: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen([sys.executable, "-c", SYNC, str(path), url, routes], stdout=subprocess.DEVNULL)


# A remote registry that moves, lies, or loses something


def test_what_changes_while_it_is_read_is_read_again(remote: Remote, path: Path, routes: str) -> None:
    changes = iter(
        [
            lambda: edit(remote.http, 1, 2, run_number=RUNS[0], dataset_name=PROMPT, comment="meanwhile"),
            lambda: create_dataset(remote.http, RUNS[4], COPY),
            lambda: create_run(remote.http, 355300),
            lambda: remote.http.put(f"/manual_run_edit/{RUNS[2]}/class", json={"class": "Cosmics22"}),
        ]
    )
    asked = iter(range(10**6))

    def change(request: httpx2.Request) -> None:
        is_read = request.url.path in ("/v1/copies", "/lumisections/oms_lumisection_ranges_by_dcs_bit")
        if is_read and next(asked) % 3 == 0:
            next(changes, lambda: None)()

    remote.road.before = change
    sync(path, remote.client, routes=routes)
    remote.road.before = lambda request: None
    assert sync(path, remote.client, routes=routes).is_complete
    assert is_as_in_peace(remote, path)


def test_a_run_that_changes_between_two_questions_is_never_torn(remote: Remote, path: Path) -> None:
    edits = iter(range(1, 3))

    def change(request: httpx2.Request) -> None:
        key = json.loads(request.content or b"null")
        if request.url.path.endswith("by_dcs_bit") and key == {"run_number": RUNS[0], "dataset_name": PROMPT}:
            number = next(edits, None)
            if number is not None:
                edit(remote.http, number, number, run_number=RUNS[0], dataset_name=PROMPT, status="STANDBY", comment="now")

    remote.road.before = change
    report = sync(path, remote.client, routes="official")
    assert (report.is_complete, report.odd) == (True, [])
    assert is_as_in_peace(remote, path)


def test_a_registry_that_lies_about_counts_is_not_believed(remote: Remote, path: Path, routes: str) -> None:
    def lie(request: httpx2.Request, answer: httpx2.Response) -> httpx2.Response | None:
        page = rows_of(answer)
        return None if page is None else httpx2.Response(200, json=page[1] | {"count": page[1]["count"] + 1})

    remote.road.change = lie
    report = sync(path, remote.client, routes=routes)
    assert report.runs_added == list(RUNS)
    assert not report.is_complete
    assert "counts other runs and datasets than it lists" in report.problems[0]
    assert not status(path).is_complete
    with Client(mirror=path) as mirror, pytest.raises(NotMirrored, match="without 0 to"):
        mirror.runs()
    remote.road.change = lambda request, answer: None
    assert sync(path, remote.client, routes=routes).is_complete
    assert is_as_in_peace(remote, path)


def test_pages_that_are_too_short_are_no_end(remote: Remote, path: Path) -> None:
    def shorten(request: httpx2.Request, answer: httpx2.Response) -> httpx2.Response | None:
        page = rows_of(answer)
        if page is None or len(page[1][page[0]]) < 2:
            return None
        name, document = page
        return httpx2.Response(200, json=document | {name: document[name][: len(document[name]) // 2]})

    remote.road.change = shorten
    report = sync(path, remote.client, routes="official")
    assert (report.runs_added, report.is_complete) == (list(RUNS), True)
    assert is_as_in_peace(remote, path)


def test_an_answer_that_is_cut_is_asked_for_again(remote: Remote, path: Path, routes: str) -> None:
    asked = iter(range(10**6))

    def cut(request: httpx2.Request, answer: httpx2.Response) -> httpx2.Response | None:
        return httpx2.Response(200, content=answer.content[: len(answer.content) // 2]) if next(asked) % 7 == 3 else None

    remote.road.change = cut
    assert sync(path, remote.client, routes=routes).is_complete
    assert is_as_in_peace(remote, path)


def lose(run_number: int, *, for_good: bool = False) -> Any:
    """Return what leaves a run out of lists; and if it is for good, out of every answer."""

    def without(request: httpx2.Request, answer: httpx2.Response) -> httpx2.Response | None:
        if for_good and request.url.path == f"/runs/{run_number}":
            return httpx2.Response(200, content=b"null")
        if request.url.path == "/v1/copies":
            document = answer.json()
            return httpx2.Response(
                200, json=document | {"runs": [each for each in document["runs"] if _number(each) != run_number]}
            )
        if request.url.path == "/v1/changes":
            document = answer.json()
            kept = [each for each in document["changes"] if each["run_number"] != run_number]
            return httpx2.Response(200, json=document | {"changes": kept})
        page = rows_of(answer)
        if page is None:
            return None
        name, document = page
        kept = [row for row in document[name] if row["run_number"] != run_number]
        body = json.loads(request.content)
        n_lost = _count(body["filter"], name, run_number) if body["page_size"] == 0 else len(document[name]) - len(kept)
        return httpx2.Response(200, json=document | {name: kept, "count": document["count"] - n_lost})

    def _count(condition: Any, name: str, number: int) -> int:
        narrowed = {"and": [*([condition] if condition else []), {"run_number": number}]}
        body = {"filter": narrowed, "sortings": [], "page": 0, "page_size": 0}
        return int(registry().post(f"/{name}_filtered_ordered", json=body).json()["count"])

    def _number(copy: Any) -> int:
        return int(copy["run"]["run_number"])

    registry = lambda: without.http  # type: ignore[attr-defined]  # noqa: E731
    return without


def test_a_run_that_a_registry_loses_and_finds_again_is_found_by_counting(remote: Remote, path: Path, routes: str) -> None:
    remote.road.change = lost = lose(RUNS[2])
    lost.http = remote.http
    report = sync(path, remote.client, routes=routes)
    assert report.runs_added == [number for number in RUNS if number != RUNS[2]]
    remote.road.change = lambda request, answer: None
    report = sync(path, remote.client, routes=routes)
    assert report.runs_added == [RUNS[2]]
    # Official routes are asked again for what is not much older than the newest: so it is found before anything is counted.
    assert report.mended == ([RUNS[2]] if routes == "feed" else [])
    assert report.is_complete
    assert is_as_in_peace(remote, path)


def test_a_run_that_is_gone_leaves_the_mirror(remote: Remote, path: Path, routes: str) -> None:
    sync(path, remote.client, routes=routes)
    remote.road.change = lost = lose(RUNS[2], for_good=True)
    lost.http = remote.http
    report = sync(path, remote.client, routes=routes)
    assert report.runs_removed == [RUNS[2]]
    assert report.is_complete
    with Client(mirror=path) as mirror:
        assert mirror.run(RUNS[2]) is None


def test_a_run_that_is_listed_no_more_and_yet_there_is_not_told_about(remote: Remote, path: Path) -> None:
    sync(path, remote.client, routes="official")
    remote.road.change = lost = lose(RUNS[2])
    lost.http = remote.http
    report = sync(path, remote.client, routes="official")
    assert report.problems == [
        f"runs {RUNS[2]} to {RUNS[2]}: http://remote.example.org counts other runs and datasets than it lists"
    ]
    with Client(mirror=path) as mirror:
        assert mirror.run(RUNS[1]) is not None
        with pytest.raises(NotMirrored, match=f"can't tell about run {RUNS[2]}"):
            mirror.run(RUNS[2])


def test_a_registry_that_refuses_a_page_of_configuration_is_told(remote: Remote, path: Path) -> None:
    def refuse(request: httpx2.Request, answer: httpx2.Response) -> httpx2.Response | None:
        return httpx2.Response(500, json={"err": "database is down"}) if request.url.path == "/cycles/global" else None

    remote.road.change = refuse
    assert sync(path, remote.client).problems == ["/cycles/global is not mirrored: database is down"]
    with Client(mirror=path) as mirror, pytest.raises(NotMirrored, match="does not hold /cycles/global"):
        mirror.cycles()


def test_a_registry_that_is_not_there_leaves_the_mirror_as_it_was(tmp_path: Path) -> None:
    path = tmp_path / "mirror.sqlite"
    with testing.server(sample=True) as server:
        sync(path, server.url)
        before = contents(path)
        server.stop()
        with Client(server.url, retries=None) as client, pytest.raises(RunRegistryError, match="no answer to"):
            sync(path, client)
    after = contents(path)
    assert {key: after[key] for key in after if key != "claims"} == {key: before[key] for key in before if key != "claims"}
    with Client(mirror=path) as mirror:
        assert mirror.count_runs() == 7


# The file


@pytest.mark.parametrize("share", [0.0, 0.3, 0.9])
def test_a_file_that_was_cut_is_set_aside_and_made_again(remote: Remote, path: Path, share: float) -> None:
    sync(path, remote.client, run_max=RUNS[3])
    before = contents(path)
    os.truncate(path, int(path.stat().st_size * share))
    if share:
        with pytest.raises(DamagedFile, match="is damaged"):
            status(path)
    report = sync(path, remote.client)
    assert contents(path) == before
    assert report.runs_added == list(RUNS[:4])
    if share:
        assert "was damaged" in report.notes[0]
        assert (path.parent / "mirror.sqlite.damaged-1").exists()


def test_rows_that_are_not_as_they_were_are_found_and_mended(remote: Remote, path: Path) -> None:
    sync(path, remote.client)
    before = contents(path)
    with opened(path) as store, store.changing() as connection:
        connection.execute(update(schema.run).where(schema.run.c.run_number == RUNS[1]).values(rr_attributes="{}"))
    with sqlite3.connect(path) as connection:
        connection.execute("DELETE FROM mirror_text WHERE id IN (SELECT rr_id FROM mirror_cache WHERE run_number = ?)", [RUNS[0]])
        connection.execute("DELETE FROM run WHERE run_number = ?", [RUNS[4]])
    connection.close()
    found = status(path, check=True)
    assert not found.is_complete
    assert f"run {RUNS[1]} is not as it was when it was read" in found.damage
    assert f"run {RUNS[4]} was read, and is missing" in found.damage
    assert any(line.endswith("its rr is missing") for line in found.damage)
    sync(path, remote.client, full=True)
    assert status(path, check=True).damage == []
    assert contents(path) == before


def test_a_mirror_of_another_release_is_told(remote: Remote, path: Path) -> None:
    sync(path, remote.client)
    for statement, told in (
        ("UPDATE mirror_info SET value = '0' WHERE key = 'format'", "has format 0, this release of runregistry reads"),
        ("UPDATE registry_info SET value = '1' WHERE key = 'schema'", "was made by another release of runregistry"),
    ):
        with sqlite3.connect(path) as connection:
            connection.execute(statement)
        connection.close()
        for use in (lambda: Client(mirror=path), lambda: sync(path, remote.client), lambda: status(path)):
            with pytest.raises(MigrationNeeded, match=f"{told}.*make it again: runregistry mirror sync"):
                use()


def test_a_file_of_something_else_is_left_alone(remote: Remote, path: Path) -> None:
    path.write_text("my notes, which are not a mirror\n" * 100, encoding="utf-8")
    with pytest.raises(StoreCorrupt, match="is not a SQLite file"):
        sync(path, remote.client)
    assert path.read_text(encoding="utf-8").startswith("my notes")


def test_without_its_file_a_mirror_is_made_again_by_its_note(remote: Remote, path: Path) -> None:
    sync(path, remote.client, run_class="Cosmics%")
    before = contents(path)
    path.unlink()
    sync(path, remote.client)
    assert contents(path) == before
    note_of(path).write_text("{", encoding="utf-8")
    assert sync(path, remote.client).is_complete


LIMITED = """
import resource, signal, sys
from runregistry.mirror import sync
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[3]), resource.RLIM_INFINITY))
try:
    sync(sys.argv[1], sys.argv[2])
except Exception as error:
    print(type(error).__name__, error)
    sys.exit(3)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="a limit on the size of files stands for a full disk")
def test_a_full_disk_is_told_and_afterwards_mended(tmp_path: Path) -> None:
    peace, path = tmp_path / "peace.sqlite", tmp_path / "mirror.sqlite"
    with testing.server(sample=True) as server:
        sync(peace, server.url)
        size = peace.stat().st_size
        refused = 0
        for share in (0.6, 0.9):
            command = [sys.executable, "-c", LIMITED, str(path), server.url, str(int(size * share))]
            done = subprocess.run(command, capture_output=True, text=True, check=False)
            refused += done.returncode == 3
            assert done.returncode in (0, 3), done.stderr
            assert done.returncode == 0 or done.stdout.startswith("StoreError"), done.stdout
        assert refused
        assert sync(path, server.url).is_complete
    assert contents(path) == contents(peace)


def test_the_errors_of_a_mirror_are_those_of_a_store() -> None:
    assert issubclass(DamagedFile, StoreCorrupt)
    assert issubclass(StoreCorrupt, StoreError)


def test_a_run_with_no_text_left_behind_is_tidied(remote: Remote, path: Path) -> None:
    sync(path, remote.client)
    edit(remote.http, 1, 4, run_number=RUNS[2], status="STANDBY", comment="all of it")
    sync(path, remote.client)
    with opened(path) as store, store.reading() as connection:
        from runregistry.store.mirror_tables import TEXTS, cache, text

        used = {number for name in TEXTS for number in connection.scalars(select(cache.c[f"{name}_id"]))}
        assert used == set(connection.scalars(select(text.c.id)))
