"""The pages on the past and on exports, done as they say: their Python, their commands, their SQL."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from tests.conftest import ROOT
from tests.docs import blocks, command_lines, promised, python_of, run_python
from tests.integration.commands import run

AS_OF, EXPORT = ROOT / "docs" / "as-of.md", ROOT / "docs" / "export.md"


@pytest.fixture(scope="module", name="loaded")
def _loaded(few_runs_csv: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("registry") / "registry.sqlite"
    assert run("load", "--lumisections", few_runs_csv, "--database", path).returncode == 0
    return path


@pytest.fixture(name="registry")
def _registry(loaded: Path, tmp_path: Path) -> Path:
    return Path(shutil.copy(loaded, tmp_path / "registry.sqlite"))


@pytest.mark.parametrize("page", [AS_OF, EXPORT], ids=lambda page: page.name)
def test_the_page_does_what_it_says(page: Path, registry: Path, tmp_path: Path) -> None:
    environment = {"RUNREGISTRY_DATABASE": str(registry), "ENVIRONMENT": "embedded"}
    code = python_of(page)
    done = run_python(code, tmp_path, environment)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == promised(code)
    for words in command_lines(page):
        shown = run(*words[1:], cwd=tmp_path, **environment)
        assert shown.returncode == 0, f"{' '.join(words)}: {shown.stderr}"


def test_the_sql_of_the_page_is_understood(registry: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    duckdb = pytest.importorskip("duckdb", reason="duckdb is in the group test of the project")
    tables = "runs,datasets,ranges"
    assert run("export", tmp_path / "exported", "--tables", tables, "--database", registry).returncode == 0
    monkeypatch.chdir(tmp_path)
    (query,) = blocks(EXPORT, "sql")
    with duckdb.connect() as connection:
        rows = connection.execute(query.text).fetchall()
    assert rows[0][2] >= rows[-1][2] > 0


def test_the_drawing_of_the_explanation_is_right() -> None:
    from runregistry.store import Store
    from runregistry.store.differences import differences
    from runregistry.terms import ONLINE

    def strip(status: str) -> dict[str, dict[str, str]]:
        return {"tracker-strip": {"status": status, "comment": "", "cause": ""}}

    with Store("sqlite://") as store:
        with store.write("auto@auto", "run 355100 creation") as writer:
            writer.add_run_event(355100, rr={"class": "Collisions22"})
            writer.add_dataset_event(355100, ONLINE)
            writer.add_rr_changes(355100, ONLINE, [(1, 12, strip("GOOD"))])
        for by, first, last, status in (("shifter", 3, 6, "BAD"), ("auto@auto", 1, 12, "STANDBY"), ("expert", 6, 8, "BAD")):
            with store.write(by, "") as writer:
                said = strip(status)
                said["tracker-strip"]["comment"] = by
                writer.add_rr_changes(355100, ONLINE, [(first, last, said)])
        with store.reading() as connection:
            now, then = (store.as_of(version).lumisections(connection, 355100, ONLINE) for version in (4, 2))
            found = list(differences(connection, store.values, [355100], 2, 4))
    drawn = {"S": "STANDBY", "B": "BAD", "G": "GOOD"}
    page = (ROOT / "docs" / "explanation.md").read_text(encoding="utf-8")
    for title, columns in (("now, version 4", now), ("as of version 2", then)):
        (line,) = [line for line in page.splitlines() if line.strip().startswith(title)]
        letters = [word for word in line.strip().removeprefix(title).split() if word in drawn]
        statuses = [value["status"] for first, last, value in columns.rr["tracker-strip"] for _ in range(first, last + 1)]
        assert [drawn[letter] for letter in letters] == statuses
    ranges = ", ".join(f"{first}-{last}" for first, last, _ in now.rr["tracker-strip"])
    assert f"ranges {ranges}" in page
    (line,) = [line for line in page.splitlines() if line.strip().startswith("diff 2 → 4")]
    told = {number: one.version for one in found for number in range(one.first or 0, (one.last or 0) + 1)}
    places = {number: line[20 + 4 * number : 24 + 4 * number].strip() for number in range(1, 13)}
    assert {number: int(text) for number, text in places.items() if text} == told
