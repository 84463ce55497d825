"""What pictures are drawn on: figures without pyplot, one style whatever the user set, titles and legends that don't collide."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from runregistry.errors import MissingExtraError
from runregistry.pictures.looks import INK, Look

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = [
    "SMALL",
    "WIDTH_IN",
    "bare",
    "canvas",
    "count_along",
    "figure_of",
    "head",
    "new_figure",
    "patch",
    "shortened",
    "styled",
    "text_width",
    "thinned",
]

WIDTH_IN = 12.0
SMALL = 8.5
_TITLE = 13.0
_LEGEND_LINE = 15.0  # points
_LEGEND_ENTRY_IN = 1.3
# DejaVu comes with matplotlib, so that pictures look the same everywhere; text stays text, to be found and read aloud.
_STYLE: dict[str, Any] = {
    "font.family": ["DejaVu Sans"],
    "hatch.linewidth": 0.7,
    "hatch.color": INK,
    "svg.hashsalt": "runregistry",
    "svg.fonttype": "none",
    "pdf.fonttype": 42,
    "axes.unicode_minus": True,
}


@contextmanager
def styled() -> Iterator[None]:
    """Draw in our style; that of the user is back afterwards.

    Raises
    ------
    MissingExtraError
        matplotlib is not installed.
    """
    try:
        import matplotlib.figure
    except ModuleNotFoundError as error:
        raise MissingExtraError("Drawing", "plots") from error
    style: Any = _STYLE  # matplotlib's type is a list of every setting
    with matplotlib.rc_context(style):
        yield


def new_figure(width_in: float, height_in: float) -> Figure:
    """Return an empty figure that pyplot knows nothing of."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width_in, height_in))
    figure.set_layout_engine("constrained", w_pad=0.12, h_pad=0.1)
    return figure


@contextmanager
def canvas(ax: Axes | None, height_in: float, width_in: float = WIDTH_IN) -> Iterator[Axes]:
    """Yield the axes to draw on: those that are given, or new ones in a figure of their own."""
    with styled():
        yield new_figure(width_in, height_in).add_subplot() if ax is None else ax


def figure_of(axes: Axes) -> Figure:
    """Return the whole figure that axes belong to."""
    figure = axes.get_figure(root=True)
    assert figure is not None  # axes are made in a figure
    return figure


def bare(axes: Axes, *sides: str) -> None:
    """Take the lines away on some sides."""
    for side in sides:
        axes.spines[side].set_visible(False)


def count_along(axes: Axes) -> None:
    """Label the axis along the bottom with whole numbers only."""
    from matplotlib.ticker import MaxNLocator

    axes.xaxis.set_major_locator(MaxNLocator(nbins=9, steps=[1, 2, 5, 10], integer=True, min_n_ticks=1))


def patch(name: str, look: Look) -> Any:
    """Return what stands for a look in a legend."""
    from matplotlib.patches import Patch

    return Patch(facecolor=look.colour, hatch=look.hatch, edgecolor=INK, linewidth=0.5, label=name)


def head(
    axes: Axes, title: str, handles: Sequence[Any] = (), *, entry_in: float = _LEGEND_ENTRY_IN, size: float = _TITLE
) -> None:
    """Write a title and, on lines of its own under it, a legend, in as many columns as there is room for."""
    figure = figure_of(axes)
    width_in = figure.get_figwidth() * (axes.get_position(original=True).width if len(figure.axes) > 1 else 0.8)
    columns = max(1, min(len(handles), int(width_in / entry_in)))
    lines = -(-len(handles) // columns) if handles else 0
    axes.set_title(title, loc="left", fontsize=size, fontweight="bold", pad=6 + _LEGEND_LINE * lines)
    if handles:
        axes.legend(
            handles=handles, ncols=columns, loc="lower left", bbox_to_anchor=(0, 1), frameon=False, fontsize=SMALL,
            borderpad=0, borderaxespad=0.5, handlelength=2.2, columnspacing=1.6, labelspacing=0.35,
        )  # fmt: skip


def text_width(text: str, size: float) -> float:
    """Return how wide a text is, in points."""
    from matplotlib.font_manager import FontProperties
    from matplotlib.textpath import TextPath

    if not text.strip():
        return 0.0
    return float(TextPath((0, 0), text, size=size, prop=FontProperties(family="DejaVu Sans"), usetex=False).get_extents().width)


def shortened(text: str, room: float, size: float, *, fewest: int = 8) -> str:
    """Return a text that fits into some points, cut off with an ellipsis; nothing if fewer than so many letters would be left.

    Examples
    --------
    >>> shortened("HV trip in sector 7", 300, 8), shortened("HV trip in sector 7", 60, 8), shortened("HV trip in sector 7", 9, 8)
    ('HV trip in sector 7', 'HV trip in sec…', '')
    """
    width = text_width(text, size)
    if width <= room:
        return text
    while len(text) > fewest:
        text = text[: max(fewest, min(len(text) - 1, int(len(text) * room / width)))]
        width = text_width(f"{text}…", size)
        if width <= room:
            return f"{text.rstrip()} …" if text.endswith(" ") else f"{text}…"
    return ""


def thinned(places: Sequence[float], apart: float) -> list[int]:
    """Return which of some ascending places to label, so that labels are so far apart.

    Examples
    --------
    >>> thinned([0, 1, 5, 9, 10, 20], 5)
    [0, 2, 4, 5]
    """
    chosen: list[int] = []
    for number, place in enumerate(places):
        if not chosen or place - places[chosen[-1]] >= apart:
            chosen.append(number)
    return chosen
