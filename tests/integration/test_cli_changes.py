"""Changes from the command line: planned, asked about, done, accounted for."""

from __future__ import annotations

import csv
import io
import json
import os
import pty
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.integration.commands import COMMAND, Done, one_error_line, run

import runregistry.testing
from runregistry.testing import CutAfterApplied, Delay, RunningRegistry, Status
from runregistry.testing.sample import PROMPT

OPEN_RUNS = (355104, 355105, 355106)


@pytest.fixture(scope="module", name="sample")
def _sample(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sample, made once: each test changes a copy."""
    path = tmp_path_factory.mktemp("sample") / "registry.sqlite"
    with runregistry.testing.server(sample=True, database=path):
        pass
    return path


@pytest.fixture(name="registry")
def _registry(sample: Path, tmp_path: Path) -> Iterator[RunningRegistry]:
    with runregistry.testing.server(database=shutil.copy(sample, tmp_path / "registry.sqlite")) as registry:
        yield registry


def change(registry: RunningRegistry, *arguments: object, target: str = "", **environment: str) -> Done:
    who = {"RUNREGISTRY_EMAIL": registry.email, "RUNREGISTRY_EGROUPS": registry.egroups}
    return run(*arguments, "--target", target or registry.url, **who, **environment)


def states(registry: RunningRegistry) -> dict[int, str]:
    with registry.client() as client:
        return {row["run_number"]: row["rr_attributes"]["state"] for row in client.runs()}


def rows(done: Done) -> list[dict[str, Any]]:
    return list(csv.DictReader(io.StringIO(done.stdout)))


def test_runs_are_moved_and_each_is_accounted_for(registry: RunningRegistry) -> None:
    done = change(registry, "move", "open", "SIGNOFF", 355104, 355105, "--yes")
    assert (done.returncode, done.stderr) == (0, "")
    assert [line.split() for line in done.stdout.splitlines()[1:]] == [["355104", "done"], ["355105", "done"]]
    assert {number: states(registry)[number] for number in OPEN_RUNS} == {355104: "SIGNOFF", 355105: "SIGNOFF", 355106: "OPEN"}


def test_a_dry_run_tells_what_is_in_the_way_and_changes_nothing(registry: RunningRegistry) -> None:
    before = states(registry)
    done = change(registry, "move", "OPEN", "SIGNOFF", "355101,355104", 9, "--dry-run", "--format", "csv")
    assert done.returncode == 0
    assert [(row["run_number"], row["now"], row["then"], row["problem"]) for row in rows(done)] == [
        ("355101", "SIGNOFF", "SIGNOFF", "is so already"),
        ("355104", "OPEN", "SIGNOFF", ""),
        ("9", "", "SIGNOFF", "there is no such run"),
    ]
    assert done.stderr == "Nothing was changed. Move 3 runs from OPEN to SIGNOFF: 1 of 3 would be.\n"
    assert states(registry) == before


def test_a_range_means_the_runs_that_there_are(registry: RunningRegistry) -> None:
    done = change(registry, "move", "OPEN", "SIGNOFF", "355104-399999", "--dry-run", "--format", "csv")
    assert [row["run_number"] for row in rows(done)] == ["355104", "355105", "355106"]
    none = change(registry, "move", "OPEN", "SIGNOFF", "399990-399999", "--yes")
    assert none.returncode == 2
    assert "none of 399990-399999" in one_error_line(none)


def test_several_changes_need_a_yes_where_nobody_can_be_asked(registry: RunningRegistry) -> None:
    done = change(registry, "move", "OPEN", "SIGNOFF", 355104, 355105)
    assert done.returncode == 2
    assert "say --yes" in one_error_line(done)
    assert states(registry)[355104] == "OPEN"


def test_one_change_of_a_registry_of_ones_own_needs_none(registry: RunningRegistry) -> None:
    assert change(registry, "move", "OPEN", "SIGNOFF", 355104).returncode == 0


def test_production_is_never_changed_without_a_yes() -> None:
    done = run("move", "OPEN", "SIGNOFF", 355104, "--target", "production")
    assert done.returncode == 2
    assert "Move 1 run from OPEN to SIGNOFF at production?" in one_error_line(done)


def test_the_first_failure_ends_it_unless_it_shall_go_on(registry: RunningRegistry, tmp_path: Path) -> None:
    left = tmp_path / "left.txt"
    words = ("move", "OPEN", "SIGNOFF", 355101, 355104, 9, "--yes", "--keep-going", "--failed", left)
    done = change(registry, *words, "--format", "json")
    assert done.returncode == 1
    outcomes = {row["run_number"]: (row["outcome"], "already in state" in row["reason"]) for row in json.loads(done.stdout)}
    assert outcomes == {355101: ("failed", True), 355104: ("done", False), 9: ("failed", False)}
    assert [line.partition(":")[0] for line in done.stderr.splitlines()] == [
        *("failed", "failed", f"To try the rest again, give @{left} instead of the runs.", "Error"),
    ]
    assert left.read_text() == "355101\n9\n"


def test_what_was_not_done_is_tried_again_from_the_file(registry: RunningRegistry, tmp_path: Path) -> None:
    left = tmp_path / "left.txt"
    with runregistry.testing.faults(registry.url) as proxy:
        proxy.plan(Status(403, "not now"), when=lambda request: "move_run" in request.path and b"355105" in request.body)
        first = change(registry, "move", "OPEN", "SIGNOFF", 355104, 355105, "-y", "-k", "--failed", left, target=proxy.url)
    assert first.returncode == 1
    again = change(registry, "move", "OPEN", "SIGNOFF", f"@{left}", "-y", "-k", "--failed", left)
    assert again.returncode == 0
    assert not left.exists()
    assert states(registry)[355105] == "SIGNOFF"


def test_a_change_whose_answer_was_lost_is_told_apart_and_not_written_down(registry: RunningRegistry, tmp_path: Path) -> None:
    left = tmp_path / "left.txt"
    with runregistry.testing.faults(registry.url) as proxy:
        proxy.plan(CutAfterApplied(), when=lambda request: "move_run" in request.path and b"355104" in request.body)
        done = change(registry, "move", "OPEN", "SIGNOFF", 355104, 355105, "-y", "-k", "--failed", left, target=proxy.url)
    assert done.returncode == 1
    assert [line.split()[:2] for line in done.stdout.splitlines()[1:]] == [["355104", "unknown"], ["355105", "done"]]
    assert "unknown: run 355104: " in done.stderr
    assert "look before you try it again" in done.stderr
    assert not left.exists()


def test_ctrl_c_tells_what_was_done_and_what_is_left(registry: RunningRegistry, tmp_path: Path) -> None:
    left = tmp_path / "left.csv"
    edits = tmp_path / "edits.csv"
    lines = [f"355105,{number},{number},dt-dt,STANDBY" for number in range(1, 9)]
    edits.write_text("\n".join(["run_number,first,last,component,status", *lines]))
    with runregistry.testing.faults(registry.url) as proxy:
        proxy.plan(Delay(1.5), when=lambda request: "edit_rr" in request.path, times=None)
        process = subprocess.Popen(
            [*COMMAND, "edit", "--from", str(edits), "-y", "--failed", str(left), "--format", "csv", "--target", proxy.url],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, "RUNREGISTRY_EMAIL": registry.email, "RUNREGISTRY_EGROUPS": registry.egroups},
        )
        deadline = time.monotonic() + 60
        while sum("edit_rr" in seen.path for seen in proxy.record) < 2 and time.monotonic() < deadline:
            time.sleep(0.05)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=60)
    assert process.returncode == 130, err
    outcomes = [row["outcome"] for row in csv.DictReader(io.StringIO(out))]
    assert outcomes[0] == "done"
    assert outcomes[-1] == "not tried"
    assert f"runregistry edit --from {left}" in err
    assert "Traceback" not in err
    assert len(left.read_text().splitlines()) - 1 == 8 - outcomes.count("done")


def test_an_edit_is_made_and_planned(registry: RunningRegistry) -> None:
    words = ("edit", 355105, 2, 4, "tracker-strip", "bad", "--comment", "HV trip", "--cause", "HV")
    plan = change(registry, *words, "--dry-run", "--format", "json")
    assert [(row["first"], row["last"], row["now"], row["then"]) for row in json.loads(plan.stdout)] == [(2, 4, "GOOD", "BAD")]
    assert change(registry, *words).returncode == 0
    found = run("ranges", 355105, "--component", "tracker-strip=BAD", "--format", "csv", "--target", registry.url)
    assert [(row["first"], row["last"], row["comment"], row["cause"]) for row in rows(found)] == [("2", "4", "HV trip", "HV")]


def test_ranges_that_were_written_are_edits_that_can_be_read(registry: RunningRegistry, tmp_path: Path) -> None:
    path = tmp_path / "edits.csv"
    written = run("ranges", 355104, "--component", "dt-dt", "--output", path, "--target", registry.url)
    assert written.returncode == 0
    path.write_text(path.read_text().replace("GOOD", "STANDBY"))
    assert change(registry, "edit", "--from", path, "--yes").returncode == 0
    found = run("ranges", 355104, "--component", "dt-dt", "--format", "csv", "--target", registry.url)
    assert [row["status"] for row in rows(found)] == ["STANDBY"]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ([355105, 1, 2, "tracker-stirp", "GOOD"], "did you mean tracker-strip"),
        ([355105, 1, 2, "dt-dt", "GODO"], "did you mean GOOD"),
        ([355105, 1, 2, "dt-dt", "BAD"], "BAD needs a comment"),
        ([355105, 5, 2, "dt-dt", "GOOD"], "from 5 to 2"),
        ([355105, 1], "missing: last, component, status"),
        ([355105, "--from", "edits.csv"], "leave the rest out"),
        (["--from", "no.csv"], "can't read no.csv"),
    ],
)
def test_an_edit_that_cannot_work_is_refused_before_anything_is_sent(
    arguments: list[object], words: str, registry: RunningRegistry
) -> None:
    done = change(registry, "edit", *arguments)
    assert done.returncode == 2
    assert words in one_error_line(done)


def test_a_component_that_only_the_registry_knows_can_be_edited(registry: RunningRegistry) -> None:
    assert change(registry, "edit", 355105, 1, 2, "gem-gem", "STANDBY").returncode == 0


def test_datasets_are_moved_in_a_workspace(registry: RunningRegistry) -> None:
    words = ("move-datasets", "waiting dqm gui", "open", 355102, "--dataset", PROMPT, "--workspace", "tracker")
    assert change(registry, *words).returncode == 0
    found = run("datasets", 355102, "--name", PROMPT, "--fields", "tracker_state,dt_state", "-f", "json", "-t", registry.url)
    assert json.loads(found.stdout) == [{"tracker_state": "OPEN", "dt_state": "waiting dqm gui"}]


def test_runs_get_another_class_and_become_significant(registry: RunningRegistry) -> None:
    assert change(registry, "change-class", "Commissioning22", 355106).returncode == 0
    assert change(registry, "significant", 355106).returncode == 0
    found = run("runs", 355106, "--fields", "class,significant", "--format", "json", "--target", registry.url)
    assert json.loads(found.stdout) == [{"class": "Commissioning22", "significant": True}]


def test_a_refresh_says_that_there_is_no_oms(registry: RunningRegistry) -> None:
    done = change(registry, "refresh", 355106, "--reset")
    assert done.returncode == 1
    assert "no OMS to fetch runs from" in done.stderr


def test_states_that_there_are_not_are_refused(registry: RunningRegistry) -> None:
    done = change(registry, "move", "OPEM", "SIGNOFF", 355104)
    assert done.returncode == 2
    assert "did you mean OPEN" in one_error_line(done)


def test_who_may_not_is_told_so(registry: RunningRegistry) -> None:
    done = run(
        "move", "OPEN", "SIGNOFF", 355104, "--target", registry.url, RUNREGISTRY_EMAIL="me@example.org", RUNREGISTRY_EGROUPS="zh"
    )
    assert done.returncode == 1
    assert "User needs to be part of any of the following e-groups" in done.stderr
    assert states(registry)[355104] == "OPEN"


def test_runs_come_through_a_pipe(registry: RunningRegistry, monkeypatch: pytest.MonkeyPatch) -> None:
    found = run("runs", "--state", "OPEN", "--significant", "--format", "jsonl", "--target", registry.url)
    monkeypatch.setattr("sys.stdin", io.StringIO(found.stdout))
    assert change(registry, "move", "OPEN", "SIGNOFF", "-", "--yes").returncode == 0
    assert [number for number, state in states(registry).items() if state == "OPEN"] == [355106]


@pytest.mark.parametrize(("answer", "status", "state"), [("y", 0, "SIGNOFF"), ("n", 1, "OPEN")])
def test_at_a_terminal_the_plan_is_shown_and_the_question_asked(
    answer: str, status: int, state: str, registry: RunningRegistry
) -> None:
    ours, theirs = pty.openpty()
    environment = {"RUNREGISTRY_EMAIL": registry.email, "RUNREGISTRY_EGROUPS": registry.egroups, "NO_COLOR": "1", "TERM": "dumb"}
    with subprocess.Popen(
        [*COMMAND, "move", "OPEN", "SIGNOFF", "355104", "355105", "--target", registry.url],
        stdin=theirs,
        stderr=theirs,
        stdout=subprocess.PIPE,
        env={**os.environ, **environment},
    ) as process:
        os.close(theirs)
        shown = b""
        while b"[y/N]" not in shown:
            shown += os.read(ours, 4096)
        os.write(ours, f"{answer}\n".encode())
        process.communicate(timeout=60)
    os.close(ours)
    assert process.returncode == status
    assert b"355104  online        state   OPEN  SIGNOFF" in shown
    assert states(registry)[355104] == state
