"""The registry in this process, and the same application on a socket."""

from __future__ import annotations

import socket
import threading
from pathlib import Path

import httpx2
import pytest
from tests.integration.registry import create_run

import runregistry
from runregistry.errors import SettingsError, StoreCorrupt, StoreError
from runregistry.local import default_database, open_registry, transport
from runregistry.server.serve import check_address, listen, serve


def test_the_default_database_is_what_the_environment_names_else_in_the_users_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RUNREGISTRY_DATABASE", "sqlite:///x.sqlite")
    assert default_database() == "sqlite:///x.sqlite"
    monkeypatch.delenv("RUNREGISTRY_DATABASE")
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    monkeypatch.setenv("HOME", str(tmp_path))
    found = Path(default_database())
    assert found.name == "registry.sqlite"
    assert found.parent.is_dir()


def test_what_is_written_is_there_when_the_registry_is_opened_again(tmp_path: Path) -> None:
    for _ in range(2):
        with httpx2.Client(transport=transport(tmp_path / "r.sqlite"), base_url="http://embedded") as client:
            if client.get("/runs/355100").json() is None:
                assert client.get("/runs_lastupdated_50").json() == []
                create_run(client)
                continue
            assert client.get("/runs/355100").json()["run_number"] == 355100
            return
    pytest.fail("the run was gone")


def test_the_owner_of_an_embedded_registry_may_do_everything(tmp_path: Path) -> None:
    with httpx2.Client(transport=transport(tmp_path / "r.sqlite"), base_url="http://embedded") as client:
        create_run(client)
        answer = client.put("/manual_run_edit/355100/class", json={"class": "Cosmics22"}, headers={"email": "me@example.org"})
        assert answer.json()["rr_attributes"]["class"] == "Cosmics22"


def test_a_closed_registry_says_so(tmp_path: Path) -> None:
    closed = transport(tmp_path / "r.sqlite")
    closed.close()
    closed.close()
    with (
        httpx2.Client(transport=closed, base_url="http://embedded") as client,
        pytest.raises(httpx2.ConnectError, match="is closed"),
    ):
        client.get("/runs/1")


def test_a_database_that_is_not_ours_is_refused_and_left_as_it_is(tmp_path: Path) -> None:
    other = tmp_path / "notes.txt"
    other.write_text("these are my notes, and no database at all\n" * 100)
    with pytest.raises(StoreCorrupt, match=r"notes\.txt is not a SQLite file"):
        transport(other)
    assert other.read_text().startswith("these are my notes")
    with pytest.raises(StoreError, match="does not exist"):
        transport(tmp_path / "no" / "such" / "folder.sqlite")


def test_the_old_functions_work_on_an_embedded_registry(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RUNREGISTRY_DATABASE", str(tmp_path / "r.sqlite"))
    runregistry.setup("embedded")
    try:
        with httpx2.Client(transport=transport(tmp_path / "r.sqlite"), base_url="http://embedded") as client:
            create_run(client)
        assert runregistry.get_run(run_number=355100)["class"] == "Collisions22"
        assert [run["run_number"] for run in runregistry.get_runs(filter={"dt-dt": "GOOD"})] == [355100]
        assert runregistry.get_dataset(355100)["name"] == "online"
        assert len(runregistry.get_lumisections(355100)) == 4
        ranges = runregistry.get_lumisection_ranges(355100)
        assert [(row["start"], row["end"]) for row in ranges] == [(1, 4)]
        rule = {"and": [{"==": [{"var": "lumisection.rr.dt-dt"}, "GOOD"]}]}
        assert runregistry.create_json(json_logic=rule, dataset_name_filter="online")["generated_json"] == {"355100": [[1, 4]]}
        assert runregistry.move_runs("OPEN", "SIGNOFF", run=355100)[0]["rr_attributes"]["state"] == "SIGNOFF"
    finally:
        runregistry.setup("production")


def test_the_same_application_answers_on_a_socket(tmp_path: Path) -> None:
    store, app = open_registry(tmp_path / "r.sqlite", auth="headers")
    urls: list[str] = []
    ready = threading.Event()

    def announce(url: str) -> None:
        urls.append(url)
        ready.set()

    # uvicorn installs signal handlers only in the main thread; a daemon thread ends with the tests.
    threading.Thread(target=serve, args=(app, "127.0.0.1", 0), kwargs={"ready": announce}, daemon=True).start()
    assert ready.wait(10)
    with httpx2.Client(base_url=urls[0], timeout=10) as client:
        create_run(client)
        assert client.get("/runs/355100/").json()["run_number"] == 355100
    assert app.state.registry.store is store


def test_a_port_in_use_is_named_with_the_way_out() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        with pytest.raises(SettingsError, match=rf"can't listen on 127\.0\.0\.1:{taken.getsockname()[1]}: .*--port"):
            listen("127.0.0.1", taken.getsockname()[1])
    with pytest.raises(SettingsError, match="--port"):
        listen("127.0.0.1", 99999)


def test_an_address_open_to_others_needs_a_word_about_identity() -> None:
    assert check_address("127.0.0.1", None) == check_address("0.0.0.0", "headers") == "headers"
    with pytest.raises(SettingsError, match=r"0\.0\.0\.0 can be reached from other machines"):
        check_address("0.0.0.0", None)
    with pytest.raises(SettingsError, match="not 'kerberos'"):
        check_address("127.0.0.1", "kerberos")
