"""A run as a whole: its components, its DCS bits, what JSONs have of it, and where it stands among other runs."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from runregistry.errors import UsageError
from runregistry.lumis import LumiRanges
from runregistry.pictures.canvas import SMALL, WIDTH_IN, bare, head, new_figure, patch, styled
from runregistry.pictures.lanes import draw_lanes, inside_and_outside, note_beside, summed_up
from runregistry.pictures.looks import GOLDEN, INK, NOT_GOLDEN, VALUE_LOOKS, look_of, statuses_in_order
from runregistry.pictures.writing import write_figure
from runregistry.terms import GOOD

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["RunPicture", "RunTotals", "Strip", "draw_run", "save_picture"]

_Bar = tuple[int, int, Any]

_ROW_IN = 0.27
_OVERVIEW_ROWS = 9


class Strip(NamedTuple):
    """One more bar under the bits: a name, and the lumisections that it has."""

    name: str
    ranges: LumiRanges


class RunTotals(NamedTuple):
    """A run in the overview: how many lumisections it has, and how many of them are in the JSON."""

    run_number: int
    n_lumisections: int
    n_in_json: int


class RunPicture(NamedTuple):
    """What is drawn of a run.

    Attributes
    ----------
    run_number, run_class : int, str
        For the title.
    n_lumisections : int
        Where the axis ends.
    components : mapping of str to list of (first, last, status)
        By name, closed ranges.
    bits : mapping of str to list of (first, last, value)
        DCS bits and beam flags: true, false or None.
    strips : sequence of Strip
        JSONs: what of the run they hold.
    """

    run_number: int
    run_class: str
    n_lumisections: int
    components: Mapping[str, Sequence[_Bar]]
    bits: Mapping[str, Sequence[_Bar]]
    strips: Sequence[Strip] = ()


def save_picture(path: str | os.PathLike[str], run: RunPicture, totals: Sequence[RunTotals] = ()) -> None:
    """Draw a run into a file, with an overview of many runs under it if their totals are given.

    Parameters
    ----------
    path : path
        Its ending says what it becomes: ``.png``, ``.pdf`` or ``.svg``.

    Raises
    ------
    MissingExtraError
        matplotlib is not installed.
    UsageError
        The run has no lumisections, or neither components nor bits nor strips are given.
    """
    write_figure(draw_run(run, totals), path, title=f"Run {run.run_number}")


def draw_run(run: RunPicture, totals: Sequence[RunTotals] = ()) -> Figure:
    """Return the picture as a matplotlib figure; parameters as of `save_picture`.

    Examples
    --------
    >>> components = {"dt-dt": [(1, 80, "GOOD"), (81, 90, "BAD")]}
    >>> run = RunPicture(355100, "Collisions22", 90, components, {"cms_active": [(1, 90, True)]})
    >>> [axes.get_title(loc="left") for axes in draw_run(run).axes]
    ['Run 355100, Collisions22: 90 lumisections', '']
    """
    components = summed_up(run.components)
    n_bars = [n for n in (len(components), len(run.bits) + len(run.strips)) if n]
    if run.n_lumisections < 1 or not n_bars:
        raise UsageError(f"there is nothing to draw of run {run.run_number}: it has no lumisections, or nothing is known of them")
    heights = [*n_bars, *([_OVERVIEW_ROWS] if totals else [])]
    with styled():
        figure = new_figure(WIDTH_IN, _ROW_IN * sum(heights) + 0.8 * len(heights))
        panels = list(figure.subplots(len(heights), 1, height_ratios=heights, squeeze=False)[:, 0])
        _draw_run_panels(panels[: len(n_bars)], run, components)
        if totals:
            _draw_totals(panels[-1], run.run_number, totals)
    return figure


def _draw_run_panels(panels: Sequence[Axes], run: RunPicture, components: Mapping[str, Sequence[_Bar]]) -> None:
    """Draw components, if there are any, above bits and JSONs, if there are any, over one axis of lumisections."""
    title = f"Run {run.run_number}, {run.run_class or 'no class'}: {run.n_lumisections} lumisections"
    if components:
        _draw_components(panels[0], run, components, title)
    if run.bits or run.strips:
        _draw_bits(panels[-1], run, "" if components else title)
    for above in panels[:-1]:
        above.sharex(panels[-1])
        above.tick_params(labelbottom=False)
    panels[-1].set_xlabel("lumisection")


def _draw_components(axes: Axes, run: RunPicture, components: Mapping[str, Sequence[_Bar]], title: str) -> None:
    draw_lanes(axes, components, run.n_lumisections)
    for row, bars in enumerate(components.values()):
        good = sum(last - first + 1 for first, last, status in bars if status == GOOD)
        if good:
            note_beside(axes, row, f"{100 * good / run.n_lumisections:.1f} % GOOD")
    shown = {status for bars in components.values() for _, _, status in bars}
    head(axes, title, [patch(str(status), look_of(status)) for status in statuses_in_order(shown)])


def _draw_bits(axes: Axes, run: RunPicture, title: str) -> None:
    strips = {strip.name: inside_and_outside(strip.ranges, run.n_lumisections) for strip in run.strips}
    draw_lanes(axes, {**run.bits, **strips}, run.n_lumisections, jsons=set(strips))
    for row, strip in enumerate(run.strips, len(run.bits)):
        note_beside(axes, row, f"{len(strip.ranges)} lumisections")
    if run.strips and run.bits:
        axes.axhline(len(run.bits) - 0.5, color=INK, linewidth=0.8)
    handles = [patch("bit on", VALUE_LOOKS[True]), patch("off", VALUE_LOOKS[False])] if run.bits else []
    if any(value is None for bars in run.bits.values() for _, _, value in bars):
        handles.append(patch("unknown", VALUE_LOOKS[None]))
    head(axes, title, [*handles, *([patch("in the JSON", GOLDEN)] if strips else [])])


def _draw_totals(axes: Axes, run_number: int, totals: Sequence[RunTotals]) -> None:
    """Draw one column a run, filled as far as the run is in the JSON."""
    shown = sorted(totals)
    places = range(len(shown))
    lumisections = [run.n_lumisections for run in shown]
    axes.bar(places, lumisections, width=0.9, color=NOT_GOLDEN.colour)
    axes.bar(places, [run.n_in_json for run in shown], width=0.9, color=GOLDEN.colour)
    for place, run in enumerate(shown):
        if run.run_number == run_number:
            axes.annotate(
                f"run {run_number}", (place, run.n_lumisections), (0, 9), textcoords="offset points", ha="center", fontsize=SMALL,
                arrowprops={"arrowstyle": "-", "color": INK, "linewidth": 0.8},
            )  # fmt: skip
    ticks = list(range(0, len(shown), max(1, len(shown) // 12)))
    axes.set_xticks(ticks, [str(shown[tick].run_number) for tick in ticks], fontsize=SMALL)
    axes.set_xlim(-0.8, len(shown) - 0.2)
    axes.set_ylim(0, 1.14 * max(lumisections))
    axes.set_xlabel("run (in order, not to scale)")
    axes.set_ylabel("lumisections")
    inside, everything = sum(run.n_in_json for run in shown), sum(lumisections)
    title = f"{len(shown)} runs: {inside:,} of {everything:,} lumisections in the JSON"
    handles = [patch("all lumisections", NOT_GOLDEN._replace(hatch="")), patch("in the JSON", GOLDEN)]
    head(axes, title, handles, size=11)
    bare(axes, "top", "right")
