from __future__ import annotations

import asyncio
import threading
from pathlib import Path

import httpx2
import pytest

import runregistry
from runregistry import Client
from runregistry.client.settings import RetryPolicy
from runregistry.errors import PermissionDenied, TransportError, UsageError
from runregistry.testing import RunningRegistry, server


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


def test_the_sample_has_classes_states_datasets_and_edits() -> None:
    with server(sample=True) as registry, registry.client() as client:
        runs = {row["run_number"]: row["rr_attributes"] for row in client.runs()}
        assert [(number, run["class"], run["state"]) for number, run in sorted(runs.items())] == [
            (355100, "Collisions22", "COMPLETED"),
            (355101, "Collisions22", "SIGNOFF"),
            (355102, "Collisions22", "SIGNOFF"),
            (355103, "Cosmics22", "SIGNOFF"),
            (355104, "Collisions22", "OPEN"),
            (355105, "Cosmics22", "OPEN"),
            (355106, "Collisions22", "OPEN"),
        ]
        assert [number for number, run in runs.items() if not run["significant"]] == [355106]
        states = {(row["run_number"], row["name"]): row["dataset_attributes"].get("global_state") for row in client.datasets()}
        assert states[355100, "/PromptReco/Collisions2022/DQM"] == "COMPLETED"
        assert states[355101, "/Express/Collisions2022/DQM"] == "OPEN"
        assert states[355103, "/PromptReco/Cosmics2022/DQM"] == "waiting dqm gui"
        strip = client.ranges_by_component(355104)["tracker-strip"]
        assert [(row["start"], row["end"], row["status"]) for row in strip] == [(1, 3, "GOOD"), (4, 6, "BAD"), (7, 12, "GOOD")]


def test_the_sample_is_the_same_each_time() -> None:
    def without_times(url: str) -> object:
        with Client(url) as client:
            rows = [*client.runs(), *client.datasets()]
        return [{key: value for key, value in row.items() if key not in ("created_at", "updated_at", "Run")} for row in rows]

    with server(sample=True) as one, server(sample=True) as other:
        assert without_times(one.url) == without_times(other.url)


def test_clients_may_say_that_they_are_somebody_else() -> None:
    with server(sample=True) as registry, registry.client(email="guest@example.org", egroups="guests") as guest:
        assert guest.settings.email == "guest@example.org"
        with pytest.raises(PermissionDenied):
            guest.edit_lumisections(355104, 1, 1, "dt-dt", "BAD", comment="not allowed")


def test_there_is_a_client_for_tasks() -> None:
    async def ask(registry: RunningRegistry) -> int:
        async with registry.async_client() as client:
            return len(await client.runs())

    with server(sample=True) as registry:
        assert asyncio.run(ask(registry)) == 7


def test_it_can_be_stopped_and_comes_back_where_it_was() -> None:
    with server(sample=True) as registry, registry.client(retries=RetryPolicy(attempts=1)) as client:
        url = registry.url
        registry.stop()
        assert not registry.is_running
        with pytest.raises(TransportError):
            client.runs()
        registry.start()
        assert registry.url == url
        assert len(client.runs()) == 7
        with pytest.raises(UsageError, match="is running already"):
            registry.start()
        registry.restart()
        assert len(client.runs()) == 7
