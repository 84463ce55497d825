"""Regular expressions of JavaScript, searched as JavaScript would."""

from __future__ import annotations

import contextlib
import re
import warnings

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runregistry.errors import UsageError
from runregistry.server.services.javascript_patterns import javascript_pattern


@pytest.mark.parametrize(
    ("pattern", "text", "found"),
    [
        ("/ZeroBias/Run2018A-PromptReco-v.*?/DQMIO", "/ZeroBias/Run2018A-PromptReco-v2/DQMIO", True),
        ("/ZeroBias/Run2018A-PromptReco-v.*?/DQMIO", "/HIZeroBias/Run2018A-PromptReco-v2/DQMIO", False),
        ("Run2018[A-D]", "/A/Run2018C/B", True),
        (r"\/Cosmics\/Run2018\w-", "/Cosmics/Run2018A-Express", True),
        ("^/Cosmics/.*/DQMIO$", "/Cosmics/Run2018A/DQMIO", True),
        ("DQMIO$", "DQMIO\n", False),
        ("(?<era>[A-D])-\\k<era>", "A-A", True),
        ("(A|B)\\1", "AB", False),
        ("(?:Express|Prompt)(?!Reco)", "PromptReco", False),
        ("(?<=v)2", "v2", True),
        ("[\\w-.]+$", "a-.", True),
        ("^[a-\\d]$", "-", True),
        ("^[^]$", "x", True),
        ("[]", "x", False),
        ("[[&&~~||-]", "&", True),
        ("^[\\b]$", "\b", True),
        ("^[\\]x]$", "]", True),
        ("^a{2}$", "aa", True),
        ("^a{,2}$", "a{,2}", True),
        ("a{x}", "a{x}", True),
        ("^x{$", "x{", True),
        ("]}", "]}", True),
        ("^\\u0041\\x42$", "AB", True),
        ("^\\e\\_\\A$", "e_A", True),
        ("^\\cJ$", "\n", True),
        ("\\d", "٣", False),
        ("#a b", "#a b", True),
        ("a+?b", "aaab", True),
        ("^a??$", "", True),
        ("", "anything", True),
    ],
)
def test_an_expression_finds_what_it_finds_in_javascript(pattern: str, text: str, found: bool) -> None:
    assert (javascript_pattern(pattern).search(text) is not None) is found


BAD = [
    *("(", ")", "[", "[a", "*a", "a**", "a++", "a{2}+", "a?+", "(?i)a", "(?P<x>a)", "(?#c)", "\\", "[\\", "[z-a]", "[|--]"),
    "(?<=a+)b",
]


@pytest.mark.parametrize("pattern", BAD)
def test_what_can_not_be_used_is_refused_with_the_expression(pattern: str) -> None:
    with pytest.raises(UsageError, match=re.escape(repr(pattern))):
        javascript_pattern(pattern)


@given(st.text(alphabet="ab1-\\/.^$*+?{}[]()|,&~#wdkb<>=!:\n", max_size=12))
def test_any_text_is_an_expression_or_refused_and_never_warned_about(text: str) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with contextlib.suppress(UsageError):
            javascript_pattern(text).search("a-1")


@given(st.text(max_size=12))
def test_an_escaped_text_finds_itself(text: str) -> None:
    escaped = re.sub(r"[\\^$.*+?()\[\]{}|/]", r"\\\g<0>", text)
    assert javascript_pattern(f"^{escaped}$").search(text)
