"""Tables from nothing and from the previous release: the same ones, with everything that was in them."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
from threading import Barrier, Thread

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine, inspect, text, update
from tests.contract.filling import contents

from runregistry.errors import MigrationNeeded, StoreCorrupt
from runregistry.store import Store, migrations, schema
from runregistry.store.check import check
from runregistry.store.database import Database, normalise_url
from runregistry.store.transfer import import_registry

# What later releases added, empty in a registry that was migrated.
NEW_TABLES = {"tag": []}
OLD_EXPORT = Path(__file__).parents[1] / "data" / "store" / "schema-1.jsonl.gz"


@pytest.fixture(params=["sqlite", "postgresql"])
def empty(request, tmp_path):
    """The URL of a database without any tables."""
    if request.param == "postgresql":
        with request.getfixturevalue("postgres_server").database(empty=True) as url:
            yield url
    else:
        yield f"sqlite:///{tmp_path / 'empty.db'}"


@pytest.fixture
def of_schema_1(empty, monkeypatch):
    """A registry as the first release left it, with data in it, and those data."""
    with monkeypatch.context() as patch:
        patch.setattr(Database, "_create", lambda database: make_schema_1(database))
        with closing(Database(empty, any_revision=True)) as database:
            patch.setattr(schema, "SCHEMA_VERSION", "1")
            with OLD_EXPORT.open("rb") as stream:
                import_registry(database, stream)
            with database.altering() as connection:
                # The first release knew nothing of Alembic.
                connection.execute(text("DROP TABLE alembic_version"))
            with database.reading() as connection:
                return empty, contents(connection)


def make_schema_1(database):
    with database.altering() as connection:
        if database.is_sqlite:
            connection.exec_driver_sql("PRAGMA application_id = 0x52526779")
        migrations.migrate(connection, "1")


def script():
    config = Config()
    config.set_main_option("script_location", str(Path(migrations.__file__).parent))
    config.set_main_option("path_separator", "os")
    return ScriptDirectory.from_config(config)


def structure(url):
    """Tables, columns, keys and indexes as the database describes them."""
    engine = create_engine(normalise_url(url))
    with engine.connect() as connection:
        seen = inspect(connection)
        tables = {
            table: {
                "columns": [(c["name"], str(c["type"]), c["nullable"], c["default"]) for c in seen.get_columns(table)],
                "primary": seen.get_pk_constraint(table),
                "foreign": sorted(map(repr, seen.get_foreign_keys(table))),
                "unique": sorted(map(repr, seen.get_unique_constraints(table))),
                "indexes": sorted(map(repr, seen.get_indexes(table))),
            }
            for table in sorted(seen.get_table_names())
        }
        if connection.dialect.name == "postgresql":
            collations = text(
                "SELECT table_name, column_name, collation_name FROM information_schema.columns"
                " WHERE table_schema = 'public' AND collation_name IS NOT NULL ORDER BY 1, 2"
            )
            tables["collations"] = [tuple(row) for row in connection.execute(collations)]
    engine.dispose()
    return tables


def test_the_migrations_are_numbered_one_after_the_other_up_to_the_schema_of_this_release():
    numbers = [revision.revision for revision in script().walk_revisions()]
    assert numbers == [str(number) for number in range(int(schema.SCHEMA_VERSION), 0, -1)]


def test_all_migrations_together_make_what_a_new_registry_gets(empty, monkeypatch, postgres_or_file):
    Store(postgres_or_file(empty)).close()
    with monkeypatch.context() as patch:
        patch.setattr(Database, "_create", make_schema_1)
        with closing(Database(empty, any_revision=True)) as database:
            assert database.migrate() == "1"
            with database.reading() as connection:
                # Alembic's own comparison with the tables in the code; a connection of its own, as it may write.
                assert compare_metadata(MigrationContext.configure(connection), schema.metadata) == []
    assert structure(empty) == structure(postgres_or_file(empty))


@pytest.fixture
def postgres_or_file(request, tmp_path):
    """Give a second database of the same kind."""
    made = {}

    def second(url):
        if url.startswith("sqlite"):
            return f"sqlite:///{tmp_path / 'second.db'}"
        if url not in made:
            context = request.getfixturevalue("postgres_server").database(empty=True)
            made[url] = (context.__enter__(), context)
        return made[url][0]

    yield second
    for _, context in made.values():
        context.__exit__(None, None, None)


def test_a_new_registry_says_which_schema_it_has_where_every_release_looks(empty):
    with Store(empty) as store, store.reading() as connection:
        assert migrations.revision_of(connection) == schema.SCHEMA_VERSION
        assert connection.scalar(text("SELECT version_num FROM alembic_version")) == schema.SCHEMA_VERSION


def test_a_registry_of_the_previous_release_names_the_command_that_migrates_it(of_schema_1):
    url, _ = of_schema_1
    with pytest.raises(MigrationNeeded, match=r"has the tables of schema 1, .* runregistry admin migrate --database "):
        Store(url)


def test_a_migration_from_the_first_release_keeps_everything(of_schema_1):
    url, before = of_schema_1
    assert len(before["run_event"]) > 3
    with closing(Database(url, any_revision=True)) as database:
        assert database.migrate() == "1"
    with Store(url) as store, store.reading() as connection:
        assert contents(connection) == before | NEW_TABLES
        assert list(check(connection)) == []
        assert connection.scalar(text("SELECT version_num FROM alembic_version")) == schema.SCHEMA_VERSION


def migrate_and_fail(database):
    with database.altering() as connection:
        migrations.migrate(connection)
        raise ZeroDivisionError


def test_a_migration_that_fails_changes_nothing(of_schema_1):
    url, before = of_schema_1
    tables = structure(url)
    with closing(Database(url, any_revision=True)) as database:
        with pytest.raises(ZeroDivisionError):
            migrate_and_fail(database)
        with database.reading() as connection:
            assert migrations.revision_of(connection) == "1"
            assert contents(connection) == before
    assert structure(url) == tables


def test_a_second_migration_changes_nothing(of_schema_1):
    url, before = of_schema_1
    with closing(Database(url, any_revision=True)) as database:
        database.migrate()
        assert database.migrate() == schema.SCHEMA_VERSION
        with database.reading() as connection:
            assert contents(connection) == before | NEW_TABLES


def test_the_export_of_an_older_release_can_be_imported(empty, of_schema_1_contents):
    with closing(Database(empty)) as database, OLD_EXPORT.open("rb") as stream:
        import_registry(database, stream)
    with Store(empty) as store, store.reading() as connection:
        assert contents(connection) == of_schema_1_contents | NEW_TABLES
        assert list(check(connection)) == []


@pytest.fixture
def of_schema_1_contents(tmp_path, monkeypatch):
    """What the export of the first release holds, read back from a database of that release."""
    path = tmp_path / "first.db"
    with monkeypatch.context() as patch:
        patch.setattr(Database, "_create", make_schema_1)
        patch.setattr(schema, "SCHEMA_VERSION", "1")
        with closing(Database(path)) as database, OLD_EXPORT.open("rb") as stream:
            import_registry(database, stream)
            with database.reading() as connection:
                return contents(connection)


def test_a_registry_of_a_newer_release_is_refused_and_not_migrated(empty):
    with Store(empty) as store, store.changing() as connection:
        connection.execute(update(schema.registry_info).values(value="999"))
    with pytest.raises(MigrationNeeded, match="newer than this release"):
        Store(empty)
    with closing(Database(empty, any_revision=True)) as database, pytest.raises(MigrationNeeded, match="newer than this release"):
        database.migrate()


def test_a_database_of_something_else_is_refused(empty):
    engine = create_engine(normalise_url(empty))
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE moz_places (url TEXT)"))
    engine.dispose()
    with pytest.raises(StoreCorrupt):
        Store(empty)


def test_an_empty_database_opened_by_many_at_once_gets_its_tables_once(empty):
    start, failed = Barrier(6), []

    def open_it():
        try:
            start.wait()
            Store(empty).close()
        except Exception as error:  # the test fails in the main thread
            failed.append(error)

    threads = [Thread(target=open_it) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []
    with Store(empty) as store, store.reading() as connection:
        assert store.event_number(connection) == 0


def test_names_are_in_the_order_of_their_characters(store):
    names = ["/a", "/B", "/Z_x", "/ä", "/Zx", "/z", "/10", "/9", "online"]
    with store.write("auto@auto", "creation") as writer:
        writer.add_run_event(1)
        for name in names:
            writer.add_dataset_event(1, name)
    with store.reading() as connection:
        assert store.records.dataset_names(connection, 1) == sorted(names)
        assert store.records.visible_names(connection) == sorted(names)
