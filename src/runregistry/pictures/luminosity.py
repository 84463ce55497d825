"""Recorded luminosity against time or lumisections, with the golden part filled."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from runregistry.errors import UsageError, suggestion
from runregistry.luminosity import LumiTable
from runregistry.lumis import LumiMask
from runregistry.pictures.amounts import Scale, percent, scale_of
from runregistry.pictures.bins import Along, along_lumisections, along_time
from runregistry.pictures.canvas import SMALL, bare, canvas, count_along, figure_of, head, patch, thinned
from runregistry.pictures.looks import DELIVERED, GOLDEN, INK, NOT_GOLDEN, PALE_INK, RECORDED, Look

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["Against", "draw_luminosity"]

Against: TypeAlias = Literal["time", "lumisection"]
FloatArray = NDArray[np.float64]
_HEIGHT_IN = 4.2
_TO_DAYS = 1 / 86400


class _Layers(NamedTuple):
    """Luminosity in /pb of each lumisection: golden, recorded but not golden, delivered; golden is None without a JSON."""

    golden: FloatArray | None
    rest: FloatArray
    delivered: FloatArray

    @property
    def recorded(self) -> FloatArray:
        return self.rest if self.golden is None else self.golden + self.rest


def draw_luminosity(
    table: LumiTable,
    golden: LumiMask | None = None,
    *,
    against: Against | None = None,
    title: str | None = None,
    ax: Axes | None = None,
) -> Figure:
    """Draw what was delivered as a line, what was recorded as an area, and its golden part filled.

    Parameters
    ----------
    table : LumiTable
        Of one run, of a fill, of a year: it is drawn in bins that are wide enough to be seen, at most 600 of them.
    golden : LumiMask, optional
        The golden JSON. What it has of other runs does not matter.
    against : {'time', 'lumisection'}, optional
        Time in UTC; or lumisections, those of several runs one run after the other. If not given, lumisections of a single run,
        and time of several runs, if it is known.
    title : str, optional
        What stands before the totals; without it the run, the fill, or from which to which run.
    ax : Axes, optional
        Where to draw; without it a figure of its own.

    Raises
    ------
    MissingExtraError
        matplotlib is not installed.
    UsageError
        The table has no luminosity, or not all times are known and they are asked for.

    Examples
    --------
    >>> table = LumiTable.from_columns([1, 1], [1, 2], delivered=[3.0, 4.0], recorded=[1.0, 3.0], unit="/nb")
    >>> figure = draw_luminosity(table, LumiMask({1: [(2, 2)]}))
    >>> print(figure.axes[0].get_title(loc="left"))
    Run 1: 3.00 of 4.00 nb⁻¹ recorded are golden (75.0 %)
    >>> figure.axes[0].get_ylabel()
    'luminosity per lumisection [nb⁻¹]'
    """
    layers, notes = _prepared(table, golden, against)
    along = along_time(table) if _is_time(table, against) else along_lumisections(table)
    total = scale_of(float(layers.recorded.sum() or layers.delivered.sum()))
    with canvas(ax, _HEIGHT_IN) as axes:
        scale = _draw_layers(axes, along, layers)
        axes.set_ylabel(f"luminosity per {along.width_text} [{scale.name}]")
        name = title or _name_of(table)
        head(axes, f"{name}: {_totals(layers, total)}", _handles(layers, total), entry_in=2.6, size=12)
        if _is_time(table, against):
            _mark_time(axes, notes)
        else:
            _mark_lumisections(axes, along, notes)
        bare(axes, "top", "right")
    return figure_of(axes)


def _prepared(table: LumiTable, golden: LumiMask | None, against: Against | None) -> tuple[_Layers, list[str]]:
    """Return what is drawn, and what has to be said about what is not."""
    if against not in ("time", "lumisection", None):
        raise UsageError(f"there is no axis {against!r}{suggestion(str(against), ('time', 'lumisection'))}: time or lumisection")
    if against == "time" and np.isnat(table.time).any():
        raise UsageError("not every lumisection of the table has a time; draw it against lumisections")
    recorded, delivered = np.nan_to_num(table.recorded_invpb), np.nan_to_num(table.delivered_invpb)
    if not (recorded > 0).any() and not (delivered > 0).any():
        what = "it has no lumisections" if not len(table) else f"none of its {len(table):,} lumisections has any"
        raise UsageError(f"there is no luminosity to draw: {what}")
    notes = _unknown(table)
    if golden is None:
        return _Layers(None, recorded, delivered), notes
    inside = golden.contains(table.run_number, table.lumisection)
    layers = _Layers(np.where(inside, recorded, 0.0), np.where(inside, 0.0, recorded), delivered)
    return layers, [*notes, *_missing(table, golden)]


def _is_time(table: LumiTable, against: Against | None) -> bool:
    if against is None:
        return bool(len(np.unique(table.run_number)) > 1 and not np.isnat(table.time).any())
    return against == "time"


def _unknown(table: LumiTable) -> list[str]:
    n = int(np.isnan(table.recorded_invpb).sum())
    return [f"{n:,} lumisections are not drawn: their luminosity is not known"] if n else []


def _missing(table: LumiTable, golden: LumiMask) -> list[str]:
    """Say how much of the JSON can't be seen."""
    here = golden.restrict(runs=np.unique(table.run_number).tolist())
    closed = LumiMask({run_number: ranges for run_number, ranges in here.items() if not ranges.is_open})
    n = (closed - table.mask() if len(closed) else closed).n_lumisections
    return [f"the JSON has {n:,} more lumisections of these runs, of which there is no luminosity"] if n else []


