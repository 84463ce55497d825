"""Tools of the field that our answers are compared with, each in an environment of its own: `python_with("coffea")`.

An environment is installed once from the package index, into ``.tool-venvs/<name>`` beside the source, which git ignores. Where
that is not possible, tests that need it are skipped, and say why.
"""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import pytest

from tests.environments import install, python_of

__all__ = ["TOOLS", "python_with", "reason"]

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
    trouble = reason(name)
    if trouble:
        pytest.skip(f"{name} can't be installed from the package index: {trouble}")
    return python_of(HOME / name)


def reason(name: str) -> str:
    """Make the environment of a tool if there is none; return why it can't be made, else nothing."""
    tool = TOOLS[name]
    return install(HOME / name, tool.needed, tool.alone, tool.check)
