from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.integration.commands import one_error_line, run, run_process

import runregistry.testing
from runregistry.lumis import LumiMask

RULE = json.dumps(
    {"and": [{"==": [{"var": "lumisection.rr.tracker-strip"}, "GOOD"]}, {"==": [{"var": "lumisection.rr.cms-cms"}, "GOOD"]}]}
)


@pytest.fixture(scope="module", name="target")
def _target(few_runs_csv: Path) -> Iterator[runregistry.testing.RunningRegistry]:
    with runregistry.testing.server(few_runs_csv) as registry:
        yield registry


def test_runs_are_a_table_of_the_newest_with_a_note_that_there_are_more(target: runregistry.testing.RunningRegistry) -> None:
    done = run_process("runs", "--limit", 2, "--target", target.url)
    assert done.returncode == 0
    assert done.stdout.split()[:6] == ["run_number", "class", "state", "significant", "fill_number", "ls_duration"]
    assert [line.split()[0] for line in done.stdout.splitlines()[1:]] == ["315512", "315510"]
    assert "first 2 runs" in done.stderr


def test_a_filter_in_the_short_form_chooses_runs(target: runregistry.testing.RunningRegistry) -> None:
    done = run(
        "runs", "--filter", '{"run_number": {"<": 315512}, "class": "Collisions18"}', "--format", "json", "--target", target.url
    )
    found = json.loads(done.stdout)
    assert found
    assert {row["rr_attributes"]["class"] for row in found} == {"Collisions18"}
    assert all(row["run_number"] < 315512 for row in found)
    assert done.stderr == ""


def test_csv_of_runs_can_be_read_back(target: runregistry.testing.RunningRegistry) -> None:
    done = run("runs", "--limit", 0, "--format", "csv", "--target", target.url)
    rows = list(csv.DictReader(io.StringIO(done.stdout)))
    with target.client() as client:
        expected = [(str(row["run_number"]), row["rr_attributes"]["class"]) for row in client.runs()]
    assert [(row["run_number"], row["rr_attributes.class"]) for row in rows] == expected


def test_datasets_show_how_many_lumisections_they_have(target: runregistry.testing.RunningRegistry) -> None:
    done = run("datasets", "--filter", '{"run_number": 315512}', "--target", target.url)
    assert done.stdout.splitlines()[1].split() == ["315512", "online", "Collisions18", "1165"]


def test_lumisections_of_a_run_come_with_their_number(target: runregistry.testing.RunningRegistry) -> None:
    rows = list(csv.DictReader(io.StringIO(run("lumisections", 315512, "--format", "csv", "--target", target.url).stdout)))
    assert [row["lumisection_number"] for row in rows] == [str(number) for number in range(1, 1166)]
    assert [row["cms-cms"] for row in rows[1126:1131]] == ["GOOD", "BAD", "BAD", "BAD", "STANDBY"]
    bits = json.loads(run("lumisections", 315512, "--oms", "--format", "json", "--target", target.url).stdout)
    assert (len(bits), bits[1124]["beam1_present"]) == (1165, False)


def test_ranges_of_a_run_are_listed_by_component(target: runregistry.testing.RunningRegistry) -> None:
    lines = run("ranges", 315512, "--target", target.url).stdout.splitlines()
    assert [line.split() for line in lines if line.startswith("cms-cms")] == [
        ["cms-cms", "1", "1127", "GOOD"],
        ["cms-cms", "1128", "1130", "BAD"],
        ["cms-cms", "1131", "1165", "STANDBY"],
    ]
    first = json.loads(run("ranges", 315512, "--oms", "--format", "json", "--target", target.url).stdout)[0]
    assert list(first)[:2] == ["start", "end"]
    assert (first["start"], first["end"], first["beam2_stable"]) == (1, 1123, True)


def test_json_create_writes_a_golden_json(target: runregistry.testing.RunningRegistry, tmp_path: Path) -> None:
    path, rule = tmp_path / "golden.json", tmp_path / "rule.json"
    rule.write_text(RULE)
    to_file = run("json", "create", "--rule", rule, "--dataset", "online", "--output", path, "--target", target.url)
    to_stdout = run("json", "create", "--rule", RULE, "--dataset", "onl%", "--target", target.url)
    assert (to_file.returncode, to_file.stdout, to_stdout.returncode) == (0, "", 0)
    golden = LumiMask.read(path)
    assert golden[315512].to_list() == [[1, 1127]]
    assert LumiMask.from_json(to_stdout.stdout) == golden
    assert f"{golden.n_runs} runs, {golden.n_ranges} ranges, {golden.n_lumisections} lumisections" in to_file.stderr


def test_json_create_says_which_part_of_a_rule_is_wrong(target: runregistry.testing.RunningRegistry) -> None:
    done = run("json", "create", "--rule", '{"and": [{"equal": []}]}', "--dataset", "online", "--target", target.url)
    assert done.returncode == 2
    assert "and[0]" in one_error_line(done)


def test_json_create_says_that_no_dataset_has_the_name(target: runregistry.testing.RunningRegistry) -> None:
    done = run("json", "create", "--rule", RULE, "--dataset", "offline", "--target", target.url)
    assert done.returncode == 1
    assert "No datasets matched" in one_error_line(done)


@pytest.mark.parametrize("command", ["lumisections", "ranges"])
def test_a_run_that_does_not_exist_is_an_error_and_no_empty_answer(
    command: str, target: runregistry.testing.RunningRegistry
) -> None:
    done = run_process(command, 999999, "--target", target.url)
    assert done.returncode == 1
    assert "run 999999 is not in the registry" in one_error_line(done)


def test_a_dataset_that_does_not_exist_is_named_with_those_that_do(target: runregistry.testing.RunningRegistry) -> None:
    done = run("ranges", 315512, "--dataset", "onlien", "--target", target.url)
    assert done.returncode == 1
    assert "no dataset onlien (did you mean online?)" in one_error_line(done)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--filter", '{"tracker-stirp": "GOOD"}'], "did you mean tracker-strip"),
        (["--filter", '{"tracker-strip": "GODO"}'], "GODO"),
        (["--filter", "class=Cosmics18"], "--filter is not JSON"),
        (["--filter", '{"run_number": {"above": 3}}'], "operator 'above'"),
        (["--target", "prodution"], "did you mean production"),
    ],
)
def test_a_typo_is_pointed_out_before_anyone_is_asked(arguments: list[str], words: str) -> None:
    done = run("runs", *arguments, ENVIRONMENT="http://127.0.0.1:1")
    assert done.returncode == 2
    assert words in one_error_line(done)


def test_a_registry_that_does_not_answer_is_named() -> None:
    done = run("runs", "--target", "http://127.0.0.1:1")
    assert done.returncode == 1
    assert "http://127.0.0.1:1/runs_filtered_ordered" in one_error_line(done)


def test_no_command_says_anything_in_colour_where_there_is_no_terminal(target: runregistry.testing.RunningRegistry) -> None:
    for arguments in (["runs", "--target", target.url], ["--help"], ["runs", "--help"]):
        done = run_process(*arguments, NO_COLOR="1")
        assert "\x1b" not in done.stdout + done.stderr
