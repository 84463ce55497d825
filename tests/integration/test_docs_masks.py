"""The page about masks: its Python runs and prints what it says, its commands work."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
from tests.integration.commands import COMMAND, run

from runregistry.lumis import LumiMask

PAGE = Path(__file__).parents[2] / "docs" / "masks.md"
GOLDEN = LumiMask({315257: [(1, 88), (91, 92)], 315259: [(1, 174)], 315264: [(1, 131)]})
JSONS = {
    "golden.json": GOLDEN,
    "golden-v1.json": LumiMask({315257: [(1, 88), (91, 93)], 315259: [(1, 174)]}),
    "muon.json": GOLDEN | LumiMask({315257: [(89, 90)], 315265: [(1, 20)]}),
}
BRILCALC = """#Data tag : 19v3 , Norm tag: none
#run:fill,ls,time,beamstatus,E(GeV),delivered(/pb),recorded(/pb),avgpu,source
315264:6629,7:7,05/01/18 00:00:00,STABLE BEAMS,6500,0.2,0.1,30.0,HFOC
#Summary:
#nfill,nrun,nls,ncms,totdelivered(/pb),totrecorded(/pb)
#1,1,1,1,0.2,0.1
"""


def blocks(language: str) -> str:
    return "\n".join(re.findall(rf"^```{language}\n(.*?)^```", PAGE.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with the files that the page speaks of."""
    for name, mask in JSONS.items():
        mask.write(tmp_path / name)
    (tmp_path / "brilcalc.csv").write_text(BRILCALC)
    return tmp_path


def test_the_python_prints_what_it_says(folder: Path) -> None:
    code = blocks("python")
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code],
        capture_output=True,
        text=True,
        timeout=60,
        cwd=folder,
        env={**os.environ, "PYTHONIOENCODING": "utf-8"},
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == re.findall(r"^# → (.+)$", code, re.MULTILINE)


def test_the_commands_work(folder: Path) -> None:
    lines = [shlex.split(line) for line in blocks("console").splitlines() if line]
    assert len(lines) > 5
    for program, *arguments in lines:
        done = run(*arguments, cwd=folder)
        assert program == "runregistry"
        assert done.returncode == (1 if "diff" in arguments else 0), f"{arguments}: {done.stderr}"


@pytest.mark.skipif(os.name == "nt", reason="needs sh")
def test_the_pipe_works(folder: Path) -> None:
    line = blocks("sh").replace("runregistry", " ".join(COMMAND))
    done = subprocess.run(["sh", "-c", line], cwd=folder, capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout == "run_number,first,last\n315259,1,174\n315264,1,131\n"
