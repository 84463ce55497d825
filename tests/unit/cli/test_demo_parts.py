from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import pytest

from runregistry.cli.demo_data import FLAGS, dcs_only_rule, find_data
from runregistry.cli.demo_files import choose_run, write_runs
from runregistry.cli.demo_report import compare, notebook_lines
from runregistry.errors import UsageError
from runregistry.logic import parse_rule
from runregistry.lumis import LumiMask


def a_run(run_number: int, **counts: int) -> dict[str, Any]:
    return {
        "run_number": run_number,
        "oms_attributes": {"ls_duration": sum(counts.values()), "fill_number": 6629},
        "class": "Collisions18",
        "significant": True,
        "state": "OPEN",
        "lumisections": {"tracker-pixel": {"EMPTY": 0, "comments": [], "causes": [], **counts}},
    }


def document(run_number: int = 315512, **changed: object) -> dict[str, Any]:
    return {"run": {"oms": {"run_number": run_number}}, "lumisection": {"oms": dict.fromkeys(FLAGS, True) | changed}}


def test_the_rule_asks_for_every_flag_and_for_the_runs_that_were_published() -> None:
    rule = parse_rule(dcs_only_rule())
    assert rule.is_true(document())
    assert [flag for flag in FLAGS if rule.is_true(document(**{flag: False})) or rule.is_true(document(**{flag: None}))] == []
    assert [rule.is_true(document(number)) for number in (314205, 314206, 316081, 316082)] == [False, True, True, False]


def test_data_that_is_nowhere_is_missed_with_the_folders(tmp_path: Path) -> None:
    (tmp_path / "oms_lumisections_2018.csv.gz").touch()
    with pytest.raises(UsageError, match=f"is not in {tmp_path}.*--data"):
        find_data(tmp_path)


def test_data_in_the_working_directory_comes_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert find_data().published.is_absolute()  # that of the source tree
    folder = tmp_path / "demo-data"
    folder.mkdir()
    for name in ("oms_lumisections_2018.csv.gz", "json_DCSONLY_2018.txt"):
        (folder / name).touch()
    assert find_data().published == Path("demo-data/json_DCSONLY_2018.txt")


def test_jsons_are_compared_as_sets_and_not_as_lists() -> None:
    found = compare(LumiMask({314487: [(1, 15)], 5: [(1, 2)]}), LumiMask({314487: [(15, 15), (1, 14)], 6: [(1, 3)]}))
    assert found == ((314487,), (), (5,), (6,), 2, 3)


def test_the_run_to_draw_is_the_one_that_tells_most_and_is_in_the_json() -> None:
    runs = [
        a_run(1, GOOD=900),
        a_run(2, GOOD=50, BAD=3, STANDBY=7, EXCLUDED=1),
        a_run(3, GOOD=50, BAD=3, STANDBY=7),
        a_run(4, GOOD=70, BAD=3, STANDBY=7),
        a_run(5, GOOD=1, BAD=3, EMPTY=4, NOTSET=4),
    ]
    golden = LumiMask({1: [(1, 900)], 3: [(1, 50)], 4: [(1, 70)], 5: [(1, 1)]})
    assert choose_run(runs, golden)["run_number"] == 4
    assert choose_run(runs, LumiMask())["run_number"] == 2


def test_the_table_of_runs_counts_what_is_golden_and_what_was_published(tmp_path: Path) -> None:
    runs = [a_run(315512, GOOD=20, BAD=1), a_run(315490, STANDBY=3)]
    del runs[1]["oms_attributes"]["fill_number"]
    assert write_runs(tmp_path / "runs.csv", runs, LumiMask({315512: [(1, 9)]}), LumiMask({315512: [(1, 8)]})) == 2
    first, second = csv.DictReader((tmp_path / "runs.csv").read_text().splitlines())
    assert (first["run_number"], first["fill_number"], first["tracker-pixel_good"], first["golden"]) == ("315490", "", "0", "0")
    assert (second["run_number"], second["class"], second["significant"], second["lumisections"]) == (
        *("315512", "Collisions18", "true", "21"),
    )
    assert (second["tracker-pixel_good"], second["golden"], second["published_dcs_only"]) == ("20", "9", "8")


def test_there_are_ten_lines_to_try_and_they_are_python() -> None:
    for database in (None, '/tmp/a "quoted" folder/demo.sqlite', "postgresql://shifter@db/rr"):
        lines = notebook_lines(315512, Path("out put/golden.json"), database)
        assert len(lines) == 10
        compile("\n".join(lines), "notebook", "exec")
        assert ("RUNREGISTRY_DATABASE" in lines[0]) is (database is not None)
