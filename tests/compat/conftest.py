from __future__ import annotations

import importlib
from collections.abc import Iterator

import pytest
from tests.unit.client.fakes import FakeRegistry

import runregistry

collect_ignore = ["scripts"]  # which are run by test_scripts.py, each on its own
NAMES = ("ENVIRONMENT", "SSO_CLIENT_ID", "SSO_CLIENT_SECRET", "RUNREGISTRY_EMAIL", "RUNREGISTRY_EGROUPS", "RUNREGISTRY_DATABASE")


@pytest.fixture(autouse=True)
def fresh_module() -> Iterator[None]:
    """Each test finds the old module as a new process does, and leaves it so."""
    with pytest.MonkeyPatch.context() as environment:
        for name in NAMES:
            environment.delenv(name, raising=False)
        importlib.reload(runregistry.runregistry)
        yield
        runregistry.runregistry._close()
    importlib.reload(runregistry.runregistry)


@pytest.fixture
def fake() -> Iterator[FakeRegistry]:
    """A registry on a socket, which the old functions ask."""
    registry = FakeRegistry()
    with registry.on_a_socket() as url:
        runregistry.setup(url)
        yield registry
        runregistry.runregistry._close()
