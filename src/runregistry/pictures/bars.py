"""Status bars of a run: a lane for each component, the worst first, with the reasons written where there is room."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, TypeAlias

from runregistry.errors import UsageError, suggestion
from runregistry.lumis import LumiRanges
from runregistry.pictures.amounts import percent
from runregistry.pictures.canvas import SMALL, canvas, figure_of, head, patch
from runregistry.pictures.labels import write_reasons
from runregistry.pictures.lanes import draw_lanes, inside_and_outside, note_beside, summed_up
from runregistry.pictures.looks import GOLDEN, look_of, statuses_in_order
from runregistry.terms import BAD, EMPTY, GOOD, NOTSET

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["Order", "StatusBar", "draw_status_bars"]

Order: TypeAlias = Literal["worst", "name", "given"]
_JSON_LANE = "golden JSON"
_ROW_IN, _DENSE_ROW_IN = 0.27, 0.2
_MANY = 30  # lanes: from here on they are lower


class StatusBar(NamedTuple):
    """A status over a closed range of lumisections, and why."""

    first: int
    last: int
    status: str
    comment: str = ""
    cause: str = ""

    @property
    def length(self) -> int:
        """How many lumisections it has."""
        return self.last - self.first + 1


def draw_status_bars(
    ranges: Mapping[str, Iterable[Any]],
    *,
    components: Iterable[str] | None = None,
    order: Order | None = None,
    at_most: int | None = None,
    golden: LumiRanges | None = None,
    reasons: bool = True,
    title: str | None = None,
    ax: Axes | None = None,
) -> Figure:
    """Draw the status of each component of a run, lumisection by lumisection.

    Parameters
    ----------
    ranges : mapping of str to iterable
        By component: rows of the registry (``start``, ``end``, ``status``, ``comment``, ``cause``), as
        ``Client.ranges_by_component(run)`` gives them, or tuples in the order of `StatusBar`.
    components : iterable of str, optional
        Only these, in this order. Without it all of them; those of which nothing is known share a lane.
    order : {'worst', 'name', 'given'}, optional
        Worst first: by lumisections that are BAD, then by those that are not GOOD. If not given, the worst first, or the order of
        `components`.
    at_most : int, optional
        Draw no more components than these; how many are left out is said below.
    golden : LumiRanges, optional
        What a JSON has of the run, as the last lane.
    reasons : bool
        Whether cause and comment of what is not GOOD are written into the bars, or beside them, where there is room.
    title : str, optional
        Without it the run and the dataset, if `ranges` knows them, and the number of lumisections.
    ax : Axes, optional
        Where to draw; without it a figure of its own.

    Returns
    -------
    Figure

    Raises
    ------
    MissingExtraError
        matplotlib is not installed.
    UsageError
        There are no lumisections, or no such component.

    Examples
    --------
    >>> rows = [{"start": 1, "end": 80, "status": "GOOD"}, {"start": 81, "end": 90, "status": "BAD", "cause": "HV trip"}]
    >>> figure = draw_status_bars({"dt-dt": [(1, 90, "GOOD")], "csc-csc": rows})
    >>> [label.get_text() for label in figure.axes[0].get_yticklabels()]
    ['csc-csc', 'dt-dt']
    """
    by_component = {name: sorted(map(_bar, rows)) for name, rows in ranges.items()}
    n_lumisections = max((bar.last for bars in by_component.values() for bar in bars), default=0)
    if not n_lumisections:
        raise UsageError("there is nothing to draw: no component has a lumisection")
    lanes = _chosen(by_component, components, order)
    kept = dict(list(lanes.items())[:at_most])
    strip = {} if golden is None else {_JSON_LANE: inside_and_outside(golden, n_lumisections)}
    n_lanes = len(kept) + len(strip)
    row_in = _ROW_IN if n_lanes <= _MANY else _DENSE_ROW_IN
    with canvas(ax, row_in * n_lanes + 1.3) as axes:
        size = SMALL if n_lanes <= _MANY else 7.0
        draw_lanes(axes, {**kept, **strip}, n_lumisections, jsons=set(strip), label_size=size)
        _write_shares(axes, kept, golden, n_lumisections, size)
        shown = {bar.status for bars in kept.values() for bar in bars}
        handles = [patch(str(status), look_of(status)) for status in statuses_in_order(shown)]
        head(axes, title or _title(ranges, n_lumisections), [*handles, *([patch("in the JSON", GOLDEN)] if strip else [])])
        axes.set_xlabel("\n".join(["lumisection", *_left_out(lanes, len(kept))]))
        if reasons:
            write_reasons(axes, list(kept.values()), size - 0.5)
    return figure_of(axes)


def _bar(row: Any) -> StatusBar:
    if not isinstance(row, Mapping):
        return StatusBar(*row)
    first, last = row.get("start", row.get("first")), row.get("end", row.get("last"))
    if first is None or last is None:
        raise UsageError(f"a range needs start and end, and this one has {', '.join(map(str, row)) or 'nothing'}")
    return StatusBar(int(first), int(last), str(row.get("status")), str(row.get("comment") or ""), str(row.get("cause") or ""))


def _chosen(
    by_component: Mapping[str, list[StatusBar]], components: Iterable[str] | None, order: Order | None
) -> dict[str, Sequence[StatusBar]]:
    """Return the lanes in their order."""
    if components is None:
        found: dict[str, Sequence[Any]] = dict(by_component)
        order = order or "worst"
    else:
        found = {name: _named(by_component, name) for name in components}
    if order == "worst":
        found = dict(sorted(found.items(), key=lambda lane: (_badness(lane[1]), lane[0])))
    elif order == "name":
        found = dict(sorted(found.items()))
    elif order not in ("given", None):
        raise UsageError(f"there is no order {order!r}{suggestion(order, ('worst', 'name', 'given'))}: worst, name or given")
    return {name: [StatusBar(*bar) for bar in bars] for name, bars in (summed_up(found) if components is None else found).items()}


def _named(by_component: Mapping[str, list[StatusBar]], name: str) -> list[StatusBar]:
    if name not in by_component:
        hint = suggestion(name, by_component) or f"; there are {', '.join(sorted(by_component))}"
        raise UsageError(f"the run has no component {name}{hint}")
    return by_component[name]


def _badness(bars: Sequence[StatusBar]) -> tuple[int, int]:
    bad = sum(bar.length for bar in bars if bar.status == BAD)
    return -bad, -sum(bar.length for bar in bars if bar.status not in (GOOD, NOTSET, EMPTY))


def _write_shares(
    axes: Axes, lanes: Mapping[str, Sequence[StatusBar]], golden: LumiRanges | None, n_lumisections: int, size: float
) -> None:
    """Write how much of each lane is GOOD at its end."""
    for row, bars in enumerate(lanes.values()):
        good = sum(bar.length for bar in bars if bar.status == GOOD)
        if good or any(bar.status not in (NOTSET, EMPTY) for bar in bars):
            note_beside(axes, row, f"{percent(good, n_lumisections)} GOOD", size)
    if golden is not None:
        inside = len(golden & LumiRanges([(1, n_lumisections)]))
        note_beside(axes, len(lanes), f"{percent(inside, n_lumisections)} golden", size)


def _title(ranges: Mapping[str, Any], n_lumisections: int) -> str:
    about: Mapping[str, Any] = getattr(ranges, "context", {})
    amount = f"{n_lumisections:,} lumisection{'s' if n_lumisections != 1 else ''}"
    if "run_number" not in about:
        return amount
    dataset_name = about.get("dataset_name", "online")
    return f"Run {about['run_number']}, {dataset_name}: {amount}"


def _left_out(lanes: Mapping[str, Sequence[StatusBar]], n_kept: int) -> list[str]:
    """Say what was left out."""
    rest = list(lanes.values())[n_kept:]
    if not rest:
        return []
    all_good = all(bar.status == GOOD for bars in rest for bar in bars)
    return [f"not drawn: {len(rest)} more components{', GOOD throughout' if all_good else ''}"]
