"""Reasons beside bars: cause and comment of what is not GOOD, written only where they cover nothing that matters."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, NamedTuple, Protocol

from runregistry.pictures.canvas import figure_of, shortened, text_width
from runregistry.pictures.looks import INK
from runregistry.terms import BAD, GOOD

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["Label", "place_labels", "write_reasons"]

_MARGIN = 4.0  # points around a text
_GAP = 3.0  # between a bar and the text beside it
_ARROW = 1.1  # of the size of the text: how much wider an arrow and a space make it


class _Bar(Protocol):
    @property
    def first(self) -> int: ...
    @property
    def last(self) -> int: ...
    @property
    def status(self) -> str: ...
    @property
    def comment(self) -> str: ...
    @property
    def cause(self) -> str: ...


class Label(NamedTuple):
    """A text and where it begins, in points from the left end of the lane."""

    left: float
    text: str


def write_reasons(axes: Axes, lanes: Sequence[Sequence[_Bar]], size: float) -> None:
    """Write cause and comment into or beside the bars of each lane."""
    figure = figure_of(axes)
    figure.draw_without_rendering()  # how wide a lumisection is, is known after that
    left, right = axes.get_xlim()
    points = axes.get_window_extent().width * 72 / figure.dpi / (right - left)
    box = {"boxstyle": "square,pad=0.15", "facecolor": "white", "edgecolor": "none"}
    for row, bars in enumerate(lanes):
        for label in place_labels(bars, points, size):
            text = axes.text(
                0.5 + label.left / points, row, label.text, fontsize=size, color=INK, va="center_baseline", zorder=5, bbox=box
            )
            text.set_in_layout(False)


def place_labels(bars: Sequence[_Bar], points: float, size: float) -> Iterator[Label]:
    """Yield the labels of a lane from the left to the right.

    A text goes into its bar; if it is too long, after it, and else before it, over what is GOOD; or it is cut off where there is
    most room. BAD bars choose first.

    Parameters
    ----------
    bars : sequence of bars
        Sorted; the first lumisection of the lane is 1.
    points : float
        Width of a lumisection.
    size : float
        Of the text, in points.
    """
    free = {number: _reach(bar, points) for number, bar in enumerate(bars) if bar.status == GOOD}
    found: list[Label] = []
    for number in sorted(range(len(bars)), key=lambda place: (bars[place].status != BAD, bars[place].first - bars[place].last)):
        text = _reason(bars[number])
        if bars[number].status == GOOD or not text:
            continue
        places = [_Place(0, *_reach(bars[number], points))]
        places += [_Place(side, *free[number + side]) for side in (1, -1) if number + side in free]
        place, shown = _best(text, places, size)
        if not shown:
            continue
        label = place.label(shown, size)
        found.append(label)
        if place.side:
            end = label.left + text_width(label.text, size)
            free[number + place.side] = (end + _MARGIN, place.right) if place.side > 0 else (place.left, label.left - _MARGIN)
    yield from sorted(found)


def _reach(bar: _Bar, points: float) -> tuple[float, float]:
    return (bar.first - 1) * points, bar.last * points


def _reason(bar: _Bar) -> str:
    return ": ".join(" ".join(part.split()) for part in (bar.cause, bar.comment) if part.strip())


class _Place(NamedTuple):
    """Where a text may go: into its bar (side 0), over what is GOOD after it (1) or before it (-1)."""

    side: int
    left: float
    right: float

    def room(self, size: float) -> float:
        return self.right - self.left - 2 * _MARGIN - abs(self.side) * _ARROW * size

    def label(self, text: str, size: float) -> Label:
        if self.side > 0:
            return Label(self.left + _GAP, f"◂ {text}")
        text = f"{text} ▸" if self.side else text
        spare = self.right - self.left - text_width(text, size)
        return Label(self.left + (spare - _GAP if self.side else spare / 2), text)


def _best(text: str, places: list[_Place], size: float) -> tuple[_Place, str]:
    """Return the first place with room for all of a text, or the widest one and what fits there, which may be nothing."""
    width = text_width(text, size)
    for place in places:
        if width <= place.room(size):
            return place, text
    widest = max(places, key=lambda place: place.room(size))
    return widest, shortened(text, widest.room(size), size)
