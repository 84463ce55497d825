from __future__ import annotations

from typing import Any

import pytest

from runregistry.errors import UsageError
from runregistry.pictures import draw_good_fraction

pytest.importorskip("matplotlib")


def counts(run_number: int, component: str, good: int, lumisections: int = 100, **others: int) -> dict[str, Any]:
    return {
        "run_number": run_number,
        "component": component,
        "GOOD": good,
        "lumisections": lumisections,
        "EMPTY": 0,
        "NOTSET": 0,
        **others,
    }


ROWS = [
    counts(1, "dt-dt", 100),
    counts(2, "dt-dt", 50),
    counts(1, "csc-csc", 100),
    counts(2, "csc-csc", 99),
    counts(1, "rpc-rpc", 0, NOTSET=100),
    counts(2, "rpc-rpc", 0, EMPTY=60, NOTSET=40),
]


def lanes(figure: Any) -> dict[str, str]:
    axes = figure.axes[0]
    return dict(zip((text.get_text() for text in axes.get_yticklabels()), (text.get_text() for text in axes.texts), strict=True))


def test_the_worst_component_comes_first_and_what_nobody_judged_is_left_out() -> None:
    assert lanes(draw_good_fraction(ROWS)) == {"dt-dt": "75.0 % GOOD", "csc-csc": "99.5 % GOOD"}
    assert list(lanes(draw_good_fraction(ROWS))) == ["dt-dt", "csc-csc"]


def test_chosen_components_are_drawn_even_if_nothing_is_known() -> None:
    found = lanes(draw_good_fraction(ROWS, ["rpc-rpc", "dt-dt"]))
    assert found == {"rpc-rpc": "no lumisections judged", "dt-dt": "75.0 % GOOD"}


def test_a_column_is_as_high_as_its_good_part_and_little_loss_can_be_seen() -> None:
    axes = draw_good_fraction(ROWS, ["csc-csc"]).axes[0]
    good, lost = (patch.get_data() for patch in axes.patches[:2])
    height = good.baseline - good.values
    assert height.tolist() == [pytest.approx(0.78), pytest.approx(0.78 * 0.9)]  # 1 % is drawn as 10 %
    assert (lost.baseline - lost.values).tolist() == [pytest.approx(0), pytest.approx(0.078)]


def test_not_set_beside_other_statuses_is_not_good() -> None:
    assert lanes(draw_good_fraction([counts(1, "dt-dt", 40, NOTSET=60)])) == {"dt-dt": "40.0 % GOOD"}


def test_datasets_of_a_run_are_added_up() -> None:
    assert lanes(draw_good_fraction([counts(1, "dt-dt", 100), counts(1, "dt-dt", 0)])) == {"dt-dt": "50.0 % GOOD"}


def test_a_year_is_drawn_with_few_labels_in_a_small_file(tmp_path: Any) -> None:
    from runregistry.pictures import write_figure

    rows = [
        counts(run_number, name, 100 - (run_number % 50 == 0)) for run_number in range(1, 601) for name in ("dt-dt", "csc-csc")
    ]
    figure = draw_good_fraction(rows)
    assert len(figure.axes[0].get_xticks()) <= 12
    write_figure(figure, tmp_path / "year.svg")
    assert (tmp_path / "year.svg").stat().st_size < 100_000


def test_what_is_left_out_is_said() -> None:
    assert draw_good_fraction(ROWS, at_most=1).axes[0].get_xlabel().endswith("1 more components, with less lost")


def test_no_runs_and_unknown_components_are_refused() -> None:
    with pytest.raises(UsageError, match="no run has counts"):
        draw_good_fraction([])
    with pytest.raises(UsageError, match=r"component dt-td.*dt-dt"):
        draw_good_fraction(ROWS, ["dt-td"])
    with pytest.raises(UsageError, match="nobody judged"):
        draw_good_fraction(ROWS[-2:])
