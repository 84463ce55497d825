"""The official client, in environments of its own: both packages are called `runregistry`.

Each release is installed once from the package index, into ``.official-client-venv/<release>`` beside the source, which git
ignores. Where that is not possible, tests that need it are skipped, and say why.
"""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path

import pytest

from tests.environments import install, python_of

__all__ = ["NEWEST", "OLDEST", "RELEASES", "environment", "python_of_release", "reason"]

OLDEST, NEWEST = "1.1.0", "3.1.2"
RELEASES = (OLDEST, NEWEST)
HOME = Path(__file__).parents[1] / ".official-client-venv"


def python_of_release(version: str) -> Path:
    """Return the Python of an environment with a release of the official client; skip the test where there can't be one."""
    trouble = reason(version)
    if trouble:
        pytest.skip(f"the official client {version} can't be installed from the package index: {trouble}")
    return python_of(HOME / version)


def reason(version: str) -> str:
    """Make the environment of a release if there is none; return why it can't be made, else nothing."""
    # What it needs is not pinned: both releases work with today's requests, cernrequests and python-dotenv.
    return install(HOME / version, (f"runregistry=={version}",), (), "import runregistry")


def environment(python: Path | str) -> dict[str, str]:
    """Return the environment for a program that asks a registry on this machine, with whatever client its interpreter has."""
    kept = {key: value for key, value in os.environ.items() if not key.lower().endswith("_proxy")}
    if str(python) != sys.executable:
        kept.pop("PYTHONPATH", None)  # it may lead to our source
    kept.setdefault("HOME", tempfile.gettempdir())  # cernrequests can't be imported without
    return kept
