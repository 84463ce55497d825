"""Pages: what is accepted, which rows are cut, how many pages there are."""

from __future__ import annotations

import numpy as np
import pytest

from runregistry.errors import UsageError
from runregistry.filters import Page, parse_page


def test_missing_keys_mean_the_first_fifty_rows():
    assert parse_page() == Page(0, 50)


@pytest.mark.parametrize(
    ("page", "page_size", "expected"),
    [("2", "25", Page(2, 25)), (None, 10, Page(0, 10)), (3, None, Page(3, None)), (0, 0, Page(0, 0)), (1.0, "2.0", Page(1, 2))],
)
def test_numbers_may_be_text_or_null(page, page_size, expected):
    assert parse_page(page, page_size) == expected


def test_a_page_holds_the_rows_of_its_place():
    rows = np.arange(5)
    assert [Page(page, 2).cut(rows).tolist() for page in range(4)] == [[0, 1], [2, 3], [4], []]


def test_size_null_holds_every_row_whatever_the_page():
    assert Page(7, None).cut([1, 2, 3]) == [1, 2, 3]


def test_size_zero_holds_no_row():
    assert Page(0, 0).cut([1, 2, 3]) == []


def test_fractions_are_rounded():
    assert parse_page(0.5, 3).cut(list(range(9))) == [2, 3, 4]


def test_a_page_far_beyond_the_end_is_empty():
    assert parse_page(10**15, 50).cut(np.arange(3)).tolist() == []


@pytest.mark.parametrize(
    ("count", "size", "pages"), [(0, 50, 0), (1, 50, 1), (50, 50, 1), (51, 50, 2), (7, 0, None), (7, None, None)]
)
def test_pages_are_counted_as_the_service_counts_them(count, size, pages):
    assert Page(0, size).pages(count) == pages


@pytest.mark.parametrize(
    ("page", "page_size", "message"),
    [
        (-1, 10, "OFFSET must not be negative"),
        ("-1", 10, "OFFSET must not be negative"),
        (0, -5, "LIMIT must not be negative"),
        ("abc", 10, "page must be a whole number, not 'abc'"),
        (0, "abc", "page_size must be a whole number, not 'abc'"),
        (0, [], "page_size must be a whole number"),
        (True, 10, "page must be a whole number"),
        (0, "9" * 5000, "page_size must be a whole number"),
        (0, float("nan"), "page_size must be a whole number"),
        (10**400, 1, "page must be a whole number"),
    ],
)
def test_what_is_no_page_is_refused(page, page_size, message):
    with pytest.raises(UsageError, match=message):
        parse_page(page, page_size)
