"""The pytest plugin, as another project has it: in a process of its own, without this project's conftest."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
from tests.architecture.source import ROOT
from tests.architecture.test_import_weight import HEAVY

pytest_plugins = ["pytester"]

NOT_NEEDED = ("pandas", "pyarrow", "polars", "narwhals", "matplotlib", "psycopg", "keyring", "requests")
OF_THE_SERVER = ("fastapi", "starlette", "uvicorn", "sqlalchemy", "alembic")
STRICT = ("-W", "error", "-p", "no:schemathesis", "-p", "no:hypothesispytest")

BLOCKING = """
import sys

class Missing:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {names}:
            raise ModuleNotFoundError(f"No module named {{name!r}}", name=name)

sys.meta_path.insert(0, Missing())
"""

TESTS = """
import runregistry
import pytest


def state(client):
    return client.run(355104)["rr_attributes"]["state"]


@pytest.mark.parametrize("again", [False, True])
def test_each_test_changes_a_registry_of_its_own(runregistry_client, runregistry_own_server, again):
    assert state(runregistry_client) == "OPEN"
    runregistry_client.move_runs("OPEN", "SIGNOFF", [355104])
    assert state(runregistry_client) == "SIGNOFF"


def test_the_shared_one_is_as_it_was(runregistry_server):
    with runregistry_server.client() as client:
        assert state(client) == "OPEN"


def test_an_empty_one_is_empty(runregistry_empty_server):
    with runregistry_empty_server.client() as client:
        assert client.runs() == []


def test_faults_are_on_the_way_to_the_own_one(runregistry_faults, runregistry_own_server):
    from runregistry.testing import Status

    runregistry_faults.plan(Status(502), times=1)
    with runregistry_own_server.client(url=runregistry_faults.url) as client:
        assert state(client) == "OPEN"
    assert [exchange.status for exchange in runregistry_faults.record] == [502, 200]


def test_the_functions_ask_the_embedded_one(runregistry_embedded):
    assert len(runregistry.get_runs()) == 7
    runregistry.change_run_class(run_numbers=[355105], new_class="Commissioning22")


def test_then_they_ask_the_former_one_again():
    assert runregistry.runregistry.target_name == "local"


@pytest.fixture(scope="session", autouse=True)
def _target():
    runregistry.setup("local")
"""


def test_all_fixtures_work_with_the_server_extra_alone(pytester: pytest.Pytester) -> None:
    pytester.makeconftest(BLOCKING.format(names=NOT_NEEDED))
    pytester.makepyfile(TESTS)
    pytester.runpytest_subprocess(*STRICT).assert_outcomes(passed=7)


def test_without_the_server_extra_a_test_says_what_to_install(pytester: pytest.Pytester) -> None:
    pytester.makeconftest(BLOCKING.format(names=OF_THE_SERVER))
    pytester.makepyfile("def test(runregistry_client): pass\n\ndef test_without(): pass")
    outcome = pytester.runpytest_subprocess(*STRICT)
    outcome.assert_outcomes(errors=1, passed=1)
    outcome.stdout.fnmatch_lines(["*MissingExtraError: *pip install 'runregistry[[]server]'*"])


def test_pytest_loads_nothing_heavy_for_it(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    code = (
        "import sys, pytest\n"
        "before = set(sys.modules)\n"
        "pytest.main(['--co', '-q', '-p', 'runregistry'])\n"
        "print('loaded', *sorted({name for name in set(sys.modules) - before if name.startswith('runregistry')}))\n"
        "print('packages', *sorted({name.partition('.')[0] for name in sys.modules}))\n"
    )
    asked = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, cwd=pytester.path)
    assert asked.returncode == 0, asked.stderr
    own, packages = (line.split()[1:] for line in asked.stdout.splitlines()[-2:])
    assert own == ["runregistry", "runregistry.testing", "runregistry.testing.plugin"]
    assert not set(packages) & (HEAVY | {"httpx2", "msgspec", "asyncio"})


def test_the_examples_of_the_documentation_pass(pytester: pytest.Pytester) -> None:
    page = (ROOT / "docs" / "testing.md").read_text(encoding="utf-8")
    blocks = re.findall(r"^```python\n(.*?)^```", page, re.DOTALL | re.MULTILINE)
    pytester.makepyfile("\n\n".join(blocks))
    outcome = pytester.runpytest_subprocess(*STRICT)
    outcome.assert_outcomes(passed=len(re.findall(r"^def test_", "\n".join(blocks), re.MULTILINE)))


def test_the_documentation_names_every_fixture_and_every_name() -> None:
    from runregistry import testing
    from runregistry.testing import plugin

    page = Path(ROOT / "docs" / "testing.md").read_text(encoding="utf-8")
    assert [name for name in (*plugin.__all__, *testing.__all__) if f"`{name}" not in page] == []
