from __future__ import annotations

import json
from pathlib import Path

import pytest

from runregistry.cli.golden import read_rule
from runregistry.cli.queries import parse_filter
from runregistry.errors import FilterError, LogicError, UsageError

RULE = {"==": [{"var": "lumisection.rr.dt-dt"}, "GOOD"]}


def test_a_rule_is_read_from_text_and_from_a_file(tmp_path: Path) -> None:
    path = tmp_path / "rule.json"
    path.write_text("\ufeff" + json.dumps(RULE), encoding="utf-8")
    assert read_rule(str(path)) == read_rule(f"  {json.dumps(RULE)}") == RULE


@pytest.mark.parametrize(
    ("given", "problem", "words"),
    [
        ("no/such/rule.json", UsageError, "can't read the rule no/such/rule.json: No such file"),
        ('{"==": [1, 2}', UsageError, "not JSON"),
        ('{"equal": [1, 2]}', LogicError, "Unrecognized operation equal"),
        ('{"and": [{"==": [1, 1]}, {"nad": []}]}', LogicError, r"and\[1\]"),
    ],
)
def test_a_rule_that_cannot_work_is_refused_before_anyone_is_asked(given: str, problem: type[Exception], words: str) -> None:
    with pytest.raises(problem, match=words):
        read_rule(given)


def test_a_rule_that_is_no_text_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "rule.json"
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(UsageError, match="is no text"):
        read_rule(str(path))


def test_no_filter_is_an_empty_one() -> None:
    assert parse_filter(None) == {}


@pytest.mark.parametrize("text", ["class=Cosmics18", "[1]", "355100", "null", '{"class":'])
def test_a_filter_that_is_no_json_object_is_refused(text: str) -> None:
    with pytest.raises(FilterError, match="--filter"):
        parse_filter(text)
