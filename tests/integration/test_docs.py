"""The quickstart, done as it says: with a registry of one's own, and with one that wants tokens as the one at CERN does."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
from tests.conftest import DEMO_DATA, ROOT
from tests.docs import Ran, command_lines, promised, python_of, run_python
from tests.integration.commands import COMMAND, run, run_process

from runregistry.lumis import LumiMask
from runregistry.store import Store
from runregistry.testing import FaultyProxy, TokenEndpoint, faults, server, token_endpoint

PAGE = ROOT / "docs" / "quickstart.md"
CODE = python_of(PAGE)
EMBEDDED, PRODUCTION = 'registry = Client("embedded")', '# registry = Client("production")'
PICTURE, GOLDEN = "good_fraction.png", "golden.json"


@pytest.fixture(scope="module", name="demo")
def _demo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What `python3 run.py demo` leaves: a registry with the runs of 2018."""
    folder = tmp_path_factory.mktemp("demo")
    database = folder / "registry.sqlite"
    done = run("demo", "--data", DEMO_DATA, cwd=folder, RUNREGISTRY_DATABASE=str(database))
    assert done.returncode == 0, done.stderr
    return database


class _Far(NamedTuple):
    """A registry behind a sign-in proxy, and the environment of somebody who has never used it."""

    proxy: FaultyProxy
    tokens: TokenEndpoint
    environment: dict[str, str]


@pytest.fixture(name="far")
def _far(demo: Path, tmp_path: Path) -> Iterator[_Far]:
    copy = shutil.copy(demo, tmp_path / "served.sqlite")
    with server(database=copy) as registry, faults(registry.url) as proxy, token_endpoint() as tokens:
        proxy.demand_tokens(tokens)
        environment = {
            "ENVIRONMENT": proxy.url,
            "RUNREGISTRY_AUDIENCE": tokens.audience,
            "RUNREGISTRY_TOKEN_URL": tokens.url,
            "XDG_CONFIG_HOME": str(tmp_path / "config"),
            "PYTHON_KEYRING_BACKEND": "keyring.backends.null.Keyring",
        }
        yield _Far(proxy, tokens, environment)


def has_kept_its_promises(done: Ran, folder: Path) -> None:
    """Check what the page says that people see."""
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == promised(CODE)
    assert done.stderr == ""
    picture = (folder / PICTURE).read_bytes()
    assert picture.startswith(b"\x89PNG")
    assert len(picture) > 10_000
    assert f"{LumiMask.read(folder / GOLDEN).n_lumisections} lumisections" in done.stdout


def test_the_quickstart_does_what_it_says(demo: Path, tmp_path: Path) -> None:
    before = contents(demo)
    done = run_python(CODE, tmp_path, {"RUNREGISTRY_DATABASE": str(demo)})
    has_kept_its_promises(done, tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == {"page.py", PICTURE, GOLDEN}
    assert contents(demo) == before, "what the page does harms nobody"


def test_the_quickstart_does_the_same_where_tokens_are_wanted(far: _Far, tmp_path: Path) -> None:
    assert log_in(far, tmp_path).returncode == 0
    assert CODE.count(EMBEDDED) == CODE.count(PRODUCTION) == 1
    code = CODE.replace(EMBEDDED, "#").replace(PRODUCTION, f'registry = Client("{far.proxy.url}")')
    issued = far.tokens.issued
    has_kept_its_promises(run_python(code, tmp_path, far.environment), tmp_path)
    assert far.tokens.issued == issued + 1
    assert all(exchange.forwarded for exchange in far.proxy.record if exchange.path == "/runs_filtered_ordered")


def test_without_credentials_it_says_what_to_do(far: _Far, tmp_path: Path) -> None:
    code = CODE.replace(EMBEDDED, f'registry = Client("{far.proxy.url}")')
    done = run_python(code, tmp_path, far.environment)
    assert done.returncode == 1
    assert "runregistry login" in done.stderr.splitlines()[-1]
    assert not any(exchange.forwarded for exchange in far.proxy.record)


def test_its_commands_work(far: _Far, tmp_path: Path) -> None:
    shown = [words for words in command_lines(PAGE) if words[0] == "runregistry"]
    assert shown == [["runregistry", "login"], ["runregistry", "doctor"]]
    done = log_in(far, tmp_path)
    assert (done.returncode, done.stdout) == (0, "")
    assert far.tokens.client_secret not in done.stderr
    done = run_process("doctor", cwd=tmp_path, **far.environment)
    assert done.returncode == 0, done.stdout
    assert "779 runs" in done.stdout
    assert far.tokens.client_secret not in done.stdout


def log_in(far: _Far, folder: Path) -> Ran:
    """Do `runregistry login`; where people are asked for ID and secret, a pipe says them."""
    done = subprocess.run(
        [*COMMAND, "login", "--client-id", far.tokens.client_id, "--secret-stdin", "--file"],
        input=far.tokens.client_secret,
        cwd=folder,
        env={**os.environ, **far.environment},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    return Ran(done.returncode, done.stdout, done.stderr)


def contents(database: Path) -> tuple[int, int]:
    """Return how far a registry has come: its newest event, and its runs."""
    with Store(database) as store, store.reading() as connection:
        return store.event_number(connection), sum(1 for _ in store.records.visible_datasets(connection))
