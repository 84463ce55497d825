"""Values are converted if nothing is lost; else the cell is empty and one warning says so."""

from __future__ import annotations

import warnings
from datetime import UTC, datetime
from typing import Any

import pytest

from runregistry.client.frames import RUNS, Rows, TableWarning
from runregistry.client.frames.values import Troubles, clean, infer_type, read_values
from runregistry.terms.columns import Column


def read(type_name: str, *values: Any) -> list[Any]:
    return list(read_values(values, Column("x", type_name), Troubles()))


def test_integers_are_read_from_text_and_from_whole_floats() -> None:
    assert read("integer", 1, "2", " 3 ", 4.0, "5.0", None) == [1, 2, 3, 4, 5, None]


@pytest.mark.parametrize("value", [1.5, "", "x", True, 2**63, -(2**63) - 1, [], {}, float("nan"), float("inf"), "nan", "1e400"])
def test_what_is_no_integer_is_left_empty(value: object) -> None:
    assert read("integer", value) == [None]


def test_numbers_are_read_from_text_and_from_integers_that_a_float_holds() -> None:
    assert read("number", 1, "2.5", 3.5, "1e3") == [1.0, 2.5, 3.5, 1000.0]
    assert read("number", 2**53 + 1, "", True, [], 10**400) == [None] * 5


def test_flags_are_read_from_text_and_from_zero_and_one() -> None:
    assert read("boolean", True, "false", "True", 0, 1.0) == [True, False, True, False, True]
    assert read("boolean", "", "yes", 2, []) == [None] * 4


def test_texts_are_kept_and_what_is_none_is_written_as_json() -> None:
    assert read("string", "a", 1, True, ["b"], {"c": None}) == ["a", "1", "true", '["b"]', '{"c":null}']


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2022-07-05T14:48:36Z", datetime(2022, 7, 5, 14, 48, 36, tzinfo=UTC)),
        ("2022-07-05T14:48:36.123Z", datetime(2022, 7, 5, 14, 48, 36, 123000, tzinfo=UTC)),
        ("2022-07-05T16:48:36+02:00", datetime(2022, 7, 5, 14, 48, 36, tzinfo=UTC)),
        ("2022-07-05 14:48:36", datetime(2022, 7, 5, 14, 48, 36, tzinfo=UTC)),
        ("2022-07-05", datetime(2022, 7, 5, tzinfo=UTC)),
    ],
)
def test_times_are_read_as_utc(text: str, moment: datetime) -> None:
    assert read("time", text) == [moment]


@pytest.mark.parametrize("value", ["", "yesterday", 1657032516, "2022-13-05", "0001-01-01T00:00:00+14:00"])
def test_what_is_no_time_is_left_empty(value: object) -> None:
    assert read("time", value) == [None]


def test_lists_are_read_from_json_text_too() -> None:
    assert read("list", ["DT"], '["DT", "CSC"]', [1, None]) == [["DT"], ["DT", "CSC"], ["1", "null"]]
    assert read("list", "DT", 3, {}) == [None] * 3


def test_a_status_is_read_from_a_triplet() -> None:
    assert read("status", "GOOD", {"status": "BAD", "comment": ""}, {}, None) == ["GOOD", "BAD", None, None]
    assert read("status", 3, ["GOOD"]) == [None, None]


@pytest.mark.parametrize(
    ("values", "type_name"),
    [
        ([True, None], "boolean"),
        ([1, 2], "integer"),
        ([2**60, 1], "integer"),
        ([1, 2.5], "number"),
        ([2**60, 2.5], "json"),
        ([2**64], "json"),
        ([True, 1], "json"),
        (["a"], "string"),
        ([["a"], []], "list"),
        ([["a"], [1]], "json"),
        ([{}], "json"),
        ([], "string"),
    ],
)
def test_unknown_attributes_get_the_type_that_holds_all_their_values(values: list[Any], type_name: str) -> None:
    assert infer_type(values) == type_name


def test_half_a_surrogate_pair_does_not_stop_a_table() -> None:
    assert clean("noise \ud83d at 3 °C") == "noise ? at 3 °C"
    rows = Rows([{"run_number": 1, "rr_attributes": {"stop_reason": "\ud83d", "\udc00": ["\ud83d"]}}], RUNS)
    assert rows.to_arrow()["stop_reason"].to_pylist() == ["?"]
    assert rows.to_arrow().column_names[-1] == "?"


def test_one_warning_a_column_names_a_value_and_points_to_the_caller() -> None:
    rows = Rows([{"run_number": n, "oms_attributes": {"energy": "high", "start_time": "once"}} for n in range(3)], RUNS)
    with pytest.warns(TableWarning) as caught:
        rows.to_pandas()
    texts = [str(one.message) for one in caught]
    assert len(texts) == 2
    assert "column 'energy': 3 values are no number, e.g. 'high'; left empty" in texts
    assert {one.filename for one in caught} == {__file__}


def test_clean_data_warns_of_nothing() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        Rows([{"run_number": 1, "oms_attributes": {"energy": 6799}}], RUNS).to_csv()
