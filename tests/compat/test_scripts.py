"""Scripts for the official client, unchanged, with each of its releases and with ours, on equal registries: the same results."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from tests.conformance.comparing import differences
from tests.official_clients import NEWEST, RELEASES, environment, python_of_release

from runregistry import Client, testing
from runregistry.server import load_files

RUNNER = Path(__file__).with_name("runner.py")
SCRIPTS = Path(__file__).with_name("scripts")
READS = sorted((SCRIPTS / "reads").glob("*.py"))
CHANGES = sorted((SCRIPTS / "changes").glob("*.py"))
RUN = 315512
EXPERTS = "cms-dqm-runregistry-experts"
Said = dict[str, dict[str, Any]]


def clients_of(script: Path) -> list[str]:
    """The releases that a script was written for, which its first line names."""
    with script.open(encoding="utf-8") as file:
        return file.readline().removeprefix("# clients:").split()


def of_each_release(scripts: Sequence[Path]) -> list[Any]:
    return [pytest.param(script, version, id=f"{script.stem}-{version}") for script in scripts for version in clients_of(script)]


def play(python: Path | str, url: str, scripts: Sequence[Path], folder: Path, egroups: str = "") -> Said:
    """What each script says with the client of an interpreter."""
    done = subprocess.run(
        [str(python), "-W", "ignore", str(RUNNER)],
        input=json.dumps({"url": url, "egroups": egroups, "scripts": list(map(str, scripts))}),
        capture_output=True,
        text=True,
        timeout=120,
        cwd=folder,
        env=environment(python),
    )
    assert done.returncode == 0, done.stderr
    return dict(zip([script.stem for script in scripts], json.loads(done.stdout), strict=True))


@contextmanager
def registry(few_runs_csv: Path) -> Iterator[testing.RunningRegistry]:
    with testing.server() as server:
        load_files(server.store, lumisections=few_runs_csv)
        yield server


@pytest.fixture(scope="module")
def reads(few_runs_csv: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Said]:
    """What the scripts that read say with each release, and with ours (named ``ours``)."""
    pythons = {version: python_of_release(version) for version in RELEASES}
    with registry(few_runs_csv) as server:
        with Client(server.url, email="expert@example.org", egroups=EXPERTS) as expert:
            expert.edit_lumisections(RUN, 10, 20, "dt-dt", "BAD", comment="HV trip", cause="HV")
            expert.move_runs("OPEN", "SIGNOFF", [RUN])
        said = {
            version: play(python, server.url, scripts_for(READS, version), tmp_path_factory.mktemp("reads"))
            for version, python in pythons.items()
        }
        return {**said, "ours": play(sys.executable, server.url, READS, tmp_path_factory.mktemp("reads"))}


def scripts_for(scripts: Sequence[Path], version: str) -> list[Path]:
    return [script for script in scripts if version in clients_of(script)]


@pytest.fixture(scope="module")
def changes(few_runs_csv: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[Said, Said]]:
    """What the scripts for each release say with it and with ours, each on a registry of its own."""
    said = {}
    for version in RELEASES:
        pair = []
        for python in (python_of_release(version), sys.executable):
            with registry(few_runs_csv) as server:
                folder = tmp_path_factory.mktemp("changes")
                pair.append(play(python, server.url, scripts_for(CHANGES, version), folder, EXPERTS))
        said[version] = (pair[0], pair[1])
    return said


def result_of(said: Said, script: Path) -> Any:
    assert "result" in said[script.stem], said[script.stem]["error"]
    return said[script.stem]["result"]


@pytest.mark.parametrize(("script", "version"), of_each_release(READS))
def test_a_script_that_reads_has_the_same_results(script: Path, version: str, reads: dict[str, Said]) -> None:
    theirs, ours = result_of(reads[version], script), result_of(reads["ours"], script)
    assert theirs
    assert ours == theirs


@pytest.mark.parametrize(("script", "version"), of_each_release(CHANGES))
def test_a_script_that_changes_has_the_same_results(script: Path, version: str, changes: dict[str, tuple[Said, Said]]) -> None:
    theirs, ours = (result_of(said, script) for said in changes[version])
    assert theirs
    assert differences(theirs, ours) == []


def test_the_lines_in_the_log_of_a_cron_job_are_the_same(reads: dict[str, Said]) -> None:
    theirs, ours = (without_repeats(reads[who]["cron_log"]["printed"]) for who in (NEWEST, "ours"))
    assert ours == theirs
    assert theirs[0] == "begin"
    assert sum(line.startswith("ALERT:") for line in theirs) == 2


def without_repeats(lines: list[str]) -> list[str]:
    """Each line once: the official client prints URL and filter of each page. Of an alert the first word is what is promised."""
    shortened = ["ALERT:" if line.startswith("ALERT:") else line for line in lines]
    return [line for i, line in enumerate(shortened) if line == "ALERT:" or line not in shortened[:i]]


def test_a_mistake_is_caught_by_the_clause_that_was_written_for_it(reads: dict[str, Said]) -> None:
    assert set(reads["ours"]["mistakes"]["result"]) == {True}


def test_the_results_are_of_something(reads: dict[str, Said], changes: dict[str, tuple[Said, Said]]) -> None:
    """So that two clients that find nothing do not pass for two that agree."""
    ours = {name: said["result"] for name, said in reads["ours"].items()}
    assert str(RUN) in ours["run_loop"]
    assert max(map(len, ours["run_queries"]["found"])) == 4
    assert ours["golden_json"]["golden"][str(RUN)]
    assert ours["own_token"] == {"run": RUN, "was asked": True, "header": "Bearer kept"}
    refused = changes[NEWEST][1]["e_refused"]["result"]
    assert "User needs to be part of any of the following e-groups" in refused["outsider"][0]
    assert "Run must be in state OPEN" in refused["expert"][6]
