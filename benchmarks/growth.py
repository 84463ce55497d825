"""The drawing of how the registry grows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

_COLOURS = {"SQLite": "#0072b2", "PostgreSQL": "#d55e00"}
_DASHES = ("-", "--", "-.", ":")


class Point(NamedTuple):
    """What is drawn of a registry of one size: seconds by place, and the rest."""

    database: str
    runs: int
    p95_s: Mapping[str, float]
    n_bytes: int
    golden_cold_s: float
    golden_warm_s: float


def draw(points: Sequence[Point], goals: Mapping[str, float], path: Path) -> None:
    """Draw pages, golden JSONs and the disk against the number of runs; all but the time of pages in powers of ten."""
    import matplotlib

    matplotlib.use("svg")
    # Text stays text, and the same numbers make the same file.
    matplotlib.rcParams.update({"svg.fonttype": "none", "svg.hashsalt": "runregistry", "font.size": 10})
    from matplotlib import pyplot

    figure, panels = pyplot.subplots(1, 3, figsize=(13, 4.8), layout="constrained")
    for database in dict.fromkeys(point.database for point in points):
        of_database = [point for point in points if point.database == database]
        _lines(panels[0], of_database, [(place, lambda point, p=place: point.p95_s[p] * 1e3) for place in of_database[0].p95_s])
        panels[0].axhline(goals[database] * 1e3, color=_COLOURS[database], linewidth=0.7, alpha=0.6)
        _lines(panels[1], of_database, [("cold", lambda point: point.golden_cold_s), ("warm", lambda point: point.golden_warm_s)])
        _lines(panels[2], of_database, [("", lambda point: point.n_bytes / 1e9)])
    for panel, title, unit in zip(
        panels,
        ("Pages of 50: 95 % within (thin: goals)", "Golden JSON of the largest year", "Size on disk"),
        ("ms", "s", "GB"),
        strict=True,
    ):
        panel.set(title=title, xlabel="runs, with ten datasets each", ylabel=unit, xscale="log", yscale="log")
        panel.xaxis.set_major_formatter("{x:,.0f}")
        panel.grid(alpha=0.3)
        panel.legend(fontsize=8, ncols=2, loc="upper center", bbox_to_anchor=(0.5, -0.2))
    panels[0].set(yscale="linear", ylim=(0, None))
    for panel in panels:
        panel.yaxis.set_major_formatter("{x:g}")
    figure.savefig(path, metadata={"Date": None})
    pyplot.close(figure)


def _lines(panel: Any, points: Sequence[Point], lines: Sequence[tuple[str, Any]]) -> None:
    for (name, value), dashes in zip(lines, _DASHES, strict=False):
        label = f"{points[0].database}, {name}" if name else points[0].database
        panel.plot(
            [point.runs for point in points],
            list(map(value, points)),
            dashes,
            marker="o",
            markersize=4,
            color=_COLOURS[points[0].database],
            label=label,
        )
