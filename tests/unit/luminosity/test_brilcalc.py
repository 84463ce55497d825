"""Every layout of brilcalc, and everything that can be wrong with a file: refused, with its place."""

from __future__ import annotations

import gzip
import io
import re
import warnings
from pathlib import Path

import numpy as np
import pytest
from tests.unit.luminosity.layouts import BEAM_LAYOUT, PATH_LAYOUT, write

from runregistry.errors import LuminosityError, UsageError
from runregistry.luminosity import LumiTable, read_brilcalc


def read(text: str, **options: object) -> LumiTable:
    return read_brilcalc(io.StringIO(text, newline=""), **options)  # type: ignore[arg-type]


def test_the_layout_with_beam_status_is_read() -> None:
    table = read(BEAM_LAYOUT)
    assert table.run_number.tolist() == [315512, 315512, 315513]
    assert table.lumisection.tolist() == [1, 2, 1]
    assert table.cms_lumisection.tolist() == [0, 2, 1]
    assert table.delivered_invpb.tolist() == pytest.approx([0.25e-3, 0.275e-3, 0.125e-3])
    assert table.recorded_invpb.tolist() == pytest.approx([0, 0.25e-3, 0.125e-3])
    assert table.source.tolist() == ["HFET", "HFET", "PXL"]
    assert table.avg_pileup.tolist() == [45.0, 44.9, 40.0]
    assert table.time.astype(str).tolist() == ["2018-05-01T03:12:27", "2018-05-01T03:12:50", "2018-05-01T03:40:00"]
    assert (table.unit, table.is_checked, table.not_found.to_dict()) == ("/nb", True, {"315512": [[3, 4]]})


def test_of_the_layout_with_trigger_paths_one_path_is_read() -> None:
    table = read(PATH_LAYOUT, hltpath="HLT_B_v3")
    assert table.recorded_invpb.tolist() == pytest.approx([1.25e-6])
    assert np.isnan(table.avg_pileup).all()
    with pytest.raises(LuminosityError, match=r"rows of 2 trigger paths, choose one: HLT_A_v1, HLT_B_v3"):
        read(PATH_LAYOUT)
    with pytest.raises(LuminosityError, match=r"no rows of HLT_B_v2 \(did you mean HLT_B_v3 or HLT_A_v1\?\)"):
        read(PATH_LAYOUT, hltpath="HLT_B_v2")


def test_seconds_bunches_and_a_mark_at_the_beginning_are_read(tmp_path: Path) -> None:
    text = re.sub(r"05/01/18 03:12:27", "1525144347", BEAM_LAYOUT).replace("05/01/18 03:12:50", "1525144370")
    text = text.replace("05/01/18 03:40:00", "1525146000")
    text = text.replace(",source\n", ",source,[bxidx bxdelivered(/nb) bxrecorded(/nb)]\n")
    text = re.sub(r"(HFET|PXL)\r", r"\1,[1 0.1 0.1 5 0.1 0.1]\r", text)
    table = read_brilcalc(write(tmp_path / "mark.csv", "\ufeff" + text))
    assert table.time.astype(str).tolist() == read(BEAM_LAYOUT).time.astype(str).tolist()


@pytest.mark.parametrize(
    ("unit", "invpb"),
    [("/ub", 1e-6), ("/nb", 1e-3), ("/pb", 1), ("/fb", 1e3), ("hz/ub", 23.31e-6), ("1e36/cm2", 1), ("1e30/cm2s", 23.31e-6)],
)
def test_every_unit_ends_in_inverse_picobarns(unit: str, invpb: float) -> None:
    table = read(BEAM_LAYOUT.replace("(/nb)", f"({unit})"))
    assert table.unit == unit
    assert table.total().delivered_invpb == pytest.approx(0.65 * invpb)


def test_an_unknown_unit_is_refused() -> None:
    with pytest.raises(UsageError, match=r"'/pbb' is no unit of luminosity \(did you mean /pb"):
        read(BEAM_LAYOUT.replace("(/nb)", "(/pbb)"))


