from __future__ import annotations

import json
from pathlib import Path

import pytest

from runregistry.cli.edits import read_edit_file, write_edits
from runregistry.errors import UsageError

EDIT = {"run_number": 315512, "first": 10, "last": 20, "component": "tracker-strip", "status": "BAD", "comment": "HV, trip"}


@pytest.mark.parametrize(
    "text",
    [
        'run_number,first,last,component,status,comment,cause\n315512,10,20,tracker-strip,bad,"HV, trip",\n',
        'name,run,start,end,component,status,comment\n,315512,10,20,tracker-strip,BAD,"HV, trip"\n',
        json.dumps([EDIT]),
        json.dumps(EDIT),
        json.dumps({**EDIT, "cause": None}) + "\n",
    ],
)
def test_edits_are_read_from_csv_and_json(text: str, tmp_path: Path) -> None:
    path = tmp_path / "edits"
    path.write_text(text)
    assert read_edit_file(str(path)) == [EDIT]


def test_edits_that_are_written_are_read_again(tmp_path: Path) -> None:
    path = tmp_path / "left.csv"
    edits = [EDIT, {**EDIT, "dataset_name": "/PromptReco/Collisions2018A/DQM", "cause": 'a "cause"\nof two lines'}]
    write_edits(path, edits)
    assert read_edit_file(str(path)) == edits


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("run_number,first,last,component\n1,2,3,dt-dt\n", "line 2 lacks status"),
        ("run_number,first,last,component,statuss\n1,2,3,dt-dt,BAD\n", "did you mean status"),
        ("run_number,first,last,component,status\n1,2,x,dt-dt,BAD\n", "line 2: last is 'x'"),
        ("run_number,first,last,component,status\n1,2,3,dt-dt,BAD,HV, trip\n", "more cells than the first line"),
        ('run_number,first,last,component,status\n1,2,3,dt-dt,"BAD\n', "unexpected end of data"),
        ("run_number,first,last,component,status\n", "holds no edits"),
        ('[{"run_number": 1}]', "edit 1 lacks first, last"),
        ("[1]", "edit 1 is no object"),
        ('[{"run_number": 1]', "is not JSON"),
    ],
)
def test_an_edit_that_cannot_work_is_named_with_its_place(text: str, complaint: str, tmp_path: Path) -> None:
    path = tmp_path / "edits.csv"
    path.write_text(text)
    with pytest.raises(UsageError, match=complaint):
        read_edit_file(str(path))
