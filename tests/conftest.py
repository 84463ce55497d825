"""What every test has: an environment of its own, no network, real lumisections, and patience with slow machines."""

from __future__ import annotations

import gzip
import ipaddress
import os
import shutil
import socket
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

from tests.postgres import postgres_server, postgres_url

__all__ = ["postgres_server", "postgres_url"]  # fixtures for every test

ROOT = Path(__file__).parents[1]
DEMO_DATA = ROOT / "demo-data"
# Some of the runs of demo-data: collisions, cosmics, long and short ones.
FEW_RUNS = (315512, 315510, 315506, 314206)

# Programs that run in environments of their own, with what is only there.
collect_ignore = ["integration/oracles", "integration/spark_runner.py"]

IDENTITY = (
    *("ENVIRONMENT", "SSO_CLIENT_ID", "SSO_CLIENT_SECRET", "RUNREGISTRY_EMAIL", "RUNREGISTRY_EGROUPS"),
    *("RUNREGISTRY_AUDIENCE", "RUNREGISTRY_CREDENTIALS", "RUNREGISTRY_TOKEN_FILE", "RUNREGISTRY_TOKEN_URL"),
)

# The machines that run this are shared: how long an example takes says nothing about the code. In CI the same examples each time.
settings.register_profile("project", deadline=None, derandomize=bool(os.environ.get("CI")), print_blob=True)
settings.load_profile("project")


def pytest_configure(config: pytest.Config) -> None:
    """Keep the tests, doctests too, away from the registry, the identity and the target of who runs them."""
    folder = tempfile.mkdtemp(prefix="runregistry-tests-")
    config.add_cleanup(lambda: shutil.rmtree(folder, ignore_errors=True))
    for name in IDENTITY:
        os.environ.pop(name, None)
    os.environ["RUNREGISTRY_DATABASE"] = os.path.join(folder, "registry.sqlite")
    os.environ["XDG_CONFIG_HOME"] = os.environ["XDG_CACHE_HOME"] = folder  # where credentials and tokens would lie
    os.environ["PYTHON_KEYRING_BACKEND"] = "keyring.backends.null.Keyring"


@pytest.fixture(scope="session", autouse=True)
def _no_network() -> Iterator[None]:
    """Let sockets reach this machine only: a test that asks a real registry by mistake fails at once, and says why."""
    connect, getaddrinfo = socket.socket.connect, socket.getaddrinfo

    def guarded_connect(self: socket.socket, address: Any) -> None:
        if self.family in (socket.AF_INET, socket.AF_INET6) and not is_here(address[0]):
            raise ConnectionRefusedError(f"tests have no network, and this one wants {address[0]}")
        connect(self, address)

    def guarded_getaddrinfo(host: Any, *args: Any, **kwargs: Any) -> Any:
        if not is_here(host):
            raise socket.gaierror(socket.EAI_NONAME, f"tests have no network, and this one wants {host}")
        return getaddrinfo(host, *args, **kwargs)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket.socket, "connect", guarded_connect)
        patch.setattr(socket, "getaddrinfo", guarded_getaddrinfo)
        yield


def is_here(host: Any) -> bool:
    """Whether a host is this machine."""
    name = host.decode() if isinstance(host, bytes) else host
    if not name or name == "localhost":
        return True
    try:
        address = ipaddress.ip_address(name)
    except ValueError:
        return False
    return address.is_loopback or address.is_unspecified


@pytest.fixture(scope="session")
def few_runs_csv(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The real OMS lumisections of `FEW_RUNS`, taken out of demo-data."""
    wanted = {str(run_number) for run_number in FEW_RUNS}
    path = tmp_path_factory.mktemp("oms") / "oms_lumisections.csv"
    with gzip.open(DEMO_DATA / "oms_lumisections_2018.csv.gz", "rt", encoding="utf-8") as source:
        lines = [next(source), *(line for line in source if line.partition(",")[0] in wanted)]
    path.write_text("".join(lines), encoding="utf-8")
    return path