def test_outputs_that_were_joined_are_one_table_if_their_units_agree() -> None:
    other = BEAM_LAYOUT.replace("315512", "315600").replace("315513", "315601")
    table = read(BEAM_LAYOUT + other)
    assert (len(table), table.is_checked) == (6, True)
    assert table.not_found.runs == (315512, 315600)
    with pytest.raises(LuminosityError, match=r"line 12: mixes units: is in /pb, and line 2 in /nb"):
        read(BEAM_LAYOUT + other.replace("(/nb)", "(/pb)"))
    with pytest.raises(LuminosityError, match="lumisection 1 of run 315512 is there twice"):
        read(BEAM_LAYOUT + BEAM_LAYOUT)


WRONG = {
    "a unit for delivered, another for recorded": ("recorded(/nb)", "recorded(/pb)", "line 2: mixes units: delivered is in /nb"),
    "a footer in another unit": ("(/nb),totrecorded(/nb)", "(/pb),totrecorded(/pb)", "line 7: mixes units: the rows are in /nb"),
    "a footer in two units": ("totrecorded(/nb)", "totrecorded(/pb)", "line 7: mixes units: totdelivered is in /nb"),
    "a row that is gone": ("315513:6629,1:1,05/01/18 03:40:00,STABLE BEAMS,6500,0.125,0.125,40.0,PXL\r\n", "", "column nrun"),
    "a value that was changed": ("0.275,0.250", "0.275,0.205", "line 8: column totrecorded: the footer's total is 0.375"),
    "a number of runs that is wrong": ("#1,2,3,2,", "#1,5,3,2,", "line 8: column nrun: the footer tells of 5 runs"),
    "a count that is none": ("#1,2,3,2,", "#1,2,x,2,", "line 8: column nls: 'x' is no number of lumisections"),
    "a total that is none": ("0.650,0.375", "0.650,abc", "line 8: column totrecorded: 'abc' is no total"),
    "a footer that is cut": ("#1,2,3,2,0.650,0.375\n", "#1,2,3,2,\n", "line 8: has 5 totals, not 6: the footer is cut off"),
    "not a number": ("0.275,0.250", "nan,0.250", "line 3: column delivered: 'nan' is not a finite number from 0"),
    "infinity": ("0.275,0.250", "0.275,1e999", "line 3: column recorded: '1e999' is not a finite number"),
    "an underscore": ("0.275,0.250", "0.27_5,0.250", "line 3: column delivered: '0.27_5' is not a finite number"),
    "a negative value": ("0.275,0.250", "0.275,-0.250", r"line 3: column recorded: '-0.250' is not .* \(allow_negative=True"),
    "no number": ("0.125,0.125", "0.125,many", "line 5: column recorded: 'many' is not"),
    "an empty cell": ("0.125,0.125", "0.125,", "line 5: column recorded: '' is not"),
    "a run that is none": ("315513:6629", "abc:6629", "line 5: column run:fill: 'abc:6629' is not two whole numbers"),
    "a run without a fill": ("315513:6629", "315513", "line 5: column run:fill: '315513' is not two whole numbers"),
    "lumisection 0": (",1:0,", ",0:0,", "line 4: column ls: '0:0' is not two whole numbers"),
    "a lumisection beyond all numbers": (",1:0,", ",99999999999999999999999:0,", "line 4: column ls"),
    "a time that is none": ("05/01/18 03:40:00", "13/01/18 03:40:00", "line 5: column time: '13/01/18 03:40:00' is not a time"),
    "a day that is none": ("05/01/18 03:40:00", "02/30/18 03:40:00", "line 5: column time: '02/30/18 03:40:00' is not a time"),
    "a cell too few": (",40.0,PXL", ",PXL", "line 5: has 8 cells, not 9: the file is cut in the middle"),
    "an unknown column": ("avgpu", "avgpo", r"line 2: has the unknown column 'avgpo' \(did you mean avgpu"),
    "a missing column": ("ls,time", "time", "line 2: has no column ls; the file may be cut off"),
    "a column twice": ("avgpu,source", "avgpu,avgpu", "line 2: has a column twice"),
    "a row a run": ("ls,time", "nls,time", "line 2: has a row a run, .* with --byls"),
    "a lumisection twice": (
        "315513:6629,1:1",
        "315512:6629,2:2",
        "line 5: column ls: has lumisection 2 .* again, after line 3",
    ),
    "a list that is cut": ("(315512, 4)]", "(315512,", r"line 10: is no whole list of \(run, lumisection\)"),
    "no footer": (BEAM_LAYOUT[BEAM_LAYOUT.index("#Summary") :], "", "line 5: has no footer .*: it is cut off"),
    "no names": (BEAM_LAYOUT.splitlines()[1] + "\n", "", "line 2: has values, '315512.*before the line with names"),
    "rows behind the footer": ("#Check JSON:\n", "315512:6629,9:9,\n", "line 9: has values, '315512:6629,9:9,', behind a footer"),
}


