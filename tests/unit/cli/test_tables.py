from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from runregistry.cli.colours import is_coloured
from runregistry.cli.tables import cell_text, make_table

ROW = {"run_number": 355100, "author": "shifter@example.org", "comment": "HV trip of a few modules in the inner barrel"}


class Terminal:
    def isatty(self) -> bool:
        return True


def test_flags_are_no_numbers() -> None:
    assert make_table([{"significant": True}, {"significant": False}], ["significant"]).lines[1] == "true"


def test_the_longest_text_is_cut_first() -> None:
    head, line = make_table([ROW], list(ROW), width=60).lines
    assert len(line) <= 60
    assert line == "    355100  shifter@example.org  HV trip of a few modules i…"
    assert head.split() == list(ROW)


def test_names_and_times_are_whole_and_the_last_columns_make_room() -> None:
    row = {"time": "2018-05-01T03:15:46", "author": "shifter@example.org", "what": "a few words here", "comment": "more words"}
    table = make_table([row], list(row), width=55)
    assert table.lines[1] == "2018-05-01T03:15:46  shifter@example.org  a few words…"
    assert table.left_out == ["comment"]


def test_nothing_is_cut_without_a_width() -> None:
    assert make_table([ROW], list(ROW)).lines[1].endswith("inner barrel")


def test_numbers_are_never_cut_and_what_has_no_room_is_told() -> None:
    table = make_table([{"a": 123456789, "b": 987654321, "c": 555555555}], ["a", "b", "c"], width=22)
    assert table.lines[1] == "123456789  987654321"
    assert table.left_out == ["c"]


def test_wide_heads_are_folded_where_there_is_no_room() -> None:
    row = {"lumisection": 1, "tracker-strip": "GOOD", "beam1_present": True}
    assert make_table([row], list(row), width=60).lines[0] == "lumisection  tracker-strip  beam1_present"
    assert make_table([row], list(row), width=32).lines[:2] == [
        "             tracker-  beam1_",
        "lumisection  strip     present",
    ]


def test_statuses_are_coloured_and_still_words() -> None:
    rows = [{"status": "GOOD", "note": "GOODNESS"}]
    plain, coloured = (make_table(rows, ["status", "note"], in_colour=flag).lines for flag in (False, True))
    assert plain[1] == "GOOD    GOODNESS"
    assert coloured == [plain[0], "\x1b[32mGOOD\x1b[0m    GOODNESS"]


@pytest.mark.parametrize("text", ["\x1b[2J", "a\rb", "a\u202eb", "\x9b31m"])
def test_a_comment_cannot_command_the_terminal(text: str) -> None:
    assert cell_text(text).isprintable()


def test_a_character_of_two_places_counts_twice() -> None:
    lines = make_table([{"comment": "試験 試験試験試験試験", "n": 1}], ["comment", "n"], width=16).lines
    assert lines[1] == "試験 試験試…   1"


@given(st.lists(st.text(max_size=40), min_size=1, max_size=6), st.integers(40, 120))
@settings(max_examples=50)
def test_a_table_never_is_wider_than_the_screen(texts: list[str], width: int) -> None:
    row = {f"c{number}": text for number, text in enumerate(texts)}
    table = make_table([row], list(row), width=width)
    assert len(table.lines) == 2
    assert all(len(line) <= width for line in table.lines)


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        ({"TERM": "xterm"}, True),
        ({"TERM": "dumb"}, False),
        ({"TERM": "xterm", "NO_COLOR": "1"}, False),
        ({"TERM": "xterm", "NO_COLOR": ""}, True),
        ({"TERM": "dumb", "FORCE_COLOR": "1"}, True),
        ({"FORCE_COLOR": "1", "NO_COLOR": "1"}, False),
    ],
)
def test_colours_are_for_terminals_unless_somebody_says_otherwise(
    environment: dict[str, str], expected: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("NO_COLOR", "FORCE_COLOR", "TERM"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert is_coloured(Terminal()) is expected
