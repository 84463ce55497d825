"""The filter language: filters, sortings and pages, checked once and evaluated over columns; and the short form people write.

`match` and `sort` need numpy and are imported where they are used.
"""

from runregistry.filters.paging import Page, parse_page
from runregistry.filters.parse import parse_filter
from runregistry.filters.short import dataset_filter_to_wire, run_filter_to_wire
from runregistry.filters.sortings import parse_sortings
from runregistry.filters.tree import AllOf, AnyOf, Column, Comparison, Node, SortKey, TableName

__all__ = [
    "AllOf",
    "AnyOf",
    "Column",
    "Comparison",
    "Node",
    "Page",
    "SortKey",
    "TableName",
    "dataset_filter_to_wire",
    "parse_filter",
    "parse_page",
    "parse_sortings",
    "run_filter_to_wire",
]
