"""Results are what came over the wire, and know of what they are."""

from __future__ import annotations

import json
import pickle

import msgspec
import pytest
from tests.unit.client.frames import samples

from runregistry.client import frames
from runregistry.errors import UsageError


@pytest.mark.parametrize("kind", samples.ALL)
def test_rows_equal_a_plain_list_of_what_came(kind: frames.Kind) -> None:
    rows = samples.rows_of(kind)
    assert rows == samples.ALL[kind]
    assert json.loads(json.dumps(rows)) == samples.ALL[kind]
    assert msgspec.json.decode(msgspec.json.encode(rows)) == samples.ALL[kind]


def test_making_a_table_leaves_the_rows_as_they_were() -> None:
    for kind, before in ((kind, json.dumps(rows)) for kind, rows in samples.ALL.items()):
        rows = samples.rows_of(kind)
        rows.to_arrow()
        rows.to_csv()
        assert json.dumps(rows) == before


def test_a_slice_is_rows_of_the_same_kind() -> None:
    rows = samples.rows_of(frames.HISTORY)[1:]
    assert isinstance(rows, frames.Rows)
    assert rows.kind is frames.HISTORY
    assert rows == samples.HISTORY[1:]
    assert rows.copy() == rows
    assert isinstance(rows.copy(), frames.Rows)


def test_an_element_is_the_plain_row() -> None:
    assert samples.rows_of(frames.RUNS)[0] is samples.RUN


@pytest.mark.parametrize(("cut", "numbers"), [(slice(1, None), [2, 3]), (slice(None, None, -2), [3, 1]), (slice(2, None), [3])])
def test_a_slice_of_lumisections_keeps_their_numbers(cut: slice, numbers: list[int]) -> None:
    table = samples.rows_of(frames.LUMISECTIONS)[cut].to_arrow(wide=True)
    assert table["lumisection_number"].to_pylist() == numbers


def test_a_slice_of_a_slice_keeps_them_too() -> None:
    table = samples.rows_of(frames.OMS_LUMISECTIONS)[1:][:1].to_arrow()
    assert table["lumisection_number"].to_pylist() == [2]


def test_lumisections_that_were_taken_out_one_by_one_have_no_numbers_any_more() -> None:
    rows = samples.rows_of(frames.LUMISECTIONS)
    del rows[0]
    with pytest.raises(UsageError, match="had 3 rows when they were read and have 2 now"):
        rows.to_arrow()


def test_rows_are_pickled_with_what_they_are() -> None:
    rows = samples.rows_of(frames.LUMISECTIONS)[1:]
    again = pickle.loads(pickle.dumps(rows))
    assert again == rows
    assert again.to_csv() == rows.to_csv()


def test_component_ranges_are_a_dict_with_tables() -> None:
    ranges = frames.ComponentRanges(samples.BY_COMPONENT, **samples.KEY)
    assert ranges == samples.BY_COMPONENT
    assert msgspec.json.decode(msgspec.json.encode(ranges)) == samples.BY_COMPONENT
    assert pickle.loads(pickle.dumps(ranges)).to_csv() == ranges.to_csv() == ranges.copy().to_csv()


def test_a_notebook_shows_the_first_rows_and_no_markup_of_theirs() -> None:
    html = frames.Rows([{"run_number": n, "rr_attributes": {"stop_reason": "<b>&"}} for n in range(30)], "runs")._repr_html_()
    assert "30 runs: the first 10 of them" in html
    assert html.count("<tr>") == 11
    assert "&lt;b&gt;&amp;" in html
    assert "<b>" not in html


def test_an_unknown_kind_is_refused() -> None:
    with pytest.raises(ValueError, match="runz"):
        frames.Rows([], "runz")
