"""`runregistry admin`: migrate, check, rebuild, export, import, permissions; on both databases."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest
from sqlalchemy import update
from tests.contract.filling import RUNS, contents, fill
from tests.contract.test_store_migrations import empty, of_schema_1
from tests.integration.commands import one_error_line, run

from runregistry.model.defaults import default_settings
from runregistry.store import Store, schema

__all__ = ["empty", "of_schema_1"]


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of a registry that holds something."""
    url = f"sqlite:///{tmp_path / 'own.sqlite'}" if request.param == "sqlite" else request.getfixturevalue("postgres_url")
    with Store(url) as store:
        fill(store)
    return url


def break_a_projection(url: str) -> None:
    with Store(url) as store, store.changing() as connection:
        connection.execute(update(schema.run).where(schema.run.c.run_number == RUNS[0]).values(rr_attributes='{"class":"X"}'))


def test_check_of_a_sound_registry_says_what_it_compared(database: str) -> None:
    done = run("admin", "check", "--database", database)
    assert (done.returncode, done.stdout) == (0, "")
    assert "is sound: " in done.stderr
    assert "of 3 runs and 7 datasets" in done.stderr


def test_check_prints_what_is_wrong_and_fails_until_a_rebuild(database: str) -> None:
    break_a_projection(database)
    done = run("admin", "check", "--database", database)
    assert done.returncode == 1
    [line] = done.stdout.splitlines()
    assert line.startswith(f"run {RUNS[0]}: rr_attributes is ")
    assert "has 1 differences" in done.stderr
    assert "runregistry admin rebuild" in done.stderr
    mended = run("admin", "rebuild", "--database", database)
    assert mended.returncode == 0
    assert "3 rows of run, 7 rows of dataset, 7 rows of dataset_cache" in mended.stderr
    assert run("admin", "check", "--database", database).returncode == 0


def test_a_registry_goes_to_the_other_database_and_back_unchanged(
    database: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    with request.getfixturevalue("postgres_server").database() as elsewhere:
        other = elsewhere if database.startswith("sqlite") else f"sqlite:///{tmp_path / 'other.sqlite'}"
        there, back, again = tmp_path / "there.gz", tmp_path / "back.gz", f"sqlite:///{tmp_path / 'again.sqlite'}"
        steps = [("export", there, database), ("import", there, other), ("export", back, other), ("import", back, again)]
        for command, file, url in steps:
            done = run("admin", command, file, "--database", url)
            assert (done.returncode, done.stdout) == (0, ""), done.stderr
            assert "3 runs, " in done.stderr
        with Store(database) as first, Store(again) as last, first.reading() as one, last.reading() as two:
            assert contents(one) == contents(two)
    assert [path.name for path in tmp_path.glob("*.part")] == []


def test_an_export_does_not_overwrite_a_file(tmp_path: Path) -> None:
    file, database = tmp_path / "backup.gz", tmp_path / "own.sqlite"
    file.write_text("yesterday's")
    run("admin", "init", "--database", database)
    done = run("admin", "export", file, "--database", database)
    assert done.returncode == 2
    assert "backup.gz exists" in one_error_line(done)
    assert file.read_text() == "yesterday's"


def test_an_import_into_a_registry_with_settings_is_refused(database: str, tmp_path: Path) -> None:
    file, other = tmp_path / "there.gz", tmp_path / "own2.sqlite"
    run("admin", "export", file, "--database", database)
    run("admin", "init", "--database", other)
    done = run("admin", "import", file, "--database", other)
    assert done.returncode == 2
    assert "is not empty" in one_error_line(done)


def test_a_damaged_file_is_one_line_of_error(tmp_path: Path) -> None:
    file = tmp_path / "there.gz"
    file.write_bytes(gzip.compress(b"{"))
    done = run("admin", "import", file, "--database", tmp_path / "own.sqlite")
    assert done.returncode == 1
    assert "was damaged" in one_error_line(done)


def test_migrate_brings_the_registry_of_an_older_release_to_this_one(of_schema_1: tuple[str, object]) -> None:
    url, _ = of_schema_1
    refused = run("admin", "check", "--database", url)
    assert refused.returncode == 1
    assert "runregistry admin migrate" in one_error_line(refused)
    done = run("admin", "migrate", "--database", url)
    assert done.returncode == 0
    assert f"from schema 1 to schema {schema.SCHEMA_VERSION}" in done.stderr
    assert run("admin", "check", "--database", url).returncode == 0
    assert "has schema" in run("admin", "migrate", "--database", url).stderr


@pytest.mark.parametrize("command", [["check"], ["rebuild"], ["migrate"], ["export", "x.gz"], ["permissions"]])
def test_a_mistyped_name_does_not_become_a_registry(command: list[str], tmp_path: Path) -> None:
    done = run("admin", *command, "--database", tmp_path / "mine.sqlite", cwd=tmp_path)
    assert done.returncode == 2
    assert "there is no registry at" in one_error_line(done)
    assert list(tmp_path.iterdir()) == []


def test_permissions_are_shown_with_what_is_not_in_force(tmp_path: Path) -> None:
    settings, database = tmp_path / "settings.json", tmp_path / "own.sqlite"
    kept = default_settings()
    dropped = kept["permissions"].pop()
    settings.write_text(json.dumps(kept))
    run("admin", "init", "--settings", settings, "--database", database)
    done = run("admin", "permissions", "--format", "json", "--database", database)
    assert json.loads(done.stdout) == [{"egroup": row["egroup"], "routes": row["routes"]} for row in kept["permissions"]]
    assert done.stderr.splitlines() == [
        f"Not in force, but among the settings of this release: {dropped['egroup']} may call {', '.join(dropped['routes'])}"
    ]


def test_permissions_of_a_path_are_those_of_who_may_call_it(tmp_path: Path) -> None:
    database = tmp_path / "own.sqlite"
    run("admin", "init", "--database", database)
    done = run("admin", "permissions", "--path", "/runs/mark_significant", "--format", "json", "--database", database)
    assert [row["egroup"] for row in json.loads(done.stdout)] == [
        "cms-dqm-runregistry-experts",
        "cms-dqm-runregistry-online-shifters",
    ]
