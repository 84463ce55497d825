from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations

import numpy as np
import pytest
from tests.unit.pictures.colours import EYES, as_deuteranope, as_grey

from runregistry.pictures import looks
from runregistry.pictures.looks import Look, look_of, statuses_in_order

matplotlib = pytest.importorskip("matplotlib")
to_rgb = pytest.importorskip("matplotlib.colors").to_rgb

# What can lie side by side in one picture.
NEIGHBOURS: dict[str, list[Look]] = {
    "statuses": [*looks.STATUS_LOOKS.values(), looks.OTHER],
    "bits": list(looks.VALUE_LOOKS.values()),
    "golden JSON": [looks.GOLDEN, looks.VALUE_LOOKS[False]],
    "luminosity": [looks.GOLDEN, looks.NOT_GOLDEN, looks.DELIVERED, Look("#ffffff")],
    "luminosity without a JSON": [looks.RECORDED, looks.DELIVERED, Look("#ffffff")],
    "loss": [looks.INCLUSIVE, looks.EXCLUSIVE, Look("#ffffff")],
}


def pairs() -> Iterator[tuple[str, Look, Look]]:
    for picture, some in NEIGHBOURS.items():
        for one, other in combinations(some, 2):
            yield picture, one, other


@pytest.mark.parametrize("eyes", EYES)
def test_what_lies_side_by_side_differs_in_hatching_or_clearly_in_lightness_or_colour(eyes: str) -> None:
    for picture, one, other in pairs():
        distance = float(np.linalg.norm(EYES[eyes](to_rgb(one.colour)) - EYES[eyes](to_rgb(other.colour))))
        assert one.hatch != other.hatch or distance > 15, (picture, one, other, distance)


@pytest.mark.parametrize("eyes", EYES)
def test_what_is_drawn_differs_in_mean_or_texture(eyes: str) -> None:
    statuses = ["GOOD", "STANDBY", "BAD", "EXCLUDED", "NOTSET", "EMPTY", "NO VALUE FOUND", "ODD"]
    seen = {status: EYES[eyes](pixels(look_of(status))) for status in statuses}
    for one, other in combinations(statuses, 2):
        means = float(np.linalg.norm(seen[one].mean(axis=(0, 1)) - seen[other].mean(axis=(0, 1))))
        textures = abs(float(seen[one][..., 0].std() - seen[other][..., 0].std()))
        assert max(means, textures) > 4, (one, other, means, textures)


def pixels(look: Look) -> np.ndarray:
    """Return the inside of a bar as it is printed on a slide."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    from runregistry.pictures.canvas import styled

    with styled():
        figure = pytest.importorskip("matplotlib.figure").Figure(figsize=(1, 0.4), dpi=100)
        axes = figure.add_axes((0, 0, 1, 1))
        axes.set_axis_off()
        axes.set_xlim(0, 1)
        axes.set_ylim(0, 1)
        axes.broken_barh([(0, 1)], (0, 1), facecolor=look.colour, hatch=look.hatch, edgecolor=looks.INK, linewidth=0)
        canvas = FigureCanvasAgg(figure)
        canvas.draw()
    return np.asarray(canvas.buffer_rgba())[2:-2, 2:-2, :3] / 255


def test_the_simulated_eyes_see_what_they_should() -> None:
    red, green = as_deuteranope((0.8, 0.1, 0.1)), as_deuteranope((0.38, 0.5, 0.1))
    assert abs(red[1] - green[1]) < 5  # the difference between red and green is gone
    assert as_grey((1, 1, 1))[0] == pytest.approx(100, abs=0.1)


def test_every_status_has_a_look_of_its_own() -> None:
    from runregistry.terms import STATUSES

    found = [look_of(status)[:2] for status in STATUSES]
    assert len(set(found)) == len(found)
    assert looks.OTHER not in map(look_of, STATUSES)


def test_a_legend_begins_with_good_and_ends_with_what_is_unknown() -> None:
    assert statuses_in_order(["ZZZ", "AAA", "EMPTY", "BAD", "GOOD"]) == ["GOOD", "BAD", "EMPTY", "AAA", "ZZZ"]
