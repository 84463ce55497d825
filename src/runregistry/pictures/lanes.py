"""Lanes of bars over an axis of lumisections, one below the other."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from itertools import groupby
from typing import TYPE_CHECKING, Any

from runregistry.lumis import LumiRanges
from runregistry.pictures.canvas import SMALL, bare, count_along
from runregistry.pictures.looks import GOLDEN, INK, PALE_INK, VALUE_LOOKS, Look, look_of
from runregistry.terms import EMPTY, NOTSET

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["HALF_LANE", "draw_lanes", "inside_and_outside", "note_beside", "summed_up"]

HALF_LANE = 0.39
_NARROWEST = 1 / 900  # of the axis: what is narrower is drawn that wide, so that no single lumisection is lost


def draw_lanes(
    axes: Axes,
    lanes: Mapping[str, Sequence[Sequence[Any]]],
    n_lumisections: int,
    *,
    jsons: Collection[str] = (),
    label_size: float = 9,
) -> None:
    """Draw one lane of bars for each name, from the top down.

    Parameters
    ----------
    lanes : mapping of str to sequence of (first, last, value, …)
        Closed ranges.
    jsons : collection of str
        The lanes that show what is in a JSON: true is inside.
    """
    narrowest = n_lumisections * _NARROWEST
    for row, (name, bars) in enumerate(lanes.items()):
        looked = [(_look(bar[2], name in jsons), bar[0], bar[1]) for bar in bars]
        for look, group in groupby(sorted(looked, key=lambda item: (item[0].layer, item[0])), key=lambda item: item[0]):
            spans = [_span(first, last, narrowest) for _, first, last in group]
            axes.broken_barh(
                spans, (row - HALF_LANE, 2 * HALF_LANE), facecolor=look.colour, hatch=look.hatch, edgecolor=INK,
                linewidth=0, zorder=look.layer,
            )  # fmt: skip
        axes.broken_barh(
            [(0.5, n_lumisections)],
            (row - HALF_LANE, 2 * HALF_LANE),
            facecolor="none",
            edgecolor=PALE_INK,
            linewidth=0.5,
            zorder=4,
        )
    axes.set_xlim(0.5, n_lumisections + 0.5)
    axes.set_ylim(len(lanes) - 0.5, -0.5)
    axes.set_yticks(range(len(lanes)), list(lanes), fontsize=label_size)
    axes.tick_params(axis="y", length=0)
    count_along(axes)
    bare(axes, "top", "right", "left", "bottom")


def _look(value: Any, is_json: bool) -> Look:
    return (GOLDEN if value else VALUE_LOOKS[False]) if is_json else look_of(value)


def _span(first: int, last: int, narrowest: float) -> tuple[float, float]:
    """Return where a bar begins and how wide it is; a lumisection is centred at its number."""
    width = max(last - first + 1.0, narrowest)
    return (first + last) / 2 - width / 2, width


def note_beside(axes: Axes, row: int, text: str, size: float = SMALL) -> None:
    """Write something at the right end of a lane."""
    axes.text(1.008, row, text, transform=axes.get_yaxis_transform(), va="center", fontsize=size, color=INK)


def inside_and_outside(ranges: LumiRanges, n_lumisections: int) -> list[tuple[int, int, bool]]:
    """Return what of a run is in a JSON, true, and what is not, as bars.

    Examples
    --------
    >>> inside_and_outside(LumiRanges([(2, 3)]), 4)
    [(2, 3, True), (1, 1, False), (4, 4, False)]
    """
    run = LumiRanges([(1, n_lumisections)])
    parts = ((run & ranges, True), (run - ranges, False))
    return [(first, last, value) for some, value in parts for first, last in some]


def summed_up(lanes: Mapping[str, Sequence[Any]]) -> dict[str, Sequence[Any]]:
    """Return the lanes, with one at the end for those of which equally little is known.

    Examples
    --------
    >>> list(summed_up({"dt-dt": [(1, 9, "NOTSET")], "csc-csc": [(1, 9, "GOOD")], "rpc-rpc": [(1, 9, "NOTSET")]}))
    ['csc-csc', 'dt-dt and 1 more']
    """
    silent: dict[tuple[Any, ...], list[str]] = {}
    told: dict[str, Sequence[Any]] = {}
    for name, bars in lanes.items():
        if all(bar[2] in (NOTSET, EMPTY) for bar in bars):
            silent.setdefault(tuple(tuple(bar[:3]) for bar in bars), []).append(name)
        else:
            told[name] = bars
    for bars, names in silent.items():
        told[names[0] if len(names) == 1 else f"{names[0]} and {len(names) - 1} more"] = bars
    return told
