from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from runregistry.errors import UsageError
from runregistry.luminosity import LumiTable
from runregistry.pictures import draw_good_fraction, draw_loss, draw_luminosity, draw_status_bars, write_figure

matplotlib = pytest.importorskip("matplotlib")

TABLE = LumiTable.from_columns([1, 1], [1, 2], delivered=[3.0, 4.0], recorded=[1.0, 3.0], unit="/nb")
DRAWN: dict[str, Callable[[], Any]] = {
    "bars": lambda: draw_status_bars({"dt-dt": [(1, 9, "GOOD"), (10, 12, "BAD", "see elog", "HV")]}),
    "luminosity": lambda: draw_luminosity(TABLE),
    "loss": lambda: draw_loss([("a", 2.0, 1.0), ("b", 1.0, 0.0)], [(["a", "b"], 1.0), (["a"], 1.0)], total=9),
    "good": lambda: draw_good_fraction([{"run_number": 1, "component": "dt-dt", "GOOD": 1, "lumisections": 2}]),
}


@pytest.mark.parametrize("ending", ["svg", "png", "pdf"])
@pytest.mark.parametrize("name", DRAWN)
def test_the_same_picture_gives_the_same_bytes(name: str, ending: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    written = []
    for number in range(2):
        path = tmp_path / f"{number}.{ending}"
        write_figure(DRAWN[name](), path, title="same")
        monkeypatch.setenv("SOURCE_DATE_EPOCH", "86400")  # were the date written, it would differ now
        written.append(path.read_bytes())
    assert written[0] == written[1]


def test_a_file_tells_neither_date_nor_version(tmp_path: Path) -> None:
    for ending in ("svg", "png", "pdf"):
        path = tmp_path / f"loss.{ending}"
        write_figure(DRAWN["loss"](), path)
        content = path.read_bytes()
        assert matplotlib.__version__.encode() not in content
        assert b"dc:date" not in content
        assert b"CreationDate" not in content


def test_text_of_an_svg_stays_text(tmp_path: Path) -> None:
    write_figure(DRAWN["bars"](), tmp_path / "bars.svg")
    text = (tmp_path / "bars.svg").read_text(encoding="utf-8")
    assert ">dt-dt</text>" in text
    assert "HV: see elog</text>" in text


def test_settings_of_the_user_change_nothing_and_are_kept(tmp_path: Path) -> None:
    write_figure(DRAWN["bars"](), tmp_path / "before.svg")
    with matplotlib.rc_context({"font.family": ["serif"], "svg.hashsalt": "mine", "hatch.linewidth": 5.0}):
        write_figure(DRAWN["bars"](), tmp_path / "after.svg")
        assert matplotlib.rcParams["font.family"] == ["serif"]
    assert (tmp_path / "before.svg").read_bytes() == (tmp_path / "after.svg").read_bytes()


def test_pyplot_is_never_loaded() -> None:
    import subprocess

    code = (
        "import sys\nfrom runregistry.pictures import draw_status_bars, write_figure\n"
        "assert 'matplotlib' not in sys.modules\n"
        "write_figure(draw_status_bars({'dt-dt': [(1, 9, 'GOOD')]}), sys.argv[1])\n"
        "assert 'matplotlib' in sys.modules and 'matplotlib.pyplot' not in sys.modules"
    )
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        done = subprocess.run([sys.executable, "-c", code, f"{folder}/run.png"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_dots_per_inch_are_those_that_were_asked_for(tmp_path: Path) -> None:
    image = pytest.importorskip("PIL.Image")
    write_figure(DRAWN["bars"](), tmp_path / "bars.png", dpi=50)
    with image.open(tmp_path / "bars.png") as picture:
        assert picture.width == 600


@pytest.mark.parametrize(("name", "words"), [("run.gif", "ends with .gif"), ("run", "has no ending")])
def test_another_ending_is_refused(name: str, words: str, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=words):
        write_figure(DRAWN["bars"](), tmp_path / name)
