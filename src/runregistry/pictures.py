"""Pictures of runs: the lumisection bars that shifters know from the web pages, as a file for a talk or a logbook.

Needs matplotlib (the extra ``plots``), which is loaded when a picture is drawn. Colours can be told apart by colour-blind people,
and hatching tells the statuses apart where there are no colours.
"""

from __future__ import annotations

import os
from collections.abc import Collection, Mapping, Sequence
from itertools import groupby
from typing import TYPE_CHECKING, Any, NamedTuple

from runregistry.errors import MissingExtraError, UsageError
from runregistry.lumis import LumiRanges
from runregistry.terms import BAD, EMPTY, EXCLUDED, GOOD, NO_VALUE_FOUND, NOTSET, STANDBY

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["RunPicture", "RunTotals", "Strip", "draw_run", "save_picture"]

_Bar = tuple[int, int, Any]


class _Look(NamedTuple):
    """How a value is filled: colour, hatching, and its place on top of others where bars are too narrow to be seen apart."""

    colour: str
    hatch: str
    layer: int


# Okabe and Ito's colours; in grey, GOOD and BAD would look alike without the hatching.
_LOOKS: Mapping[Any, _Look] = {
    GOOD: _Look("#6cc5a8", "", 1),
    NOTSET: _Look("#e4e4e4", "", 1),
    EMPTY: _Look("#ffffff", "..", 2),
    NO_VALUE_FOUND: _Look("#ffffff", "oo", 2),
    EXCLUDED: _Look("#b9a4c9", "\\\\\\\\", 2),
    STANDBY: _Look("#f7de74", "////", 2),
    BAD: _Look("#d55e00", "xxxx", 3),
    True: _Look("#5b8db8", "", 1),
    False: _Look("#ffffff", "", 1),
    None: _Look("#ffffff", "..", 2),
}
_OTHER = _Look("#ffffff", "++", 2)
_IN_JSON = "#0b6b4f"
_NOT_IN_JSON = "#cfd4d8"
_INK = "#333333"
_JSON_LOOK = _Look(_IN_JSON, "", 1)

_WIDTH_IN = 12.0
_ROW_IN = 0.27
_OVERVIEW_ROWS = 9
_DPI = 150
_NARROWEST = 1 / 900  # of the axis: what is narrower is drawn that wide, so that no single lumisection is lost


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
    draw_run(run, totals).savefig(path, dpi=_DPI, facecolor="white", metadata={"Title": f"Run {run.run_number}"})


def draw_run(run: RunPicture, totals: Sequence[RunTotals] = ()) -> Figure:
    """Return the picture as a matplotlib figure; parameters as of `save_picture`.

    Examples
    --------
    >>> components = {"dt-dt": [(1, 80, "GOOD"), (81, 90, "BAD")]}
    >>> run = RunPicture(355100, "Collisions22", 90, components, {"cms_active": [(1, 90, True)]})
    >>> [axes.get_title(loc="left") for axes in draw_run(run).axes]
    ['Run 355100, Collisions22: 90 lumisections', '']
    """
    try:
        from matplotlib.figure import Figure
    except ModuleNotFoundError as error:
        raise MissingExtraError("Drawing", "plots") from error
    components = _summed_up(run.components)
    n_bars = [n for n in (len(components), len(run.bits) + len(run.strips)) if n]
    if run.n_lumisections < 1 or not n_bars:
        raise UsageError(f"there is nothing to draw of run {run.run_number}: it has no lumisections, or nothing is known of them")
    heights = [*n_bars, *([_OVERVIEW_ROWS] if totals else [])]
    figure = Figure(figsize=(_WIDTH_IN, _ROW_IN * sum(heights) + 0.75 * len(heights)))
    figure.set_layout_engine("constrained", w_pad=0.12, h_pad=0.1)
    panels = list(figure.subplots(len(heights), 1, height_ratios=heights, squeeze=False)[:, 0])
    _draw_run_panels(panels[: len(n_bars)], run, components)
    if totals:
        _draw_totals(panels[-1], run.run_number, totals)
    return figure


