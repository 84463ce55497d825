"""Many writers on one run: who was told that an edit is stored, and whether it is.

Used by the tests with a few edits and by the benchmarks with many, through any number of server processes on one database.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, NamedTuple

import httpx2

from runregistry.store import Store
from runregistry.store.check import check
from runregistry.terms import ONLINE

RUN = 355100
N_LUMISECTIONS = 8
AUTOMATIC = {"email": "auto@auto"}
EXPERT = {"email": "expert@example.org", "egroups": "cms-dqm-runregistry-experts"}


class Written(NamedTuple):
    """What writers were told.

    Attributes
    ----------
    acknowledged : list of str
        Comments of the edits that were answered with 200.
    refused : list of str
        What the others were answered, or what happened to them.
    seconds : float
        How long all of them took together.
    """

    acknowledged: list[str]
    refused: list[str]
    seconds: float


def create_run(url: str, run_number: int = RUN) -> None:
    """Create a run that is GOOD in two components."""
    good = {"status": "GOOD", "comment": "", "cause": ""}
    body = {
        "oms_attributes": {"run_number": run_number, "energy": 6799},
        "rr_attributes": {"class": "Collisions22", "significant": True},
        "oms_lumisections": [{"cms_active": True}] * N_LUMISECTIONS,
        "rr_lumisections": [{"dt-dt": good, "csc-csc": good}] * N_LUMISECTIONS,
    }
    answer = httpx2.post(f"{url}/runs", json=body, headers=AUTOMATIC, timeout=60)
    assert answer.status_code == 200, answer.text


def write_at_once(
    urls: Sequence[str], n_writers: int, n_edits: int, *, name: str = "", goes_on: Callable[[], bool] = lambda: True
) -> Written:
    """Have writers edit one run at the same time, each through the next of the servers.

    Parameters
    ----------
    name : str
        What the comments of these edits begin with, so that no two edits have the same.
    goes_on : callable
        Asked before each edit; False ends it.
    """

    def write(writer: int) -> tuple[list[str], list[str]]:
        acknowledged, refused = [], []
        with httpx2.Client(base_url=urls[writer % len(urls)], timeout=60, headers=EXPERT) as client:
            for number in range(n_edits):
                if not goes_on():
                    break
                comment = f"{name} writer {writer} edit {number}"
                try:
                    answer = edit(client, writer, number, comment)
                except httpx2.HTTPError as error:
                    refused.append(f"{comment}: {type(error).__name__}")
                    continue
                if answer.status_code == 200:
                    acknowledged.append(comment)
                else:
                    refused.append(f"{comment}: {answer.status_code} {answer.text[:200]}")
        return acknowledged, refused

    started = time.perf_counter()
    with ThreadPoolExecutor(n_writers) as pool:
        done = list(pool.map(write, range(n_writers)))
    seconds = time.perf_counter() - started
    return Written([text for texts, _ in done for text in texts], [text for _, texts in done for text in texts], seconds)


def edit(client: httpx2.Client, writer: int, number: int, comment: str) -> httpx2.Response:
    """Set a component over a range, or every fourth time the reason why the run stopped."""
    if number % 4 == 3:
        return client.put(f"/manual_run_edit/{RUN}/stop_reason", json={"stop_reason": comment})
    first = 1 + (writer + number) % N_LUMISECTIONS
    change = {"start": first, "end": N_LUMISECTIONS, "status": "BAD", "comment": comment, "cause": ""}
    component = ("dt-dt", "csc-csc")[writer % 2]
    body = {"run_number": RUN, "dataset_name": ONLINE, "component": component, "new_lumisection_range": change}
    return client.put("/lumisections/edit_rr_lumisections", json=body)


def stored_comments(store: Store) -> list[str]:
    """The comments of all edits that are stored, in the order of their events."""
    with store.reading() as connection:
        lumisections = store.records.rr_history(connection, RUN, ONLINE)
        runs = store.records.run_history(connection, RUN)
    found = [(event["version"], triplet["comment"]) for event in lumisections for triplet in event["jsonb"].values()]
    found += [(row.version, decoded_reason(row)) for row in runs]
    return [comment for _, comment in sorted(found) if comment]


def decoded_reason(row: Any) -> str:
    """Why the run stopped, as an event says; empty if it says nothing."""
    from runregistry.store.documents import decode

    return str(decode(row.rr_metadata).get("stop_reason", ""))


def problems(database: str, acknowledged: Sequence[str]) -> list[str]:
    """What is wrong with a registry after writers were told this: edits that are lost or there twice, and what `check` finds."""
    with Store(database) as store:
        stored = stored_comments(store)
        lost = [f"lost: {comment}" for comment in sorted(set(acknowledged) - set(stored))]
        twice = [f"{stored.count(comment)} times: {comment}" for comment in sorted(set(stored)) if stored.count(comment) > 1]
        with store.reading() as connection:
            return lost + twice + list(check(connection))
