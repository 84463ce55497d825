"""A registry moved from database to database: nothing is lost, nothing is changed, and it goes on where it was."""

from __future__ import annotations

import gzip
import io
import json
from contextlib import closing

import pytest
from tests.contract.filling import PERSON, RUNS, contents, fill

from runregistry.errors import StoreCorrupt, UsageError
from runregistry.filters import Page, parse_filter
from runregistry.store import Store
from runregistry.store.check import check
from runregistry.store.database import Database
from runregistry.store.transfer import export_registry, import_registry


@pytest.fixture(params=["sqlite", "postgresql"])
def target(request, tmp_path):
    """The URL of an empty database to import into."""
    if request.param == "postgresql":
        with request.getfixturevalue("postgres_server").database() as url:
            yield url
    else:
        yield f"sqlite:///{tmp_path / 'target.db'}"


@pytest.fixture
def exported(store):
    fill(store)
    return export(store)


def export(store):
    stream = io.BytesIO()
    with store.reading() as connection:
        export_registry(connection, stream)
    return stream.getvalue()


def import_into(url, data):
    with closing(Database(url)) as database:
        return import_registry(database, io.BytesIO(data))


def lines(data):
    return [json.loads(line) for line in gzip.decompress(data).splitlines()]


def packed(rows):
    return gzip.compress("".join(f"{json.dumps(row, separators=(',', ':'), ensure_ascii=False)}\n" for row in rows).encode())


def test_every_table_is_the_same_afterwards(store, exported, target):
    with store.reading() as connection:
        before = contents(connection)
    assert all(before.values()), "something is in every table"
    counts = import_into(target, exported)
    assert counts == {name: len(rows) for name, rows in before.items()}
    with Store(target) as moved:
        with moved.reading() as connection:
            assert contents(connection) == before
            assert list(check(connection)) == []
        assert export_without_time(export(moved)) == export_without_time(exported)


def export_without_time(data):
    return lines(data)[1:]


def test_a_moved_registry_goes_on_where_it_was(exported, target):
    import_into(target, exported)
    with Store(target) as moved:
        with moved.reading() as connection:
            newest, number = moved.records.latest_atomic_version(connection), moved.event_number(connection)
        with moved.write(PERSON, "after the move") as writer:
            writer.add_run_event(RUNS[0], rr={"stop_reason": "moved"})
            writer.add_rr_changes(RUNS[0], "online", [(1, 1, {"dt-dt": {"status": "NEW", "comment": "", "cause": ""}})])
            assert (writer.atomic_version, writer.version) == (newest + 1, number + 2)
        with moved.changing() as connection:
            assert moved.jobs.add(connection, "json", {}).id == 3
            moved.configuration.add(connection, "permissions", {"egroup": "x", "routes": []}, PERSON)
        assert moved.queries.runs(parse_filter({"rr_attributes.stop_reason": "moved"}, "runs"), (), Page(0, 5)).count == 1
        with moved.reading() as connection:
            assert list(check(connection)) == []


def test_an_empty_registry_can_be_moved_too(store, target):
    import_into(target, export(store))
    with Store(target) as moved, moved.reading() as connection:
        assert moved.records.counts(connection)["events"] == 0


def test_a_registry_that_holds_something_is_refused_and_left_alone(exported, target):
    with Store(target) as taken:
        with taken.write(PERSON, "mine") as writer:
            writer.add_run_event(1)
        with taken.reading() as connection:
            before = contents(connection)
        with pytest.raises(UsageError, match="is not empty: its table counter has 1 rows"):
            import_into(target, exported)
        with taken.reading() as connection:
            assert contents(connection) == before


def changed_row(rows):
    place = next(i for i, row in enumerate(rows) if isinstance(row, list) and PERSON in row)
    rows[place] = [PERSON + "!" if item == PERSON else item for item in rows[place]]
    return packed(rows)


def missing_row(rows):
    place = next(i for i, row in enumerate(rows) if isinstance(row, dict) and row.get("table") == "job")
    return packed(rows[: place + 1] + rows[place + 2 :])


def missing_table(rows):
    first = next(i for i, row in enumerate(rows) if isinstance(row, dict) and row.get("table") == "job")
    last = next(i for i, row in enumerate(rows) if isinstance(row, dict) and row.get("end_of") == "job")
    return packed(rows[:first] + rows[last + 1 :])


DAMAGE = {
    "a changed row": (changed_row, "another content"),
    "a missing row": (missing_row, "is not what was exported: 1 rows of 2"),
    "a missing table": (missing_table, "before the end of the export"),
    "no end": (lambda rows: packed(rows[:-1]), "before the end of the export"),
    "half a table": (lambda rows: packed(rows[:3]), "ends within the table"),
    "half of the bytes": (lambda rows: packed(rows)[:1500], "was damaged"),
    "no export": (lambda rows: packed([{"runs": []}]), "is no export"),
    "nothing": (lambda rows: b"", "is no export"),
    "no gzip": (lambda rows: b"to do: nothing", "is no export of a registry, or was damaged"),
    "a table of its own": (lambda rows: packed([*rows[:1], {"table": "x", "columns": []}]), "does not have"),
}


@pytest.mark.parametrize(("damage", "words"), DAMAGE.values(), ids=DAMAGE)
def test_a_damaged_file_is_refused_and_nothing_is_stored(damage, words, tmp_path):
    with Store("sqlite://") as store:
        fill(store)
        rows = lines(export(store))
    url = f"sqlite:///{tmp_path / 'registry.db'}"
    with pytest.raises(StoreCorrupt, match=words):
        import_into(url, damage(rows))
    with Store(url) as store, store.reading() as connection:
        assert store.records.counts(connection)["versions"] == 0


@pytest.mark.parametrize("newer", [{"format_version": 2}, {"schema": "999"}, {"schema": "x"}])
def test_a_file_of_a_newer_release_is_refused(newer, tmp_path):
    with Store("sqlite://") as store:
        head, *rest = lines(export(store))
    with pytest.raises(UsageError, match="this release reads format 1"):
        import_into(tmp_path / "registry.db", packed([head | newer, *rest]))
