"""The documentation says what there is: examples run, commands and settings are named, links lead somewhere."""

from __future__ import annotations

import ast
import os
import re
import runpy
import shlex
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.architecture.source import ROOT, modules

from runregistry import testing
from runregistry.local import open_registry
from runregistry.server import load_files

PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md")), ROOT / "benchmarks" / "README.md"]
WITH_EXAMPLES = [ROOT / "README.md", ROOT / "docs" / "registry.md", ROOT / "docs" / "certification.md"]
VARIABLES = {
    *("RUNREGISTRY_DATABASE", "RUNREGISTRY_EMAIL", "RUNREGISTRY_EGROUPS", "ENVIRONMENT", "SSO_CLIENT_ID", "SSO_CLIENT_SECRET"),
}
GENERATOR = runpy.run_path(str(ROOT / "docs" / "make_reference.py"))
COMMANDS: dict[str, Any] = dict(GENERATOR["commands"]())


def blocks(page: Path, language: str) -> list[str]:
    """The fenced blocks of a page in one language."""
    return re.findall(rf"^```{language}\n(.*?)^```", page.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)


def command_lines() -> Iterator[tuple[str, list[str]]]:
    """Every line that the documentation tells people to type, with the page."""
    for page in PAGES:
        for block in blocks(page, "console"):
            for line in block.splitlines():
                words = shlex.split(line, comments=True)
                if words:
                    yield page.name, words


@pytest.fixture(scope="module")
def database(few_runs_csv: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A registry with a few real runs."""
    path = tmp_path_factory.mktemp("documented") / "registry.sqlite"
    store, _ = open_registry(path)
    with store:
        load_files(store, lumisections=few_runs_csv)
    return path


@pytest.mark.parametrize("page", WITH_EXAMPLES, ids=lambda page: page.name)
def test_the_examples_run_and_print_what_they_say(page: Path, database: Path, few_runs_csv: Path, tmp_path: Path) -> None:
    shutil.copy(database, tmp_path / "registry.sqlite")
    with testing.server(few_runs_csv) as served:
        # The port of the examples may be taken on this machine.
        code = "\n".join(blocks(page, "python")).replace('setup("local")', f'setup("{served.url}")')
        done = subprocess.run(
            [sys.executable, "-W", "error", "-c", code],
            capture_output=True,
            text=True,
            timeout=120,
            cwd=tmp_path,
            env={**os.environ, "RUNREGISTRY_DATABASE": str(tmp_path / "registry.sqlite"), "PYTHONIOENCODING": "utf-8"},
        )
    assert done.returncode == 0, done.stderr
    promised = re.findall(r"# → (.+)$", code, re.MULTILINE)
    printed = done.stdout.splitlines()
    assert promised
    assert [line for line in promised if line not in printed] == [], done.stdout


def test_the_reference_is_what_the_code_says() -> None:
    written = GENERATOR["REFERENCE"].read_text(encoding="utf-8")
    assert written == GENERATOR["reference"](), "docs/reference.md is out of date; write it again: python docs/make_reference.py"


def test_every_command_is_documented() -> None:
    text = "\n".join(page.read_text(encoding="utf-8") for page in PAGES)
    assert [name for name in COMMANDS if f"`{name}`" not in text] == []


def test_every_environment_variable_that_the_package_reads_is_documented() -> None:
    doors = (module for module in modules() if "environ" in module.text)
    texts = (node.value for module in doors for node in ast.walk(module.tree) if isinstance(node, ast.Constant))
    read = {text for text in texts if isinstance(text, str) and re.fullmatch(r"(RUNREGISTRY|SSO)_[A-Z_]+|ENVIRONMENT", text)}
    assert read >= VARIABLES
    settings = (ROOT / "docs" / "settings.md").read_text(encoding="utf-8")
    assert [name for name in sorted(read) if f"`{name}`" not in settings] == []


def test_every_command_line_that_is_shown_is_one() -> None:
    shown = [(page, words) for page, words in command_lines() if words[0] == "runregistry"]
    assert shown
    for page, words in shown:
        name = max((name for name in COMMANDS if words[: len(name.split())] == name.split()), key=len, default=None)
        assert name is not None, f"{page} shows {' '.join(words)}, which is no command"
        # Parses the options as the command would, without running it; a wrong one is an exception.
        COMMANDS[name].make_context(name, words[len(name.split()) :])


def test_every_task_that_is_shown_is_one() -> None:
    tasks = runpy.run_path(str(ROOT / "run.py"))["TASKS"]
    shown = {words[2] for _, words in command_lines() if words[:2] == ["python3", "run.py"]}
    assert {"demo", "test"} <= shown <= tasks.keys()


def test_every_extra_that_is_shown_is_one() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    shown = set(re.findall(r"\.\[(\w+)\]", "\n".join(page.read_text(encoding="utf-8") for page in PAGES)))
    assert shown
    assert shown <= project["optional-dependencies"].keys()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page: Path) -> None:
    broken = []
    for target in re.findall(r"\]\(([^)\s]+)\)", page.read_text(encoding="utf-8")):
        if target.startswith(("http://", "https://")):
            continue
        name, _, anchor = target.partition("#")
        file = page.parent / name if name else page
        if not file.exists() or (anchor and anchor not in anchors(file)):
            broken.append(target)
    assert not broken


def anchors(page: Path) -> set[str]:
    """The anchors of a page's headings, as GitHub makes them."""
    headings = re.findall(r"^#+ (.+)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}
