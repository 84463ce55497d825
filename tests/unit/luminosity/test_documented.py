"""The examples of docs/luminosity.md run, on a file as it is shown, and print what they say."""

from __future__ import annotations

import contextlib
import io
import os
import re
from pathlib import Path

from tests.unit.luminosity.layouts import write

PAGE = Path(__file__).parents[3] / "docs" / "luminosity.md"
BRILCALC = """\
#Data tag : 19v2 , Norm tag: None
#run:fill,ls,time,beamstatus,E(GeV),delivered(/nb),recorded(/nb),avgpu,source
297050:5839,12:12,06/16/17 20:55:44,STABLE BEAMS,6500,160.001,154.235,40.3,HFET
297050:5839,13:13,06/16/17 20:56:07,STABLE BEAMS,6500,159.879,151.035,40.2,HFET
#Summary:
#nfill,nrun,nls,ncms,totdelivered(/nb),totrecorded(/nb)
#1,1,2,2,319.880,305.270
"""


def test_the_examples_print_what_they_say(tmp_path: Path) -> None:
    code = "\n".join(re.findall(r"^```python\n(.*?)^```", PAGE.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE))
    promised = re.findall(r"# → (.+)$", code, re.MULTILINE)
    write(tmp_path / "brilcalc.csv", BRILCALC)
    out = io.StringIO()
    before = os.getcwd()
    os.chdir(tmp_path)
    try:
        with contextlib.redirect_stdout(out):
            exec(compile(code, str(PAGE), "exec"), {"__name__": "documented"})
    finally:
        os.chdir(before)
    assert len(promised) == 6
    assert out.getvalue().splitlines() == promised
