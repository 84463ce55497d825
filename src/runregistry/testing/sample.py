"""The data set that ships for tests: a few runs with classes, components, datasets, edits and states, made by code.

The numbers are invented and always the same; what the registry makes of them (class, components, offline datasets) is the work of
the same classifiers as ever. Only the times of the changes are those at which it is filled.

    355100  Collisions22  COMPLETED  30 lumisections; offline datasets certified: global OPEN → COMPLETED
    355101  Collisions22  SIGNOFF    24; its offline datasets are OPEN in the DQM GUI, one with an edit of the tracker
    355102  Collisions22  SIGNOFF    16; its offline datasets wait for the DQM GUI
    355103  Cosmics22     SIGNOFF    20; its offline datasets wait for the DQM GUI
    355104  Collisions22  OPEN       12; a shifter set tracker-strip BAD in 4-6
    355105  Cosmics22     OPEN        8
    355106  Collisions22  OPEN        3; too short to be significant
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, NamedTuple

from runregistry.terms import BAD, COMPLETED, GLOBAL, ONLINE, SIGNOFF

if TYPE_CHECKING:
    from runregistry.store import Store

__all__ = ["PROMPT", "SAMPLE_RUNS", "fill"]

PROMPT = "/PromptReco/Collisions2022/DQM"
_SHIFTER = "shifter@example.org"
_DETECTORS = ("TRACKER", "PIXEL", "CSC", "DT", "ECAL", "ES", "HCAL", "RPC", "CTPPS_TOT", "TRG", "DAQ", "DCS", "DQM")
_DCS = """
bpix_ready fpix_ready tibtid_ready tob_ready tecm_ready tecp_ready cscm_ready cscp_ready dt0_ready dtm_ready dtp_ready rpc_ready
ebm_ready ebp_ready eem_ready eep_ready esm_ready esp_ready hbhea_ready hbheb_ready hbhec_ready hf_ready ho_ready
rp_sect_45_ready rp_sect_56_ready rp_time_ready
"""
_READY = tuple(_DCS.split())


class _Run(NamedTuple):
    """A run as OMS has it; ``off`` names DCS bits that are off from a lumisection to another, both included."""

    run_number: int
    n_lumisections: int
    fill_number: int
    is_collisions: bool = True
    off: tuple[tuple[str, int, int], ...] = ()


_RUNS = (
    _Run(355100, 30, 7920, off=(("dt0_ready", 1, 2), ("hf_ready", 17, 17))),
    _Run(355101, 24, 7920, off=(("fpix_ready", 20, 24),)),
    _Run(355102, 16, 7921),
    _Run(355103, 20, 7922, is_collisions=False),
    _Run(355104, 12, 7923),
    _Run(355105, 8, 7924, is_collisions=False, off=(("rpc_ready", 1, 8),)),
    _Run(355106, 3, 7925),
)
SAMPLE_RUNS = tuple(run.run_number for run in _RUNS)


def fill(store: Store) -> None:
    """Fill a registry that has its settings with the sample.

    Parameters
    ----------
    store : Store
        Of a new registry.
    """
    from runregistry.server import load_files

    with TemporaryDirectory(prefix="runregistry-sample-") as folder:
        runs, lumisections = Path(folder) / "runs.json", Path(folder) / "lumisections.json"
        runs.write_text(json.dumps([_attributes(run) for run in _RUNS]), encoding="utf-8")
        lumisections.write_text(json.dumps([row for run in _RUNS for row in _lumisections(run)]), encoding="utf-8")
        load_files(store, lumisections=lumisections, runs=runs)
    _certify(store)


def _attributes(run: _Run) -> dict[str, Any]:
    position = run.run_number - 355100
    kind = "physics" if run.is_collisions else "cosmics"
    return {
        "run_number": run.run_number,
        "fill_number": run.fill_number,
        "energy": 6799 if run.is_collisions else 450,
        "b_field": 3.8,
        "hlt_key": f"/cdaq/{kind}/Run2022/2e34/v1.4.0/HLT/V{position + 1}",
        "l1_hlt_mode": "collisions2022" if run.is_collisions else "cosmics2022",
        "components": list(_DETECTORS),
        "start_time": f"2022-07-{5 + position:02d}T10:00:00Z",
        "end_time": f"2022-07-{5 + position:02d}T10:{run.n_lumisections * 23 // 60:02d}:{run.n_lumisections * 23 % 60:02d}Z",
        "duration": run.n_lumisections * 23,
        "stable_beam": run.is_collisions,
    }


def _lumisections(run: _Run) -> Iterator[dict[str, Any]]:
    beams = {f"beam{beam}_{what}": run.is_collisions for beam in (1, 2) for what in ("present", "stable")}
    for number in range(1, run.n_lumisections + 1):
        off = {name for name, first, last in run.off if first <= number <= last}
        lumi = {"recorded_lumi": round(0.31 * number, 3), "delivered_lumi": round(0.33 * number, 3)} if run.is_collisions else {}
        flags = {name: name not in off for name in _READY}
        yield (
            {
                "run_number": run.run_number,
                "lumisection_number": number,
                "cms_active": True,
                "physics_flag": run.is_collisions,
            }
            | beams
            | flags
            | lumi
        )


def _certify(store: Store) -> None:
    """Do what shifters and experts did."""
    from runregistry.server.services.dataset_changes import move_dataset
    from runregistry.server.services.dqm_gui import record_appearances
    from runregistry.server.services.runs import move_run

    _edit(store, 355104, "tracker-strip", 4, 6, comment="HV trip of a few modules", cause="HV")
    for run_number in (355100, 355101, 355102, 355103):
        move_run(store, SIGNOFF, {"run_number": run_number}, _SHIFTER)
    gui_names = ["/ZeroBias/Run2022A-PromptReco-v1/DQMIO", "/StreamExpress/Run2022A-Express-v1/DQMIO"]
    record_appearances(store, {355100: gui_names, 355101: gui_names})
    _edit(store, 355101, "tracker-strip", 8, 9, comment="noisy modules", dataset_name=PROMPT)
    move_run(store, COMPLETED, {"run_number": 355100}, _SHIFTER)
    for state in (SIGNOFF, COMPLETED):
        key = {"run_number": 355100, "dataset_name": PROMPT, "workspace": GLOBAL}
        move_dataset(store, key, GLOBAL, state, _SHIFTER)


def _edit(
    store: Store,
    run_number: int,
    component: str,
    first: int,
    last: int,
    *,
    comment: str,
    cause: str = "",
    dataset_name: str = ONLINE,
) -> None:
    """Set a component BAD over a range, as a shifter."""
    from runregistry.server.services.lumisections import edit_rr_lumisections

    change = {"start": first, "end": last, "status": BAD, "comment": comment, "cause": cause}
    body = {"run_number": run_number, "dataset_name": dataset_name, "component": component, "new_lumisection_range": change}
    edit_rr_lumisections(store, body, _SHIFTER)
