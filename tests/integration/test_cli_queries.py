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
    assert [(row["run_number"], row["class"]) for row in rows] == expected


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
    assert list(first)[:4] == ["run_number", "dataset_name", "start", "end"]
    assert (first["start"], first["end"], first["beam2_stable"]) == (1, 1123, True)


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        (["--run-min", 315510], [315512, 315510]),
        (["315500-315511"], [315510, 315506]),
        (["--runs", "315512,314206"], [315512, 314206]),
        (["--class", "Collisions%", "--run-max", 315511], [315510, 315506]),
        (["--where", "ls_duration > 1000 and class like 'Coll%'"], [315512]),
        (["--component", "cms-cms=BAD", "--run-min", 315512], [315512]),
        (["--sort", "run_number", "--limit", 1], [314206]),
        (["--filter", '{"rr_attributes.class": {"like": "Cosm%"}}', "--wire"], []),
    ],
)
def test_filters_as_options_choose_runs(
    options: list[object], expected: list[int], target: runregistry.testing.RunningRegistry
) -> None:
    done = run("runs", *options, "--format", "json", "--target", target.url)
    assert [row["run_number"] for row in json.loads(done.stdout)] == expected


def test_runs_are_counted_without_being_fetched(target: runregistry.testing.RunningRegistry) -> None:
    assert run("runs", "--count", "--target", target.url).stdout == "4\n"
    assert run("datasets", "--count", "--run-min", 315512, "--target", target.url).stdout == "1\n"


def test_a_golden_json_names_the_runs(target: runregistry.testing.RunningRegistry, tmp_path: Path) -> None:
    (tmp_path / "golden.json").write_text('{"315512": [[1, 9]], "314206": [[1, 2]]}')
    done = run("runs", "@golden.json", "--fields", "run_number", "--format", "csv", "--target", target.url, cwd=tmp_path)
    assert done.stdout == "run_number\n315512\n314206\n"


def test_chosen_fields_are_the_columns_of_a_table(target: runregistry.testing.RunningRegistry) -> None:
    done = run("runs", 315512, "--fields", "run_number,cms-cms.BAD,class", "--target", target.url)
    assert [line.split() for line in done.stdout.splitlines()] == [
        ["run_number", "cms-cms.BAD", "class"],
        ["315512", "3", "Collisions18"],
    ]


def test_one_run_is_shown_in_full(target: runregistry.testing.RunningRegistry) -> None:
    done = run("run", 315512, "--target", target.url)
    lines = [line.split() for line in done.stdout.splitlines()]
    assert ["ls_duration", "1165", "lumisections"] in lines
    head = next(line for line in lines if line[:1] == ["component"])
    counts = dict(zip(head, next(line for line in lines if line[:1] == ["cms-cms"]), strict=False))
    assert (counts["GOOD"], counts["BAD"], counts["STANDBY"]) == ("1127", "3", "35")
    assert json.loads(run("run", 315512, "--format", "json", "--target", target.url).stdout)[0]["run_number"] == 315512


def test_history_tells_who_changed_what(target: runregistry.testing.RunningRegistry) -> None:
    lines = run("history", 315512, "--target", target.url, COLUMNS="200").stdout.splitlines()
    assert lines[0].split() == ["time", "author", "what", "first", "last", "value", "comment"]
    assert any("auto@auto" in line and "state" in line and "OPEN" in line for line in lines)


def test_cycles_may_be_none(target: runregistry.testing.RunningRegistry) -> None:
    assert json.loads(run("cycles", "--format", "json", "--target", target.url).stdout) == []


def test_many_runs_have_their_ranges_in_one_table(target: runregistry.testing.RunningRegistry) -> None:
    done = run("ranges", "315500-315512", "--component", "cms-cms=BAD", "--target", target.url)
    assert [line.split()[:5] for line in done.stdout.splitlines()[1:]][-1] == ["315512", "online", "cms-cms", "1128", "1130"]
    assert {line.split()[0] for line in done.stdout.splitlines()[1:]} <= {"315506", "315510", "315512"}


def test_filters_choose_the_runs_whose_lumisections_are_shown(target: runregistry.testing.RunningRegistry) -> None:
    done = run("lumisections", "--run-max", 315000, "--component", "cms-cms", "--format", "csv", "--target", target.url)
    rows = list(csv.DictReader(io.StringIO(done.stdout)))
    assert {row["run_number"] for row in rows} == {"314206"}
    assert list(rows[0]) == ["run_number", "dataset_name", "lumisection_number", "cms-cms"]


