"""Files of OMS data: every shape, and what is wrong with a file."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest

from runregistry.engine.oms_files import read_lumisections, read_runs
from runregistry.engine.oms_table import OmsRun
from runregistry.errors import UsageError

CSV = """\
run_number,lumisection_number,fill_number,bpix_ready,cms_active,pileup
315512,2,6629,1,1,44.9
315512,1,6629,1,,45
315513,1,6629,0,1,1.0E-6
315513,3,6630,false,1,
"""
RUN_315512 = OmsRun(
    315512,
    [(1, 2)],
    {
        "fill_number": [(1, 2, 6629)],
        "bpix_ready": [(1, 2, True)],
        "cms_active": [(1, 1, None), (2, 2, True)],
        "pileup": [(1, 1, 45), (2, 2, 44.9)],
    },
    {"fill_number": 6629, "bpix_ready": True},
)


def write(path: Path, text: str) -> Path:
    path.write_bytes(gzip.compress(text.encode()) if path.suffix == ".gz" else text.encode())
    return path


@pytest.mark.parametrize("name", ["ls.csv", "ls.csv.gz"])
def test_a_csv_is_read_in_columns_sorted_by_run_and_lumisection(tmp_path: Path, name: str) -> None:
    table = read_lumisections(write(tmp_path / name, "\ufeff" + CSV))
    assert (table.n_runs, table.n_lumisections) == (2, 4)
    first, second = table.runs()
    assert first == RUN_315512
    assert second.present == [(1, 1), (3, 3)]
    assert second.columns["bpix_ready"] == [(1, 1, False), (3, 3, False)]
    assert "fill_number" not in second.constants


def test_parquet_and_every_json_shape_give_the_same_as_csv(tmp_path: Path) -> None:
    pq = pytest.importorskip("pyarrow.parquet")
    import pyarrow as pa

    rows = [
        {
            "run_number": 315512,
            "lumisection_number": 2,
            "fill_number": 6629,
            "bpix_ready": True,
            "cms_active": True,
            "pileup": 44.9,
        },
        {
            "run_number": 315512,
            "lumisection_number": 1,
            "fill_number": 6629,
            "bpix_ready": True,
            "cms_active": None,
            "pileup": 45.0,
        },
    ]
    pq.write_table(pa.Table.from_pylist(rows), tmp_path / "ls.parquet")
    shapes = {
        "rows": rows,
        "data": {"data": [{"id": "x", "attributes": row} for row in rows]},
        "by_run": {"315512": rows},
        "both": {"runs": {}, "lumisections": {"315512": rows}},
    }
    for name, shape in shapes.items():
        write(tmp_path / f"{name}.json", json.dumps(shape))
    for path in sorted(tmp_path.iterdir()):
        assert list(read_lumisections(path).runs()) == [RUN_315512], path.name


def test_only_the_attributes_asked_for_become_steps(tmp_path: Path) -> None:
    table = read_lumisections(write(tmp_path / "ls.csv", CSV))
    assert [sorted(run.columns) for run in table.runs({"cms_active", "unknown"})] == [["cms_active"], ["cms_active"]]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("run_number,lumi_section_number\n1,1\n", "no column 'lumisection_number' (did you mean lumi_section_number"),
        ("run_number,lumisection_number\n1,1\n1,1\n", "lumisection 1 of run 1 is there twice"),
        ("run_number,lumisection_number\n1,0\n", "row 1 has the lumisection_number 0"),
        ("run_number,lumisection_number\n1,1.5\n", "row 1 has the lumisection_number 1.5"),
        ("run_number,lumisection_number\n,1\n", "row 1 has the run_number None"),
        ("run_number,lumisection_number\n1,1\n1", "line 3 has 1 cells, not 2"),
        ("run_number,run_number\n", "names of the columns, each once"),
        ("run_number,lumisection_number,bpix_ready\n1,1,yes\n", "column bpix_ready: 'yes' is no flag"),
        ("", "has no column 'run_number'"),
    ],
)
def test_what_is_wrong_with_a_csv_is_said_with_its_place(tmp_path: Path, text: str, says: str) -> None:
    with pytest.raises(UsageError) as caught:
        read_lumisections(write(tmp_path / "ls.csv", text))
    assert says in str(caught.value)


def test_a_file_cut_in_the_middle_is_refused(tmp_path: Path) -> None:
    whole = gzip.compress((CSV * 100).encode())
    (tmp_path / "cut.csv.gz").write_bytes(whole[: len(whole) // 2])
    (tmp_path / "cut.json").write_text('[{"run_number": 1,')
    (tmp_path / "no.parquet").write_bytes(b"PAR1 this is none")
    for name in ("cut.csv.gz", "cut.json", "no.parquet", "missing.csv", "ls.txt"):
        with pytest.raises(UsageError, match=name.replace(".", r"\.")):
            read_lumisections(tmp_path / name)


def test_a_table_of_runs_is_read_with_its_oddities(tmp_path: Path) -> None:
    header = "run_number,fill_number,components_out,recorded_lumi,hlt_key\n"
    text = header + '354775,7894,"[PIXEL, TRACKER]",1.0E-6,/cdaq/cosmic\n354776,,[],,\n'
    assert read_runs(write(tmp_path / "runs.csv", text)) == {
        354775: {
            "run_number": 354775,
            "fill_number": 7894,
            "components_out": ["PIXEL", "TRACKER"],
            "recorded_lumi": 1e-6,
            "hlt_key": "/cdaq/cosmic",
        },
        354776: {"run_number": 354776, "fill_number": None, "components_out": [], "recorded_lumi": None, "hlt_key": None},
    }


def test_runs_are_read_from_json_of_any_shape_and_doubles_are_refused(tmp_path: Path) -> None:
    run = {"run_number": 1, "energy": 6500}
    write(tmp_path / "runs.json", json.dumps({"runs": {"1": run}, "lumisections": {}}))
    assert read_runs(tmp_path / "runs.json") == {1: run}
    write(tmp_path / "runs.json", json.dumps([run, run]))
    with pytest.raises(UsageError, match="run 1 is there twice, again in row 2"):
        read_runs(tmp_path / "runs.json")
    write(tmp_path / "runs.json", json.dumps([{"energy": 1}]))
    with pytest.raises(UsageError, match="row 1 has no run_number"):
        read_runs(tmp_path / "runs.json")
