"""What is odd in a golden JSON, with its place."""

from __future__ import annotations

import pytest

from runregistry.errors import RangeError
from runregistry.lumis import LumiMask


@pytest.mark.parametrize(
    ("ranges", "found"),
    [
        ("[[1, 5], [7, 9]]", []),
        ("[[-1]]", []),
        ("[[1, 5], [5, 9]]", [("overlap", "run 7, range 2: [5, 9] shares lumisection 5 with range 1")]),
        ("[[1, 9], [2, 4]]", [("overlap", "run 7, range 2: [2, 4] shares lumisections 2-4 with range 1")]),
        ("[[1, 9], [1, 9]]", [("overlap", "run 7, range 2: [1, 9] shares lumisections 1-9 with range 1")]),
        (
            "[[5, 9], [1, 6]]",
            [
                ("order", "run 7, range 2: [1, 6] comes after a later range"),
                ("overlap", "run 7, range 2: [1, 6] shares lumisections 5-6 with range 1"),
            ],
        ),
        ("[[1, 5], [6, 9]]", [("touch", "run 7, range 2: [6, 9] could be one with range 1")]),
        ("[[0, 5]]", [("zero", "run 7, range 1: [0, 5] has a bound of 0; lumisections are counted from 1")]),
        ("[[5, 0]]", [("zero", "run 7, range 1: [5, 0] has a bound of 0; lumisections are counted from 1")]),
        ("[]", [("empty", "run 7: has no ranges")]),
        ("[[-1], [3, 0]]", None),
    ],
)
def test_each_kind_is_named_with_run_and_range(ranges: str, found: list[tuple[str, str]] | None) -> None:
    text = f'{{"7": {ranges}, "8": [[1, 2]]}}'
    problems = LumiMask.problems(text)
    if found is None:
        assert [problem.kind for problem in problems] == ["zero", "overlap"]
        return
    assert [(problem.kind, str(problem)) for problem in problems] == found
    if found:
        with pytest.raises(RangeError) as caught:
            LumiMask.from_json(text, strict=True)
        assert str(caught.value).startswith(found[0][1])
        assert caught.value.run_number == 7
    else:
        assert LumiMask.from_json(text, strict=True) == LumiMask.from_json(text)


def test_ranges_of_other_forms_are_looked_at_too() -> None:
    assert [problem.kind for problem in LumiMask.problems("7:1-7:5,7:3-7:9")] == ["overlap"]
    assert [problem.kind for problem in LumiMask.problems("run_number,first,last\n7,1,5\n7,6,9\n")] == ["touch"]
    assert LumiMask.problems("[[7, 1], [7, 1]]") == []


def test_what_has_no_meaning_is_an_error_and_no_problem() -> None:
    with pytest.raises(RangeError, match=r"run 7, range 2: \[9, 3\] is reversed"):
        LumiMask.problems('{"7": [[1, 2], [9, 3]]}')
