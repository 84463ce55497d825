from __future__ import annotations

import threading
from pathlib import Path

import httpx2
import pytest

import runregistry
from runregistry.errors import PermissionDenied, TransportError, UsageError
from runregistry.testing import server


def test_the_official_functions_work_on_it_as_on_any_target(few_runs_csv: Path) -> None:
    with server(few_runs_csv) as registry:
        runregistry.setup(registry.url)
        try:
            assert [run["run_number"] for run in runregistry.get_runs()] == [315512, 315510, 315506, 314206]
        finally:
            runregistry.setup("production")


def test_its_client_may_do_everything(few_runs_csv: Path) -> None:
    with server(few_runs_csv) as registry, registry.client() as client:
        client.edit_lumisections(315512, 1, 2, "dt-dt", "BAD", comment="a test of ours")
        assert client.ranges_by_component(315512)["dt-dt"][0]["status"] == "BAD"
        with registry.store.reading() as connection:
            history = registry.store.records.rr_history(connection, 315512, "online")
        assert history[-1]["by"] == "tester@example.org"


def test_its_client_is_whoever_it_is_said_to_be(few_runs_csv: Path) -> None:
    guest = server(few_runs_csv, email="guest@example.org", egroups="guests")
    with guest as registry, registry.client() as client, pytest.raises(PermissionDenied, match="User needs to be part of"):
        client.edit_lumisections(315512, 1, 2, "dt-dt", "BAD", comment="a test of ours")


def test_two_servers_are_two_registries(few_runs_csv: Path) -> None:
    with server(few_runs_csv) as one, server() as other, one.client() as first, other.client() as second:
        assert one.url != other.url
        assert (len(first.runs()), len(second.runs())) == (4, 0)


def test_nothing_listens_and_no_thread_runs_afterwards() -> None:
    before = set(threading.enumerate())
    with server() as registry:
        assert httpx2.get(f"{registry.url}/cycles/global").json() == []
    assert [thread for thread in set(threading.enumerate()) - before if thread.name.startswith("runregistry")] == []
    with registry.client() as client, pytest.raises(TransportError):
        client.cycles()


def test_a_database_that_is_named_stays(tmp_path: Path, few_runs_csv: Path) -> None:
    path = tmp_path / "kept.sqlite"
    for data in (few_runs_csv, None):
        with server(data, database=path) as registry, registry.client() as client:
            assert len(client.runs()) == 4


def test_data_that_cannot_be_read_is_an_error_before_anything_is_served() -> None:
    with pytest.raises(UsageError, match=r"missing\.csv"), server("missing.csv"):
        pass
