"""The recorded answers of the reference service, replayed against this registry."""

from __future__ import annotations

from collections.abc import Iterator

import httpx2
import pytest

from runregistry.local import EmbeddedTransport, open_registry
from tests.conformance.replay import PARTS, WORLD, is_asked_for, play, read_part

PLAYED = ("build", "queries", "golden")
# Exchanges of these parts change and read what the next release serves; they build on each other, so none is played alone.
NOT_YET = tuple(part for part in PARTS if part not in PLAYED)


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx2.Client]:
    database = tmp_path_factory.mktemp("world") / "world.sqlite"
    store, app = open_registry(database, WORLD / "settings.json", auth="headers")
    with httpx2.Client(transport=EmbeddedTransport(store, app), base_url="http://world", timeout=60) as client:
        yield client


@pytest.mark.parametrize("part", PLAYED)
def test_every_answer_of_a_part_is_as_recorded(client: httpx2.Client, part: str) -> None:
    wrong, n_played = {}, 0
    for position, row in enumerate(read_part(part)):
        assert is_asked_for(row), f"{row['name']}: {row['method']} {row['path']} is served"
        n_played += 1
        if lines := play(client, row):
            wrong[f"{position} {row['name']} {row['method']} {row['path']}"] = lines[:5]
    shown = "\n".join(f"{name}: {'; '.join(lines)}" for name, lines in list(wrong.items())[:20])
    assert not wrong, f"{len(wrong)} of {n_played} answers of {part} differ:\n{shown}"


def test_what_is_not_yet_asked_for_is_named_and_counted(capsys: pytest.CaptureFixture[str]) -> None:
    names: dict[str, int] = {}
    for part in NOT_YET:
        for row in read_part(part):
            name = f"{part}: {row['name']}"
            names[name] = names.get(name, 0) + 1
    with capsys.disabled():
        print(f"\nnot yet asked for: {sum(names.values())} exchanges of the parts {', '.join(NOT_YET)}")
    assert set(NOT_YET) == {name.partition(":")[0] for name in names}
    assert (WORLD.parent / "not-yet.txt").read_text().splitlines() == [
        f"{count:4d} {name}" for name, count in sorted(names.items())
    ]


def test_a_path_that_differs_in_case_or_a_slash_is_the_same(client: httpx2.Client) -> None:
    number = next(row for row in read_part("build") if row["name"] == "build/run")["body"]["oms_attributes"]["run_number"]
    assert client.get(f"/RUNS/{number}/").json() == client.get(f"/runs/{number}").json()
