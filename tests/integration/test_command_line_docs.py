"""The page on the command line: every line of it is run, in its order, on one registry."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
from tests.integration.commands import run

PAGE = Path(__file__).parents[2] / "docs" / "command-line.md"
BLOCKS = re.findall(r"^```(console|sh)\n(.*?)^```", PAGE.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)


@pytest.fixture(scope="module", name="environment")
def _environment(few_runs_csv: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    database = tmp_path_factory.mktemp("registry") / "registry.sqlite"
    assert run("load", "--lumisections", few_runs_csv, "--database", database).returncode == 0
    return {"ENVIRONMENT": "embedded", "RUNREGISTRY_DATABASE": str(database)}


def test_every_line_of_the_page_does_what_it_says(environment: dict[str, str], tmp_path: Path) -> None:
    silent, wrong = [], []
    for language, text in BLOCKS:
        if language == "sh":
            wrong += run_script(text, environment, tmp_path)
            continue
        for line in text.splitlines():
            done = run(*shlex.split(line, comments=True)[1:], cwd=tmp_path, **environment)
            if done.returncode != 0:
                wrong.append(f"{line}: {done.stderr}")
            if not done.stdout and "--output" not in line:
                silent.append(line)
    assert wrong == []
    assert silent == []
    assert "315512" in (tmp_path / "bad.csv").read_text()
    assert len((tmp_path / "runs.csv").read_text().splitlines()) == 4


def run_script(text: str, environment: dict[str, str], folder: Path) -> list[str]:
    """Run a block in a shell in which `runregistry` is the one under test; return what went wrong."""
    script = f'set -eo pipefail\nrunregistry() {{ "{sys.executable}" -m runregistry "$@"; }}\n{text}'
    done = subprocess.run(
        ["bash", "-c", script],
        cwd=folder,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    return [] if done.returncode == 0 else [f"{text}: {done.stderr}"]