def _draw_run_panels(panels: Sequence[Axes], run: RunPicture, components: Mapping[str, Sequence[_Bar]]) -> None:
    """Draw components, if there are any, above bits and JSONs, if there are any, over one axis of lumisections."""
    if components:
        _draw_components(panels[0], run, components)
    if run.bits or run.strips:
        _draw_bits(panels[-1], run)
    title = f"Run {run.run_number}, {run.run_class or 'no class'}: {run.n_lumisections} lumisections"
    panels[0].set_title(title, loc="left", fontsize=13, fontweight="bold")
    for above in panels[:-1]:
        above.sharex(panels[-1])
        above.tick_params(labelbottom=False)
    panels[-1].set_xlabel("lumisection")


def _summed_up(components: Mapping[str, Sequence[_Bar]]) -> dict[str, Sequence[_Bar]]:
    """Return the components, with one row at the end for those of which equally little is known."""
    silent: dict[tuple[_Bar, ...], list[str]] = {}
    told: dict[str, Sequence[_Bar]] = {}
    for name, bars in components.items():
        if all(status in (NOTSET, EMPTY) for _, _, status in bars):
            silent.setdefault(tuple(bars), []).append(name)
        else:
            told[name] = bars
    for bars, names in silent.items():
        told[names[0] if len(names) == 1 else f"{names[0]} and {len(names) - 1} more"] = bars
    return told


def _draw_components(axes: Axes, run: RunPicture, components: Mapping[str, Sequence[_Bar]]) -> None:
    _draw_rows(axes, run, components)
    for row, bars in enumerate(components.values()):
        good = sum(last - first + 1 for first, last, status in bars if status == GOOD)
        if good:
            _note_beside(axes, row, f"{100 * good / run.n_lumisections:.1f} % GOOD")
    shown = {status for bars in components.values() for _, _, status in bars}
    _legend(axes, [(str(status), _LOOKS.get(status, _OTHER)) for status in sorted(shown, key=_legend_order)])


def _draw_bits(axes: Axes, run: RunPicture) -> None:
    strips = {strip.name: _inside_and_outside(strip, run.n_lumisections) for strip in run.strips}
    _draw_rows(axes, run, {**run.bits, **strips}, json_rows=set(strips))
    for row, strip in enumerate(run.strips, len(run.bits)):
        _note_beside(axes, row, f"{len(strip.ranges)} lumisections")
    if run.strips and run.bits:
        axes.axhline(len(run.bits) - 0.5, color=_INK, linewidth=0.8)
    looks = [("bit on", _LOOKS[True]), ("off", _LOOKS[False])] if run.bits else []
    if any(value is None for bars in run.bits.values() for _, _, value in bars):
        looks.append(("unknown", _LOOKS[None]))
    _legend(axes, [*looks, *([("in the JSON", _JSON_LOOK)] if strips else [])])


def _inside_and_outside(strip: Strip, n_lumisections: int) -> list[_Bar]:
    outside = LumiRanges([(1, n_lumisections)]) - strip.ranges
    return [(first, last, value) for ranges, value in ((strip.ranges, True), (outside, False)) for first, last in ranges]


def _note_beside(axes: Axes, row: int, text: str) -> None:
    axes.text(1.008, row, text, transform=axes.get_yaxis_transform(), va="center", fontsize=8.5, color=_INK)


