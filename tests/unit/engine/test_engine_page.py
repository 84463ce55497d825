"""The examples of the page about the engine run, and print what they say."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]


def test_the_examples_run_and_print_what_they_say(tmp_path: Path) -> None:
    pytest.importorskip("pandas")
    page = (ROOT / "docs" / "engine.md").read_text(encoding="utf-8")
    code = "\n".join(re.findall(r"^```python\n(.*?)^```", page, re.DOTALL | re.MULTILINE))
    here = code.replace("demo-data/", f"{(ROOT / 'demo-data').as_posix()}/")
    done = subprocess.run([sys.executable, "-W", "error", "-c", here], capture_output=True, text=True, timeout=120, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    promised = re.findall(r"^# → (.+)$", code, re.MULTILINE)
    assert len(promised) == 3
    assert done.stdout.splitlines() == promised
