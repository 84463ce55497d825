"""The official client, in environments of its own: both packages are called `runregistry`.

Each release is installed once from the package index, into ``.official-client-venv/<release>`` beside the source, which git
ignores. Where that is not possible, tests that need it are skipped, and say why.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from functools import cache
from pathlib import Path

import pytest

__all__ = ["NEWEST", "OLDEST", "RELEASES", "environment", "python_of", "python_of_release"]

OLDEST, NEWEST = "1.1.0", "3.1.2"
RELEASES = (OLDEST, NEWEST)
HOME = Path(__file__).parents[1] / ".official-client-venv"


def python_of_release(version: str) -> Path:
    """Return the Python of an environment with a release of the official client; skip the test where there can't be one."""
    reason = _install(version)
    if reason:
        pytest.skip(f"the official client {version} can't be installed from the package index: {reason}")
    return python_of(HOME / version)


@cache
def _install(version: str) -> str:
    """Make the environment if there is none; return why it can't be made, else nothing. Tried once by each test process."""
    folder = HOME / version
    if python_of(folder).exists():
        return ""
    HOME.mkdir(exist_ok=True)
    made = Path(tempfile.mkdtemp(prefix=f"{version}-", dir=HOME))
    try:
        reason = _fill(made, version)
        if not reason:
            made.rename(folder)  # at once, so that an interrupted installation is never taken for a whole one
        return reason
    except OSError as fault:
        # Perhaps a test process beside this one was faster.
        return "" if python_of(folder).exists() else str(fault)
    finally:
        shutil.rmtree(made, ignore_errors=True)


def _fill(folder: Path, version: str) -> str:
    subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True, capture_output=True)
    python = str(python_of(folder))
    pip = [python, "-m", "pip", "install", "-qq", "--disable-pip-version-check", "--no-input", "--retries", "1"]
    # What it needs is not pinned: both releases work with today's requests, cernrequests and python-dotenv.
    for command in ([*pip, f"runregistry=={version}"], [python, "-W", "ignore", "-c", "import runregistry"]):
        done = subprocess.run(command, capture_output=True, text=True, stdin=subprocess.DEVNULL, cwd=folder)
        if done.returncode != 0:
            return (done.stderr.strip() or "nothing was said").splitlines()[-1]
    return ""


def python_of(folder: Path) -> Path:
    """Return the Python of an environment."""
    return folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def environment(python: Path | str) -> dict[str, str]:
    """Return the environment for a program that asks a registry on this machine, with whatever client its interpreter has."""
    kept = {key: value for key, value in os.environ.items() if not key.lower().endswith("_proxy")}
    if str(python) != sys.executable:
        kept.pop("PYTHONPATH", None)  # it may lead to our source
    kept.setdefault("HOME", tempfile.gettempdir())  # cernrequests can't be imported without
    return kept
