"""What a shell is told when somebody presses Tab, through the protocol of each shell, and without any network."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from tests.integration.commands import COMMAND

from runregistry.terms import STATUSES


def completed(shell: str, *words: str) -> list[str]:
    """Return what is proposed for the last word."""
    variables = {"_RUNREGISTRY_COMPLETE": f"complete_{shell}", "_TYPER_COMPLETE_FISH_ACTION": "get-args"}
    line = " ".join(("runregistry", *words))
    variables |= {"COMP_WORDS": line, "COMP_CWORD": str(len(words)), "_TYPER_COMPLETE_ARGS": line}
    # A proxy that refuses: whatever wants the network fails.
    variables |= {"HTTPS_PROXY": "http://127.0.0.1:1", "HTTP_PROXY": "http://127.0.0.1:1"}
    done = subprocess.run(COMMAND, env={**os.environ, **variables}, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    return done.stdout.splitlines() if done.stdout.strip() else []


def test_bash_is_told_commands_options_and_values() -> None:
    assert completed("bash", "mov") == ["move", "move-datasets"]
    assert completed("bash", "runs", "--comp") == ["--component"]
    assert completed("bash", "runs", "--component", "tracker-p") == ["tracker-pixel=", "tracker-pix="]
    assert completed("bash", "move", "OPEN", "S") == ["SIGNOFF"]


def test_zsh_is_told_statuses_after_the_equals_sign() -> None:
    assert completed("zsh", "runs", "--component", "dt-dt=G") == ["""_arguments '*: :(("dt-dt=GOOD"))'"""]


def test_fish_is_told_values() -> None:
    assert completed("fish", "runs", "--target", "e") == ["embedded"]
    assert completed("fish", "runs", "--sort", "fill_number:") == ["fill_number:asc", "fill_number:desc"]
    assert completed("fish", "edit", "355104", "1", "2", "dt-dt", "ST") == ["STANDBY"]


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (("runs", "--component", "dt-dt", "=", "G"), ["GOOD"]),
        (("runs", "--component", "dt-dt", "=", "BAD,ST"), ["BAD,STANDBY"]),
        (("datasets", "--state", "tracker", "=", "O"), ["OPEN"]),
        (("runs", "31"), []),
    ],
)
def test_bash_takes_the_equals_sign_for_a_word_of_its_own(words: tuple[str, ...], expected: list[str]) -> None:
    assert completed("bash", *words) == expected


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (("runs", "--class", "Collisions24"), "Collisions24"),
        (("runs", "--state", "SIG"), "SIGNOFF"),
        (("runs", "--fields", "run_number,fill_n"), "run_number,fill_number"),
        (("runs", "--format", "parq"), "parquet"),
        (("ranges", "-c", "tracker-strip=BAD,ST"), "tracker-strip=BAD,STANDBY"),
        (("ranges", "--fields", "cms_a"), "cms_active"),
        (("move-datasets", "wait"), "waiting dqm gui"),
        (("cycles", "--workspace", "trac"), "tracker"),
        (("change-class", "Commissioning2"), "Commissioning24"),
    ],
)
def test_every_word_of_the_registry_is_completed(words: tuple[str, ...], expected: str) -> None:
    assert expected in completed("fish", *words)


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_is_installed_for_a_shell(shell: str, tmp_path: Path) -> None:
    environment = {**os.environ, "HOME": str(tmp_path), "_TYPER_COMPLETE_TEST_DISABLE_SHELL_DETECTION": "1"}
    done = subprocess.run(
        [*COMMAND, "--install-completion", shell], env=environment, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    scripts = [path.read_text() for path in tmp_path.rglob("*") if path.is_file()]
    assert any("_RUNREGISTRY_COMPLETE=complete_" in script for script in scripts)


def test_completing_loads_no_client_database_or_frame_library() -> None:
    code = """
import atexit, sys
heavy = ("httpx2", "numpy", "pandas", "sqlalchemy", "fastapi", "pyarrow")
atexit.register(lambda: print([name for name in heavy if name in sys.modules], file=sys.stderr))
from runregistry.cli import main
sys.exit(main([]))
"""
    variables = {"_RUNREGISTRY_COMPLETE": "complete_bash", "COMP_WORDS": "runregistry runs --component dt", "COMP_CWORD": "3"}
    done = subprocess.run(
        [sys.executable, "-c", code], env={**os.environ, **variables}, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout, done.stderr) == (
        0,
        "\n".join([f"dt-dt={status}" for status in STATUSES]) + "\n",
        "[]\n",
    )
