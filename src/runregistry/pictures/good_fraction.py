"""How much of each run was GOOD, a lane for each component: a year at a glance."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from runregistry.errors import UsageError, suggestion
from runregistry.pictures.amounts import percent
from runregistry.pictures.canvas import SMALL, bare, canvas, figure_of, head, patch
from runregistry.pictures.lanes import HALF_LANE, note_beside
from runregistry.pictures.looks import INK, PALE_INK, STATUS_LOOKS, Look
from runregistry.terms import BAD, EMPTY, GOOD, NOTSET

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["draw_good_fraction"]

_ROW_IN = 0.42
_LOWEST = 0.1  # of a lane: what is lost of a run is drawn at least so high, so that it can be seen


class _Judged(NamedTuple):
    """Lumisections of a component in a run: those that are GOOD, and those that are not EMPTY; none if nothing is known."""

    good: int
    judged: int


def draw_good_fraction(
    counts: Iterable[Mapping[str, Any]],
    components: Iterable[str] | None = None,
    *,
    at_most: int = 20,
    title: str | None = None,
    ax: Axes | None = None,
) -> Figure:
    """Draw which part of each run was GOOD, a lane for each component and a column for each run.

    Parameters
    ----------
    counts : iterable of mapping
        Rows with ``run_number``, ``component``, ``GOOD``, ``EMPTY``, ``NOTSET`` and ``lumisections``: what ``component_counts()``
        makes of the runs or datasets of a `Client`. Several datasets of a run are added up. Of a run without any status but
        NOTSET and EMPTY nothing is known; beside other statuses NOTSET is not GOOD.
    components : iterable of str, optional
        Only these, in this order; without it all, the worst first.
    at_most : int
        Draw no more components than these.
    title : str, optional
        Without it how many runs there are, from which to which.
    ax : Axes, optional
        Where to draw; without it a figure of its own.

    Raises
    ------
    MissingExtraError
        matplotlib is not installed.
    UsageError
        There are no runs, or no such component.

    Examples
    --------
    >>> rows = [{"run_number": run, "component": "dt-dt", "GOOD": 90 + run, "EMPTY": 0, "lumisections": 100} for run in (1, 2)]
    >>> axes = draw_good_fraction(rows).axes[0]
    >>> axes.get_title(loc="left"), [text.get_text() for text in axes.texts]
    ('2 runs, 1–2: GOOD part of each', ['91.5 % GOOD'])
    """
    table = _table(counts)
    runs = sorted({run_number for by_run in table.values() for run_number in by_run})
    if not runs:
        raise UsageError("there is nothing to draw: no run has counts of its components")
    lanes = _chosen(table, components)
    if not lanes:
        raise UsageError("there is nothing to draw: nobody judged any component of these runs")
    left_out, lanes = list(lanes.items())[at_most:], dict(list(lanes.items())[:at_most])
    with canvas(ax, _ROW_IN * len(lanes) + 1.4) as axes:
        for row, by_run in enumerate(lanes.values()):
            _draw_lane(axes, row, [by_run.get(run_number, _Judged(0, 0)) for run_number in runs])
            share = _share(by_run.values())
            note_beside(axes, row, "no lumisections judged" if share is None else f"{percent(*share)} GOOD")
        _mark(axes, runs, list(lanes), len(left_out))
        looks = {"GOOD": STATUS_LOOKS[GOOD], "not GOOD": STATUS_LOOKS[BAD], "nothing known": STATUS_LOOKS[EMPTY]}
        spanned = f"{len(runs)} runs, {runs[0]}–{runs[-1]}" if len(runs) > 1 else f"Run {runs[0]}"
        head(axes, title or f"{spanned}: GOOD part of each", [patch(name, look) for name, look in looks.items()])
    return figure_of(axes)


def _table(counts: Iterable[Mapping[str, Any]]) -> dict[str, dict[int, _Judged]]:
    """Return what is judged by component and run."""
    table: dict[str, dict[int, _Judged]] = {}
    for row in counts:
        by_run = table.setdefault(row["component"], {})
        before = by_run.get(row["run_number"], _Judged(0, 0))
        judged = row["lumisections"] - row.get(EMPTY, 0)
        # What nobody judged at all is not known; what was left out of a run that somebody judged is not GOOD.
        judged = 0 if judged == row.get(NOTSET, 0) else judged
        by_run[row["run_number"]] = _Judged(before.good + row.get(GOOD, 0), before.judged + judged)
    return table


def _chosen(table: Mapping[str, dict[int, _Judged]], components: Iterable[str] | None) -> dict[str, dict[int, _Judged]]:
    if components is None:
        judged = {name: share for name, by_run in table.items() if (share := _share(by_run.values())) is not None}
        return {name: table[name] for name in sorted(judged, key=lambda name: (judged[name].good / judged[name].judged, name))}
    chosen = list(components)
    for name in chosen:
        if name not in table:
            raise UsageError(f"no run has a component {name}{suggestion(name, table)}")
    return {name: table[name] for name in chosen}


def _share(judged: Iterable[_Judged]) -> _Judged | None:
    good, everything = np.sum([(0, 0), *judged], axis=0).tolist()
    return _Judged(good, everything) if everything else None


def _draw_lane(axes: Axes, row: int, judged: Sequence[_Judged]) -> None:
    """Draw a column a run from the bottom of the lane: GOOD, and above it what is not."""
    good, everything = np.array(judged, dtype=np.float64).T
    known = everything > 0
    lost = np.where(known, 1 - good / np.where(known, everything, 1), 0.0)
    lost = np.where(lost > 0, np.maximum(lost, _LOWEST), 0.0)
    top, bottom = np.full(len(judged), row - HALF_LANE), np.full(len(judged), row + HALF_LANE)
    height_of_loss = 2 * HALF_LANE * lost
    edges = np.arange(len(judged) + 1) - 0.5
    _columns(axes, edges, np.where(known, top + height_of_loss, bottom), bottom, STATUS_LOOKS[GOOD])
    _columns(axes, edges, top, top + height_of_loss, STATUS_LOOKS[BAD])
    _columns(axes, edges, top, np.where(known, top, bottom), STATUS_LOOKS[EMPTY])
    outline = (row - HALF_LANE, 2 * HALF_LANE)
    axes.broken_barh([(-0.5, len(judged))], outline, facecolor="none", edgecolor=PALE_INK, linewidth=0.5, zorder=4)


def _columns(axes: Axes, edges: Any, tops: Any, bottoms: Any, look: Look) -> None:
    """Draw columns of one look as a single shape, so that a year stays a small file; those without height don't show."""
    if (tops != bottoms).any():
        fresh = np.append(True, (np.diff(tops) != 0) | (np.diff(bottoms) != 0))
        tops, bottoms, edges = tops[fresh], bottoms[fresh], np.append(edges[:-1][fresh], edges[-1])
        axes.stairs(
            tops, edges, baseline=bottoms, fill=True, facecolor=look.colour, edgecolor=INK, hatch=look.hatch, linewidth=0,
            zorder=look.layer,
        )  # fmt: skip


def _mark(axes: Axes, runs: Sequence[int], names: Sequence[str], n_left_out: int) -> None:
    axes.set_xlim(-0.5, len(runs) - 0.5)
    axes.set_ylim(len(names) - 0.5, -0.5)
    axes.set_yticks(range(len(names)), names, fontsize=9)
    axes.tick_params(axis="y", length=0)
    ticks = list(range(0, len(runs), max(1, -(-len(runs) // 12))))
    axes.set_xticks(ticks, [str(runs[tick]) for tick in ticks], fontsize=SMALL)
    left_out = [f"not drawn: {n_left_out} more components, with less lost"] if n_left_out else []
    axes.set_xlabel("\n".join(["run (in order, not to scale)", *left_out]))
    bare(axes, "top", "right", "left", "bottom")
