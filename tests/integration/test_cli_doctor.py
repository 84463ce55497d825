"""`runregistry doctor` as people call it."""

from __future__ import annotations

import json
import os
import sqlite3
from pathlib import Path

import pytest
from tests.integration.commands import run, run_process
from tests.unit.client.fakes import FakeRegistry

from runregistry.local import open_registry


@pytest.fixture
def database(tmp_path: Path) -> Path:
    """A registry without runs."""
    path = tmp_path / "own.sqlite"
    store, _ = open_registry(path)
    store.close()
    return path


@pytest.fixture(autouse=True)
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A working directory in which no .env counts."""
    monkeypatch.chdir(tmp_path)


def test_a_registry_that_answers_is_well_in_plain_lines() -> None:
    registry = FakeRegistry(3)
    with registry.on_a_socket() as url:
        done = run("doctor", "--target", url)
    assert (done.returncode, done.stderr) == (0, "")
    lines = done.stdout.splitlines()
    assert all(line.startswith(("ok    ", "      next step: ")) for line in lines)
    assert f"ok    target: {url}, as asked" in lines
    assert "\x1b" not in done.stdout


def test_a_failure_is_the_exit_status_and_says_the_next_step() -> None:
    done = run("doctor", "--target", "http://registry.invalid")
    assert done.returncode == 1
    assert "fail  registry: name: registry.invalid is not found" in done.stdout
    assert done.stdout.splitlines()[-1].startswith("      next step: check the network")


def test_the_checks_can_be_had_as_json() -> None:
    with FakeRegistry(3).on_a_socket() as url:
        done = run("doctor", "--target", url, "--format", "json")
    checks = json.loads(done.stdout)
    assert done.returncode == 0
    assert {tuple(check) for check in checks} == {("name", "status", "what", "next_step")}
    assert checks[-1]["what"].startswith("3 runs")


def test_an_embedded_registry_is_looked_at(database: Path) -> None:
    done = run("doctor", "--database", database)
    assert done.returncode == 0, done.stdout
    assert f"ok    database: {database}, from --database;" in done.stdout
    assert "ok    tables: those of this release" in done.stdout
    assert "ok    registry: question: 0 runs" in done.stdout
    assert run("doctor", "--target", "embedded", RUNREGISTRY_DATABASE=f"sqlite:///{database}").returncode == 0


def test_looking_for_a_registry_makes_none(tmp_path: Path) -> None:
    done = run("doctor", "--database", tmp_path / "none.sqlite")
    assert done.returncode == 0
    assert f"warn  database: there is none yet at {tmp_path / 'none.sqlite'}" in done.stdout
    assert "runregistry demo, load or admin init" in done.stdout
    (tmp_path / "empty.sqlite").touch()
    assert "admin init makes its tables" in run("doctor", "--database", tmp_path / "empty.sqlite").stdout
    assert (tmp_path / "empty.sqlite").stat().st_size == 0
    assert not (tmp_path / "none.sqlite").exists()


@pytest.mark.parametrize(
    ("content", "said", "step"),
    [(b"my thesis", "is not a SQLite file", "restore a backup"), (None, "of another program", "restore a backup")],
)
def test_a_file_that_is_no_registry_is_told(tmp_path: Path, content: bytes | None, said: str, step: str) -> None:
    path = tmp_path / "other.sqlite"
    if content is None:
        with sqlite3.connect(path) as other:
            other.execute("CREATE TABLE t (x)")
        other.close()
    else:
        path.write_bytes(content)
    done = run("doctor", "--database", path)
    assert done.returncode == 1
    assert "fail  tables: " in done.stdout
    assert said in done.stdout
    assert step in done.stdout


def test_a_registry_of_another_release_is_told_with_the_way(database: Path) -> None:
    with sqlite3.connect(database) as other:
        other.execute("UPDATE registry_info SET value = '1' WHERE key = 'schema'")
    other.close()
    done = run("doctor", "--database", database)
    assert done.returncode == 1
    assert "runregistry admin migrate" in done.stdout


def test_a_folder_is_no_database(tmp_path: Path) -> None:
    assert "fail  database: not a file" in run("doctor", "--database", tmp_path).stdout
    assert "fail  database: " in run("doctor", "--database", "mysql://host/name").stdout


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write everywhere")
def test_a_database_that_can_not_be_written_is_told(database: Path) -> None:
    database.chmod(0o400)
    done = run("doctor", "--database", database)
    assert done.returncode == 1
    assert "can't be read and written" in done.stdout


def test_a_database_belongs_to_an_embedded_target() -> None:
    done = run("doctor", "--target", "qa", "--database", "x.sqlite")
    assert done.returncode == 2
    assert "--target qa" in done.stderr


def test_without_credentials_it_ends_with_the_way_to_get_them() -> None:
    done = run_process("doctor", "--target", "http://127.0.0.1:1", RUNREGISTRY_AUDIENCE="a-registry")
    assert done.returncode == 1
    assert "fail  credentials: no client ID and secret" in done.stdout
    assert "next step: run `runregistry login`" in done.stdout
    assert "Traceback" not in done.stderr
