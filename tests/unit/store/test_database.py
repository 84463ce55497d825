"""Opening a registry: what is made, what is recognised, what is refused."""

from __future__ import annotations

import sqlite3

import pytest
from sqlalchemy import update

from runregistry.errors import MigrationNeeded, SettingsError, StoreConflict, StoreCorrupt, StoreError
from runregistry.filters import Page, parse_filter
from runregistry.store import Store, schema
from runregistry.store.connections import Patience
from runregistry.store.database import normalise_url

ALL_RUNS = parse_filter({}, "runs")


def add_run(store, number, **rr):
    with store.write("auto@auto", "creation") as writer:
        writer.add_run_event(number, rr=rr)


def test_a_file_opened_again_holds_what_was_written(tmp_path):
    path = tmp_path / "registry.db"
    with Store(path) as store:
        add_run(store, 1, **{"class": "Cosmics22"})
    with Store(path) as store:
        assert [row.run_number for row in store.queries.runs(ALL_RUNS, (), Page(0, 10)).rows] == [1]
        add_run(store, 2)
        with store.reading() as connection:
            assert store.records.counts(connection)["runs"] == 2


def test_two_openings_of_one_file_see_each_others_changes(tmp_path):
    with Store(tmp_path / "registry.db") as one, Store(tmp_path / "registry.db") as other:
        assert other.queries.runs(ALL_RUNS, (), Page(0, 10)).count == 0
        add_run(one, 1)
        assert other.queries.runs(ALL_RUNS, (), Page(0, 10)).count == 1
        add_run(other, 2)
        assert one.queries.runs(ALL_RUNS, (), Page(0, 10)).count == 2


def test_a_registry_in_memory_is_gone_when_it_is_closed():
    with Store("sqlite://") as store:
        add_run(store, 1)
    with Store("sqlite://") as store:
        assert store.queries.runs(ALL_RUNS, (), Page(0, 10)).count == 0


def test_two_registries_in_memory_are_two():
    with Store("sqlite://") as one, Store("sqlite:///:memory:") as other:
        add_run(one, 1)
        assert other.queries.runs(ALL_RUNS, (), Page(0, 10)).count == 0


def test_a_file_that_is_no_database_is_refused_and_left_alone(tmp_path):
    path = tmp_path / "notes.txt"
    path.write_text("not a database at all, but long enough to look like one " * 20)
    before = path.read_bytes()
    with pytest.raises(StoreCorrupt, match="is not a SQLite file"):
        Store(path)
    assert path.read_bytes() == before


def test_the_database_of_another_program_is_refused_and_left_alone(tmp_path):
    path = tmp_path / "other.db"
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE run_event (version INTEGER)")
    connection.close()
    with pytest.raises(StoreCorrupt, match="of another program"):
        Store(path)
    connection = sqlite3.connect(path)
    assert connection.execute("SELECT name FROM sqlite_master").fetchall() == [("run_event",)]
    connection.close()


def test_a_registry_without_its_tables_is_refused(tmp_path):
    path = tmp_path / "registry.db"
    Store(path).close()
    connection = sqlite3.connect(path)
    connection.execute("DROP TABLE run_event")
    connection.close()
    with pytest.raises(StoreCorrupt, match="not a run registry"):
        Store(path)


def test_a_registry_of_another_schema_needs_a_migration(tmp_path):
    path = tmp_path / "registry.db"
    with Store(path) as store, store.changing() as connection:
        connection.execute(update(schema.registry_info).values(value="0"))
    with pytest.raises(MigrationNeeded, match="schema 0"):
        Store(path)


def test_an_empty_file_becomes_a_registry(tmp_path):
    path = tmp_path / "empty.db"
    path.touch()
    with Store(path) as store:
        add_run(store, 1)


def test_a_missing_folder_is_named(tmp_path):
    with pytest.raises(StoreError, match="nowhere does not exist"):
        Store(tmp_path / "nowhere" / "registry.db")


def test_a_folder_is_no_registry(tmp_path):
    with pytest.raises(StoreError, match="can't open the database"):
        Store(tmp_path)


@pytest.mark.parametrize("url", ["mysql://host/x", "http://cern.ch", "://", "postgresql://[::1", "postgresql://host:port/x"])
def test_a_url_of_something_else_is_refused(url):
    with pytest.raises(SettingsError):
        Store(url)


def test_a_path_is_a_sqlite_file():
    assert str(normalise_url("folder/registry.db")) == "sqlite:///folder/registry.db"


def test_postgresql_gets_its_driver():
    assert normalise_url("postgresql://user@host/registry").drivername == "postgresql+psycopg"


def test_a_name_shows_no_password():
    assert "secret" not in normalise_url("postgresql://user:secret@host/x").render_as_string(hide_password=True)


def test_a_writer_that_waits_too_long_is_told_and_nothing_is_stored(tmp_path):
    hasty = Patience(lock_s=0.05)
    with Store(tmp_path / "registry.db") as one, Store(tmp_path / "registry.db", patience=hasty) as other:
        with one.write("auto@auto", "slow") as writer:
            writer.add_run_event(1)
            with pytest.raises(StoreConflict, match="nothing was stored, try again"):
                add_run(other, 2)
        with other.reading() as connection:
            assert other.records.counts(connection)["runs"] == 1


def test_a_thread_that_would_wait_for_itself_is_told_so():
    with Store("sqlite://") as store, store.reading(), pytest.raises(StoreError, match="this thread is using it"):
        store.queries.runs(ALL_RUNS, (), Page(0, 10))


def test_a_registry_that_lost_its_counter_refuses_to_write():
    with Store("sqlite://") as store:
        with store.changing() as connection:
            connection.execute(schema.counter.delete())
        with pytest.raises(StoreCorrupt, match="lost its event counter"):
            add_run(store, 1)
