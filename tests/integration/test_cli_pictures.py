from __future__ import annotations

import json
import re
import shlex
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.conftest import ROOT
from tests.integration.commands import one_error_line, run

from runregistry.client import Client
from runregistry.lumis import LumiMask

pytest.importorskip("matplotlib")

BRILCALC = ROOT / "tests" / "data" / "luminosity" / "FillByLs_2017_lowPU.csv.gz"
PAGE = ROOT / "docs" / "pictures.md"


@pytest.fixture(scope="module", name="database")
def _database(few_runs_csv: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("pictures") / "registry.sqlite"
    assert run("load", "--lumisections", few_runs_csv, "--database", path).returncode == 0
    with Client("embedded", database=str(path)) as registry:
        registry.edit_lumisections(315512, 200, 600, "tracker-strip", "BAD", comment="HV trip, see elog", cause="HV")
    return path


@pytest.fixture(name="golden")
def _golden(tmp_path: Path) -> Path:
    path = tmp_path / "golden.json"
    LumiMask({315512: [(1, 199), (601, 1000)], 315510: [(1, 10)], 306929: [(50, 150)]}).write(path)
    return path


def svg_texts(path: Path) -> list[str]:
    return re.findall(r">([^<>]+)</text>", path.read_text(encoding="utf-8"))


def test_a_run_is_drawn_with_its_reasons_and_its_golden_part(database: Path, golden: Path, tmp_path: Path) -> None:
    picture = tmp_path / "run.svg"
    done = run("picture", "run", 315512, "--json", golden, "--database", database, "--output", picture)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    texts = svg_texts(picture)
    assert "Run 315512, online: 1,165 lumisections" in texts
    assert "HV: HV trip, see elog" in texts
    assert "51.4 % golden" in texts


def test_components_of_a_run_are_chosen(database: Path, tmp_path: Path) -> None:
    picture = tmp_path / "run.svg"
    options = ("--components", "cms-cms,tracker-strip", "--no-reasons", "--title", "Strips", "--database", database)
    assert run("picture", "run", 315512, *options, "--output", picture).returncode == 0
    texts = svg_texts(picture)
    assert [text for text in texts if text in ("cms-cms", "tracker-strip", "tracker-pixel")] == ["cms-cms", "tracker-strip"]
    assert "Strips" in texts
    assert "HV trip" not in " ".join(texts)


def test_luminosity_is_drawn_from_brilcalc_with_the_golden_part(golden: Path, tmp_path: Path) -> None:
    picture = tmp_path / "luminosity.svg"
    done = run("picture", "luminosity", "--brilcalc", BRILCALC, "--run", 306929, "--json", golden, "--output", picture)
    assert (done.returncode, done.stderr) == (0, "")
    assert any(text.startswith("Run 306929: ") and "recorded are golden" in text for text in svg_texts(picture))


def test_luminosity_of_a_fill_is_drawn_from_oms(few_runs_csv: Path, tmp_path: Path) -> None:
    picture = tmp_path / "fill.svg"
    done = run("picture", "luminosity", "--oms", few_runs_csv, "--fill", 6629, "--output", picture)
    assert (done.returncode, done.stderr) == (0, "")
    assert any(text.startswith("Fill 6629, 3 runs: ") for text in svg_texts(picture))


def test_luminosity_that_the_registry_has_is_drawn(tmp_path: Path) -> None:
    database, picture = tmp_path / "registry.sqlite", tmp_path / "run.svg"
    load_run(database, 355100, 8000)
    done = run("picture", "luminosity", "--run", 355100, "--database", database, "--output", picture)
    assert (done.returncode, done.stderr) == (0, "")
    assert "Run 355100: 10.0 of 15.0 pb⁻¹ delivered were recorded (66.7 %)" in svg_texts(picture)
    by_fill = run("picture", "luminosity", "--fill", 8000, "--database", database, "--output", picture)
    assert (by_fill.returncode, by_fill.stderr) == (0, "")


def load_run(database: Path, run_number: int, fill_number: int) -> None:
    """Make a registry of one run, whose luminosity was imported."""
    from runregistry.local import open_registry

    store, _ = open_registry(database)
    with store, store.write("auto@auto", "creation") as writer:
        writer.add_run_event(run_number, oms={"fill_number": fill_number}, rr={"class": "Collisions22"})
        writer.add_dataset_event(run_number, "online", {})
        writer.add_oms_changes(run_number, "online", [(1, 20, {"cms_active": True, "recorded": 0.5, "delivered": 0.75})])


def test_loss_is_drawn_from_a_rule_and_from_what_was_explained(few_runs_csv: Path, tmp_path: Path) -> None:
    at_once, later, table = tmp_path / "loss.svg", tmp_path / "later.svg", tmp_path / "loss.csv"
    asked = ("--preset", "dcs-only", "--source", few_runs_csv)
    done = run("picture", "loss", *asked, "--output", at_once)
    assert (done.returncode, done.stderr) == (0, "")
    texts = svg_texts(at_once)
    assert any(text.startswith("Lost: ") for text in texts)
    assert "fail together" in " ".join(texts)
    table.write_text(run("json", "explain", *asked, "--format", "csv").stdout, encoding="utf-8")
    assert run("picture", "loss", "--from", table, "--output", later).returncode == 0
    clauses = [text for text in texts if re.match(r"\d+\. ", text)]
    assert clauses
    assert [text for text in svg_texts(later) if re.match(r"\d+\. ", text)] == clauses


def test_loss_is_drawn_from_json(tmp_path: Path) -> None:
    table, picture = tmp_path / "loss.json", tmp_path / "loss.svg"
    amounts = {"recorded_invpb": 4.0, "recorded_exclusive_invpb": 1.0, "lumisections": 9, "lumisections_exclusive": 3}
    table.write_text(json.dumps([{"clause": 1, "label": "dt-dt is GOOD", **amounts}]), encoding="utf-8")
    assert run("picture", "loss", "--from", table, "--output", picture).returncode == 0
    assert "4.00 pb⁻¹, alone 1.00" in svg_texts(picture)
    assert run("picture", "loss", "--from", table, "--lumisections", "--output", picture).returncode == 0
    assert "9, alone 3" in svg_texts(picture)


def test_the_good_part_of_runs_is_drawn(database: Path, tmp_path: Path) -> None:
    picture = tmp_path / "good.svg"
    done = run("picture", "good", "--class", "Collisions18", "--database", database, "--output", picture)
    assert (done.returncode, done.stderr) == (0, "")
    texts = svg_texts(picture)
    assert "3 runs, 315506–315512: GOOD part of each" in texts
    assert next(text for text in texts if text.endswith("-strip") or "-" in text) == "tracker-strip"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("run", 315512, "-o", "run.gif"), "ends with .gif"),
        (("run", 315512, "-o", "nowhere/run.png"), "no folder nowhere"),
        (("run", 1, "-o", "run.png"), "run 1 is not in the registry"),
        (("run", 315512, "--components", "tracker-stripe", "-o", "run.png"), "tracker-strip"),
        (("luminosity", "-o", "run.png"), "which runs?"),
        (("luminosity", "--run", 315512, "-o", "run.png"), "--brilcalc"),
        (("luminosity", "--run", 99, "-o", "run.png"), "none of these runs"),
        (("luminosity", "--run", 99, "--brilcalc", BRILCALC, "-o", "run.png"), "no lumisections of these runs"),
        (("luminosity", "--brilcalc", BRILCALC, "--oms", BRILCALC, "-o", "run.png"), "one of them"),
        (("loss", "-o", "loss.png"), "--preset"),
        (("loss", "--from", BRILCALC, "-o", "loss.png"), "is no text"),
        (("loss", "--from", "table.csv", "-o", "loss.png"), "there is no clause"),
        (("loss", "--from", "table.csv", "--preset", "dcs-only", "-o", "loss.png"), "leave out"),
        (("good", "-o", "good.png"), "which runs?"),
        (("good", "1-9", "-o", "good.png"), "no run matches"),
    ],
)
def test_what_cannot_be_drawn_is_one_line_and_leaves_no_file(
    arguments: tuple[object, ...], words: str, database: Path, tmp_path: Path
) -> None:
    (tmp_path / "table.csv").write_text("run_number,class\n1,Cosmics18\n", encoding="utf-8")
    done = run("picture", *arguments, "--database", database, cwd=tmp_path)
    assert done.returncode != 0
    assert words in one_error_line(done)
    assert {path.name for path in tmp_path.iterdir()} == {"table.csv"}


