"""The page about mirrors: its Python runs and prints what it says, its commands work; and what the commands say besides."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.conftest import ROOT
from tests.docs import command_lines, promised, python_of, run_python
from tests.integration.commands import run

from runregistry import testing
from runregistry.mirror import status

PAGE = ROOT / "docs" / "mirror.md"


@pytest.fixture(scope="module", name="url")
def _url(few_runs_csv: Path) -> Iterator[str]:
    with testing.server(few_runs_csv) as served:
        yield served.url


def test_the_python_of_the_page_runs_and_prints_what_it_says(url: str, tmp_path: Path) -> None:
    program = python_of(PAGE).replace('"local"', f'"{url}"')
    done = run_python(program, tmp_path, {})
    assert done.returncode == 0, done.stderr
    assert [line for line in promised(program) if line not in done.stdout.splitlines()] == []


def test_the_commands_of_the_page_work_one_after_the_other(url: str, tmp_path: Path) -> None:
    said = []
    for name, *words in command_lines(PAGE):
        assert name == "runregistry"
        done = run(*(url if word == "production" else word for word in words), cwd=tmp_path)
        assert done.returncode == 0, done.stderr
        said.append(done.stderr)
    first, again, checked = said
    assert "3 runs added" in first
    assert "0 runs added, 0 changed, 0 removed" in again
    assert "sound" in checked


def test_a_mirror_is_asked_on_the_command_line(url: str, tmp_path: Path) -> None:
    mirror = str(tmp_path / "mirror.sqlite")
    done = run("mirror", "sync", "--from", url, RUNREGISTRY_MIRROR=mirror)
    assert done.returncode == 0, done.stderr
    asked = run("runs", "--target", "mirror", "--format", "json", "--fields", "run_number", RUNREGISTRY_MIRROR=mirror)
    assert [row["run_number"] for row in json.loads(asked.stdout)] == [315512, 315510, 315506, 314206]
    refused = run("history", "315512", "--target", "mirror", RUNREGISTRY_MIRROR=mirror)
    assert (refused.returncode, refused.stdout) == (1, "")
    assert f"ask {url} itself" in refused.stderr
    changed = run("significant", "315506", "--target", "mirror", "--yes", RUNREGISTRY_MIRROR=mirror)
    assert changed.returncode == 1
    assert "can't be changed" in changed.stdout + changed.stderr


def test_the_status_is_for_programs_too(url: str, tmp_path: Path) -> None:
    mirror = tmp_path / "mirror.sqlite"
    run("mirror", "sync", "--from", url, "--mirror", mirror, "--run-max", 315506, "--no-jsons")
    done = run("mirror", "status", "--mirror", mirror, "--format", "json")
    assert done.returncode == 0
    (row,) = json.loads(done.stdout)
    assert row["holds"] == "runs up to 315506"
    assert row["as_of"] == status(mirror).synced_at


def test_a_dry_run_says_what_would_be_done(url: str, tmp_path: Path) -> None:
    mirror = tmp_path / "mirror.sqlite"
    done = run("mirror", "sync", "--from", url, "--mirror", mirror, "--dry-run")
    assert done.returncode == 0
    assert "4 runs would be added" in done.stderr
    assert not mirror.exists()


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["sync", "--from", "nowhere"], 'Invalid setup target "nowhere"'),
        (["sync", "--rate", "fast"], "a rate is written 5/s"),
        (["sync", "--night", "all day"], "a night is written 22:00-06:00"),
        (["sync", "--era", "2018A", "--run-min", "1"], "says which runs"),
        (["status"], "there is no mirror at"),
    ],
)
def test_what_can_not_work_is_told_in_a_line(url: str, tmp_path: Path, words: list[str], told: str) -> None:
    more = [] if "--from" in words or words == ["status"] else ["--from", url]
    done = run("mirror", *words, *more, "--mirror", tmp_path / "mirror.sqlite")
    assert done.returncode == 2
    assert told in done.stderr
    assert done.stderr.startswith("Error:")
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize(
    "command", [["admin", "check"], ["admin", "rebuild"], ["admin", "export", "file.gz"], ["serve", "--port", "0"]]
)
def test_what_is_for_registries_is_not_for_mirrors(url: str, tmp_path: Path, command: list[str]) -> None:
    mirror = tmp_path / "mirror.sqlite"
    run("mirror", "sync", "--from", url, "--mirror", mirror)
    done = run(*command, "--database", mirror, cwd=tmp_path)
    assert done.returncode != 0
    assert "is a mirror" in done.stderr
