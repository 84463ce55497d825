from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from runregistry.pictures.bars import StatusBar
from runregistry.pictures.canvas import text_width
from runregistry.pictures.labels import place_labels

pytest.importorskip("matplotlib")
SIZE = 8.0


def placed(bars: list[StatusBar], points: float = 1.0) -> list[tuple[float, str]]:
    return [(label.left, label.text) for label in place_labels(bars, points, SIZE)]


def test_a_reason_that_fits_into_its_bar_stands_in_its_middle() -> None:
    ((left, text),) = placed([StatusBar(1, 300, "GOOD"), StatusBar(301, 500, "BAD", "see elog", "HV trip")])
    assert text == "HV trip: see elog"
    assert left + text_width(text, SIZE) / 2 == pytest.approx(400)


def test_a_reason_that_does_not_fit_stands_over_good_behind_its_bar_and_points_at_it() -> None:
    ((left, text),) = placed([StatusBar(1, 5, "BAD", "", "HV trip"), StatusBar(6, 300, "GOOD")])
    assert text == "◂ HV trip"
    assert 5 < left < 10


def test_at_the_end_of_a_run_it_stands_before_its_bar() -> None:
    ((left, text),) = placed([StatusBar(1, 300, "GOOD"), StatusBar(301, 303, "BAD", "", "HV trip")])
    assert text == "HV trip ▸"
    assert left + text_width(text, SIZE) < 300


def test_nothing_is_written_over_another_status() -> None:
    assert placed([StatusBar(1, 300, "STANDBY"), StatusBar(301, 303, "BAD", "", "HV trip"), StatusBar(304, 600, "BAD")]) == []


def test_what_is_too_long_everywhere_is_cut_off_where_there_is_most_room() -> None:
    ((_, text),) = placed([StatusBar(1, 20, "BAD", "x" * 200), StatusBar(21, 140, "GOOD")])
    assert text.startswith("◂ xxxxxxxx")
    assert text.endswith("…")


def test_what_is_good_is_not_commented_and_line_ends_are_spaces() -> None:
    assert placed([StatusBar(1, 500, "GOOD", "fine")]) == []
    assert [text for _, text in placed([StatusBar(1, 500, "BAD", "two\nlines")])] == ["two lines"]


@given(
    st.lists(st.tuples(st.integers(1, 200), st.sampled_from(["GOOD", "BAD", "STANDBY"]), st.text("ab ", max_size=30)), max_size=8)
)
@settings(max_examples=20)
def test_labels_never_overlap_each_other_nor_leave_the_lane(pieces: list[tuple[int, str, str]]) -> None:
    bars, last = [], 0
    for length, status, comment in pieces:
        bars.append(StatusBar(last + 1, last + length, status, comment))
        last += length
    found = placed(bars)
    ends = [left + text_width(text, SIZE) for left, text in found]
    assert all(left > 0 for left, _ in found)
    assert all(end < last for end in ends)
    assert all(end <= left for end, (left, _) in zip(ends, found[1:], strict=False))