def commands_of_the_page() -> Iterator[list[str]]:
    for block in re.findall(r"^```(?:console|sh)\n(.*?)^```", PAGE.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE):
        for line in block.splitlines():
            yield shlex.split(line, comments=True)


def test_the_commands_of_the_documentation_run(database: Path, golden: Path, few_runs_csv: Path, tmp_path: Path) -> None:
    shutil.copy(database, tmp_path / "registry.sqlite")
    shutil.copy(BRILCALC, tmp_path / "brilcalc.csv.gz")
    shutil.copy(few_runs_csv, tmp_path / "oms_lumisections.csv")
    commands = list(commands_of_the_page())
    assert len(commands) >= 6
    for words in commands:
        assert words[0] == "runregistry"
        arguments, _, target = " ".join(words[1:]).partition(" > ")
        done = run(*shlex.split(arguments), cwd=tmp_path)
        assert done.returncode == 0, (words, done.stderr)
        if target:
            (tmp_path / target).write_text(done.stdout, encoding="utf-8")
    written = {words[words.index("--output") + 1] for words in commands if "--output" in words}
    assert all((tmp_path / name).stat().st_size > 1000 for name in written)


def test_the_python_of_the_documentation_runs(database: Path, golden: Path, few_runs_csv: Path, tmp_path: Path) -> None:
    from contextlib import chdir

    shutil.copy(BRILCALC, tmp_path / "brilcalc.csv.gz")
    shutil.copy(few_runs_csv, tmp_path / "oms_lumisections.csv")
    blocks = re.findall(r"^```python\n(.*?)^```", PAGE.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)
    assert blocks
    with chdir(tmp_path), pytest.MonkeyPatch.context() as patch:
        patch.setenv("RUNREGISTRY_DATABASE", str(database))
        exec("\n".join(blocks), {})
    assert {path.suffix for path in tmp_path.iterdir()} >= {".png", ".svg"}
