"""Scripts for the official client that read, unchanged, on a mirror and without a network: the results are the registry's."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from tests.compat.test_scripts import EXPERTS, READS, RUN, RUNNER, Said, play, registry, result_of

from runregistry import Client
from runregistry.mirror import sync

# It asks no registry anything: it looks at the names of targets, and a mirror has another one.
SCRIPTS = [script for script in READS if script.stem != "user_agents"]


@pytest.fixture(scope="module", params=["feed", "official"])
def said(request: pytest.FixtureRequest, few_runs_csv: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Said, Said]:
    """What the scripts say with a registry, and with a mirror of it when the registry is gone."""
    folder = tmp_path_factory.mktemp("mirrored")
    mirror = folder / "mirror.sqlite"
    with registry(few_runs_csv) as server:
        with Client(server.url, email="expert@example.org", egroups=EXPERTS) as expert:
            expert.edit_lumisections(RUN, 10, 20, "dt-dt", "BAD", comment="HV trip", cause="HV")
            expert.move_runs("OPEN", "SIGNOFF", [RUN])
        theirs = play(sys.executable, server.url, SCRIPTS, folder)
        assert sync(mirror, server.url, routes=request.param).is_complete
    return theirs, play_offline(mirror, folder)


def play_offline(mirror: Path, folder: Path) -> Said:
    done = subprocess.run(
        [sys.executable, "-W", "ignore", str(RUNNER)],
        input=json.dumps({"url": "", "egroups": "", "scripts": list(map(str, SCRIPTS))}),
        capture_output=True,
        text=True,
        timeout=120,
        cwd=folder,
        env={"PATH": "/usr/bin:/bin", "RUNREGISTRY_MIRROR": str(mirror), "HOME": str(folder)},
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return dict(zip([script.stem for script in SCRIPTS], json.loads(done.stdout), strict=True))


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda script: script.stem)
def test_a_script_that_reads_has_the_same_results_on_a_mirror(script: Path, said: tuple[Said, Said]) -> None:
    theirs, ours = (result_of(each, script) for each in said)
    assert theirs
    assert ours == theirs
