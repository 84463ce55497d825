from __future__ import annotations

from typing import Any

import pytest

from runregistry.client.frames import ComponentRanges
from runregistry.errors import MissingExtraError, UsageError
from runregistry.lumis import LumiRanges
from runregistry.pictures import draw_status_bars

Figure = pytest.importorskip("matplotlib.figure").Figure


def row(first: int, last: int, status: str, comment: str = "", cause: str = "") -> dict[str, Any]:
    return {"start": first, "end": last, "status": status, "comment": comment, "cause": cause}


RANGES = ComponentRanges(
    {
        "csc-csc": [row(1, 1000, "GOOD")],
        "dt-dt": [row(1, 900, "GOOD"), row(901, 1000, "BAD", cause="HV trip")],
        "ecal-ecal": [row(1, 700, "GOOD"), row(701, 1000, "STANDBY")],
        "rpc-rpc": [row(1, 1000, "NOTSET")],
        "gem-gem": [row(1, 1000, "NOTSET")],
    },
    run_number=315512,
    dataset_name="online",
)


def labels(figure: Any) -> list[str]:
    return [text.get_text() for text in figure.axes[0].get_yticklabels()]


def texts(figure: Any) -> list[str]:
    return [text.get_text() for text in figure.axes[0].texts]


def test_the_worst_component_comes_first_and_what_is_not_known_last() -> None:
    figure = draw_status_bars(RANGES)
    assert labels(figure) == ["dt-dt", "ecal-ecal", "csc-csc", "gem-gem and 1 more"]
    assert figure.axes[0].get_title(loc="left") == "Run 315512, online: 1,000 lumisections"


def test_chosen_components_keep_their_order_and_are_not_summed_up() -> None:
    assert labels(draw_status_bars(RANGES, components=["rpc-rpc", "csc-csc", "gem-gem"])) == ["rpc-rpc", "csc-csc", "gem-gem"]
    assert labels(draw_status_bars(RANGES, components=["ecal-ecal", "dt-dt"], order="name")) == ["dt-dt", "ecal-ecal"]
    assert labels(draw_status_bars(RANGES, components=["ecal-ecal", "dt-dt"], order="worst")) == ["dt-dt", "ecal-ecal"]


def test_shares_and_reasons_are_written() -> None:
    assert texts(draw_status_bars(RANGES)) == ["90.0 % GOOD", "70.0 % GOOD", "100.0 % GOOD", "HV trip"]
    assert "HV trip" not in texts(draw_status_bars(RANGES, reasons=False))


def test_a_share_is_not_rounded_to_all_or_nothing() -> None:
    rows = [(1, 2999, "GOOD"), (3000, 3000, "BAD")]
    assert texts(draw_status_bars({"dt-dt": rows})) == [">99.9 % GOOD"]


def test_what_is_left_out_is_said() -> None:
    figure = draw_status_bars(RANGES, at_most=1)
    assert labels(figure) == ["dt-dt"]
    assert figure.axes[0].get_xlabel() == "lumisection\nnot drawn: 3 more components"
    all_good = {f"c{number}-c": [(1, 9, "GOOD")] for number in range(60)}
    assert "59 more components, GOOD throughout" in draw_status_bars(all_good, at_most=1).axes[0].get_xlabel()


def test_the_golden_json_is_the_last_lane() -> None:
    figure = draw_status_bars(RANGES, golden=LumiRanges([(1, 500), (2000, 2010)]))
    assert labels(figure)[-1] == "golden JSON"
    assert "50.0 % golden" in texts(figure)
    assert texts(draw_status_bars(RANGES, golden=LumiRanges()))[-2:] == ["0.0 % golden", "HV trip"]


@pytest.mark.parametrize(("n_components", "n_lumisections"), [(1, 1), (60, 3000)])
def test_small_and_large_runs_are_drawn(n_components: int, n_lumisections: int) -> None:
    ranges = {f"c{number}-c": [(1, n_lumisections, "BAD", "x", "y")] for number in range(n_components)}
    figure = draw_status_bars(ranges)
    assert len(labels(figure)) == n_components
    assert figure.axes[0].get_xlim() == (0.5, n_lumisections + 0.5)
    assert figure.get_figheight() < 15
    ticks = [tick for tick in figure.axes[0].get_xticks() if 0.5 <= tick <= n_lumisections]
    assert ticks
    assert all(tick == int(tick) for tick in ticks)


def test_axes_that_are_given_are_drawn_on() -> None:
    figure = Figure(figsize=(6, 8))
    above, below = figure.subplots(2)
    assert draw_status_bars(RANGES, ax=below, title="mine") is figure
    assert not above.has_data()
    assert below.get_title(loc="left") == "mine"


def test_titles_legends_and_notes_do_not_collide() -> None:
    every = ["GOOD", "STANDBY", "BAD", "EXCLUDED", "NOTSET", "EMPTY", "NO VALUE FOUND"]
    lanes = {f"{status.lower()}-x": [(1, 5, "GOOD"), (6, 9, status)] for status in every}
    figure = draw_status_bars(ComponentRanges({}, run_number=1) | lanes, golden=LumiRanges([(1, 3)]))
    figure.draw_without_rendering()
    (axes,) = figure.axes
    title, legend = axes._left_title.get_window_extent(), axes.get_legend().get_window_extent()
    assert not title.overlaps(legend)
    assert legend.y0 >= axes.get_window_extent().y1
    whole = figure.bbox
    for box in (title, legend, *(text.get_window_extent() for text in axes.texts)):
        assert whole.x0 <= box.x0
        assert box.x1 <= whole.x1


@pytest.mark.parametrize(
    ("ranges", "options", "words"),
    [
        ({}, {}, "nothing to draw"),
        ({"dt-dt": []}, {}, "nothing to draw"),
        (RANGES, {"components": ["dt-td"]}, "no component dt-td.*dt-dt"),
        (RANGES, {"order": "wrost"}, "no order 'wrost'.*worst"),
        ({"dt-dt": [{"status": "GOOD"}]}, {}, "needs start and end"),
    ],
)
def test_what_cannot_be_drawn_is_explained(ranges: Any, options: dict[str, Any], words: str) -> None:
    with pytest.raises(UsageError, match=words):
        draw_status_bars(ranges, **options)


def test_without_matplotlib_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "matplotlib.figure", None)
    with pytest.raises(MissingExtraError, match=r"runregistry\[plots\]"):
        draw_status_bars(RANGES)