def _draw_layers(axes: Axes, along: Along, layers: _Layers) -> Scale:
    """Draw everything, and return the unit of the axis."""
    recorded, delivered = along.binned(layers.recorded), along.binned(layers.delivered)
    highest = float(max(recorded.max(), delivered.max()))
    scale = scale_of(highest)
    edges = along.edges * _TO_DAYS if along.edges[0] > 1e8 else along.edges
    below = np.zeros(len(recorded)) if layers.golden is None else along.binned(layers.golden)
    _fill(axes, edges, recorded * scale.factor, below * scale.factor, RECORDED if layers.golden is None else NOT_GOLDEN)
    if layers.golden is not None:
        _fill(axes, edges, below * scale.factor, np.zeros(len(below)), GOLDEN)
    axes.stairs(delivered * scale.factor, edges, color=DELIVERED.colour, linewidth=0.9, baseline=None, zorder=3)
    axes.set_xlim(edges[0], edges[-1])
    axes.set_ylim(0, 1.06 * highest * scale.factor)
    return scale


def _fill(axes: Axes, edges: FloatArray, top: FloatArray, bottom: FloatArray, look: Look) -> None:
    axes.stairs(
        top,
        edges,
        baseline=bottom,
        fill=True,
        facecolor=look.colour,
        edgecolor=INK,
        hatch=look.hatch,
        linewidth=0,
        zorder=look.layer,
    )


def _name_of(table: LumiTable) -> str:
    runs = np.unique(table.run_number).tolist()
    fills = np.unique(table.fill_number[table.fill_number > 0]).tolist()  # 0 is not known
    if len(runs) == 1:
        return f"Run {runs[0]}"
    return f"Fill {fills[0]}, {len(runs)} runs" if len(fills) == 1 else f"{len(runs)} runs, {runs[0]}–{runs[-1]}"


def _totals(layers: _Layers, scale: Scale) -> str:
    recorded, delivered = float(layers.recorded.sum()), float(layers.delivered.sum())
    if layers.golden is not None:
        golden = float(layers.golden.sum())
        share = f" ({percent(golden, recorded)})" if recorded else ""
        return f"{scale.text(golden, alone=True)} of {scale.text(recorded)} recorded are golden{share}"
    share = f" ({percent(recorded, delivered)})" if delivered else ""
    return f"{scale.text(recorded, alone=True)} of {scale.text(delivered)} delivered were recorded{share}"


def _handles(layers: _Layers, scale: Scale) -> list[object]:
    from matplotlib.lines import Line2D

    line = Line2D([], [], color=DELIVERED.colour, label=f"delivered {scale.text(float(layers.delivered.sum()))}")
    rest = float(layers.rest.sum())
    if layers.golden is None:
        return [patch(f"recorded {scale.text(rest)}", RECORDED), line]
    golden = patch(f"golden {scale.text(float(layers.golden.sum()))}", GOLDEN)
    return [golden, patch(f"recorded, not golden {scale.text(rest)}", NOT_GOLDEN), line]


def _mark_time(axes: Axes, notes: list[str]) -> None:
    from matplotlib import dates

    clock: Any = dates  # not typed
    locator = clock.AutoDateLocator(tz="UTC", minticks=4, maxticks=9)
    axes.xaxis.set_major_locator(locator)
    axes.xaxis.set_major_formatter(clock.ConciseDateFormatter(locator, tz="UTC"))
    axes.set_xlabel("\n".join(["time (UTC)", *notes]))


def _mark_lumisections(axes: Axes, along: Along, notes: list[str]) -> None:
    if len(along.runs) == 1:
        axes.set_xlabel("\n".join(["lumisection", *notes]))
        count_along(axes)
        return
    places = [place for _, place in along.runs]
    if len(places) <= 60:
        axes.vlines(
            places[1:], 0, 1, transform=axes.get_xaxis_transform(), color=PALE_INK, linewidth=0.6, linestyle=":", zorder=4
        )
    shown = thinned(places, (along.edges[-1] - along.edges[0]) / 14)
    axes.set_xticks([places[number] for number in shown], [str(along.runs[number][0]) for number in shown], fontsize=SMALL)
    axes.set_xlabel("\n".join(["lumisections, one run after the other (the number is where a run begins)", *notes]))
