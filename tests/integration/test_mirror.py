"""A mirror answers as the registry did that it is of, follows it, and says what it does not hold."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import httpx2
import pytest
from tests.integration.mirroring import (
    HIDDEN,
    ROADS,
    RULE,
    RUNS,
    Remote,
    contents,
    differences,
    filled,
    hide,
    make_json,
    mirror_http,
    path,
    questions,
    remote,
    routes,
)
from tests.integration.offline import COPY, PROMPT, create_dataset
from tests.integration.registry import create_run, edit

from runregistry import AsyncClient, Client, certification
from runregistry.errors import Conflict, NotMirrored, SettingsError, UsageError
from runregistry.mirror import Pace, Progress, status, sync
from runregistry.mirror.answering import Mirror
from runregistry.mirror.files import opened
from runregistry.wire import ROUTES

__all__ = ["filled", "path", "remote", "routes"]  # fixtures


def compared(remote: Remote, path: Path) -> list[str]:
    with mirror_http(path) as mirror:
        return differences(remote.http, mirror)


def of(remote: Remote, path: Path, routes: str = "feed", **selection: Any) -> Any:
    return sync(path, remote.client, routes=routes, **selection)


# The same answers


def test_every_answer_is_that_of_the_registry(remote: Remote, path: Path) -> None:
    report = of(remote, path)
    assert report.runs_added == list(RUNS)
    assert report.is_complete
    assert compared(remote, path) == []


def test_by_official_routes_only_what_was_hidden_before_is_not_known(remote: Remote, path: Path) -> None:
    assert of(remote, path, "official").is_complete
    wrong = compared(remote, path)
    assert wrong
    assert all(f'{{"run_number": {HIDDEN}, ' in line and f'"{PROMPT}"' in line for line in wrong)


def test_both_ways_to_read_a_registry_make_the_same_mirror(remote: Remote, tmp_path: Path) -> None:
    held = []
    for way in ROADS:
        of(remote, tmp_path / way, way, run_max=HIDDEN - 1)
        held.append(contents(tmp_path / way))
    assert {name: held[0][name] == held[1][name] for name in held[0]} == dict.fromkeys(held[0], True)


def test_every_route_is_compared_or_refused(remote: Remote, path: Path) -> None:
    of(remote, path)
    compared_ones = {name for name, *_ in questions()}
    with opened(path) as store:
        handlers = Mirror(store).handlers()
    refused = {name for name, handler in handlers.items() if handler.__name__ == "refuse"}
    assert handlers.keys() == ROUTES.keys()
    assert {name for name, route in ROUTES.items() if route.is_write} - refused == {"json_portal_generate"}
    assert handlers.keys() - compared_ones - refused == {"health", "metrics", "notifications", "json_portal_generate"}


def test_a_json_is_made_on_the_mirror_as_on_the_registry(remote: Remote, path: Path) -> None:
    of(remote, path)
    theirs = remote.client.create_json(RULE, PROMPT)
    with Client(mirror=path) as mirror:
        ours = mirror.create_json(RULE, PROMPT)
        assert ours["id"] >= 10**9
        own = {"id", "createdAt", "updatedAt", "created_by"}
        assert {key: ours[key] for key in ours.keys() - own} == {key: theirs[key] for key in theirs.keys() - own}


def test_an_asynchronous_client_asks_a_mirror_too(remote: Remote, path: Path) -> None:
    of(remote, path)

    async def ask() -> list[dict[str, Any]]:
        async with AsyncClient(mirror=path) as mirror:
            return list(await mirror.runs())

    assert asyncio.run(ask()) == list(remote.client.runs())


# Following the registry


def changed_in_every_way(http: httpx2.Client) -> None:
    create_run(http, 355200)
    create_dataset(http, 355200)
    edit(http, 1, 2, run_number=RUNS[2], component="csc-csc", comment="later")
    http.put(f"/manual_run_edit/{RUNS[4]}/stop_reason", json={"stop_reason": "beam dump"})
    create_dataset(http, RUNS[2], COPY)
    move = {"run_number": RUNS[0], "dataset_name": PROMPT, "workspace": "global"}
    assert http.post("/datasets/global/move_dataset/OPEN/SIGNOFF", json=move).status_code == 200
    hide(http, RUNS[1])
    make_json(http)
    cycle = {"id_cycle": 1, "filter": {"run_number": {"=": RUNS[2]}, "name": {"=": PROMPT}}}
    assert http.post("/cycles/add_datasets", json=cycle).status_code == 200


def test_a_second_sync_reads_only_what_changed(remote: Remote, path: Path, routes: str) -> None:
    of(remote, path, routes)
    changed_in_every_way(remote.http)
    report = of(remote, path, routes)
    assert report.runs_added == [355200]
    assert report.runs_changed == [RUNS[0], RUNS[1], RUNS[2], RUNS[4]]
    assert report.documents == ["/cycles/global"]
    assert report.jsons == 1
    # By official routes what is hidden is found only because there is less of it.
    assert report.mended == ([] if routes == "feed" else [RUNS[1]])
    known = [line for line in compared(remote, path) if str(HIDDEN) not in line]
    assert known == []


def test_a_sync_that_finds_nothing_new_asks_little(remote: Remote, path: Path, routes: str) -> None:
    of(remote, path, routes)
    before = contents(path)
    remote.road.asked.clear()
    report = of(remote, path, routes)
    assert (report.runs_added, report.runs_changed, report.runs_removed, report.jsons) == ([], [], [], 0)
    assert not [path for path in remote.road.asked if "/copies" in path or "/lumisections/" in path or "get_dataset" in path]
    assert report.requests == len(remote.road.asked) < 25
    assert contents(path) == before


def test_a_json_that_is_hidden_leaves_the_list(remote: Remote, path: Path) -> None:
    number = make_json(remote.http)
    of(remote, path)
    assert remote.http.request("DELETE", "/json_portal/json", json={"id_json": number}).status_code == 200
    assert of(remote, path).jsons == 1
    with mirror_http(path) as mirror:
        asked = {"filter": "all", "reference": 10**6}
        answers = [http.post("/json_portal/jsons", json=asked).json() for http in (remote.http, mirror)]
        assert answers[0] == answers[1]
        fetched = [http.post("/json_portal/json", json={"id_json": number}).json() for http in (remote.http, mirror)]
        assert fetched[0] == fetched[1]


def test_jsons_of_ones_own_stay(remote: Remote, path: Path) -> None:
    of(remote, path)
    with Client(mirror=path) as mirror:
        number = mirror.create_json(RULE, PROMPT)["id"]
    of(remote, path, full=True)
    with mirror_http(path) as http:
        assert http.post("/json_portal/json", json={"id_json": number}).status_code == 200


def test_a_mirror_that_is_open_shows_what_a_sync_brings(remote: Remote, path: Path) -> None:
    of(remote, path)
    with Client(mirror=path) as mirror:
        assert mirror.count_runs(run_class="Special22") == 0
        remote.http.put(f"/manual_run_edit/{RUNS[0]}/class", json={"class": "Special22"})
        of(remote, path)
        assert [run["run_number"] for run in mirror.runs(run_class="Special22")] == [RUNS[0]]


def test_full_asks_for_everything_again(remote: Remote, path: Path, routes: str) -> None:
    of(remote, path, routes)
    assert of(remote, path, routes, full=True).runs_changed == list(RUNS)


# Parts of a registry


def test_only_the_runs_of_a_range_are_copied(remote: Remote, path: Path, routes: str) -> None:
    report = of(remote, path, routes, run_min=RUNS[1], run_max=RUNS[2])
    assert report.runs_added == [RUNS[1], RUNS[2]]
    with Client(mirror=path) as mirror:
        assert list(mirror.runs(run_min=RUNS[1], run_max=RUNS[2])) == list(remote.client.runs(run_min=RUNS[1], run_max=RUNS[2]))
        assert mirror.run(RUNS[1]) == remote.client.run(RUNS[1])
        for ask in (
            lambda: mirror.runs(),
            lambda: mirror.runs(run_min=RUNS[0], run_max=RUNS[2]),
            lambda: mirror.count_datasets(run_class="Cosmics22"),
            lambda: mirror.run(RUNS[0]),
            lambda: mirror.lumisections(RUNS[0]),
            lambda: mirror.dataset_names(RUNS[0]),
            lambda: mirror.create_json(RULE, PROMPT),
        ):
            with pytest.raises(NotMirrored, match=f"it holds runs {RUNS[1]} to {RUNS[2]}.*runregistry mirror sync --mirror"):
                ask()


def test_only_the_runs_of_a_class_are_copied_and_followed(remote: Remote, path: Path, routes: str) -> None:
    assert of(remote, path, routes, run_class="Collisions%").runs_added == [RUNS[0], *RUNS[2:]]
    remote.http.put(f"/manual_run_edit/{RUNS[0]}/class", json={"class": "Cosmics22"})
    remote.http.put(f"/manual_run_edit/{RUNS[1]}/class", json={"class": "Collisions22"})
    report = of(remote, path, routes)
    assert (report.runs_added, report.runs_removed) == ([RUNS[1]], [RUNS[0]])
    with Client(mirror=path) as mirror:
        assert list(mirror.runs(run_class="Collisions22")) == list(remote.client.runs(run_class="Collisions22"))
        with pytest.raises(NotMirrored, match="of class Collisions%"):
            mirror.runs(run_class="Cosmics22")
        with pytest.raises(NotMirrored, match=f"can't tell about run {RUNS[0]}"):
            mirror.run(RUNS[0])


def test_only_some_datasets_are_copied(remote: Remote, path: Path, routes: str) -> None:
    of(remote, path, routes, dataset_name=["/ReReco/%"])
    with Client(mirror=path) as mirror:
        assert mirror.count_runs() == len(RUNS)
        assert list(mirror.datasets(dataset_name=COPY)) == list(remote.client.datasets(dataset_name=COPY))
        assert mirror.count_datasets(dataset_name="online") == len(RUNS)
        with pytest.raises(NotMirrored, match=f"can't tell about run {RUNS[0]} {PROMPT}.*--dataset {PROMPT}"):
            mirror.lumisections(RUNS[0], PROMPT)
        with pytest.raises(NotMirrored, match="datasets /ReReco/%"):
            mirror.datasets(run_min=RUNS[0])


def test_an_era_is_the_runs_from_the_first_to_the_last_that_have_a_dataset_of_it(remote: Remote, path: Path, routes: str) -> None:
    for number in (RUNS[1], RUNS[3]):
        create_dataset(remote.http, number, "/PromptReco/Collisions2022C/DQM")
    assert of(remote, path, routes, era="2022C").runs_added == list(RUNS[1:4])
    create_dataset(remote.http, RUNS[4], "/PromptReco/Collisions2022C/DQM")
    assert of(remote, path, routes).runs_added == [RUNS[4]]
    assert [claim.selection[:2] for claim in status(path).claims] == [(RUNS[1], RUNS[4])]


def test_an_era_that_there_is_not_is_told(remote: Remote, path: Path) -> None:
    with pytest.raises(UsageError, match="has no dataset of era 2018A"):
        of(remote, path, era="2018A")


def test_parts_add_up(remote: Remote, path: Path, routes: str) -> None:
    of(remote, path, routes, run_max=RUNS[1], dataset_name=[COPY])
    of(remote, path, routes, run_min=RUNS[1], run_max=RUNS[3])
    assert [str(claim.selection) for claim in status(path).claims] == [
        f"runs up to {RUNS[1]}, datasets {COPY}",
        f"runs {RUNS[1]} to {RUNS[3]}",
    ]
    with Client(mirror=path) as mirror:
        assert list(mirror.runs(run_max=RUNS[3])) == list(remote.client.runs(run_max=RUNS[3]))
        assert list(mirror.datasets(runs=[RUNS[1]])) == list(remote.client.datasets(runs=[RUNS[1]]))
        assert list(mirror.datasets(runs=[RUNS[0]], dataset_name=COPY)) == list(
            remote.client.datasets(runs=[RUNS[0]], dataset_name=COPY)
        )


def test_the_same_part_is_not_added_twice(remote: Remote, path: Path) -> None:
    for _ in range(2):
        of(remote, path, run_max=RUNS[1])
    assert len(status(path).claims) == 1


def test_without_jsons_a_mirror_says_that_it_has_none(remote: Remote, path: Path) -> None:
    of(remote, path, jsons=False)
    with mirror_http(path) as mirror:
        for asked in ({"filter": "all"}, {"id_json": 1}):
            answer = mirror.post("/json_portal/jsons" if "filter" in asked else "/json_portal/json", json=asked)
            assert answer.status_code == 421
            assert "does not hold this JSON" in answer.text


# What a mirror is not


def test_the_file_of_a_mirror_can_be_certified_as_it_is_but_not_as_it_was(remote: Remote, path: Path) -> None:
    of(remote, path)
    made = certification.create(RULE, PROMPT, source=path)
    assert json.loads(made.golden.to_json()) == remote.client.create_json(RULE, PROMPT)["generated_json"]
    with pytest.raises(UsageError, match=r"this is a mirror, .* no past"):
        certification.create(RULE, PROMPT, source=path, as_of=1)


@pytest.mark.parametrize("path_of_route", ["/run_with_history/355100", "/v1/runs/355100", "/v1/changes"])
def test_what_is_not_copied_is_told(remote: Remote, path: Path, path_of_route: str) -> None:
    of(remote, path)
    with mirror_http(path) as mirror:
        answer = mirror.get(path_of_route)
    assert answer.status_code == 421
    assert "ask http://remote.example.org itself" in answer.json()["err"]


def test_a_mirror_is_not_changed_by_anyone(remote: Remote, path: Path) -> None:
    of(remote, path)
    before = contents(path)
    with mirror_http(path) as mirror:
        for route in ROUTES.values():
            if route.is_write and route.name != "json_portal_generate":
                parameters = dict.fromkeys(route.parameters, "1")
                answer = mirror.request(route.method, route.url(**parameters), json={"run_number": RUNS[0]})
                assert answer.status_code == 409, f"{route.name}: {answer.text}"
                assert "can't be changed" in answer.text
    assert contents(path) == before
    with Client(mirror=path) as client, pytest.raises(Conflict, match="make the change there"):
        client.change_class([RUNS[0]], "Cosmics22")
    with pytest.raises(UsageError, match="is a mirror"):
        Client(database=path)


def test_a_mirror_says_how_old_it_is(remote: Remote, path: Path) -> None:
    of(remote, path)
    with mirror_http(path) as mirror:
        about = mirror.get("/v1/health").json()["mirror"]
    assert about["source"] == "http://remote.example.org"
    assert about["holds"] == "all runs"
    assert 0 <= about["age_s"] < 60
    found = status(path)
    assert found.synced_at == about["synced_at"]
    assert found.age_s is not None
    assert (found.runs, found.datasets, found.jsons, found.is_complete) == (5, 11, 1, True)


def test_a_mirror_that_is_old_warns_when_it_is_opened(remote: Remote, path: Path) -> None:
    of(remote, path)
    with opened(path) as store, store.changing() as connection:
        (claim,) = store.mirrored.claims(connection)
        store.mirrored.save_claim(connection, claim._replace(synced_at="2024-05-01T00:00:00.000Z"))
    with pytest.warns(UserWarning, match=r"is \d+ days old; runregistry mirror sync brings it up to date"):
        Client(mirror=path).close()


def test_there_must_be_a_mirror(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"there is no mirror at .*; make one: runregistry mirror sync"):
        Client(mirror=tmp_path / "none.sqlite")
    with pytest.raises(UsageError, match="give one of them"):
        Client(mirror=tmp_path / "one", database=tmp_path / "other")
    with pytest.raises(UsageError, match="is for the target 'mirror'"):
        Client("production", mirror=tmp_path / "one")


def test_a_registry_is_not_taken_for_a_mirror(remote: Remote, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="is a registry, and no mirror"):
        Client(mirror=tmp_path / "remote.sqlite")
    with pytest.raises(UsageError, match="is a registry with runs, and no mirror"):
        of(remote, tmp_path / "remote.sqlite")


def test_a_mirror_is_of_one_registry(remote: Remote, path: Path) -> None:
    of(remote, path)
    with (
        Client("http://other.example.org", transport=remote.road) as other,
        pytest.raises(UsageError, match=r"is a mirror of http://remote\.example\.org, not of http://other\.example\.org"),
    ):
        sync(path, other)


# How it is done


def test_a_dry_run_tells_what_would_be_read_and_stores_nothing(remote: Remote, path: Path, routes: str) -> None:
    report = of(remote, path, routes, dry_run=True)
    assert (report.is_dry, report.runs_added) == (True, list(RUNS))
    assert not path.exists()
    of(remote, path, routes)
    edit(remote.http, 1, 1, run_number=RUNS[1])
    before = contents(path)
    assert of(remote, path, routes, dry_run=True).runs_changed == [RUNS[1]]
    assert contents(path) == before


def test_progress_is_told(remote: Remote, path: Path) -> None:
    told: list[Progress] = []
    of(remote, path, on_progress=told.append)
    assert [step for step in told if step.what == "reading runs"][-1] == Progress("reading runs", 5, 5)
    assert {step.what for step in told} >= {"looking for changes", "comparing counts", "copying configuration", "copying JSONs"}


def test_no_more_is_asked_than_the_pace_allows(remote: Remote, path: Path) -> None:
    slept: list[float] = []
    report = of(remote, path, "official", pace=Pace(rate=10, sleep=slept.append, clock=lambda: sum(slept)))
    assert sum(slept) >= (report.requests - 20) / 10


def test_the_routes_are_found_out(remote: Remote, tmp_path: Path) -> None:
    assert any("/v1/copies" in path for path in _asked(remote, tmp_path / "one"))

    def forget(request: httpx2.Request, answer: httpx2.Response) -> httpx2.Response | None:
        is_new = request.url.path.startswith("/v1/")
        return httpx2.Response(404, text="<html><pre>Cannot GET</pre></html>") if is_new else None

    remote.road.change = forget
    assert sum("/v1/" in path for path in _asked(remote, tmp_path / "other")) == 1


def _asked(remote: Remote, path: Path) -> list[str]:
    remote.road.asked.clear()
    sync(path, remote.client)
    return list(remote.road.asked)


def test_routes_may_change_from_sync_to_sync(remote: Remote, path: Path) -> None:
    for way in ("official", "feed", "official"):
        of(remote, path, way)
        edit(remote.http, 1, 1, run_number=RUNS[2], comment=way)
        assert of(remote, path, way).runs_changed == [RUNS[2]]
    with pytest.raises(UsageError, match="routes must be one of auto, official, feed"):
        of(remote, path, "fast")
