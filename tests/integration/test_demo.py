"""The demo, mostly on a few of its runs, once on all of them."""

from __future__ import annotations

import csv
import gzip
import json
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

import pytest
from tests.conftest import DEMO_DATA
from tests.integration.commands import Done, one_error_line, run, run_process

import runregistry
from runregistry.cli.opening import open_store
from runregistry.local import transport
from runregistry.lumis import LumiMask

LUMISECTIONS, PUBLISHED = "oms_lumisections_2018.csv.gz", "json_DCSONLY_2018.txt"
# A commissioning run, one that was not published, others that were; the last has gaps in the numbers of its lumisections.
RUNS = (314487, 315242, 315259, 315490, 315512, 316061, 316062)
ONLY_PUBLISHED = 314472
FLAGS = (
    *("beam1_present", "beam1_stable", "beam2_present", "beam2_stable", "bpix_ready", "cms_active", "fpix_ready"),
    *("tecm_ready", "tecp_ready", "tibtid_ready", "tob_ready"),
)


def write_cut(folder: Path, run_numbers: Iterable[int]) -> Path:
    """Write some runs of demo-data into a folder with the names of the demo's files."""
    wanted = {str(run_number) for run_number in run_numbers}
    folder.mkdir()
    with gzip.open(DEMO_DATA / LUMISECTIONS, "rt") as source, gzip.open(folder / LUMISECTIONS, "wt", compresslevel=1) as target:
        target.write(next(source))
        target.writelines(line for line in source if line.partition(",")[0] in wanted)
    published = json.loads((DEMO_DATA / PUBLISHED).read_text())
    some = {key: ranges for key, ranges in published.items() if key in wanted | {str(ONLY_PUBLISHED)}}
    (folder / PUBLISHED).write_text(json.dumps(some))
    return folder


def passing(folder: Path) -> LumiMask:
    """Find what must be golden straight from the table, one lumisection after the other."""
    with gzip.open(folder / LUMISECTIONS, "rt", newline="") as source:
        rows = [row for row in csv.DictReader(source) if all(row[flag] == "1" for flag in FLAGS)]
    pairs = [(int(row["run_number"]), int(row["lumisection_number"])) for row in rows]
    return LumiMask.from_pairs(pairs).restrict(last_run=316081)


def n_events(database: Path) -> int:
    with open_store(str(database)) as store, store.reading() as connection:
        return store.event_number(connection)


@pytest.fixture(scope="module", name="data")
def _data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_cut(tmp_path_factory.mktemp("cut") / "demo-data", RUNS)


@pytest.fixture(scope="module", name="folder")
def _folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("demo")


@pytest.fixture(scope="module", name="demo")
def _demo(folder: Path, data: Path) -> Done:
    """Run the demo once for the tests that only look at it."""
    done = run("demo", "--data", data, "--database", "demo.sqlite", cwd=folder)
    assert done.returncode == 0, done.stderr
    return done


def test_the_golden_json_is_what_the_table_says(demo: Done, folder: Path, data: Path) -> None:
    golden, expected = LumiMask.read(folder / "demo-output" / "golden.json"), passing(data)
    assert golden == expected
    assert golden.runs == (314487, 315242, 315259, 315490, 315512, 316061, 316062)
    assert f"{golden.n_runs} runs, {golden.n_ranges} ranges, {golden.n_lumisections:,} lumisections" in demo.stdout


def test_it_says_what_it_loaded_and_how_the_jsons_compare(demo: Done) -> None:
    assert "7 runs, 1,805 lumisections, 7 runs new" in demo.stdout
    assert "6 runs are in both: 5 are equal, 1 differ." in demo.stdout
    assert "1 runs are only in this JSON, 1 only in the published one." in demo.stdout
    assert demo.stderr == ""


def test_the_table_of_runs_has_every_run_with_its_class_and_golden_part(demo: Done, folder: Path, data: Path) -> None:
    with (folder / "demo-output" / "runs.csv").open(newline="") as stream:
        rows = {int(row["run_number"]): row for row in csv.DictReader(stream)}
    assert tuple(rows) == RUNS
    golden = passing(data)
    assert {number: int(row["golden"]) for number, row in rows.items()} == {
        number: len(golden[number]) if number in golden else 0 for number in RUNS
    }
    shown = rows[315512]
    assert (shown["class"], shown["lumisections"], shown["published_dcs_only"]) == ("Collisions18", "1165", "1122")


def test_the_picture_is_a_png_of_a_good_size(demo: Done, folder: Path) -> None:
    content = (folder / "demo-output" / "lumisections.png").read_bytes()
    assert content.startswith(b"\x89PNG\r\n")
    width, height = int.from_bytes(content[16:20]), int.from_bytes(content[20:24])
    assert 1500 < width < 2500
    assert 1000 < height < 2500
    assert re.search(r"status bars of run \d{6}", demo.stdout)


def test_its_rule_makes_the_same_json_from_the_command_line(demo: Done, folder: Path) -> None:
    rule = folder / "demo-output" / "rule.json"
    done = run("json", "create", "--rule", rule, "--dataset", "online", "--database", folder / "demo.sqlite")
    assert done.stdout == (folder / "demo-output" / "golden.json").read_text()


def test_the_ten_lines_work_in_any_folder(demo: Done, tmp_path: Path) -> None:
    lines = [line.strip() for line in demo.stdout.partition("ten lines")[2].splitlines()[1:] if line.strip()]
    assert len(lines) == 10
    script = "\n".join(f"print(({line}))" if line.startswith(("len(", "golden,", "run[")) else line for line in lines)
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, cwd=tmp_path)
    *_, counted, in_golden = done.stdout.splitlines()
    assert counted == "(4, [315512, 315490, 315259, 315242])"
    assert in_golden.endswith("LumiRanges([(1, 1123)]), True)")


