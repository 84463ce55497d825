"""OMS files into a registry: runs, classes, components; twice changes nothing, and shifters' changes stay."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from runregistry.errors import UsageError
from runregistry.server import ensure_settings, load_files
from runregistry.server.services.lumisections import edit_rr_lumisections
from runregistry.server.services.runs import get_run, move_run, run_history
from runregistry.store import Store
from runregistry.store.documents import decode

STABLE = {"beam1_present": True, "beam1_stable": True, "beam2_present": True, "beam2_stable": True, "cms_active": True}
READY = {"bpix_ready": True, "fpix_ready": True}


@pytest.fixture
def store() -> Iterator[Store]:
    with Store("sqlite://") as store:
        ensure_settings(store)
        yield store


def rows(n: int = 10, **changes: Any) -> list[dict[str, Any]]:
    flags = STABLE | READY | changes
    return [{"run_number": 315512, "lumisection_number": number, "fill_number": 6629, **flags} for number in range(1, n + 1)]


def write(folder: Path, lumisections: list[dict[str, Any]]) -> Path:
    path = folder / "ls.json"
    path.write_text(json.dumps(lumisections))
    return path


def shown(store: Store) -> tuple[dict[str, Any], dict[str, Any]]:
    run = get_run(store, 315512)
    assert run is not None
    return decode(bytes(run["rr_attributes"])), decode(bytes(run["oms_attributes"]))


def statuses(store: Store, component: str) -> list[tuple[int, int, str]]:
    with store.reading() as connection:
        columns = store.records.lumisections(connection, 315512, "online")
    return [(first, last, value["status"]) for first, last, value in columns.rr[component]]


def test_a_file_of_lumisections_makes_classified_runs(store: Store, tmp_path: Path) -> None:
    lumisections = rows()
    lumisections[3]["bpix_ready"] = False
    loaded = load_files(store, lumisections=write(tmp_path, lumisections))
    assert (loaded.created, loaded.lumisections) == (1, 10)
    rr, oms = shown(store)
    assert (rr["class"], rr["significant"], rr["state"]) == ("Collisions18", True, "OPEN")
    # Nothing is made up: what the file lacks stays absent.
    assert oms == {"run_number": 315512, "fill_number": 6629, "beams_present_and_stable": False, "ls_duration": 10}
    assert statuses(store, "tracker-pixel") == [(1, 3, "GOOD"), (4, 4, "BAD"), (5, 10, "GOOD")]
    assert {status for _, _, status in statuses(store, "dt-dt")} == {"NOTSET"}


def test_loading_again_changes_nothing(store: Store, tmp_path: Path) -> None:
    path = write(tmp_path, rows())
    load_files(store, lumisections=path)
    before = run_history(store, 315512)
    again = load_files(store, lumisections=path)
    assert (again.created, again.updated, again.unchanged, again.refused) == (0, 0, 1, {})
    assert run_history(store, 315512) == before


def test_what_a_shifter_changed_stays_on_top(store: Store, tmp_path: Path) -> None:
    load_files(store, lumisections=write(tmp_path, rows()))
    change = {"start": 2, "end": 3, "status": "BAD", "comment": "HV trip", "cause": ""}
    body = {"run_number": 315512, "dataset_name": "online", "component": "tracker-pixel", "new_lumisection_range": change}
    edit_rr_lumisections(store, body, "shifter@example.org")
    assert load_files(store, lumisections=write(tmp_path, rows(12, bpix_ready=False))).updated == 1
    with store.reading() as connection:
        columns = store.records.lumisections(connection, 315512, "online")
    assert [(first, last, value["comment"]) for first, last, value in columns.rr["tracker-pixel"]] == [
        (1, 1, ""),
        (2, 3, "HV trip"),
        (4, 12, ""),
    ]


def test_a_run_that_is_signed_off_or_got_shorter_is_refused_by_name(store: Store, tmp_path: Path) -> None:
    load_files(store, lumisections=write(tmp_path, rows()))
    assert "Lumisections cannot be deleted" in load_files(store, lumisections=write(tmp_path, rows(9))).refused[315512]
    move_run(store, "SIGNOFF", {"run_number": 315512}, "expert@example.org")
    refused = load_files(store, lumisections=write(tmp_path, rows(bpix_ready=False))).refused
    assert "It needs revision" in refused[315512]
    assert shown(store)[0]["run_needs_to_be_updated_manually"] is True


def test_runs_and_lumisections_of_two_files_are_joined(store: Store, tmp_path: Path) -> None:
    runs = tmp_path / "runs.json"
    runs.write_text(json.dumps([{"run_number": 315512, "hlt_key": None, "components": ["DT", "PIXEL"]}, {"run_number": 315600}]))
    steps: list[tuple[int, int]] = []
    loaded = load_files(
        store, lumisections=write(tmp_path, rows()), runs=runs, progress=lambda done, of: steps.append((done, of))
    )
    assert (loaded.created, steps) == (2, [(2, 2)])
    rr, oms = shown(store)
    assert (oms["dt_included"], oms["pixel_included"], oms["fill_number"]) == (True, True, 6629)
    # OMS knows of an HLT key that it does not have yet: the class waits for it.
    assert (rr["class"], rr["significant"]) == ("", False)


def test_there_must_be_something_to_load_and_an_automatic_author(store: Store, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="nothing to load"):
        load_files(store)
    with pytest.raises(UsageError, match="must begin with auto@auto"):
        load_files(store, lumisections=write(tmp_path, rows()), by="me@example.org")


def test_a_wrong_file_stores_nothing(store: Store, tmp_path: Path) -> None:
    lumisections = [*rows(), {"run_number": 315512, "lumisection_number": 1}]
    with pytest.raises(UsageError, match="lumisection 1 of run 315512 is there twice"):
        load_files(store, lumisections=write(tmp_path, lumisections))
    assert get_run(store, 315512) is None
