from __future__ import annotations

from typing import Any

import pytest

from runregistry.errors import UsageError
from runregistry.pictures import Combination, Loss, draw_loss

Figure = pytest.importorskip("matplotlib.figure").Figure

CLAUSES = [Loss("dt-dt is GOOD", 12.0, 4.5), Loss("tracker-strip is GOOD", 40.0, 30.0), Loss("energy is above 6000", 0.0, 0.0)]
TOGETHER = [
    Combination(["tracker-strip is GOOD"], 30.0),
    Combination(["dt-dt is GOOD", "tracker-strip is GOOD"], 7.5),
    Combination(["dt-dt is GOOD"], 4.5),
]


def labels(axes: Any) -> list[str]:
    return [text.get_text() for text in axes.get_yticklabels()]


def texts(axes: Any) -> list[str]:
    return [text.get_text() for text in axes.texts]


def test_bars_are_sorted_with_the_exclusive_part_in_them() -> None:
    axes = draw_loss(CLAUSES, total=1200).axes[0]
    assert labels(axes) == ["tracker-strip is GOOD", "dt-dt is GOOD"]
    assert [bar.get_width() for bar in axes.patches] == [40.0, 12.0, 30.0, 4.5]
    assert texts(axes) == ["40.0 pb⁻¹ (3.3 %), alone 30.0", "12.0 pb⁻¹ (1.0 %), alone 4.50"]
    assert axes.get_xlabel() == "luminosity lost [pb⁻¹]\nnot drawn: 1 more clauses"


def test_the_unit_fits_the_largest_loss() -> None:
    axes = draw_loss([("a", 0.02, 0.01), ("b", 0.0005, 0.0)]).axes[0]
    assert texts(axes) == ["20.0 nb⁻¹, alone 10.0", "0.500 nb⁻¹, alone 0"]


def test_lumisections_are_whole_and_have_no_unit() -> None:
    axes = draw_loss([("a", 1234, 5)], total=2000, measure="lumisections").axes[0]
    assert texts(axes) == ["1,234 (61.7 %), alone 5"]
    assert axes.get_xlabel() == "lumisections lost"


def test_combinations_are_a_matrix_in_the_order_of_the_bars() -> None:
    figure = draw_loss(CLAUSES, TOGETHER, total=1200)
    clauses, columns, matrix = figure.axes
    assert labels(clauses) == ["tracker-strip is GOOD", "dt-dt is GOOD"]
    assert [bar.get_height() for bar in columns.patches] == [30.0, 7.5, 4.5]
    assert matrix.get_ylim() == clauses.get_ylim()
    assert figure.get_suptitle() == "Lost: 42.0 pb⁻¹ of 1,200 pb⁻¹ (3.5 %)"


def test_the_dots_say_which_clauses_fail_together() -> None:
    from matplotlib.collections import PathCollection

    matrix = draw_loss(CLAUSES, TOGETHER).axes[2]
    dots = [one for one in matrix.collections if isinstance(one, PathCollection) and one.get_sizes()[0] > 20]
    assert [one.get_offsets().tolist() for one in dots] == [[[0, 0]], [[1, 0], [1, 1]], [[2, 1]]]


def test_rows_of_bars_and_dots_are_on_one_line() -> None:
    figure = draw_loss(CLAUSES, TOGETHER)
    figure.draw_without_rendering()
    clauses, _, matrix = (axes.get_window_extent() for axes in figure.axes)
    assert (clauses.y0, clauses.y1) == (pytest.approx(matrix.y0), pytest.approx(matrix.y1))
    notes = [text.get_window_extent() for text in figure.axes[0].texts]
    assert max(box.x1 for box in notes) < matrix.x0


def test_many_combinations_and_clauses_are_cut_and_that_is_said() -> None:
    clauses = [(f"clause {number:02d}", 100.0 - number, 1.0) for number in range(30)]
    together = [([f"clause {number:02d}"], 30.0 - number) for number in range(30)]
    first, columns, matrix = draw_loss(clauses, together, at_most=10).axes
    assert len(labels(first)) == 10
    assert "20 more clauses" in first.get_xlabel()
    assert len(columns.patches) == 14
    assert "16 more combinations" in matrix.get_xlabel()


def test_long_labels_are_wrapped() -> None:
    (label,) = labels(draw_loss([("class is like Collisions and " * 6, 1.0, 1.0)]).axes[0])
    assert label.count("\n") == 1
    assert label.endswith("…")


def test_a_figure_that_is_given_is_drawn_on() -> None:
    figure = Figure()
    assert draw_loss(CLAUSES, figure=figure, title="mine") is figure
    assert figure.axes[0].get_title(loc="left") == "mine"


@pytest.mark.parametrize(
    ("clauses", "together", "options", "words"),
    [
        ([], [], {}, "no clause costs anything"),
        ([("a", 0.0, 0.0)], [], {}, "no clause costs anything"),
        ([("a", 1.0, 2.0)], [], {}, "alone it can't cost 2"),
        ([("dt-dt is GOOD", 1.0, 1.0)], [(["dt-dt is GOOF"], 1.0)], {}, "'dt-dt is GOOF'.*dt-dt is GOOD"),
        ([("a", 1.0, 1.0)], [], {"measure": "lumi"}, "no measure 'lumi'"),
    ],
)
def test_what_cannot_be_drawn_is_explained(clauses: Any, together: Any, options: dict[str, Any], words: str) -> None:
    with pytest.raises(UsageError, match=words):
        draw_loss(clauses, together, **options)
