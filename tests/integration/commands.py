"""Running `runregistry` as people do, in this process or in one of its own."""

from __future__ import annotations

import io
import os
import subprocess
import sys
from contextlib import chdir, redirect_stderr, redirect_stdout
from pathlib import Path
from typing import NamedTuple

import pytest

from runregistry.cli import main

COMMAND = [sys.executable, "-m", "runregistry"]


class Done(NamedTuple):
    """How a command ended, and what it wrote."""

    returncode: int
    stdout: str
    stderr: str


def run(*arguments: object, cwd: Path | None = None, **environment: str) -> Done:
    """Run a command in this process, which is much faster; environment variables are added for its time."""
    out, err = io.StringIO(), io.StringIO()
    with pytest.MonkeyPatch.context() as patch, chdir(cwd or Path.cwd()), redirect_stdout(out), redirect_stderr(err):
        for name, value in {"COLUMNS": "100", **environment}.items():
            patch.setenv(name, value)
        status = main([*map(str, arguments)])
    return Done(status, out.getvalue(), err.getvalue())


def run_process(*arguments: object, cwd: Path | None = None, **environment: str) -> Done:
    """Run a command in a process of its own, as a shell does."""
    done = subprocess.run(
        [*COMMAND, *map(str, arguments)],
        cwd=cwd,
        env={**os.environ, "COLUMNS": "100", **environment},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    return Done(done.returncode, done.stdout, done.stderr)


def one_error_line(done: Done) -> str:
    """Return the error of a command that failed as it should: one line on stderr, no traceback, nothing on stdout."""
    lines = done.stderr.splitlines()
    assert len(lines) == 1, done.stderr
    assert lines[0].startswith("Error: "), done.stderr
    assert done.stdout == ""
    return lines[0]
