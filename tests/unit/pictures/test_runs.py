from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from runregistry.errors import MissingExtraError, UsageError
from runregistry.lumis import LumiRanges
from runregistry.pictures import RunPicture, RunTotals, Strip, draw_run, save_picture

Figure = pytest.importorskip("matplotlib.figure").Figure

RUN = RunPicture(
    run_number=315420,
    run_class="Collisions18",
    n_lumisections=1820,
    components={
        "tracker-strip": [(1, 27, "STANDBY"), (28, 920, "GOOD"), (921, 921, "BAD"), (922, 1820, "GOOD")],
        "ecal-es": [(1, 1820, "EMPTY")],
    },
    bits={"tob_ready": [(1, 27, False), (28, 920, True), (921, 921, None), (922, 1820, True)]},
    strips=[Strip("golden JSON", LumiRanges([(28, 920), (922, 1820)]))],
)


def labels(axes: Any) -> list[str]:
    return [text.get_text() for text in axes.get_yticklabels()]


def legend(axes: Any) -> list[str]:
    return [text.get_text() for text in axes.get_legend().get_texts()]


def spans(axes: Any) -> list[tuple[float, float, float]]:
    """Return row, left edge and width of every bar."""
    found = []
    for collection in axes.collections:
        for path in collection.get_paths():
            box = path.get_extents()
            found.append((round((box.y0 + box.y1) / 2), box.x0, box.width))
    return found


def test_components_of_which_nothing_is_known_share_a_row() -> None:
    silent = {name: [(1, 1820, "NOTSET")] for name in ("dt-dt", "csc-csc", "rpc-rpc")}
    top = draw_run(RUN._replace(components={**silent, **RUN.components})).axes[0]
    assert labels(top) == ["tracker-strip", "dt-dt and 2 more", "ecal-es"]
    assert legend(top) == ["GOOD", "STANDBY", "BAD", "NOTSET", "EMPTY"]


def test_bits_and_jsons_share_the_axis_of_the_components() -> None:
    top, middle = draw_run(RUN).axes
    assert labels(middle) == ["tob_ready", "golden JSON"]
    assert top.get_xlim() == middle.get_xlim() == (0.5, 1820.5)
    assert legend(middle) == ["bit on", "off", "unknown", "in the JSON"]


def test_shares_and_sizes_are_written_beside_the_bars() -> None:
    top, middle = draw_run(RUN).axes
    assert [text.get_text() for text in top.texts] == ["98.5 % GOOD"]
    assert [text.get_text() for text in middle.texts] == ["1792 lumisections"]


def test_bars_are_as_wide_as_their_ranges_and_one_lumisection_can_still_be_seen() -> None:
    bars = [(left, width) for row, left, width in spans(draw_run(RUN).axes[0]) if row == 0]
    assert (27.5, 893.0) in bars  # GOOD, 28-920
    (narrow,) = [(left, width) for left, width in bars if width < 10]
    assert narrow == pytest.approx((921 - 1820 / 1800, 1820 / 900))


def test_statuses_differ_in_lightness_or_hatching() -> None:
    from matplotlib.colors import to_rgb

    statuses = ("GOOD", "BAD", "STANDBY", "EXCLUDED", "NOTSET", "EMPTY", "NO VALUE FOUND", "ODD")
    components = {status: [(1, 9, status)] for status in statuses}
    top = draw_run(RunPicture(1, "Cosmics18", 9, components, {})).axes[0]
    looks = [
        (handle.get_hatch(), round(sum(to_rgb(handle.get_facecolor()[:3])) / 3, 1)) for handle in top.get_legend().get_patches()
    ]
    assert len(looks) == len(set(looks)) == 8


def test_the_overview_fills_every_run_as_far_as_it_is_in_the_json() -> None:
    totals = [RunTotals(315420, 1820, 1792), RunTotals(315412, 40, 0)]
    overview = draw_run(RUN, totals).axes[2]
    assert overview.get_title(loc="left") == "2 runs: 1,792 of 1,860 lumisections in the JSON"
    assert [bar.get_height() for bar in overview.patches] == [40, 1820, 0, 1792]
    assert [text.get_text() for text in overview.texts] == ["run 315420"]
    assert [text.get_text() for text in overview.get_xticklabels()] == ["315412", "315420"]


@pytest.mark.parametrize(("ending", "beginning"), [(".png", b"\x89PNG"), (".pdf", b"%PDF"), (".svg", b"<?xml")])
def test_the_ending_of_the_name_says_what_is_written(tmp_path: Path, ending: str, beginning: bytes) -> None:
    path = tmp_path / f"run{ending}"
    save_picture(path, RUN)
    assert path.read_bytes().startswith(beginning)


@pytest.mark.parametrize("nothing", [{"n_lumisections": 0}, {"components": {}, "bits": {}, "strips": ()}])
def test_a_run_of_which_there_is_nothing_to_draw_is_refused(nothing: dict[str, Any]) -> None:
    with pytest.raises(UsageError, match="nothing to draw of run 315420"):
        draw_run(RUN._replace(**nothing))


@pytest.mark.parametrize("left_out", [{"components": {}}, {"bits": {}, "strips": ()}, {"bits": {}}, {"strips": ()}])
def test_a_run_is_drawn_without_what_it_lacks(left_out: dict[str, Any]) -> None:
    panels = draw_run(RUN._replace(**left_out)).axes
    assert len(panels) == (2 if len(left_out) == 1 and "components" not in left_out else 1)
    assert panels[0].get_title(loc="left") == "Run 315420, Collisions18: 1820 lumisections"
    assert panels[-1].get_xlabel() == "lumisection"


def test_without_matplotlib_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "matplotlib.figure", None)
    with pytest.raises(MissingExtraError, match=r"runregistry\[plots\]"):
        draw_run(RUN)
