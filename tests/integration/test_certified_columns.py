"""Columns that are kept, in memory and in files beside the database, never answer with what was."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from runregistry.engine import Snapshot
from runregistry.engine.kept import ColumnFiles
from runregistry.errors import StoreConflict
from runregistry.logic import Rule, parse_rule
from runregistry.model import triplet
from runregistry.server.services.certified import CertifiedDatasets
from runregistry.store import Store
from runregistry.store.rebuild import rebuild

NAME = "/PromptReco/Collisions2022/DQM"
DT = parse_rule({"==": [{"var": "lumisection.rr.dt-dt"}, "GOOD"]})
BOTH = parse_rule({"and": [{"==": [{"var": "lumisection.rr.dt-dt"}, "GOOD"]}, {"==": [{"var": "run.rr.class"}, "Collisions22"]}]})
CSC = parse_rule({"==": [{"var": "lumisection.rr.csc-csc"}, "GOOD"]})


@pytest.fixture
def database(tmp_path: Path) -> Path:
    path = tmp_path / "registry.sqlite"
    fill(path)
    return path


@pytest.fixture
def store(database: Path) -> Iterator[Store]:
    with Store(database) as store:
        yield store


def fill(path: Path, status: str = "GOOD") -> None:
    with Store(path) as store, store.write("auto@auto", "creation") as writer:
        for run_number in (1, 2, 3):
            writer.add_run_event(run_number, oms={"energy": 6800}, rr={"class": "Collisions22"})
            writer.add_dataset_event(run_number, NAME, {"dt_state": "OPEN"})
            writer.add_oms_changes(run_number, "online", [(1, 9, {"cms_active": True, "recorded": 0.5})])
            writer.add_rr_changes(run_number, NAME, [(1, 9, {"dt-dt": triplet(status), "csc-csc": triplet("GOOD")})])


def evaluate(store: Store, certified: CertifiedDatasets, rule: Rule = BOTH) -> dict[str, Any]:
    with store.reading() as connection:
        return certified.snapshot(connection, [NAME], rule).golden(rule).generated_json


def everywhere(store: Store, kept: CertifiedDatasets, rule: Rule = BOTH) -> dict[str, Any]:
    """The answer of columns in memory, of files, and of the database alone: one and the same."""
    fresh = evaluate(store, CertifiedDatasets(store, folder=None), rule)
    assert evaluate(store, kept, rule) == evaluate(store, CertifiedDatasets(store), rule) == fresh
    assert evaluate(store, CertifiedDatasets(store), rule) == fresh
    return fresh


ALL = {str(number): [[1, 9]] for number in (1, 2, 3)}


def files_of(database: Path) -> list[Path]:
    return sorted(Path(f"{database}.columns").iterdir())


class Untouched(CertifiedDatasets):
    """Must find everything in files."""

    def _read(self, *_: Any) -> Any:
        raise AssertionError("the database was read")


def test_a_second_process_reads_no_lumisections_from_the_database(store: Store) -> None:
    evaluate(store, CertifiedDatasets(store))
    assert evaluate(store, Untouched(store)) == ALL


def test_nothing_is_read_twice_while_nothing_changes(store: Store) -> None:
    certified = CertifiedDatasets(store, folder=None)
    with store.reading() as connection:
        first = certified.snapshot(connection, [NAME])
    with store.changing() as connection:
        store.jobs.add(connection, "json", {})
    with store.reading() as connection:
        assert certified.snapshot(connection, [NAME]) is first


def edit(store: Store) -> dict[str, Any]:
    with store.write("expert", "HV trip") as writer:
        writer.add_rr_changes(2, NAME, [(4, 5, {"dt-dt": triplet("BAD")})])
    return ALL | {"2": [[1, 3], [6, 9]]}


def move(store: Store) -> dict[str, Any]:
    with store.write("expert", "another class") as writer:
        writer.add_run_event(3, rr={"class": "Cosmics22"})
    return {"1": [[1, 9]], "2": [[1, 9]]}


def hide(store: Store) -> dict[str, Any]:
    with store.write("expert", "hidden") as writer:
        writer.add_dataset_event(1, NAME, deleted=True)
    return {"2": [[1, 9]], "3": [[1, 9]]}


def more_of_oms(store: Store) -> dict[str, Any]:
    with store.write("auto@auto", "OMS") as writer:
        writer.add_rr_changes(1, NAME, [(10, 12, {"dt-dt": triplet("GOOD")})])
        writer.add_oms_changes(1, "online", [(10, 11, {"cms_active": False})])
    return ALL | {"1": [[1, 11]]}


@pytest.mark.parametrize("change", [edit, move, hide, more_of_oms])
def test_a_change_is_seen_at_once(store: Store, change: Any) -> None:
    certified = CertifiedDatasets(store)
    assert everywhere(store, certified) == ALL
    expected = change(store)
    assert everywhere(store, certified) == expected


def test_a_change_of_something_else_leaves_the_columns_in_memory(store: Store) -> None:
    certified = CertifiedDatasets(store)
    with store.reading() as connection:
        first = certified.snapshot(connection, [NAME], DT)
    with store.write("auto@auto", "another run") as writer:
        writer.add_run_event(9, rr={"class": "Collisions22"})
    with store.reading() as connection:
        assert certified.snapshot(connection, [NAME], DT) is first


def test_a_rebuilt_registry_is_read_anew(store: Store) -> None:
    certified = CertifiedDatasets(store)
    with store.changing() as connection:
        # What a bug, or a disk, may do: a projection that is not what the events say, under the same version.
        connection.exec_driver_sql("UPDATE dataset_cache SET rr = replace(rr, 'GOOD', 'BAD')")
    assert everywhere(store, certified) == {}
    with store.changing() as connection:
        rebuild(connection)
    assert everywhere(store, certified) == ALL


def test_another_database_at_the_same_path_is_another_one(tmp_path: Path, database: Path) -> None:
    other = tmp_path / "other.sqlite"
    fill(other, "BAD")
    with Store(database) as store:
        assert everywhere(store, CertifiedDatasets(store)) == ALL
    shutil.move(other, database)
    with Store(database) as store:
        assert everywhere(store, CertifiedDatasets(store)) == {}


def test_a_copy_that_went_its_own_way_is_another_one(tmp_path: Path, database: Path) -> None:
    copy = tmp_path / "copy.sqlite"
    shutil.copy(database, copy)
    for path, status in ((database, "BAD"), (copy, "STANDBY")):
        with Store(path) as store, store.write("expert", "the same version") as writer:
            writer.add_rr_changes(1, NAME, [(1, 9 if status == "BAD" else 4, {"dt-dt": triplet(status)})])
    with Store(database) as store:
        assert everywhere(store, CertifiedDatasets(store))["2"] == [[1, 9]]
    shutil.copyfile(copy, database)  # the same file, with another content
    with Store(database) as store:
        assert everywhere(store, CertifiedDatasets(store)) == ALL | {"1": [[5, 9]]}


@pytest.mark.parametrize("damage", ["cut", "turned", "empty", "foreign", "swapped"])
def test_broken_files_are_not_used_and_are_written_anew(store: Store, database: Path, damage: str) -> None:
    evaluate(store, CertifiedDatasets(store))
    files = files_of(database)
    contents = [path.read_bytes() for path in files]
    for path, content, next_one in zip(files, contents, contents[1:] + contents[:1], strict=True):
        broken = {
            "cut": content[:-3],
            "turned": content[:60] + bytes([content[60] ^ 1]) + content[61:],
            "empty": b"",
            "foreign": b"SQLite format 3\0",
            "swapped": next_one,
        }[damage]
        path.write_bytes(broken)
    assert evaluate(store, CertifiedDatasets(store)) == ALL
    assert evaluate(store, Untouched(store)) == ALL
    assert [path.read_bytes() for path in files_of(database)] == contents


def test_a_crash_in_the_middle_of_writing_leaves_nothing_half(
    store: Store, database: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def crash(*_: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(os, "replace", crash)
        with pytest.raises(KeyboardInterrupt):
            evaluate(store, CertifiedDatasets(store))
    assert all(path.suffix == ".tmp" for path in files_of(database))
    assert everywhere(store, CertifiedDatasets(store)) == ALL


def test_where_nothing_can_be_written_nothing_is_kept(store: Store, database: Path) -> None:
    Path(f"{database}.columns").write_text("a file where the folder would be")
    assert everywhere(store, CertifiedDatasets(store)) == ALL


def test_a_folder_that_can_not_be_written_is_no_error(store: Store, database: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: Any, **__: Any) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "mkdir", refuse)
    assert everywhere(store, CertifiedDatasets(store)) == ALL
    assert not Path(f"{database}.columns").exists()


def test_the_folder_never_grows_beyond_its_bound(store: Store, database: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    evaluate(store, CertifiedDatasets(store))
    bound = sum(path.stat().st_size for path in files_of(database))
    monkeypatch.setattr("runregistry.engine.kept._LARGEST_FOLDER", bound)
    for _ in range(3):
        edit(store)
        evaluate(store, CertifiedDatasets(store))
        assert sum(path.stat().st_size for path in files_of(database)) <= bound


def test_a_column_that_is_read_late_is_of_the_same_moment_or_refused(store: Store) -> None:
    evaluate(store, CertifiedDatasets(store))
    with store.reading() as connection:
        snapshot = CertifiedDatasets(store).snapshot(connection, [NAME], BOTH)
        other = CertifiedDatasets(store).snapshot(connection, [NAME], BOTH)
    assert snapshot.golden(CSC).generated_json == ALL
    edit(store)
    with pytest.raises(StoreConflict, match="evaluate it again"):
        other.golden(parse_rule({"var": "lumisection.oms.cms_active"}))
    assert snapshot.evaluate(BOTH) == [[[1, 9]]] * 3


def test_a_database_in_memory_keeps_no_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with Store("sqlite://") as store:
        with store.write("auto@auto", "creation") as writer:
            writer.add_run_event(1, rr={"class": "Collisions22"})
            writer.add_dataset_event(1, NAME)
        assert evaluate(store, CertifiedDatasets(store)) == {}
    assert list(tmp_path.iterdir()) == []


def test_files_of_another_state_are_not_found(tmp_path: Path) -> None:
    one, other = ColumnFiles(tmp_path, "one"), ColumnFiles(tmp_path, "other")
    one.write(("run", "oms", "energy"), {}, [1.5])
    assert one.read(("run", "oms", "energy")) == ({}, [1.5])
    assert other.read(("run", "oms", "energy")) is None
    assert one.read(("run", "oms", "b_field")) is None


def test_a_snapshot_of_files_is_the_snapshot_of_the_database(store: Store) -> None:
    evaluate(store, CertifiedDatasets(store))
    with store.reading() as connection:
        kept = CertifiedDatasets(store).snapshot(connection, [NAME], BOTH)
        fresh = CertifiedDatasets(store, folder=None).snapshot(connection, [NAME])
    assert kept.statistics(BOTH) == fresh.statistics(BOTH)
    assert kept.paths() == fresh.paths()
    assert Snapshot.of(kept.datasets()).golden(BOTH) == fresh.golden(BOTH)
