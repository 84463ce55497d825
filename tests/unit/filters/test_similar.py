"""SIMILAR TO: whole texts, SQL's wildcards, and patterns that must not hurt. Expectations were checked against PostgreSQL 15."""

from __future__ import annotations

import time

import pytest

from runregistry.errors import UsageError
from runregistry.filters.similar import similar_to


@pytest.mark.parametrize(
    ("pattern", "text", "expected"),
    [
        ("/PromptReco/Collisions2022_/DQM", "/PromptReco/Collisions2022C/DQM", True),
        ("/PromptReco/Collisions2022_/DQM", "/PromptReco/Collisions2022/DQM", False),
        ("/PromptReco/%", "/PromptReco/Cosmics22/DQM", True),
        ("PromptReco", "/PromptReco/Cosmics22/DQM", False),
        ("%", "online", True),
        ("%", "", True),
        ("", "", True),
        ("", "a", False),
        ("ONLINE", "online", False),
        ("/(PromptReco|Express)/%", "/Express/Cosmics22/DQM", True),
        ("a|b", "b", True),
        ("a|b", "ab", False),
        ("a|", "", True),
        ("(a|b)*c", "ababc", True),
        ("a+", "", False),
        ("ab?c", "ac", True),
        ("a{2}", "aa", True),
        ("a{2}", "aaa", False),
        ("a{2,}", "aaaa", True),
        ("a{1,2}", "aaa", False),
        ("a{0}", "", True),
        ("{a", "{a", True),
        ("a}", "a}", True),
        ("a*?", "aaa", True),
        ("%?b", "aab", True),
        ("[abc]", "b", True),
        ("[^abc]", "b", False),
        ("[^abc]", "d", True),
        ("[A-D]", "C", True),
        ("[A-D]", "E", False),
        ("[a-]", "-", True),
        ("[]a]", "]", True),
        (r"[\]]", "]", True),
        ("[%_]", "x", False),
        ("[%_]", "%", True),
        ("[[:digit:]]+", "2022", True),
        ("[[:digit:]A]+", "20A2", True),
        ("a.c", "abc", False),
        ("a.c", "a.c", True),
        ("^a$", "^a$", True),
        (r"a\%c", "a%c", True),
        (r"a\%c", "abc", False),
        (r"a\(b", "a(b", True),
        ("a_c", "a\nc", True),
        ("(((a)))", "a", True),
        ("()", "", True),
        ("(a*)*b", "aaab", True),
    ],
)
def test_a_whole_text_matches_as_in_sql(pattern, text, expected):
    assert similar_to(pattern).fullmatch(text) is expected


@pytest.mark.parametrize(
    ("pattern", "reason"),
    [
        ("(a", r"parentheses \(\) not balanced"),
        ("a)", r"parentheses \(\) not balanced"),
        ("[a", r"brackets \[\] not balanced"),
        ("[", r"brackets \[\] not balanced"),
        ("*a", "quantifier operand invalid"),
        ("a**", "quantifier operand invalid"),
        ("%*", "quantifier operand invalid"),
        ("(+a)", "quantifier operand invalid"),
        ("a|?", "quantifier operand invalid"),
        ("{2}", "quantifier operand invalid"),
        ("a{2,1}", "invalid repetition count"),
        ("a{256}", "invalid repetition count"),
        ("a{1,x}", "invalid repetition count"),
        ("a{1", r"braces \{\} not balanced"),
        ("[b-a]", "invalid character range"),
        ("[[:wrong:]]", "invalid character class"),
        ("a\\", "invalid escape"),
        ("[\\", "invalid escape"),
    ],
)
def test_a_bad_pattern_is_refused_as_postgresql_does(pattern, reason):
    with pytest.raises(UsageError, match=f"^invalid regular expression: {reason}"):
        similar_to(pattern)


@pytest.mark.parametrize("pattern", ["(" * 200 + ")" * 200, "x" * 2000, "((a{255}){255}){255}", "((((){255}){255}){255}){255}"])
def test_a_pattern_that_is_too_large_is_refused(pattern):
    with pytest.raises(UsageError, match=r"^invalid regular expression: regular expression is too complex"):
        similar_to(pattern)


@pytest.mark.parametrize("pattern", ["%a" * 40 + "b", "(a*)*b", "(a|a)*b", "(a|aa)+b", "(%a%)*b"])
def test_no_pattern_takes_for_ever(pattern):
    start = time.perf_counter()
    assert similar_to(pattern).fullmatch("a" * 2000) is False
    assert time.perf_counter() - start < 5


def test_a_pattern_shows_itself():
    assert repr(similar_to("a%")) == "similar_to('a%')"
