"""Durations: percentiles, and how they are written."""

from __future__ import annotations

import math
from collections.abc import Sequence


def percentile(seconds: Sequence[float], percent: float) -> float:
    """Return the shortest of the durations that at least `percent` % of all do not exceed (nearest rank)."""
    if not seconds or not 0 < percent <= 100:
        raise ValueError(f"no percentile {percent} of {len(seconds)} durations")
    return sorted(seconds)[math.ceil(len(seconds) * percent / 100) - 1]


def milliseconds(seconds: float) -> str:
    """Write a short duration."""
    return f"{seconds * 1e3:.1f} ms" if seconds < 0.1 else f"{seconds * 1e3:,.0f} ms"


def markdown(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Write a table as Markdown that reads well in a terminal too."""
    widths = [max(len(line[column]) for line in (header, *rows)) for column in range(len(header))]
    lines = [f"| {' | '.join(cell.ljust(width) for cell, width in zip(line, widths, strict=True))} |" for line in (header, *rows)]
    return "\n".join([lines[0], f"| {' | '.join('-' * width for width in widths)} |", *lines[1:]])
