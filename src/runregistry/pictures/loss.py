"""What each clause of a rule costs, and which clauses fail together."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, TypeAlias

from runregistry.errors import UsageError, suggestion
from runregistry.pictures.amounts import Scale, percent, scale_of
from runregistry.pictures.canvas import SMALL, WIDTH_IN, bare, head, new_figure, patch, styled
from runregistry.pictures.looks import EXCLUSIVE, INCLUSIVE, INK, PALE_INK

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure, SubFigure

__all__ = ["Combination", "Loss", "Measure", "draw_loss"]

Measure: TypeAlias = Literal["luminosity", "lumisections"]
_ROW_IN = 0.36
_TOP_IN = 1.4
_WRAP = 38
_MOST_COMBINATIONS = 14


class Loss(NamedTuple):
    """What a clause costs: wherever it is to blame, and where it alone is; in /pb, or in lumisections."""

    label: str
    inclusive: float
    exclusive: float


class Combination(NamedTuple):
    """What is lost where exactly these clauses fail; in /pb, or in lumisections."""

    labels: Sequence[str]
    amount: float


def draw_loss(
    clauses: Iterable[tuple[str, float, float]],
    combinations: Iterable[tuple[Sequence[str], float]] = (),
    *,
    total: float | None = None,
    measure: Measure = "luminosity",
    at_most: int = 20,
    title: str | None = None,
    figure: Figure | SubFigure | None = None,
) -> Figure | SubFigure:
    """Draw a bar for each clause, the costliest first, and beside them what is lost where several fail together.

    Parameters
    ----------
    clauses : iterable of Loss
        Label, inclusive and exclusive loss; tuples will do.
    combinations : iterable of Combination, optional
        Clauses by their labels, and what is lost where exactly they fail. The 14 costliest are drawn.
    total : float, optional
        Everything that could have been certified: what percentages are of.
    measure : {'luminosity', 'lumisections'}
        What the numbers are: luminosity in /pb, or lumisections.
    at_most : int
        Draw no more clauses than these; how many are left out is said below.
    title : str, optional
        Above it.
    figure : Figure or SubFigure, optional
        An empty one to draw on; without it a new one. It gets one or, with combinations, three axes.

    Raises
    ------
    MissingExtraError
        matplotlib is not installed.
    UsageError
        No clause costs anything, an exclusive loss is larger than the inclusive one, or a combination names an unknown clause.

    Examples
    --------
    >>> figure = draw_loss([("dt-dt is GOOD", 1.5, 0.5), ("cms_active is true", 4.0, 3.0)], total=40.0)
    >>> [label.get_text() for label in figure.axes[0].get_yticklabels()]
    ['cms_active is true', 'dt-dt is GOOD']
    >>> [text.get_text() for text in figure.axes[0].texts]
    ['4.00 pb⁻¹ (10.0 %), alone 3.00', '1.50 pb⁻¹ (3.8 %), alone 0.500']
    """
    lost = sorted((Loss(*row) for row in clauses), key=lambda row: (-row.inclusive, -row.exclusive, row.label))
    together = sorted((Combination(*row) for row in combinations), key=lambda row: (-row.amount, list(row.labels)))
    _check(lost, together, measure)
    kept = [row for row in lost[:at_most] if row.inclusive > 0]
    scale = scale_of(lost[0].inclusive) if measure == "luminosity" else Scale("", 1.0)
    with styled():
        height = _ROW_IN * len(kept) + (_TOP_IN + 0.6 if together else 1.4)
        figure = new_figure(WIDTH_IN, height) if figure is None else figure
        axes = figure.add_subplot() if not together else _draw_together(figure, kept, together, scale)
        _draw_clauses(axes, kept, total, scale, len(lost) - len(kept))
        handles = [patch("lost where the clause fails", INCLUSIVE), patch("where it alone fails", EXCLUSIVE)]
        _head(figure, axes, title or _title(total, together, scale), handles, has_matrix=bool(together))
    return figure


def _check(lost: Sequence[Loss], together: Sequence[Combination], measure: str) -> None:
    if measure not in ("luminosity", "lumisections"):
        known = ("luminosity", "lumisections")
        raise UsageError(f"there is no measure {measure!r}{suggestion(measure, known)}: {' or '.join(known)}")
    if not any(row.inclusive > 0 for row in lost):
        raise UsageError("there is nothing to draw: no clause costs anything")
    for row in lost:
        # Sums in another order differ in the last digits.
        if row.exclusive > row.inclusive * (1 + 1e-9):
            raise UsageError(f"{row.label}: alone it can't cost {row.exclusive:g}, more than the {row.inclusive:g} of all")
    labels = {row.label for row in lost}
    for combination in together:
        for label in combination.labels:
            if label not in labels:
                raise UsageError(f"a combination names the clause {label!r}, which is not in the list{suggestion(label, labels)}")


def _draw_clauses(axes: Axes, lost: Sequence[Loss], total: float | None, scale: Scale, n_left_out: int) -> None:
    places = range(len(lost))
    axes.barh(
        places, [row.inclusive * scale.factor for row in lost], height=0.72, facecolor=INCLUSIVE.colour, hatch=INCLUSIVE.hatch,
        edgecolor=EXCLUSIVE.colour, linewidth=0.8,
    )  # fmt: skip
    axes.barh(places, [row.exclusive * scale.factor for row in lost], height=0.72, facecolor=EXCLUSIVE.colour)
    for place, row in enumerate(lost):
        axes.text(
            1.01,
            place,
            _amount_text(row, total, scale),
            transform=axes.get_yaxis_transform(),
            va="center",
            fontsize=SMALL,
            color=INK,
        )
    axes.set_yticks(places, [_wrapped(row.label) for row in lost], fontsize=9)
    axes.set_ylim(len(lost) - 0.5, -0.5)
    axes.set_xlim(0, 1.02 * lost[0].inclusive * scale.factor)
    axes.tick_params(axis="y", length=0)
    unit = f"luminosity lost [{scale.name}]" if scale.name else "lumisections lost"
    axes.set_xlabel("\n".join([unit, *([f"not drawn: {n_left_out} more clauses"] if n_left_out else [])]))
    bare(axes, "top", "right")


def _amount_text(row: Loss, total: float | None, scale: Scale) -> str:
    share = f" ({percent(row.inclusive, total)})" if total else ""
    return f"{scale.text(row.inclusive)}{share}, alone {scale.text(row.exclusive, alone=True)}"


def _wrapped(label: str) -> str:
    lines = textwrap.wrap(label, _WRAP, max_lines=2, placeholder=" …", break_long_words=True)
    return "\n".join(lines) or label


def _draw_together(figure: Figure | SubFigure, lost: Sequence[Loss], together: Sequence[Combination], scale: Scale) -> Axes:
    """Draw a column for each combination, how much is lost above and which clauses fail below; return the axes of the clauses."""
    shown = together[:_MOST_COMBINATIONS]
    grid = figure.add_gridspec(
        2, 2, width_ratios=[1.0, 0.25 + 0.075 * len(shown)], height_ratios=[_TOP_IN, _ROW_IN * len(lost)], hspace=0.03
    )
    axes = figure.add_subplot(grid[1, 0])
    columns = figure.add_subplot(grid[0, 1])
    matrix = figure.add_subplot(grid[1, 1])
    _draw_columns(columns, shown, scale)
    _draw_matrix(matrix, lost, shown, len(together) - len(shown))
    return axes


def _draw_columns(axes: Axes, shown: Sequence[Combination], scale: Scale) -> None:
    amounts = [one.amount * scale.factor for one in shown]
    # One clause alone is the exclusive loss of the bars, and looks like it.
    for place, (one, amount) in enumerate(zip(shown, amounts, strict=True)):
        look = EXCLUSIVE if len(one.labels) == 1 else INCLUSIVE
        axes.bar(place, amount, width=0.72, facecolor=look.colour, hatch=look.hatch, edgecolor=EXCLUSIVE.colour, linewidth=0.8)
        axes.annotate(
            scale.text(one.amount, alone=True), (place, amount), (0, 3), textcoords="offset points", ha="center", va="bottom",
            fontsize=SMALL - 1, rotation=90 if len(shown) > 9 else 0, color=INK,
        )  # fmt: skip
    axes.set_xlim(-0.6, len(shown) - 0.4)
    axes.set_ylim(0, 1.35 * max(amounts))
    axes.set_xticks([])
    axes.set_ylabel(f"lost together\n[{scale.name or 'lumisections'}]", fontsize=9)
    bare(axes, "top", "right")


def _draw_matrix(axes: Axes, lost: Sequence[Loss], shown: Sequence[Combination], n_more: int) -> None:
    rows = {row.label: place for place, row in enumerate(lost)}
    for place in range(0, len(lost), 2):
        axes.axhspan(place - 0.5, place + 0.5, color="#f2f2f2", linewidth=0, zorder=0)
    for column, one in enumerate(shown):
        failing = sorted(rows[label] for label in one.labels if label in rows)
        others = [place for place in range(len(lost)) if place not in failing]
        axes.scatter([column] * len(others), others, s=14, color="#d0d0d0", linewidths=0, zorder=1)
        axes.scatter([column] * len(failing), failing, s=34, color=INK, linewidths=0, zorder=3)
        if len(failing) > 1:
            axes.vlines(column, failing[0], failing[-1], color=INK, linewidth=1.4, zorder=2)
    axes.set_xlim(-0.6, len(shown) - 0.4)
    axes.set_ylim(len(lost) - 0.5, -0.5)
    axes.set_xticks([])
    axes.set_yticks([])
    axes.set_xlabel("fail together" + (f" (not drawn: {n_more} more combinations)" if n_more else ""), fontsize=9, color=INK)
    axes.spines[:].set_color(PALE_INK)
    axes.spines[:].set_linewidth(0.5)


def _head(figure: Figure | SubFigure, axes: Axes, title: str, handles: Sequence[Any], *, has_matrix: bool) -> None:
    """Write title and legend above; with a matrix into the corner that it leaves empty."""
    if not has_matrix:
        head(axes, title, handles, entry_in=2.6)
        return
    figure.suptitle(title, x=0.01, ha="left", fontsize=13, fontweight="bold")
    axes.legend(handles=handles, loc="lower left", bbox_to_anchor=(0, 1.02), frameon=False, fontsize=9, borderpad=0)


def _title(total: float | None, together: Sequence[Combination], scale: Scale) -> str:
    unit = "" if scale.name else " lumisections"
    lost = sum(one.amount for one in together)
    if total and together:
        return f"Lost: {scale.text(lost)}{unit} of {scale.text(total)}{unit} ({percent(lost, total)})"
    return f"Loss by clause, of {scale.text(total)}{unit}" if total else "Loss by clause"
