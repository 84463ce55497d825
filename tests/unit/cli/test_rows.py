from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest

from runregistry.cli.rows import Format, Shown, pick, print_table, screen_width, write_csv, write_rows, write_shown

ROWS = [
    {"run_number": 355100, "rr_attributes": {"class": "Collisions22", "significant": True}, "gui": ["a", "b"]},
    {"run_number": 9, "rr_attributes": {"class": "", "significant": None}, "late": "x, y"},
]
FLAT = [{"run_number": 355100, "class": "Collisions22"}, {"run_number": 9, "class": None}]


def test_json_writes_the_rows_as_they_are(capsys: pytest.CaptureFixture[str]) -> None:
    write_rows(ROWS, Format.JSON, ["run_number"])
    assert json.loads(capsys.readouterr().out) == ROWS


def test_json_lines_are_one_row_each(capsys: pytest.CaptureFixture[str]) -> None:
    write_rows(ROWS, Format.JSONL)
    assert [json.loads(line) for line in capsys.readouterr().out.splitlines()] == ROWS


def test_csv_of_plain_rows_has_all_their_names(capsys: pytest.CaptureFixture[str]) -> None:
    write_rows(FLAT, Format.CSV)
    assert capsys.readouterr().out == "run_number,class\n355100,Collisions22\n9,\n"


def test_csv_text_has_a_column_for_every_name_of_any_row() -> None:
    write_csv(stream := io.StringIO(), [{"a": 1, "b": True}, {"c": "x, y", "b": None}])
    assert list(csv.reader(io.StringIO(stream.getvalue()))) == [["a", "b", "c"], ["1", "true", ""], ["", "", "x, y"]]


def test_a_table_shows_the_chosen_columns_with_numbers_flush_right(capsys: pytest.CaptureFixture[str]) -> None:
    write_rows(ROWS, Format.TABLE, ["run_number", "rr_attributes.class", "rr_attributes.significant"])
    assert capsys.readouterr().out.splitlines() == [
        "run_number  class         significant",
        "    355100  Collisions22  true",
        "         9",
    ]


def test_a_table_without_chosen_columns_shows_all(capsys: pytest.CaptureFixture[str]) -> None:
    write_rows([{"a": 1}, {"b": 2}], Format.TABLE)
    assert capsys.readouterr().out.splitlines() == ["a  b", "1", "   2"]


def test_no_rows_are_a_head_an_empty_list_and_an_empty_csv(capsys: pytest.CaptureFixture[str]) -> None:
    write_rows([], Format.TABLE, ["run_number", "rr_attributes.class"])
    assert capsys.readouterr().out == "run_number  class\n"
    write_rows([], Format.JSON)
    assert json.loads(capsys.readouterr().out) == []
    write_csv(stream := io.StringIO(), [])
    assert stream.getvalue() == ""


def test_a_path_that_leads_nowhere_is_empty() -> None:
    assert pick({"oms_attributes": None}, ["oms_attributes.energy"]) == {"energy": None}


def test_a_file_is_written_whole_and_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "runs.json"
    path.write_text("old")
    write_shown(Shown(FLAT), Format.JSON, path)
    assert json.loads(path.read_text()) == FLAT
    assert list(tmp_path.iterdir()) == [path]
    assert capsys.readouterr() == ("", f"Written: {path}\n")


def test_a_file_stays_as_it_was_if_the_rows_cannot_be_written(tmp_path: Path) -> None:
    path = tmp_path / "runs.json"
    path.write_text("old")

    def broken() -> list[dict[str, object]]:
        raise RuntimeError("no rows")

    with pytest.raises(RuntimeError):
        write_shown(Shown(FLAT, table_rows=broken), Format.TABLE, path)
    assert (path.read_text(), len(list(tmp_path.iterdir()))) == ("old", 1)


def test_parquet_of_plain_rows_can_be_read_back(tmp_path: Path) -> None:
    parquet = pytest.importorskip("pyarrow.parquet")
    write_shown(Shown(FLAT), Format.PARQUET, tmp_path / "runs.parquet")
    assert parquet.read_table(tmp_path / "runs.parquet").to_pylist() == FLAT


def test_the_width_is_that_of_the_screen_and_none_where_nobody_looks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "120")
    assert screen_width() == 120
    monkeypatch.delenv("COLUMNS")
    assert screen_width() is None


def test_what_is_the_same_in_every_row_goes_first_where_there_is_no_room(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COLUMNS", "30")
    rows = [
        {"number": number, "dt-dt": "GOOD", "csc-csc": "GOOD", "rpc-rpc": "GOOD", "tracker-strip": status}
        for number, status in enumerate(("GOOD", "BAD"))
    ]
    print_table(rows)
    answer = capsys.readouterr()
    assert answer.out.splitlines()[1].split() == ["number", "strip", "dt", "csc"]
    assert answer.err == "Left out, since it is GOOD in every row: rpc-rpc.\n"


def test_columns_that_differ_and_have_no_room_are_named(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COLUMNS", "20")
    print_table([{"run_number": 1, "first_thing": 10_000, "second_thing": 20_000}])
    answer = capsys.readouterr()
    assert "first_" in answer.out
    assert answer.err == "No room for second_thing: a wider window shows more, --format csv all.\n"
