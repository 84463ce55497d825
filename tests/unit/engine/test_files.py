"""Snapshots out of Parquet, Arrow, pandas and files of OMS lumisections, and what is wrong with such tables."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from tests.property.test_engine import outcome, plain_leaves, rules_of, several
from tests.unit.engine.making import make_dataset

from runregistry.engine import Snapshot
from runregistry.errors import UsageError
from runregistry.logic import Rule, parse_rule
from runregistry.model import CertifiedDataset

pa = pytest.importorskip("pyarrow")
pq = pytest.importorskip("pyarrow.parquet")
pd = pytest.importorskip("pandas")

ACTIVE = {"==": [{"var": "lumisection.oms.cms_active"}, True]}
DT = {"==": [{"var": "lumisection.rr.dt-dt"}, "GOOD"]}


def year(n: int = 5) -> Snapshot:
    return Snapshot.of(
        make_dataset(
            number,
            rr={"dt-dt": [(1, 9, "GOOD"), (3, 2 + number, "BAD")]},
            oms={"cms_active": [(1, 8, True)], "recorded": [(1, 5, 0.5), (6, 8, "0.25")], "odd": [(2, 3, [1, {"a": None}])]},
            run={"energy": 6800.5, "components": ["DT"]},
            run_rr={"class": "Collisions22"},
            attributes={"dt_state": "OPEN"},
        )
        for number in range(1, n + 1)
    )


def test_a_parquet_file_gives_back_what_was_written(tmp_path: Path) -> None:
    path = tmp_path / "year.parquet"
    written = year()
    written.write(path)
    read = Snapshot.read(path)
    rule = parse_rule({"and": [ACTIVE, DT, {">": [{"var": "run.oms.energy"}, 6000]}]})
    assert read.golden(rule) == written.golden(rule)
    assert read.statistics(rule) == written.statistics(rule)
    for one, other in zip(read.datasets(), written.datasets(), strict=True):
        assert one[:5] == other[:5]
        assert (one.columns.rr, one.columns.oms) == (other.columns.rr, other.columns.oms)
    assert read.paths() == written.paths()
    assert [path.name for path in tmp_path.iterdir()] == ["year.parquet"]


def test_the_schema_is_the_documented_one(tmp_path: Path) -> None:
    path = tmp_path / "year.parquet"
    year().write(path)
    schema = pq.read_schema(path)
    assert {
        name: str(schema.field(name).type) for name in ("run_number", "dataset_name", "last_lumisection", "rr_attributes")
    } == {
        "run_number": "int64",
        "dataset_name": "string",
        "last_lumisection": "int32",
        "rr_attributes": "string",
    }
    edges = "first: int32, last: int32"
    assert str(schema.field("rr.dt-dt").type) == (
        f"list<element: struct<{edges}, status: string, comment: string, cause: string>>"
    )
    assert str(schema.field("oms.recorded").type) == f"list<element: struct<{edges}, value: string>>"
    assert schema.field("oms.recorded").metadata[b"unit"] == b"/pb"
    assert b'"format":1' in schema.metadata[b"runregistry"]


def test_a_file_is_read_in_batches(tmp_path: Path) -> None:
    path = tmp_path / "year.parquet"
    pq.write_table(year(7).to_arrow(), path, row_group_size=2)
    assert [batch.n_datasets for batch in Snapshot.batches(path, 3)] == [4, 3]
    rule = parse_rule(DT)
    assert [ranges for batch in Snapshot.batches(path, 1) for ranges in batch.evaluate(rule)] == year(7).evaluate(rule)


def test_an_arrow_table_with_a_row_a_dataset_is_taken_over() -> None:
    table = year().to_arrow()
    assert Snapshot.from_arrow(table.slice(1, 2)).evaluate(parse_rule(DT)) == year().evaluate(parse_rule(DT))[1:3]


@settings(max_examples=40, deadline=None)
@given(rules_of(plain_leaves), several)
def test_random_datasets_come_out_of_arrow_as_they_went_in(rule: Rule, datasets: list[CertifiedDataset]) -> None:
    snapshot = Snapshot.of(datasets)
    again = Snapshot.from_arrow(snapshot.to_arrow())
    assert outcome(lambda: again.evaluate(rule)) == outcome(lambda: snapshot.evaluate(rule))
    assert outcome(lambda: again.golden(rule)) == outcome(lambda: snapshot.golden(rule))


@pytest.mark.parametrize("content", [b"PAR1 but no", b""])
def test_what_is_no_parquet_file_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "broken.parquet"
    path.write_bytes(content)
    with pytest.raises(UsageError, match="no Parquet file"):
        Snapshot.read(path)


def test_a_file_that_was_cut_off_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "cut.parquet"
    year().write(path)
    path.write_bytes(path.read_bytes()[:-200])
    with pytest.raises(UsageError, match="cut off"):
        Snapshot.read(path)


def test_a_parquet_file_of_something_else_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "other.parquet"
    pq.write_table(pa.table({"run_number": [1], "lumisection_number": [1]}), path)
    with pytest.raises(UsageError, match="no column 'dataset_name'"):
        Snapshot.read(path)
    with pytest.raises(UsageError, match="can't read"):
        Snapshot.read(tmp_path / "missing.parquet")


def test_a_folder_that_does_not_exist_is_named(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="can't write"):
        year().write(tmp_path / "nowhere" / "year.parquet")


def test_a_frame_with_a_row_a_lumisection() -> None:
    frame = pd.DataFrame(
        {
            "run_number": [2, 1, 1, 1, 1],
            "lumisection_number": [1, 4, 1, 2, 3],
            "cms_active": [True, True, True, None, False],
            "dt-dt": ["GOOD", None, "GOOD", "GOOD", "BAD"],
            "oms.recorded": [0.5, 0.5, 0.5, 0.25, float("nan")],
            "run.oms.energy": [450, 6800, 6800, 6800, 6800],
        }
    )
    snapshot = Snapshot.from_pandas(frame)
    assert (snapshot.run_numbers.tolist(), list(snapshot.names), snapshot.n_lumisections) == ([1, 2], ["online", "online"], 5)
    assert snapshot.evaluate(parse_rule(ACTIVE)) == [[[1, 1], [4, 4]], [[1, 1]]]
    assert snapshot.evaluate(parse_rule(DT)) == [[[1, 2]], [[1, 1]]]
    assert snapshot.evaluate(parse_rule({">": [{"var": "run.oms.energy"}, 6000]})) == [[[1, 4]], []]
    assert snapshot.golden(parse_rule(True)).total_recorded_luminosity == 1.75
    assert Snapshot.of(snapshot.datasets()).golden(parse_rule(DT)) == snapshot.golden(parse_rule(DT))
    assert Snapshot.from_pandas(frame.set_index(["run_number", "lumisection_number"])).evaluate(parse_rule(DT)) == [
        [[1, 2]],
        [[1, 1]],
    ]


def test_a_table_with_a_row_a_range_and_names_of_datasets() -> None:
    table = pa.table(
        {
            "run_number": [1, 1, 1],
            "dataset_name": ["b", "a", "a"],
            "first": [1, 6, 1],
            "last": [9, 9, 4],
            "lumisection.oms.cms_active": [True, True, True],
            "dataset.dt_state": ["OPEN", "COMPLETED", "COMPLETED"],
            "run.rr.class": ["x", "x", "x"],
        }
    )
    snapshot = Snapshot.from_arrow(table)
    assert list(snapshot.names) == ["a", "b"]
    assert snapshot.evaluate(parse_rule(ACTIVE)) == [[[1, 4], [6, 9]], [[1, 9]]]
    assert snapshot.evaluate(parse_rule({"==": [{"var": "dataset"}, 1]})) == [[], []]
    assert snapshot.evaluate(parse_rule({"==": [{"var": "dataset.dt_state"}, "OPEN"]})) == [[], [[1, 9]]]
    assert snapshot.paths() >= {"lumisection.oms.cms_active", "dataset.dt_state", "dataset.name"}
    whole = parse_rule({"in": ["x", {"cat": [{"var": "run.rr.class"}, {"var": "run.oms.nothing"}]}]})
    assert snapshot.evaluate(whole) == [[[1, 4], [6, 9]], [[1, 9]]]
    assert snapshot.evaluate(parse_rule({"!": {"missing": ["run"]}})) == [[[1, 4], [6, 9]], [[1, 9]]]


WRONG: dict[str, tuple[dict[str, list[Any]], str]] = {
    "no run": ({"run_nr": [1], "lumisection_number": [1]}, r"no column 'run_number' \(did you mean run_nr"),
    "no lumisection": ({"run_number": [1]}, "no column 'lumisection_number'"),
    "half a range": ({"run_number": [1], "first": [1]}, "no column 'last'"),
    "a lumisection 0": ({"run_number": [1], "lumisection_number": [0]}, "row 1 has the lumisection_number 0"),
    "half a lumisection": ({"run_number": [1, 1], "lumisection_number": [1, 1.5]}, "row 2 has the lumisection_number 1.5"),
    "no number": ({"run_number": [1, None], "lumisection_number": [1, 1]}, "row 2 has the run_number None"),
    "a text": ({"run_number": ["x"], "lumisection_number": [1]}, "row 1 has the run_number 'x'"),
    "a reversed range": ({"run_number": [1], "first": [5], "last": [4]}, "the range 5 to 4 of run 1 is reversed"),
    "twice": ({"run_number": [7, 7], "lumisection_number": [3, 3]}, "lumisection 3 of run 7, online, is there twice"),
    "overlapping ranges": ({"run_number": [7, 7], "first": [1, 4], "last": [4, 9]}, "lumisection 4 of run 7"),
    "a strange name": ({"run_number": [1], "lumisection_number": [1], "rune.oms.x": [1]}, "called like nothing"),
    "a run of two energies": (
        {"run_number": [1, 1], "lumisection_number": [1, 2], "run.oms.energy": [1, 2]},
        "run.oms.energy changes within run 1",
    ),
    "a time": ({"run_number": [1], "lumisection_number": [1], "start": [pd.Timestamp("2022-01-01")]}, "turn it into a text"),
}


@pytest.mark.parametrize("case", WRONG)
def test_what_is_wrong_with_a_table_is_said(case: str) -> None:
    columns, message = WRONG[case]
    with pytest.raises(UsageError, match=message):
        Snapshot.from_arrow(pa.table(columns)).evaluate(parse_rule(True))


def test_a_file_of_oms_lumisections_is_a_snapshot_of_runs(tmp_path: Path) -> None:
    path = tmp_path / "lumisections.csv"
    path.write_text("run_number,lumisection_number,cms_active,fill_number\n7,1,1,99\n7,2,0,99\n7,4,1,99\n8,1,,\n")
    snapshot = Snapshot.from_oms_file(path)
    assert snapshot.evaluate(parse_rule(ACTIVE)) == [[[1, 1], [4, 4]], []]
    assert snapshot.evaluate(parse_rule({"==": [{"var": "run.oms.fill_number"}, 99]})) == [[[1, 2], [4, 4]], []]
    assert snapshot.evaluate(parse_rule({"==": [{"var": "run.oms.run_number"}, 8]})) == [[], [[1, 1]]]
    assert Snapshot.of(snapshot.datasets()).evaluate(parse_rule(ACTIVE)) == [[[1, 1], [4, 4]], []]
