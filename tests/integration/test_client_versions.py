"""The past through the client: verbs as of a version, changes, tags; and what a service says that knows no past."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx2
import pytest
from tests.integration.registry import AUTOMATIC, create_run
from tests.integration.registry import run_body as body_of

from runregistry import testing
from runregistry.client import AsyncClient, Client
from runregistry.errors import APIError, Conflict, NotFound, NotMirrored, UsageError
from runregistry.export import export_parquet
from runregistry.local import EmbeddedTransport, open_registry

RUN = 355100
PROMPT = "/PromptReco/Collisions2022/DQM"
RULE = {"==": [{"var": "lumisection.rr.dt-dt"}, "GOOD"]}
LUMISECTION_VERBS = ("lumisections", "oms_lumisections", "ranges", "ranges_by_component", "oms_ranges", "joint_ranges")


@pytest.fixture(name="database")
def _database(tmp_path: Path) -> Path:
    """A registry with two runs, the first of which is tagged *then* and edited later."""
    path = tmp_path / "registry.sqlite"
    store, app = open_registry(path, auth="headers")
    with httpx2.Client(transport=EmbeddedTransport(store, app), base_url="http://embedded") as client:
        create_run(client, RUN)
    with Client(database=path) as registry:
        registry.create_tag("then", "before the edits")
        registry.edit_lumisections(RUN, 2, 3, "dt-dt", "BAD", comment="HV trip")
        registry.change_class([RUN], "Cosmics22")
    return path


@pytest.fixture(name="registry")
def _registry(database: Path) -> Iterator[Client]:
    with Client(database=database) as opened:
        yield opened


def statuses(rows: Any) -> list[str]:
    return [row["dt-dt"]["status"] for row in rows]


def test_every_verb_that_reads_reads_the_past(registry: Client) -> None:
    assert statuses(registry.lumisections(RUN)) == ["GOOD", "BAD", "BAD", "GOOD"]
    assert statuses(registry.lumisections(RUN, as_of="then")) == ["GOOD"] * 4
    assert statuses(registry.ranges(RUN, as_of="then")) == ["GOOD"]
    assert len(registry.ranges_by_component(RUN, as_of="then")["dt-dt"]) == 1
    now, then = registry.run(RUN), registry.run(RUN, as_of=1)
    assert now is not None
    assert then is not None
    assert now.keys() == then.keys()
    assert (now["rr_attributes"]["class"], then["rr_attributes"]["class"]) == ("Cosmics22", "Collisions22")
    dataset = registry.dataset(RUN, as_of=1)
    assert dataset is not None
    assert dataset["Run"]["rr_attributes"]["class"] == "Collisions22"
    assert dataset.keys() == (registry.dataset(RUN) or {}).keys()


def test_as_of_the_newest_version_every_verb_answers_as_without(registry: Client) -> None:
    newest = registry.version()["atomic_version"]
    for verb in LUMISECTION_VERBS:
        assert getattr(registry, verb)(RUN, as_of=newest) == getattr(registry, verb)(RUN), verb
        one, other = (getattr(registry, f"{verb}_of")([RUN], **how) for how in ({"as_of": newest}, {}))
        assert dict(one) == dict(other)
    assert registry.runs(as_of=newest) == registry.runs()
    assert registry.datasets(as_of=newest) == registry.datasets()
    assert registry.run(RUN, as_of=newest) == registry.run(RUN)
    assert registry.dataset(RUN, as_of=newest) == registry.dataset(RUN)
    assert registry.history(RUN, as_of=newest) == registry.history(RUN)


def test_lists_of_the_past_take_every_filter(registry: Client) -> None:
    assert [row["run_number"] for row in registry.runs(run_class="Collisions22", as_of="then")] == [RUN]
    assert registry.runs(run_class="Collisions22") == []
    assert registry.count_runs(run_class="Cosmics22", as_of="then") == 0
    assert registry.count_datasets(as_of="then") == registry.count_datasets() == 1
    assert [row["run_number"] for row in registry.iter_runs(components={"dt-dt": "GOOD"}, as_of=1)] == [RUN]
    assert [row["name"] for row in registry.iter_datasets(as_of=1)] == ["online"]
    assert registry.runs(fields=["run_number", "class"], as_of=1) == [{"run_number": RUN, "class": "Collisions22"}]


def test_history_ends_where_it_is_told(registry: Client) -> None:
    assert len(registry.history(RUN, as_of="then")) == len(registry.history(RUN)) - 2


def test_what_was_not_there_is_none_and_has_no_lumisections(registry: Client) -> None:
    assert registry.run(1, as_of=1) is None
    assert registry.dataset(RUN, PROMPT, as_of=1) is None
    with pytest.raises(NotFound, match=r"run 355100 had no dataset /PromptReco/Collisions2022/DQM as of version 1"):
        registry.ranges(RUN, PROMPT, as_of=1)


def test_times_mean_versions(registry: Client) -> None:
    tag = registry.version("then")
    made = datetime.fromisoformat(tag["createdAt"])
    assert registry.version(made) == registry.version(tag["createdAt"]) == tag
    assert registry.version(made.astimezone(UTC) + timedelta(milliseconds=0))["atomic_version"] == 1
    with pytest.raises(APIError, match="before the first version"):
        registry.version(made - timedelta(seconds=1))


@pytest.mark.parametrize("as_of", ["", "2022-99-99", "not a tag", 1.5, None.__class__])
def test_what_is_no_version_is_not_even_sent(registry: Client, as_of: Any) -> None:
    with pytest.raises(UsageError, match="as_of"):
        registry.runs(as_of=as_of)
    with pytest.raises(UsageError, match="as_of"):
        registry.run(RUN, as_of=as_of)


def test_a_json_of_the_portal_can_be_of_the_past(registry: Client) -> None:
    assert registry.create_json(RULE, "online", as_of="then")["generated_json"] == {str(RUN): [[1, 4]]}
    assert registry.create_json(RULE, "online")["generated_json"] == {str(RUN): [[1, 1], [4, 4]]}


def test_changes_are_rows_and_a_table(registry: Client) -> None:
    changes = registry.diff("then")
    assert [(row["kind"], row["what"]) for row in changes] == [("component", "dt-dt"), ("attribute", "rr_attributes.class")]
    frame = changes.to_pandas()
    assert frame["status_was"].tolist()[0] == "GOOD"
    assert frame[["first", "last", "status_now", "comment_now"]].iloc[0].tolist() == [2, 3, "BAD", "HV trip"]
    assert frame[["value_was", "value_now"]].iloc[1].tolist() == ['"Collisions22"', '"Cosmics22"']
    assert "Edit run 355100" in frame["comment"][0]
    assert registry.diff("then", runs=[RUN + 1]) == registry.diff("then", runs="355101-355200") == []
    assert len(registry.diff("then", runs=[RUN], component=["dt-dt"])) == 1
    assert registry.diff("then", "then") == []


def test_changes_of_many_runs_come_page_by_page(database: Path) -> None:
    store, app = open_registry(database, auth="headers")
    numbers = range(355200, 355430)
    with httpx2.Client(transport=EmbeddedTransport(store, app), base_url="http://embedded") as client:
        for number in numbers:
            body = body_of(number, 1) | {"rr_lumisections": [{}], "oms_lumisections": []}
            assert client.post("/runs", json=body, headers=AUTOMATIC).status_code == 200
    with Client(database=database) as registry:
        created = [row["run_number"] for row in registry.diff("then") if row["kind"] == "created"]
        assert created == list(numbers)
        assert len(registry.diff("then", runs=list(numbers), run_max=355300)) == 101


def test_tags_are_listed_made_and_taken_away(registry: Client) -> None:
    made = registry.create_tag("first", "the beginning", version=1)
    assert made["atomic_version"] == 1
    assert [(tag["name"], tag["atomic_version"]) for tag in registry.tags()] == [("first", 1), ("then", 1)]
    assert registry.tags().to_pandas()["note"].tolist() == ["the beginning", "before the edits"]
    with pytest.raises(Conflict, match="there is a tag first already"):
        registry.create_tag("first")
    with pytest.raises(UsageError, match="can't be called"):
        registry.create_tag("2022")
    assert registry.delete_tag("first")["name"] == "first"
    with pytest.raises(NotFound, match="no tag 'first'"):
        registry.delete_tag("first")


def test_the_async_client_does_the_same(database: Path) -> None:
    async def ask() -> list[Any]:
        async with AsyncClient(database=database) as registry:
            rows = [row async for row in registry.iter_runs(as_of="then")]
            await registry.create_tag("now")
            answers = [await registry.version("now"), await registry.diff("then", "now"), await registry.tags(), rows]
            answers += [await registry.ranges_of([RUN], as_of="then"), await registry.create_json(RULE, "online", as_of=1)]
            return [*answers, await registry.delete_tag("now")]

    version, changes, tags, rows, ranges, made, deleted = asyncio.run(ask())
    assert version["tags"] == ["now"]
    assert len(changes) == len(tags) == 2
    assert statuses(ranges[RUN, "online"]) == ["GOOD"]
    assert (rows[0]["rr_attributes"]["class"], deleted["name"]) == ("Collisions22", "now")
    assert made["generated_json"] == {str(RUN): [[1, 4]]}


def test_a_mirror_says_that_it_holds_no_past(database: Path, tmp_path: Path) -> None:
    from runregistry.mirror import sync

    with testing.server(database=database) as running, running.client() as remote:
        sync(tmp_path / "mirror.sqlite", remote)
    with Client(mirror=tmp_path / "mirror.sqlite") as mirror:
        for ask in (mirror.run, mirror.dataset, mirror.ranges, mirror.history):
            with pytest.raises(NotMirrored):
                ask(RUN, as_of=1)
        for ask_all in (mirror.runs, mirror.count_datasets, mirror.version):
            with pytest.raises(NotMirrored):
                ask_all(as_of=1)
        assert export_parquet(mirror, tmp_path / "exported").version is None
        with pytest.raises(NotMirrored):
            export_parquet(mirror, tmp_path / "past", as_of=1)


# Services without a past

ANSWERS = {
    "a page": httpx2.Response(404, html="<!DOCTYPE html><pre>Cannot GET /v1/runs/355100</pre>"),
    "text": httpx2.Response(404, text="Not Found"),
    "an earlier release": httpx2.Response(404, json={"err": "Cannot GET /v1/version; /v1/docs lists what can be asked"}),
    "not this way": httpx2.Response(405, json={"detail": "Method Not Allowed"}),
}


@pytest.mark.parametrize("said", ANSWERS)
def test_a_service_without_a_past_is_named(said: str) -> None:
    found = ANSWERS[said]
    said_again = {"headers": found.headers, "content": found.content}
    transport = httpx2.MockTransport(lambda request: httpx2.Response(found.status_code, **said_again))
    asked = [
        lambda registry: registry.run(RUN, as_of=1),
        lambda registry: registry.dataset(RUN, as_of=1),
        lambda registry: registry.runs(as_of=1),
        lambda registry: list(registry.iter_datasets(as_of=1)),
        lambda registry: registry.count_runs(as_of=1),
        lambda registry: registry.ranges(RUN, as_of=1),
        lambda registry: registry.ranges_of([RUN], as_of=1, keep_failed=True),
        lambda registry: registry.history(RUN, as_of=1),
        lambda registry: registry.create_json(RULE, "online", as_of=1),
        lambda registry: registry.diff(1),
        lambda registry: registry.tags(),
        lambda registry: registry.create_tag("x"),
        lambda registry: registry.delete_tag("x"),
    ]
    with Client("https://registry.example.org/api", transport=transport) as registry:
        for ask in asked:
            with pytest.raises(APIError, match=r"the service at https://registry\.example\.org/api can't read the past"):
                ask(registry)
