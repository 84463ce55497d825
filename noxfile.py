"""What CI runs, and more: other Pythons, the built wheel, the lowest dependencies. `nox -l` lists the sessions."""

from __future__ import annotations

from pathlib import Path

import nox

nox.needs_version = ">=2024.10"
nox.options.sessions = ["lint", "tests"]
nox.options.error_on_missing_interpreters = False

ROOT = Path(__file__).parent
PYPROJECT = nox.project.load_toml("pyproject.toml")
TEST = nox.project.dependency_groups(PYPROJECT, "test")
LINT = nox.project.dependency_groups(PYPROJECT, "lint")
# The demo's data is part of the source, and looked for beside it.
OF_THE_SOURCE = [
    "tests/integration/test_demo.py",
    "tests/integration/test_docs.py",
    "tests/unit/cli/test_demo_parts.py",
    "tests/integration/test_cli_registry.py::test_a_file_of_another_program_is_left_alone",
]
PYTHONS = ["3.11", "3.12", "3.13"]


@nox.session(python="3.11")
def lint(session: nox.Session) -> None:
    """Check style, format and types."""
    session.install("-e", ".[all]", *LINT)
    session.run("ruff", "check")
    session.run("ruff", "format", "--check")
    session.run("mypy", "--strict", "src")


@nox.session(python=PYTHONS)
def tests(session: nox.Session) -> None:
    """Run all tests on the source."""
    session.install("-e", ".[all]", *TEST)
    session.run("pytest", *session.posargs)


@nox.session(python=PYTHONS[0])
def wheel(session: nox.Session) -> None:
    """Build the wheel and run the tests on what is in it, so that a file that was left out is missed."""
    session.install("build")
    built = session.create_tmp()
    session.run("python", "-m", "build", "--outdir", built, str(ROOT), silent=True)
    [file] = Path(built).resolve().glob("*.whl")
    session.install(f"runregistry[all] @ {file.as_uri()}", *TEST)
    session.run("pytest", "tests", *map("--deselect={}".format, OF_THE_SOURCE), *session.posargs)


@nox.session(python=PYTHONS[0])
def base(session: nox.Session) -> None:
    """Install without extras: what the client, the algebra and the command line need must be all that they need."""
    session.install("-e", ".", *TEST)
    session.run("pytest", "tests/unit/client", "tests/unit/lumis", "tests/unit/logic", "tests/unit/filters", *session.posargs)
    session.run("runregistry", "--help", silent=True)


@nox.session(python=PYTHONS[0], venv_backend="uv")
def lowest(session: nox.Session) -> None:
    """Run the tests with the oldest dependencies that pyproject.toml allows; needs uv."""
    session.install("-e", ".[all]", *TEST, "--resolution", "lowest-direct")
    session.run("pytest", *session.posargs)