@pytest.mark.parametrize(("old", "new", "message"), WRONG.values(), ids=WRONG)
def test_what_is_wrong_is_refused_with_its_place(old: str, new: str, message: str) -> None:
    assert old in BEAM_LAYOUT
    text = BEAM_LAYOUT.replace(old, new)
    # What counts goes wrong first where several things do: a lumisection twice agrees with this footer.
    text = text.replace("#1,2,3,2,", "#1,1,3,2,") if "again" in message else text
    with pytest.raises(LuminosityError, match=message):
        read(text)


def test_an_error_carries_its_place(tmp_path: Path) -> None:
    path = write(tmp_path / "wrong.csv", BEAM_LAYOUT.replace("0.275,0.250", "0.275,x"))
    with pytest.raises(LuminosityError) as caught:
        read_brilcalc(path)
    assert (caught.value.file, caught.value.line, caught.value.column) == (str(path), 3, "recorded")
    assert str(caught.value).startswith(f"{path}: line 3: column recorded: 'x' is not")


@pytest.mark.parametrize("text", ["", "hello\n", "#Data tag : 24v2 , Norm tag: None\n", "# comment\n"])
def test_what_is_no_output_of_brilcalc_is_refused(text: str) -> None:
    with pytest.raises(LuminosityError, match=r"run:fill"):
        read(text)


def test_negative_luminosity_is_read_if_that_is_asked_for() -> None:
    text = BEAM_LAYOUT.replace("6500,0.250,0,", "6500,-0.001,0,").replace("0.650,0.375", "0.399,0.375")
    assert read(text, allow_negative=True).delivered_invpb.min() == pytest.approx(-1e-6)


def test_a_footer_can_be_dispensed_with_or_asked_for() -> None:
    rows = BEAM_LAYOUT[: BEAM_LAYOUT.index("#Summary")]
    with pytest.warns(UserWarning, match="has no footer"):
        assert not read(rows, require_footer=False).is_checked
    with pytest.raises(LuminosityError, match="has no footer"):
        read(rows.replace("\r", ""), require_footer=True)


def test_compression_that_is_cut_off_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "cut.csv.gz"
    path.write_bytes(gzip.compress(BEAM_LAYOUT.encode())[:-20])
    with pytest.raises(LuminosityError, match=r"cut.csv.gz: its compression is cut off"):
        read_brilcalc(path)


def test_bytes_that_are_no_text_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "image.csv"
    path.write_bytes(b"\xff\xfe\x00\x01")
    with pytest.raises(LuminosityError, match=r"image.csv: is no text"):
        read_brilcalc(path)


def same(one: LumiTable, other: LumiTable) -> bool:
    return all(
        np.array_equal(column, other.to_columns()[name], equal_nan=column.dtype.kind in "fM")
        for name, column in one.to_columns().items()
    )


@pytest.mark.parametrize("line_ends", ["as brilcalc writes them", "LF", "CR LF"])
@pytest.mark.parametrize(("layout", "path"), [(BEAM_LAYOUT, None), (PATH_LAYOUT, "HLT_A_v1")], ids=["beam", "path"])
def test_a_file_cut_at_any_byte_is_whole_or_refused_or_warned_of(layout: str, path: str | None, line_ends: str) -> None:
    text = layout
    if line_ends != "as brilcalc writes them":
        text = text.replace("\r", "").replace("\n", "\r\n" if line_ends == "CR LF" else "\n")
    whole = read(text, hltpath=path)
    for end in range(len(text)):
        for require_footer in (None, True):
            with warnings.catch_warnings(record=True) as warned:
                warnings.simplefilter("always")
                try:
                    table = read(text[:end], hltpath=path, require_footer=require_footer)
                except LuminosityError:
                    continue
            if require_footer or line_ends == "as brilcalc writes them":
                assert not warned
                assert same(table, whole), f"cut after byte {end}: {text[:end][-30:]!r}"
            else:
                assert warned or same(table, whole), f"cut after byte {end}: {text[:end][-30:]!r}"
