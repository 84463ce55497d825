"""Tools of the field that our answers are compared with, each in an environment of its own: `python_with("coffea")`.

An environment is installed once from the package index, into ``.tool-venvs/<name>`` beside the source, which git ignores. Where
that is not possible, tests that need it are skipped, and say why.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from functools import cache
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.official_clients import python_of

__all__ = ["TOOLS", "install", "python_with"]

HOME = Path(__file__).parents[1] / ".tool-venvs"


class Tool(NamedTuple):
    """What is installed, and how it is known to be there.

    Attributes
    ----------
    alone : tuple of str
        Installed without what they say they need: a framework's is some hundred MB more than the part that is compared.
    needed : tuple of str
        Installed with all that they need.
    check : str
        A program that must run.
    """

    alone: tuple[str, ...]
    needed: tuple[str, ...]
    check: str


TOOLS = {
    "coffea": Tool(
        ("coffea==2026.9.0",),
        ("awkward", "cloudpickle", "fsspec", "hist", "numba", "rich", "uproot"),
        "from coffea.lumi_tools import LumiMask",
    ),
    # Of CMS's workload management: the LumiList of CMSSW, which is not to be had from an index by itself.
    "wmcore": Tool(("wmcore==2.4.5.9",), ("future",), "from WMCore.DataStructs.LumiList import LumiList"),
    # All of Spark, Java programs too: some 450 MB to load, which is why it is not among the test tools.
    "spark": Tool(("pyspark==4.3.0",), ("py4j==0.10.9.9",), "import pyspark"),
}


def python_with(name: str) -> Path:
    """Return the Python of an environment with a tool; skip the test where there can't be one."""
    reason = install(name)
    if reason:
        pytest.skip(f"{name} can't be installed from the package index: {reason}")
    return python_of(HOME / name)


@cache
def install(name: str) -> str:
    """Make the environment if there is none; return why it can't be made, else nothing. Tried once by each test process."""
    folder = HOME / name
    if python_of(folder).exists():
        return ""
    HOME.mkdir(exist_ok=True)
    made = Path(tempfile.mkdtemp(prefix=f"{name}-", dir=HOME))
    try:
        reason = _fill(made, TOOLS[name])
        if not reason:
            made.rename(folder)  # at once, so that an interrupted installation is never taken for a whole one
        return reason
    except OSError as fault:
        # Perhaps a test process beside this one was faster.
        return "" if python_of(folder).exists() else str(fault)
    finally:
        shutil.rmtree(made, ignore_errors=True)


def _fill(folder: Path, tool: Tool) -> str:
    subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True, capture_output=True)
    python = str(python_of(folder))
    # Compiling everything that is installed takes longer than compiling the few modules that are imported.
    pip = [python, "-m", "pip", "install", "-qq", "--disable-pip-version-check", "--no-input", "--retries", "1", "--no-compile"]
    commands = ([*pip, *tool.needed], [*pip, "--no-deps", *tool.alone], [python, "-W", "ignore", "-c", tool.check])
    for command in commands:
        done = subprocess.run(command, capture_output=True, text=True, stdin=subprocess.DEVNULL, cwd=folder)
        if done.returncode != 0:
            return (done.stderr.strip() or "nothing was said").splitlines()[-1]
    return ""
