"""Exports: complete or not there, of one shape whatever they hold, and read by whoever reads Parquet."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas
import polars
import pytest
from pyarrow import dataset, parquet
from tests.integration.commands import one_error_line, run

from runregistry import testing
from runregistry.client import Client
from runregistry.errors import APIError, UsageError
from runregistry.export import TABLES, Exported, export_parquet, writing
from runregistry.export.tables import OTHER, schema_of
from runregistry.store import Store
from runregistry.testing.sample import PROMPT

ALL = tuple(TABLES)


@pytest.fixture(name="store", scope="module")
def _store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    from runregistry.server import ensure_settings
    from runregistry.testing.sample import fill

    with Store(tmp_path_factory.mktemp("registry") / "registry.sqlite") as made:
        ensure_settings(made)
        fill(made)
        with made.write("auto@auto", "what no table knows") as writer:
            writer.add_run_event(355100, oms={"brand_new": [1, 2]}, rr={"note_to_self": "ü"})
        yield made


@pytest.fixture(name="client", scope="module")
def _client(store: Store) -> Iterator[Client]:
    with Client(database=str(store.database.url)) as opened:
        yield opened


@pytest.fixture(name="exported", scope="module")
def _exported(client: Client, tmp_path_factory: pytest.TempPathFactory) -> Exported:
    return export_parquet(client, tmp_path_factory.mktemp("exports") / "all", tables=ALL)


def read(exported: Exported, name: str) -> Any:
    return dataset.dataset(exported.folder / name, partitioning="hive").to_table()


def test_every_row_of_the_registry_is_in_it(client: Client, exported: Exported) -> None:
    runs = client.runs(sortings=[["run_number", "ASC"]])
    datasets = client.datasets()
    assert read(exported, "runs")["run_number"].to_pylist() == [row["run_number"] for row in runs]
    assert exported.rows["runs"] == len(runs)
    assert exported.rows["datasets"] == len(datasets)
    ranges = client.ranges_by_component_of(datasets).to_arrow()
    assert exported.rows["ranges"] == ranges.num_rows == read(exported, "ranges").num_rows
    keys = [("run_number", "ascending"), ("dataset_name", "ascending"), ("component", "ascending"), ("first", "ascending")]
    names = ["run_number", "dataset_name", "component", "first", "last", "status", "comment", "cause"]
    plain = ranges.cast(schema_of("ranges")).select(names)
    assert read(exported, "ranges").select(names).sort_by(keys).equals(plain.sort_by(keys))
    assert exported.rows["oms_ranges"] == client.oms_ranges_of(datasets).to_arrow().num_rows


def test_what_no_column_is_for_is_kept_as_json(exported: Exported) -> None:
    others = dict(zip(*(read(exported, "runs")[name].to_pylist() for name in ("run_number", OTHER)), strict=True))
    assert json.loads(others[355100]) == {"oms_attributes": {"brand_new": [1, 2]}, "rr_attributes": {"note_to_self": "ü"}}
    datasets = [json.loads(row[OTHER]) for row in read(exported, "datasets").to_pylist() if row["run_number"] == 355100]
    assert [other["rr_attributes"] for other in datasets] == [{"note_to_self": "ü"}] * len(datasets)


def test_the_schema_is_described_beside_it_with_units(exported: Exported) -> None:
    told = json.loads((exported.folder / "_schema.json").read_text(encoding="utf-8"))
    assert told["version_at_begin"] == told["version_at_end"] == exported.version
    assert told["tables"].keys() == set(ALL)
    for name, table in told["tables"].items():
        files = sorted((exported.folder / name).rglob("*.parquet"))
        assert len(files) == table["files"]
        assert sum(parquet.read_metadata(file).num_rows for file in files) == table["rows"] == exported.rows[name]
        for file in files:
            schema = parquet.read_schema(file)
            assert schema.equals(schema_of(name), check_metadata=False)
            types = [str(field.type).replace("element: ", "") for field in schema]
            assert [column["type"] for column in table["columns"]] == types
            assert [column["name"] for column in table["columns"]] == schema.names
    units = {column["name"]: column["unit"] for column in told["tables"]["runs"]["columns"]}
    assert (units["energy"], units["run_number"]) == ("GeV", "")
    assert parquet.read_schema(exported.folder / "runs" / "part-00000.parquet").field("energy").metadata[b"unit"] == b"GeV"


def test_the_columns_do_not_depend_on_the_rows(client: Client, exported: Exported, tmp_path: Path) -> None:
    nothing = export_parquet(client, tmp_path / "nothing", tables=ALL, run_min=999_999)
    assert set(nothing.rows.values()) == {0}
    for name in ALL:
        files = [min((one.folder / name).rglob("*.parquet")) for one in (nothing, exported)]
        empty, full = map(parquet.read_schema, files)
        assert empty.equals(full, check_metadata=True)


def test_a_part_can_be_chosen(client: Client, tmp_path: Path) -> None:
    made = export_parquet(
        client, tmp_path / "part", tables=("datasets", "ranges"), runs=[355100, 355101], run_max=355100, dataset_name=PROMPT
    )
    assert {path.name for path in made.folder.iterdir()} == {"datasets", "ranges", "_schema.json"}
    assert read(made, "datasets").select(["run_number", "dataset_name"]).to_pylist() == [
        {"run_number": 355100, "dataset_name": PROMPT}
    ]
    assert set(read(made, "ranges")["dataset_name"].to_pylist()) == {PROMPT}
    assert json.loads((made.folder / "_schema.json").read_text())["selection"]["run_max"] == 355100


def test_ranges_lie_in_folders_by_run_and_runs_of_all_batches_are_there(
    client: Client, exported: Exported, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writing, "_BLOCK", 2)
    monkeypatch.setattr(writing, "_RUNS_AT_ONCE", 3)
    made = export_parquet(client, tmp_path / "blocks")
    folders = {path.name for path in (made.folder / "ranges").iterdir()}
    assert len(folders) > 1
    assert folders == {f"run_block={number // 2 * 2}" for number in read(made, "runs")["run_number"].to_pylist()}
    assert read(made, "ranges").num_rows == read(exported, "ranges").num_rows


def test_an_export_as_of_a_version_is_the_one_that_was_made_then(tmp_path: Path) -> None:
    with testing.server(sample=True) as running, running.client() as client:
        then = export_parquet(client, tmp_path / "then", tables=ALL)
        client.edit_lumisections(355100, 1, 2, "dt-dt", "BAD", comment="later", dataset_name=PROMPT)
        now = export_parquet(client, tmp_path / "now", tables=ALL)
        again = export_parquet(client, tmp_path / "again", tables=ALL, as_of=then.version)
    assert again.version == then.version
    assert not read(now, "ranges").equals(read(then, "ranges"))
    for name in ALL:
        assert read(again, name).equals(read(then, name)), name


def test_a_registry_that_goes_on_meanwhile_is_told(tmp_path: Path) -> None:
    with testing.server(sample=True) as running, running.client() as client:

        def edit(done: int, total: int) -> None:
            client.edit_lumisections(355100, 1, 2, "dt-dt", "BAD", comment="meanwhile", dataset_name=PROMPT)

        made = export_parquet(client, tmp_path / "moving", tables=("runs",), progress=edit)
    told = json.loads((made.folder / "_schema.json").read_text())
    assert made.version is None
    assert told["version_at_end"] > told["version_at_begin"]


# Complete or not there


def test_what_fails_leaves_nothing(client: Client, tmp_path: Path) -> None:
    def stop(done: int, total: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        export_parquet(client, tmp_path / "half", progress=stop)
    assert list(tmp_path.iterdir()) == []


def test_a_full_disk_leaves_nothing(client: Client, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(parquet.ParquetWriter, "write_table", full)
    with pytest.raises(OSError, match="No space left"):
        export_parquet(client, tmp_path / "half")
    assert list(tmp_path.iterdir()) == []


def test_nothing_is_written_over(client: Client, exported: Exported, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="is there already"):
        export_parquet(client, exported.folder)
    (tmp_path / "file").touch()
    with pytest.raises(UsageError, match="is there already"):
        export_parquet(client, tmp_path / "file")
    with pytest.raises(UsageError, match="there is no folder"):
        export_parquet(client, tmp_path / "no" / "such")
    (tmp_path / "empty").mkdir()
    assert export_parquet(client, tmp_path / "empty", tables=("runs",)).folder == tmp_path / "empty"


def test_what_is_asked_wrongly_is_told(client: Client, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"no table 'range' \(did you mean ranges or oms_ranges\?\)"):
        export_parquet(client, tmp_path / "x", tables=("range",))
    with pytest.raises(APIError, match="there is no tag 'golden'"):
        export_parquet(client, tmp_path / "x", as_of="golden")
    assert list(tmp_path.iterdir()) == []


# Who reads it


def test_pandas_reads_it(exported: Exported) -> None:
    ranges = pandas.read_parquet(exported.folder / "ranges", filters=[("run_number", "==", 355100)])
    assert set(ranges["run_number"]) == {355100}
    assert {"run_block", "status", "first", "last"} <= set(ranges.columns)
    runs = pandas.read_parquet(exported.folder / "runs")
    assert str(runs["start_time"].dtype).startswith("datetime64[us, UTC")
    assert ranges["status"].isin(["GOOD", "BAD", "STANDBY", "EXCLUDED", "NOTSET", "EMPTY", None]).all()


def test_polars_reads_it(exported: Exported) -> None:
    ranges = polars.scan_parquet(exported.folder / "ranges" / "**" / "*.parquet", hive_partitioning=True)
    counted = ranges.filter(polars.col("run_number") == 355100).select(polars.len()).collect().item()
    assert counted == sum(number == 355100 for number in read(exported, "ranges")["run_number"].to_pylist())
    runs = polars.read_parquet(exported.folder / "runs" / "*.parquet")
    assert runs.schema["run_number"] == polars.Int64
    assert runs.schema["components"] == polars.List(polars.String)


def test_duckdb_reads_it(exported: Exported) -> None:
    duckdb = pytest.importorskip("duckdb", reason="duckdb is in the group test of the project")
    with duckdb.connect() as connection:
        found = connection.execute(
            "SELECT r.run_number, count(*) FROM read_parquet(?, hive_partitioning = true) AS c"
            " JOIN read_parquet(?) AS r USING (run_number) WHERE c.run_block = 350000 GROUP BY 1 ORDER BY 1",
            [str(exported.folder / "ranges" / "**" / "*.parquet"), str(exported.folder / "runs" / "*.parquet")],
        ).fetchall()
    ranges = read(exported, "ranges")["run_number"].to_pylist()
    assert found == [(number, ranges.count(number)) for number in sorted(set(ranges))]


# The command


def test_the_command_exports(store: Store, tmp_path: Path) -> None:
    database = str(store.database.url)
    done = run("export", tmp_path / "out", "--runs", "355100-355101", "--tables", "runs,ranges", "--database", database)
    assert (done.returncode, done.stdout) == (0, ""), done.stderr
    assert "2 runs" in done.stderr
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["_schema.json", "ranges", "runs"]
    again = run("export", tmp_path / "out", "--database", database)
    assert again.returncode == 2
    assert "is there already" in one_error_line(again)
    wrong = run("export", tmp_path / "x", "--tables", "nothing", "--database", database)
    assert "there is no table 'nothing'" in one_error_line(wrong)
