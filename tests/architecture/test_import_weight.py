"""`import runregistry` costs a script next to nothing; what is heavy comes when it is used."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

HEAVY = {
    "numpy",
    "pandas",
    "polars",
    "pyarrow",
    "matplotlib",
    "narwhals",
    "fastapi",
    "starlette",
    "pydantic",
    "uvicorn",
    "sqlalchemy",
    "alembic",
    "psycopg",
    "typer",
    "rich",
}


def loaded_by(code: str) -> set[str]:
    """The packages that are loaded in a new process after some code."""
    report = "import sys, json; print(json.dumps(sorted({name.partition('.')[0] for name in sys.modules})))"
    asked = subprocess.run([sys.executable, "-c", f"{code}\n{report}"], capture_output=True, text=True, timeout=60)
    assert asked.returncode == 0, asked.stderr
    return set(json.loads(asked.stdout.splitlines()[-1]))


LIGHT = {
    "the package": "import runregistry",
    "a function": "from runregistry import get_runs",
    "the old module": "import runregistry.runregistry",
    "the old helpers": "import runregistry.utils, runregistry.attributes",
    "what tests use": "import runregistry.testing.plugin",
    "a client": "from runregistry import Client; Client('local').close()",
    "a mask": "from runregistry import LumiMask; LumiMask({314487: [(1, 15)]})",
    "a rule": "import runregistry; runregistry.logic.parse_rule({'==': [1, 1]}).apply({})",
}


@pytest.mark.parametrize("code", LIGHT.values(), ids=LIGHT)
def test_a_script_that_asks_a_registry_loads_nothing_heavy(code: str) -> None:
    assert not loaded_by(code) & HEAVY


def test_importing_the_package_loads_nothing_that_is_not_pythons_own() -> None:
    before = loaded_by("")
    after = loaded_by("import runregistry")
    assert after - before - set(sys.stdlib_module_names) == {"runregistry"}


def test_help_of_the_command_line_loads_no_database_web_or_frame_library() -> None:
    code = (
        "import runregistry.cli, sys\nsys.argv = ['runregistry', '--help']\ntry: runregistry.cli.main()\nexcept SystemExit: pass"
    )
    assert not loaded_by(code) & (HEAVY - {"typer", "rich"})
