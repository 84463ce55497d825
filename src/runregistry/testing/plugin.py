"""pytest fixtures: registries, a client, faults. pytest finds them by itself where this package is installed.

    def test_my_script(runregistry_client):
        my_script(runregistry_client)
        assert runregistry_client.run(355104)["rr_attributes"]["state"] == "SIGNOFF"

A fixture that a test may change things through belongs to this test alone; only `runregistry_server` is shared.

PYTEST_DONT_REWRITE: it has no assertions, and the package may have been imported before.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from runregistry.client import Client
    from runregistry.testing import FaultyProxy, RunningRegistry

__all__ = [
    "runregistry_client",
    "runregistry_embedded",
    "runregistry_empty_server",
    "runregistry_faults",
    "runregistry_own_server",
    "runregistry_server",
]


@pytest.fixture(scope="session")
def _runregistry_sample(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The database of a registry with the sample, to be copied."""
    from runregistry.testing import server

    path = tmp_path_factory.mktemp("runregistry") / "sample.sqlite"
    with server(database=path, sample=True):
        return path


@pytest.fixture(scope="session")
def runregistry_server(_runregistry_sample: Path) -> Iterator[RunningRegistry]:
    """A registry with the sample, shared by all tests: for reading."""
    from runregistry.testing import server

    with server(database=_copy(_runregistry_sample, _runregistry_sample.with_name("shared.sqlite"))) as registry:
        yield registry


@pytest.fixture
def runregistry_empty_server() -> Iterator[RunningRegistry]:
    """A registry without runs, of this test alone."""
    from runregistry.testing import server

    with server() as registry:
        yield registry


@pytest.fixture
def runregistry_own_server(_runregistry_sample: Path, tmp_path: Path) -> Iterator[RunningRegistry]:
    """A registry with the sample, of this test alone: for changes."""
    from runregistry.testing import server

    with server(database=_copy(_runregistry_sample, tmp_path / "runregistry.sqlite")) as registry:
        yield registry


@pytest.fixture
def runregistry_client(runregistry_own_server: RunningRegistry) -> Iterator[Client]:
    """A client with experts' rights, of `runregistry_own_server`."""
    with runregistry_own_server.client() as client:
        yield client


@pytest.fixture
def runregistry_faults(runregistry_own_server: RunningRegistry) -> Iterator[FaultyProxy]:
    """A proxy before `runregistry_own_server`, without any fault yet."""
    from runregistry.testing import faults

    with faults(runregistry_own_server.url) as proxy:
        yield proxy


@pytest.fixture
def runregistry_embedded(_runregistry_sample: Path, tmp_path: Path) -> Iterator[Path]:
    """The functions of the package on an embedded registry with the sample, of this test alone; the value is its database.

    Afterwards they ask the registry again that they asked before.
    """
    import runregistry

    before = runregistry.runregistry.target_name
    path = _copy(_runregistry_sample, tmp_path / "runregistry.sqlite")
    try:
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("RUNREGISTRY_DATABASE", str(path))
            runregistry.setup("embedded")
            yield path
    finally:
        runregistry.setup(before)


def _copy(database: Path, to: Path) -> Path:
    """Copy a database that nobody has open."""
    return Path(shutil.copy(database, to))
