"""The page about tables lists the columns that there are."""

from __future__ import annotations

import re
import textwrap
from pathlib import Path
from typing import Any

import pytest

from runregistry.client import frames
from runregistry.client.frames.columns import OMS_COLUMNS
from runregistry.client.frames.kinds import shape_of
from runregistry.client.frames.making import make_frame
from runregistry.terms.columns import COLUMN_TYPES

PAGE = Path(__file__).parents[4] / "docs" / "tables.md"
TEXT = PAGE.read_text(encoding="utf-8")
# Name of the block in the page: the kind, and the shape that is asked for.
KINDS: dict[str, tuple[frames.Kind, dict[str, Any]]] = {
    "runs": (frames.RUNS, {}),
    "datasets": (frames.DATASETS, {}),
    "counts": (frames.COUNTS, {}),
    "lumisections": (frames.LUMISECTIONS, {}),
    "ranges": (frames.RANGES, {}),
    "oms_lumisections": (frames.OMS_LUMISECTIONS, {}),
    "oms_ranges": (frames.OMS_RANGES, {}),
    "history": (frames.HISTORY, {}),
    "changes": (frames.CHANGES, {}),
    "tags": (frames.TAGS, {}),
    "cycles": (frames.CYCLES, {}),
    "cycles by dataset": (frames.CYCLES, {"per": "dataset"}),
    "accepted": (frames.ACCEPTED, {}),
}


def written(block: str) -> str:
    """What the page says of a kind: names with types and units, in order."""
    kind, options = KINDS[block]
    shape = shape_of(kind, options.get("per"), options.get("wide", False))
    columns = [series.column for series in make_frame(kind, [], shape, stacklevel=1).series]
    if kind is frames.DATASETS:  # listed with the runs
        columns = [column for column in columns if column not in OMS_COLUMNS]
    units = ((column, f" [{column.unit}]" if column.unit else "") for column in columns)
    names = (f"{column.name}: {column.type}{unit}".replace(" ", "\u00a0") for column, unit in units)
    return textwrap.fill(", ".join(names), 118).replace("\u00a0", " ")


@pytest.mark.parametrize("block", KINDS)
def test_the_columns_of_each_kind_are_listed(block: str) -> None:
    title, _, by = block.partition(" by ")
    heading = f"#### {title}" + (f", by {by}" if by else "")
    found = re.search(rf"^{re.escape(heading)}\n+```text\n(.*?)\n```", TEXT, re.MULTILINE | re.DOTALL)
    assert found, f"no block under {heading!r}"
    assert found.group(1) == written(block), f"{PAGE.name}: write this under {heading!r}:\n{written(block)}"


def test_every_type_of_column_is_explained() -> None:
    assert [name for name in COLUMN_TYPES if f"| `{name}` |" not in TEXT] == []


def test_every_kind_is_named() -> None:
    assert [kind for kind in frames.Kind if f"`{kind.name}`" not in TEXT] == []