def test_a_second_demo_changes_nothing(demo: Done, folder: Path, data: Path) -> None:
    output = folder / "demo-output"
    before = {path.name: path.read_bytes() for path in output.iterdir()}
    events = n_events(folder / "demo.sqlite")
    again = run("demo", "--data", data, "--database", "demo.sqlite", cwd=folder)
    assert again.returncode == 0
    assert "all there from an earlier demo" in again.stdout
    assert {path.name: path.read_bytes() for path in output.iterdir()} == before
    assert n_events(folder / "demo.sqlite") == events


def test_the_official_functions_ask_afterwards_what_they_asked_before(tmp_path: Path, data: Path) -> None:
    runregistry.setup("local")
    try:
        assert run("demo", "--data", data, "--database", "demo.sqlite", cwd=tmp_path).returncode == 0
        assert runregistry.target_name == "local"
    finally:
        runregistry.setup("production")


def test_a_demo_that_was_interrupted_is_completed(tmp_path: Path, data: Path) -> None:
    part = write_cut(tmp_path / "part", RUNS[:3])
    assert "3 runs new" in run("demo", "--data", part, "--database", "demo.sqlite", cwd=tmp_path).stdout
    assert (
        "7 runs, 1,805 lumisections, 4 runs new" in run("demo", "--data", data, "--database", "demo.sqlite", cwd=tmp_path).stdout
    )


def test_what_a_person_changed_in_the_demos_registry_stays(tmp_path: Path, data: Path) -> None:
    database = tmp_path / "demo.sqlite"
    run("demo", "--data", data, "--database", database, cwd=tmp_path)
    with runregistry.Client("embedded", transport=transport(str(database))) as client:
        client.edit_lumisections(315512, 5, 6, "cms-cms", "BAD", comment="a test of ours")
    events = n_events(database)
    assert run("demo", "--data", data, "--database", database, cwd=tmp_path).returncode == 0
    assert n_events(database) == events
    with runregistry.Client("embedded", transport=transport(str(database))) as client:
        assert [row["status"] for row in client.ranges_by_component(315512)["cms-cms"]][:3] == ["GOOD", "BAD", "GOOD"]


@pytest.fixture(name="foreign")
def _foreign(tmp_path: Path, few_runs_csv: Path) -> Path:
    """A registry whose runs are not the demo's, although some have the same numbers."""
    database = tmp_path / "work.sqlite"
    assert run("load", "--lumisections", few_runs_csv, "--database", database).returncode == 0
    return database


def test_a_registry_with_other_runs_is_left_alone(foreign: Path, tmp_path: Path, data: Path) -> None:
    events = n_events(foreign)
    done = run("demo", "--data", data, cwd=tmp_path, RUNREGISTRY_DATABASE=str(foreign))
    assert done.returncode == 2
    error = done.stderr.splitlines()[-1]
    assert error.startswith("Error: ")
    assert "which is not the demo's" in error
    assert "--database demo.sqlite" in error
    assert n_events(foreign) == events
    assert not (tmp_path / "demo-output" / "golden.json").exists()


def test_missing_data_is_an_error_that_says_where_it_looked(tmp_path: Path) -> None:
    done = run("demo", "--data", tmp_path / "nowhere", cwd=tmp_path)
    assert done.returncode == 2
    assert str(tmp_path / "nowhere") in one_error_line(done)
    assert list(tmp_path.iterdir()) == []


def test_an_output_folder_that_is_a_file_is_named(tmp_path: Path, data: Path) -> None:
    (tmp_path / "out").write_text("")
    done = run("demo", "--data", data, "--output", "out", cwd=tmp_path)
    assert done.returncode == 1
    assert one_error_line(done) == "Error: out: File exists"


def test_a_run_to_draw_that_is_not_there_is_named(demo: Done, folder: Path, data: Path, tmp_path: Path) -> None:
    done = run("demo", "--data", data, "--database", folder / "demo.sqlite", "--run", 355100, cwd=tmp_path)
    assert done.returncode == 1
    assert "run 355100 is none of the demo's 7 runs" in done.stderr


def test_a_registry_in_memory_is_refused(tmp_path: Path, data: Path) -> None:
    done = run("demo", "--data", data, "--database", "sqlite://", cwd=tmp_path)
    assert done.returncode == 2
    assert "in memory" in done.stderr


def test_all_runs_of_2018_take_less_than_half_a_minute_and_agree_with_what_was_published(tmp_path: Path) -> None:
    done = run_process("demo", cwd=tmp_path, RUNREGISTRY_DATABASE=str(tmp_path / "registry.sqlite"))
    assert done.returncode == 0, done.stderr
    assert "779 runs, 100,000 lumisections, 779 runs new" in done.stdout
    assert "185 runs are in both: 152 are equal, 33 differ." in done.stdout
    assert "17 runs are only in this JSON, 0 only in the published one." in done.stdout
    assert "status bars of run 315420" in done.stdout
    golden = LumiMask.read(tmp_path / "demo-output" / "golden.json")
    assert golden == passing(DEMO_DATA)
    assert (golden.n_runs, golden.n_lumisections) == (202, 38232)
    duration = re.search(r"Done in ([\d.]+) s", done.stdout)
    assert duration is not None
    assert float(duration[1]) < 30
    with (tmp_path / "demo-output" / "runs.csv").open(newline="") as stream:
        classes = Counter(row["class"] for row in csv.DictReader(stream))
    assert sum(classes.values()) == 779
    assert set(classes) == {"Collisions18", "Commissioning18", "Cosmics18"}
