"""Masks as text in other forms than the golden JSON."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

from runregistry.errors import RangeError
from runregistry.lumis import LumiMask
from runregistry.lumis.forms import FORMS, form_of

MASK = LumiMask({314487: [(1, 3), (7, 7)], 1000000: [(2, 3)]})
TEXTS = {
    "json": '{\n  "314487": [[1, 3], [7, 7]],\n  "1000000": [[2, 3]]\n}',
    "compact": '{"314487": [[1, 3], [7, 7]], "1000000": [[2, 3]]}',
    "pairs": "[\n[314487, 1],\n[314487, 2],\n[314487, 3],\n[314487, 7],\n[1000000, 2],\n[1000000, 3]\n]",
    "cmssw": "314487:1-314487:3,314487:7,1000000:2-1000000:3",
    "csv": "run_number,first,last\n314487,1,3\n314487,7,7\n1000000,2,3",
    "list": "314487 1 2 3 7\n1000000 2 3",
}


@pytest.mark.parametrize("form", FORMS)
def test_each_form_is_written_and_read_back(form: str, tmp_path: Path) -> None:
    assert MASK.to_text(form) == TEXTS[form]
    assert LumiMask.from_text(TEXTS[form], form) == LumiMask.from_text("\ufeff" + TEXTS[form]) == MASK
    MASK.write(tmp_path / "mask", form)
    assert LumiMask.read(tmp_path / "mask") == MASK


@pytest.mark.parametrize("form", FORMS)
def test_an_empty_mask_has_each_form(form: str) -> None:
    assert LumiMask.from_text(LumiMask().to_text(form), form) == LumiMask()


@pytest.mark.parametrize("form", FORMS)
def test_the_form_of_a_text_is_recognised(form: str) -> None:
    assert form_of(f"\n {TEXTS[form]}\r\n") == ("json" if form == "compact" else form)


def test_a_form_that_there_is_not_is_refused_with_the_nearest() -> None:
    with pytest.raises(RangeError, match=r"no form 'cms' \(did you mean"):
        MASK.to_text("cms")


@pytest.mark.parametrize(
    "text",
    [
        "process.source.lumisToProcess = cms.untracked.VLuminosityBlockRange(\n  '314487:1-314487:3',  # first\n  '314487:7',\n)",
        'process.source.lumisToProcess = cms.untracked.VLuminosityBlockRange( *(\n "314487:1-314487:3", "314487:7",\n))',
        "lumis = ['314487:1-314487:3', '314487:7']".removeprefix("lumis = "),
        "314487:min-314487:3 314487:7",
        "314487:7;314487:2-314487:3\n314487:1",
    ],
)
def test_ranges_are_found_in_the_configurations_of_cmssw(text: str) -> None:
    assert LumiMask.from_text(text) == MASK.restrict(last_run=314487)


def test_the_end_of_a_run_has_three_names_in_cmssw() -> None:
    masks = [LumiMask.from_cmssw(f"5:3-5:{end}") for end in ("max", "MAX", "0", "4294967295")]
    assert {mask.to_cmssw() for mask in masks} == {"5:3-5:max"}


def test_a_range_of_cmssw_from_run_to_run_holds_the_runs_between_whole() -> None:
    mask = LumiMask.from_cmssw(["5:3-8:2"])
    assert [str(ranges) for ranges in mask.values()] == ["3-", "all", "all", "1-2"]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("5:1-5:3,5:9-5:7", 'range 2: "5:9-5:7" is reversed'),
        ("5:1-5:3,4:9-3:7", 'range 2: "4:9-3:7" is reversed'),
        ("5:1-5:3,5:0-5:7", 'range 2: "5:0-5:7" begins at 0; write min, or 1'),
        ("5:1-5:3,5-7", 'range 2: "5-7" is no range of CMSSW'),
        ("5:1-5:3,5:x", 'range 2: "5:x" is no range of CMSSW'),
        ("0:1-0:3", '"0" is no run number'),
        ("1:1-4000000000:3", "spans more than 100,000 runs"),
        ("5:1-5:4294967296", "goes beyond 4294967295"),
    ],
)
def test_what_is_no_range_of_cmssw_is_refused_with_its_place(text: str, says: str) -> None:
    with pytest.raises(RangeError, match=re.escape(says)):
        LumiMask.from_cmssw(text)


@pytest.mark.parametrize(
    "text",
    [
        "314487,1,3\n314487,7,7\n",
        "last , first,RUN\r\n3,1,314487\r\n7,7,314487\r\n\r\n",
        "run,ls\n314487,1\n314487,3\n314487,2\n314487,7\n",
        "fill,run_number,lumisection_number\n1,314487,7\n1,314487,1\n1,314487,2\n1,314487,3\n",
    ],
)
def test_columns_of_a_csv_are_found_by_name(text: str) -> None:
    assert LumiMask.from_csv(text) == LumiMask.from_text(text) == MASK.restrict(last_run=314487)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("run_number,first,last\n5,1,2\n5,3\n", 'line 3: "5,3" is no run_number,first,last'),
        ("run_number,first,last\n5,1,two\n", 'line 2: "5,1,two" is no run_number,first,last'),
        ("run_number,first,last\n5,4,2\n", "run 5, range 1: [4, 2] is reversed"),
        ("run_number,first,last\n5,0,2\n", "run 5, range 1: [0, 2] goes below 1"),
        ("run_number,status\n5,GOOD\n", 'line 1: "run_number,status" has no columns'),
        ("run_number,first,last\n-5,1,2\n", "-5 is no run number"),
    ],
)
def test_what_is_no_csv_of_ranges_is_refused_with_its_place(text: str, says: str) -> None:
    with pytest.raises(RangeError, match=re.escape(says)):
        LumiMask.from_csv(text)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("[[5, 1], [5]]", "pair 2: [5] is no [run, lumisection]"),
        ("[[5, 1], [5, 2.5]]", "run 5, range 2: [2.5, 2.5] holds 2.5"),
        ("[[5, 1], [5, 2]", "not JSON: "),
        ("190456 1 2 x", 'line 1: "x" is no whole number'),
        ("190456 1 2\n190457 0", "run 190457, range 1: [0, 0] goes below 1"),
        (b"190456 1 \xff", "no text: byte 9 is not UTF-8"),
        ("hello", "not JSON: "),
        (" \n", "there is nothing in it, not even {}"),
    ],
)
def test_other_texts_are_refused_with_their_place(text: str | bytes, says: str) -> None:
    with pytest.raises(RangeError, match=re.escape(says)):
        LumiMask.from_text(text)


def test_pairs_go_through_arrays_and_back() -> None:
    pairs = MASK.pair_array()
    assert pairs.shape == (6, 2)
    assert pairs.tolist() == [list(pair) for pair in MASK.pairs()]
    assert LumiMask.from_pairs(pairs[::-1]) == MASK
    assert LumiMask().pair_array().shape == (0, 2)
    assert LumiMask.from_pairs(np.empty((0, 2), int)) == LumiMask()
