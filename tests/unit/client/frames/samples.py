"""Answers as on the wire, small enough to read."""

from __future__ import annotations

from typing import Any

from runregistry.client import frames

GOOD = {"status": "GOOD", "comment": "", "cause": ""}
BAD = {"status": "BAD", "comment": "HV trip", "cause": "HV"}
EMPTY = {"status": "EMPTY", "comment": "", "cause": ""}
KEY = {"run_number": 355100, "dataset_name": "online"}

SUMMARY = {
    "dt-dt": {"EMPTY": 0, "comments": ["HV trip"], "causes": [], "GOOD": 300, "BAD": 12},
    "csc-csc": {"EMPTY": 312, "comments": [], "causes": []},
}
OMS = {
    "run_number": 355100,
    "fill_number": 7920,
    "energy": 6799,
    "b_field": 3.8,
    "components": ["DAQ", "DT"],
    "dt_included": True,
    "start_time": "2022-07-05T14:48:36Z",
    "last_update": "2022-07-05T17:10:02.123Z",
}
RR = {"class": "Collisions22", "state": "OPEN", "significant": True, "stop_reason": ""}
RUN = {
    "run_number": 355100,
    "oms_attributes": OMS,
    "rr_attributes": RR,
    "version": 912345,
    "deleted": False,
    "DatasetTripletCache": {"triplet_summary": SUMMARY},
}
DATASET = {
    "run_number": 355100,
    "name": "/PromptReco/Collisions2022/DQM",
    "dataset_attributes": {"global_state": "OPEN", "csc_state": "waiting dqm gui", "appeared_in": []},
    "datasets_in_gui": ["/ZeroBias/Run2022C-PromptReco-v1/DQMIO"],
    "deleted": False,
    "version": 912350,
    "Run": {"rr_attributes": RR, "oms_attributes": OMS},
    "DatasetTripletCache": {"triplet_summary": SUMMARY, "dcs_summary": {}},
}
LUMISECTIONS = [{"dt-dt": GOOD, "csc-csc": EMPTY}, {"dt-dt": GOOD, "csc-csc": EMPTY}, {"dt-dt": BAD, "csc-csc": GOOD}]
RANGES = [{"dt-dt": GOOD, "csc-csc": EMPTY, "start": 1, "end": 2}, {"dt-dt": BAD, "csc-csc": GOOD, "start": 3, "end": 3}]
BY_COMPONENT = {
    "dt-dt": [{**GOOD, "start": 1, "end": 2}, {**BAD, "start": 3, "end": 3}],
    "csc-csc": [{**EMPTY, "start": 1, "end": 2}, {**GOOD, "start": 3, "end": 3}],
}
OMS_LUMISECTIONS = [
    {"beam1_present": True, "bpix_ready": None, "prescale_index": 2, "prescale_name": "2e34", "recorded": "0.25"},
    {"err": "No data available for this lumisection"},
]
OMS_RANGES = [{"beam1_present": True, "prescale_index": 2, "start": 1, "end": 54}, {"start": 55, "end": 56}]
JOINT_RANGES = [{"beam1_present": True, "dt-dt": GOOD, "start": 1, "end": 54}, {"dt-dt": BAD, "start": 55, "end": 56}]
CYCLE = {
    "id_cycle": 41,
    "cycle_name": "2022 week 30",
    "cycle_attributes": {"global_state": "pending", "csc_state": "completed"},
    "deadline": "2022-08-01T00:00:00.000Z",
    "deleted": False,
    "CycleDataset": [
        {"id_cycle": 41, "run_number": 355100, "name": "/PromptReco/Collisions2022/DQM", "Datasets": []},
        {"id_cycle": 41, "run_number": 355101, "name": "/PromptReco/Collisions2022/DQM", "Datasets": []},
    ],
    "datasets": [],
}
ACCEPTED = {
    "id": 312,
    "name": "/PromptReco/Collisions2022/DQM",
    "regexp": "/.*/Run2022.-PromptReco-v.*/DQMIO",
    "enabled": True,
    "class": "Collisions22",
    "run_from": "355065",
    "run_to": 362800,
    "createdAt": "2022-07-05T09:00:00.000Z",
    "DatasetsAcceptedLists": [{"id": 1}],
}
ACTION = {"by": "shifter@example.org", "comment": "Edit run 355100", "createdAt": "2022-07-05T14:50:00.000Z"}
HISTORY = [
    {"version": 1, "manual_change": False, "run_number": 355100, "name": "online", "start": 1, "end": 3, **ACTION}
    | {"jsonb": {"dt-dt": BAD, "csc-csc": GOOD}},
    {"run_number": 355100, "version": 2, "atomic_version": 9, "Version": {}, **ACTION}
    | {"class": "Collisions22", "energy": 6799},
]
FIELDS = [{"class": "Collisions22", "run_number": 355100, "dt-dt.BAD": 12, "energy": 6799}]
PLAN = [
    {"run_number": 355100, "dataset_name": "online", "change": "state", "now": "OPEN", "then": "SIGNOFF", "problem": ""},
    {
        "run_number": 355101,
        "dataset_name": "online",
        "change": "significant",
        "now": True,
        "then": True,
        "problem": "is so already",
    },
]

# Every kind of list with rows of it.
ALL: dict[frames.Kind, list[Any]] = {
    frames.RUNS: [RUN],
    frames.DATASETS: [DATASET],
    frames.LUMISECTIONS: LUMISECTIONS,
    frames.RANGES: RANGES,
    frames.OMS_LUMISECTIONS: OMS_LUMISECTIONS,
    frames.OMS_RANGES: OMS_RANGES,
    frames.JOINT_RANGES: JOINT_RANGES,
    frames.CYCLES: [CYCLE],
    frames.ACCEPTED: [ACCEPTED],
    frames.HISTORY: HISTORY,
    frames.COUNTS: list(frames.Rows([RUN], frames.RUNS).component_counts()),
    frames.FIELDS: FIELDS,
    frames.PLAN: PLAN,
}
KINDS_OF_A_DATASET = (frames.LUMISECTIONS, frames.RANGES, frames.OMS_LUMISECTIONS, frames.OMS_RANGES, frames.JOINT_RANGES)


def rows_of(kind: frames.Kind, **context: Any) -> frames.Rows:
    """Return the sample of a kind."""
    if kind in KINDS_OF_A_DATASET:
        context = {**KEY, **context}
    if kind is frames.FIELDS:
        context = {"fields": ["run_number", "class", "dt-dt.BAD", "energy"], **context}
    return frames.Rows(ALL[kind], kind, **context)