def _draw_rows(axes: Axes, run: RunPicture, rows: Mapping[str, Sequence[_Bar]], json_rows: Collection[str] = ()) -> None:
    """Draw one bar a row from the top down."""
    narrowest = run.n_lumisections * _NARROWEST
    for row, (name, bars) in enumerate(rows.items()):
        looks = {**_LOOKS, True: _JSON_LOOK} if name in json_rows else _LOOKS
        looked = [(looks.get(value, _OTHER), first, last) for first, last, value in bars]
        for look, group in groupby(sorted(looked, key=lambda item: (item[0].layer, item[0])), key=lambda item: item[0]):
            spans = [_span(first, last, narrowest) for _, first, last in group]
            axes.broken_barh(
                spans, (row - 0.39, 0.78), facecolor=look.colour, hatch=look.hatch, edgecolor=_INK, linewidth=0, zorder=look.layer
            )
        axes.broken_barh(
            [(0.5, run.n_lumisections)], (row - 0.39, 0.78), facecolor="none", edgecolor="#999999", linewidth=0.5, zorder=4
        )
    axes.set_xlim(0.5, run.n_lumisections + 0.5)
    axes.set_ylim(len(rows) - 0.5, -0.5)
    axes.set_yticks(range(len(rows)), list(rows), fontsize=9)
    axes.tick_params(axis="y", length=0)
    for side in ("top", "right", "left", "bottom"):
        axes.spines[side].set_visible(False)


def _span(first: int, last: int, narrowest: float) -> tuple[float, float]:
    """Return where a bar begins and how wide it is; a lumisection is centred at its number."""
    width = max(last - first + 1.0, narrowest)
    return (first + last) / 2 - width / 2, width


def _legend(axes: Axes, looks: Sequence[tuple[str, _Look]]) -> None:
    from matplotlib.patches import Patch

    handles = [Patch(facecolor=look.colour, hatch=look.hatch, edgecolor=_INK, linewidth=0.5, label=name) for name, look in looks]
    axes.legend(
        handles=handles, ncols=len(handles), loc="lower right", bbox_to_anchor=(1, 1), frameon=False, fontsize=8.5,
        borderaxespad=0.2, handlelength=2.2, columnspacing=1.4,
    )  # fmt: skip


def _legend_order(status: Any) -> tuple[int, str]:
    order = (GOOD, STANDBY, BAD, EXCLUDED, NOTSET, EMPTY, NO_VALUE_FOUND)
    return order.index(status) if status in order else len(order), str(status)


def _draw_totals(axes: Axes, run_number: int, totals: Sequence[RunTotals]) -> None:
    """Draw one column a run, filled as far as the run is in the JSON."""
    shown = sorted(totals)
    places = range(len(shown))
    lumisections = [run.n_lumisections for run in shown]
    axes.bar(places, lumisections, width=0.9, color=_NOT_IN_JSON, label="all lumisections")
    axes.bar(places, [run.n_in_json for run in shown], width=0.9, color=_IN_JSON, label="in the JSON")
    for place, run in enumerate(shown):
        if run.run_number == run_number:
            label = f"run {run_number}"
            axes.annotate(
                label, (place, run.n_lumisections), (0, 9), textcoords="offset points", ha="center", fontsize=8.5,
                arrowprops={"arrowstyle": "-", "color": _INK, "linewidth": 0.8},
            )  # fmt: skip
    ticks = list(range(0, len(shown), max(1, len(shown) // 12)))
    axes.set_xticks(ticks, [str(shown[tick].run_number) for tick in ticks], fontsize=8.5)
    axes.set_xlim(-0.8, len(shown) - 0.2)
    axes.set_ylim(0, 1.14 * max(lumisections))
    axes.set_xlabel("run (in order, not to scale)")
    axes.set_ylabel("lumisections")
    inside, everything = sum(run.n_in_json for run in shown), sum(lumisections)
    axes.set_title(
        f"{len(shown)} runs: {inside:,} of {everything:,} lumisections in the JSON", loc="left", fontsize=11, fontweight="bold"
    )
    axes.legend(loc="lower right", bbox_to_anchor=(1, 1), frameon=False, fontsize=8.5, borderaxespad=0.2, ncols=2)
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
