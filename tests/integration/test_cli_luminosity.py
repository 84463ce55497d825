"""`runregistry luminosity`: totals of brilcalc files, and the audit of registry, OMS and brilcalc."""

from __future__ import annotations

import csv
import gzip
import io
import json
from pathlib import Path

import pytest
from tests.integration.commands import one_error_line, run
from tests.unit.luminosity.layouts import BEAM_LAYOUT, DATA, write

from runregistry.local import open_registry
from runregistry.server import load_files


@pytest.fixture
def brilcalc(few_runs_csv: Path, tmp_path: Path) -> Path:
    """What brilcalc would say of run 315512, made of OMS, without lumisection 1, half of lumisection 5, and one more."""
    with few_runs_csv.open() as stream:
        rows = [row for row in csv.DictReader(stream) if row["run_number"] == "315512"]
    counters = {int(row["lumisection_number"]): (float(row["delivered_lumi"]), float(row["recorded_lumi"])) for row in rows}
    lines = []
    for number, counter in counters.items():
        # The counters of this run end with 0.
        delivered, recorded = (max(b - a, 0.0) for a, b in zip(counter, counters.get(number + 1, counter), strict=True))
        if number != 1:
            lines.append(line(number, delivered, recorded / 2 if number == 5 else recorded))
    lines.append(line(max(counters) + 1, 0.1, 0.1))
    names = "#run:fill,ls,time,beamstatus,E(GeV),delivered(/pb),recorded(/pb),avgpu,source"
    return write(tmp_path / "brilcalc.csv", f"#Data tag : 24v2 , Norm tag: None\r\n{names}\r\n" + "".join(lines))


def line(number: int, delivered: float, recorded: float) -> str:
    return f"315512:6629,{number}:{number},05/01/18 03:12:27,STABLE BEAMS,6500,{delivered:.9f},{recorded:.9f},44.9,HFET\r\n"


def test_totals_are_shown_with_their_unit() -> None:
    done = run("luminosity", "show", DATA / "avgLumi17H.csv.gz", "--unit", "/fb")
    assert done.returncode == 0
    assert done.stdout.split() == [
        *("delivered_invfb", "recorded_invfb", "lumisections", "missing"),
        *("0.208119724", "0.20163567", "11700", "0"),
    ]
    assert "recorded 0.20163567 /fb, delivered 0.208119724 /fb, 11700 lumisections" in done.stderr
    assert "brilcalc was asked for 78 more lumisections of 16 runs, and did not find them." in done.stderr


def test_a_golden_json_chooses_and_rows_are_runs_or_fills() -> None:
    choice = ("--json", DATA / "json_2017H.json", "--format", "json")
    runs = json.loads(run("luminosity", "show", DATA / "avgLumi17H.csv.gz", "--by", "run", "--unit", "/pb", *choice).stdout)
    assert len(runs) == 28
    assert runs[0] == {"run_number": 306896, "delivered_invpb": 0.0, "recorded_invpb": 0.0, "lumisections": 0, "missing": 69}
    fills = json.loads(run("luminosity", "show", DATA / "avgLumi17H.csv.gz", "--by", "fill", "--unit", "/pb", *choice).stdout)
    assert [fill["fill_number"] for fill in fills] == [6404, 6405, 6411, 6413, 6415, 6417]
    assert sum(fill["recorded_invpb"] for fill in fills) == pytest.approx(201.63567)


def test_a_file_that_is_cut_is_one_error_line_with_its_place(tmp_path: Path) -> None:
    path = write(tmp_path / "cut.csv", BEAM_LAYOUT[:250])
    done = run("luminosity", "show", path)
    assert done.returncode == 2
    assert f"{path}: line 4: is not ended by a line break: the file is cut off" in one_error_line(done)


def test_registry_oms_and_brilcalc_are_compared(few_runs_csv: Path, brilcalc: Path, tmp_path: Path) -> None:
    store, _ = open_registry(tmp_path / "registry.sqlite")
    with store:
        load_files(store, lumisections=few_runs_csv)
    files = ("--brilcalc", brilcalc, "--oms", few_runs_csv, "--database", tmp_path / "registry.sqlite")
    done = run("luminosity", "audit", *files, "--common-runs", "--format", "csv")
    assert done.returncode == 0, done.stderr
    rows = list(csv.DictReader(io.StringIO(done.stdout)))
    told = [(row["first"], row["last"], row["kind"], row["source"], row["quantity"]) for row in rows]
    last = str(max(int(row["last"]) for row in rows))
    assert told == [
        ("1", "1", "missing", "brilcalc", ""),
        ("5", "5", "different", "registry, oms, brilcalc", "recorded"),
        (last, last, "extra", "brilcalc", ""),
    ]
    assert float(rows[1]["oms_recorded_invpb"]) == pytest.approx(2 * float(rows[1]["brilcalc_recorded_invpb"]), rel=1e-6)
    assert "registry × oms × brilcalc:" in done.stderr
    assert "1 different (registry, oms, brilcalc), 1 extra (brilcalc), 1 missing (brilcalc)" in done.stderr


def test_masks_stand_for_a_registry_and_narrow_the_view(brilcalc: Path, tmp_path: Path) -> None:
    mask = write(tmp_path / "registry.json", '{"315512": [[1, 10]]}')
    narrow = write(tmp_path / "narrow.json", '{"315512": [[1, 3]]}')
    done = run("luminosity", "audit", "--brilcalc", brilcalc, "--registry-json", mask, "--json", narrow, "--format", "json")
    (row,) = json.loads(done.stdout)
    assert (row["run_number"], row["first"], row["last"], row["kind"]) == (315512, 1, 1, "missing")


def test_one_source_is_nothing_to_compare_with(brilcalc: Path) -> None:
    done = run("luminosity", "audit", "--brilcalc", brilcalc)
    assert done.returncode == 2
    assert "an audit compares at least two of registry, oms and brilcalc, not 1" in done.stderr


def test_the_real_runs_of_2022_are_loaded(tmp_path: Path) -> None:
    text = gzip.decompress((DATA / "Runs2022-hltmode.csv.gz").read_bytes()).decode()
    lines = text.splitlines(keepends=True)
    # As exported: the names again where a page begins.
    again = next(place for place, one in enumerate(lines[1:], 1) if one == lines[0])
    path = write(tmp_path / "runs.csv", "".join(lines[:30] + lines[again : again + 30]))
    done = run("load", "--runs", path, "--database", tmp_path / "registry.sqlite")
    assert done.returncode == 0, done.stderr
    assert "58 runs created" in done.stderr