def test_ranges_are_told_lumisection_by_lumisection_if_asked(target: runregistry.testing.RunningRegistry) -> None:
    by_range, by_number = (
        run("ranges", 315512, "--component", "cms-cms=BAD", "--per", per, "--format", "csv", "--target", target.url).stdout
        for per in ("range", "lumisection")
    )
    assert [row["first"] + "-" + row["last"] for row in csv.DictReader(io.StringIO(by_range))] == ["1128-1130"]
    assert [row["lumisection_number"] for row in csv.DictReader(io.StringIO(by_number))] == ["1128", "1129", "1130"]


def test_statuses_and_oms_attributes_stand_side_by_side(target: runregistry.testing.RunningRegistry) -> None:
    options = ("--joint", "--component", "cms-cms", "--fields", "beam1_present", "--target", target.url)
    rows = json.loads(run("ranges", 315512, *options, "--format", "json").stdout)
    assert list(rows[0]) == ["run_number", "dataset_name", "start", "end", "beam1_present", "cms-cms"]
    assert sum(row["end"] - row["start"] + 1 for row in rows) == 1165
    lines = run("lumisections", 315512, *options, "--format", "csv").stdout.splitlines()
    assert len(lines) == 1166


def test_runs_that_are_missing_end_it_or_are_listed_beside_the_rest(target: runregistry.testing.RunningRegistry) -> None:
    ends = run("ranges", 315512, 1, 2, "--target", target.url)
    assert ends.returncode == 1
    assert "these runs have no dataset online: 1, 2" in one_error_line(ends)
    goes_on = run("ranges", 315512, 1, 2, "--keep-going", "--target", target.url)
    assert goes_on.returncode == 1
    assert "cms-cms" in goes_on.stdout
    assert goes_on.stderr.splitlines() == [
        "run 1: there is no dataset online",
        "run 2: there is no dataset online",
        "Error: 2 of 3 datasets are missing; the lines above say why",
    ]


def test_answers_that_fail_are_listed_beside_the_rest(target: runregistry.testing.RunningRegistry) -> None:
    with runregistry.testing.faults(target.url) as proxy:
        proxy.plan(
            runregistry.testing.Status(404, "gone"), when=lambda request: b'"run_number":315510' in request.body, times=None
        )
        done = run("lumisections", "315506-315512", "--keep-going", "--format", "csv", "--target", proxy.url)
    assert done.returncode == 1
    assert {row["run_number"] for row in csv.DictReader(io.StringIO(done.stdout))} == {"315506", "315512"}
    assert done.stderr.startswith("run 315510 online: ")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["ranges"], "which runs?"),
        (["ranges", 315512, "--oms", "--joint"], "say one of them"),
        (["ranges", 315512, "--oms", "--component", "dt-dt"], "--joint shows both"),
        (["lumisections", 315512, "--fields", "cms_active"], "--fields chooses OMS attributes"),
        (["ranges", 315512, "--component", "dt-dt=GODO"], "did you mean GOOD"),
        (["runs", "--where", "enrgy > 3"], "did you mean energy"),
        (["runs", "--class", "x", "--sort", "clas"], "did you mean class"),
        (["runs", "--fields", "run_numbr"], "did you mean run_number"),
        (["datasets", "--state", "trakcer=OPEN"], "did you mean tracker"),
        (["runs", "--state", "OPNE"], "did you mean OPEN"),
        (["runs", "--since", "yesterday"], "since"),
    ],
)
def test_what_cannot_be_asked_is_explained(
    arguments: list[object], words: str, target: runregistry.testing.RunningRegistry
) -> None:
    done = run(*arguments, "--target", target.url)
    assert done.returncode == 2
    assert words in one_error_line(done)


def test_json_create_writes_a_golden_json(target: runregistry.testing.RunningRegistry, tmp_path: Path) -> None:
    path, rule = tmp_path / "golden.json", tmp_path / "rule.json"
    rule.write_text(RULE)
    to_file = run("json", "create", "--rule", rule, "--dataset", "online", "--output", path, "--target", target.url)
    to_stdout = run("json", "create", "--rule", RULE, "--dataset", "onl%", "--target", target.url)
    assert (to_file.returncode, to_file.stdout, to_stdout.returncode) == (0, "", 0)
    golden = LumiMask.read(path)
    assert golden[315512].to_list() == [[1, 1127]]
    assert LumiMask.from_json(to_stdout.stdout) == golden
    assert f"{golden.n_runs} of 4 runs, {golden.n_ranges} ranges, {golden.n_lumisections} of 1656 lumisections" in to_file.stderr


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
