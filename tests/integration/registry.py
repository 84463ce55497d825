"""A registry in this process, and the requests that tests make of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import httpx2

from runregistry.local import EmbeddedTransport, open_registry

AUTOMATIC = {"email": "auto@auto"}
SHIFTER = {"email": "shifter@example.org", "egroups": "cms-dqm-runregistry-online-shifters"}
EXPERT = {"email": "expert@example.org", "egroups": "cms-dqm-runregistry-experts"}
NOBODY = {"email": "someone@example.org", "egroups": "zh"}
GOOD = {"status": "GOOD", "comment": "", "cause": ""}
BAD = {"status": "BAD", "comment": "noise", "cause": ""}
COMPONENTS = [
    *("castor-castor", "cms-cms", "csc-csc", "ctpps-ctpps", "dt-dt", "ecal-ecal", "ecal-es", "hcal-hcal", "hlt-hlt", "l1t-l1t"),
    *("l1t-l1tcalo", "l1t-l1tmu", "lumi-lumi", "rpc-rpc", "tracker-pixel", "tracker-strip"),
]


@contextmanager
def registry_client(database: str = "sqlite://") -> Iterator[httpx2.Client]:
    """Open a client of a new registry with the settings that ship."""
    store, app = open_registry(database, auth="headers")
    transport = EmbeddedTransport(store, app)
    with httpx2.Client(transport=transport, base_url="http://embedded", timeout=30) as client:
        yield client


def run_body(run_number: int = 355100, n_lumisections: int = 4, **oms: Any) -> dict[str, Any]:
    """Return what creates a run that is GOOD everywhere."""
    attributes = {
        "run_number": run_number,
        "energy": 6799,
        "hlt_key": "/cdaq/physics/Run2022",
        "end_time": "2022-07-05T16:52:11Z",
    }
    return {
        "oms_attributes": attributes | oms,
        "rr_attributes": {"class": "Collisions22", "significant": True},
        "oms_lumisections": [{"cms_active": True, "pileup": 31.0 + i} for i in range(n_lumisections)],
        "rr_lumisections": [dict.fromkeys(COMPONENTS, GOOD) for _ in range(n_lumisections)],
    }


def create_run(client: httpx2.Client, run_number: int = 355100, **oms: Any) -> dict[str, Any]:
    """Create a run and return what created it."""
    body = run_body(run_number, **oms)
    answer = client.post("/runs", json=body, headers=AUTOMATIC)
    assert answer.status_code == 200, answer.text
    return body


def rr_lumisections(client: httpx2.Client, run_number: int = 355100, name: str = "online") -> list[dict[str, Any]]:
    """Return a dataset's components, lumisection by lumisection."""
    return list(client.post("/lumisections/rr_lumisections", json={"run_number": run_number, "dataset_name": name}).json())


def edit(
    client: httpx2.Client, first: object, last: object, *, headers: Mapping[str, str] = EXPERT, **more: Any
) -> httpx2.Response:
    """Set a component over a range."""
    body = {"run_number": 355100, "dataset_name": "online", "component": "dt-dt"} | {
        key: more.pop(key) for key in ("run_number", "dataset_name", "component") if key in more
    }
    change = {"start": first, "end": last, "status": "BAD", "comment": "HV trip", "cause": "HV"} | more
    return client.put("/lumisections/edit_rr_lumisections", json=body | {"new_lumisection_range": change}, headers=headers)
