"""Offline datasets for tests, and what is asked about them."""

from __future__ import annotations

from typing import Any

import httpx2
from tests.integration.registry import EXPERT, GOOD, create_run

PROMPT = "/PromptReco/Collisions2022/DQM"
COPY = "/ReReco/Copy22/DQM"
RUNS = (355100, 355101, 355102)
WAITING = "waiting dqm gui"


def create_dataset(
    client: httpx2.Client, run_number: int = 355100, name: str = PROMPT, n_lumisections: int = 4, **states: str
) -> dict[str, Any]:
    """Create a dataset that is GOOD everywhere; it is OPEN in ``global`` and ``dt`` unless told otherwise."""
    attributes = {"global_state": "OPEN", "dt_state": "OPEN"} | states | {"appeared_in": []}
    body = {
        "run_number": run_number,
        "dataset_name": name,
        "dataset_attributes": attributes,
        "rr_lumisections": [{"dt-dt": GOOD, "csc-csc": GOOD}] * n_lumisections,
    }
    answer = client.post("/datasets", json=body, headers=EXPERT)
    assert answer.status_code == 200, answer.text
    event: dict[str, Any] = answer.json()
    return event


def create_runs_with_datasets(client: httpx2.Client) -> None:
    """Create `RUNS`, each with the dataset `PROMPT`."""
    for run_number in RUNS:
        create_run(client, run_number)
        create_dataset(client, run_number)


def get_dataset(client: httpx2.Client, run_number: int = 355100, name: str = PROMPT) -> dict[str, Any]:
    """Return a dataset, hidden or not."""
    answer = client.post("/datasets/get_dataset", json={"run_number": run_number, "dataset_name": name}).json()
    assert answer is not None, f"{name} of run {run_number} does not exist"
    found: dict[str, Any] = answer
    return found


def attributes(client: httpx2.Client, run_number: int = 355100, name: str = PROMPT) -> dict[str, Any]:
    """Return the attributes of a dataset."""
    found: dict[str, Any] = get_dataset(client, run_number, name)["dataset_attributes"]
    return found


def named(name: str) -> dict[str, Any]:
    """Return the filter for a name of datasets."""
    return {"name": {"=": name}}


def newest_comment(client: httpx2.Client) -> str:
    """Return the comment of the registry's newest version."""
    store = client._transport.store  # type: ignore[attr-defined]  # the transport of an embedded registry
    with store.reading() as connection:
        return str(store.records.versions(connection, 0, 1)[0].comment)
