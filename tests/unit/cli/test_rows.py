from __future__ import annotations

import csv
import io
import json

import pytest

from runregistry.cli.rows import Format, flatten, format_table, write_csv, write_rows

ROWS = [
    {"run_number": 355100, "rr_attributes": {"class": "Collisions22", "significant": True}, "gui": ["a", "b"]},
    {"run_number": 9, "rr_attributes": {"class": "", "significant": None}, "late": "x, y"},
]


def test_json_writes_the_rows_as_they_are(capsys: pytest.CaptureFixture[str]) -> None:
    write_rows(ROWS, Format.JSON, ["run_number"])
    assert json.loads(capsys.readouterr().out) == ROWS


def test_csv_has_a_column_for_every_name_of_any_row(capsys: pytest.CaptureFixture[str]) -> None:
    write_rows(ROWS, Format.CSV, ["run_number"])
    assert list(csv.reader(io.StringIO(capsys.readouterr().out))) == [
        ["run_number", "rr_attributes.class", "rr_attributes.significant", "gui", "late"],
        ["355100", "Collisions22", "true", '["a", "b"]', ""],
        ["9", "", "", "", "x, y"],
    ]


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
    assert format_table([], ["run_number", "rr_attributes.class"]) == "run_number  class"
    write_rows([], Format.JSON)
    assert json.loads(capsys.readouterr().out) == []
    write_csv(stream := io.StringIO(), [])
    assert stream.getvalue() == ""


def test_flags_are_no_numbers_in_a_table() -> None:
    assert format_table([{"significant": True}, {"significant": False}], ["significant"]).splitlines()[1] == "true"


def test_an_empty_mapping_leaves_no_column() -> None:
    assert dict(flatten({"run_number": 1, "dataset_attributes": {}})) == {"run_number": 1}
