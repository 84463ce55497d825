"""States, statuses and the other fixed words.

Source: the vocabulary of the Run Registry's data model, which the web front end and the official client share.
"""

from __future__ import annotations

from types import MappingProxyType

# Statuses: the quality of a component in a lumisection.
GOOD = "GOOD"
BAD = "BAD"
STANDBY = "STANDBY"
EXCLUDED = "EXCLUDED"
NOTSET = "NOTSET"
EMPTY = "EMPTY"  # no data; made up where a lumisection lacks a component, and sometimes stored
NO_VALUE_FOUND = "NO VALUE FOUND"  # no classifier matched
EDITABLE_STATUSES = (GOOD, BAD, STANDBY, EXCLUDED, NOTSET)
STATUSES = (*EDITABLE_STATUSES, EMPTY, NO_VALUE_FOUND)

# States: how far certification has come.
OPEN = "OPEN"
SIGNOFF = "SIGNOFF"
COMPLETED = "COMPLETED"
WAITING_DQM_GUI = "waiting dqm gui"
RUN_STATES = (SIGNOFF, OPEN, COMPLETED)
DATASET_STATES = (SIGNOFF, OPEN, COMPLETED, WAITING_DQM_GUI)

ONLINE = "online"  # the name of the dataset that each run owns
GLOBAL = "global"  # the workspace that is a view of all others
AUTOMATIC_AUTHOR = "auto@auto"  # authors that begin so make automatic changes, which never outrank a person's
EXPERTS_EGROUP = "cms-dqm-runregistry-experts"

# Components whose status must be known before a run can leave OPEN: workspace -> columns, in the order in which they are checked.
CERTIFIABLE_ONLINE = MappingProxyType(
    {
        "castor": ("castor",),
        "cms": ("cms",),
        "csc": ("csc",),
        "ctpps": ("ctpps",),
        "dt": ("dt",),
        "ecal": ("ecal", "es"),
        "hcal": ("hcal",),
        "hlt": ("hlt",),
        "l1t": ("l1t", "l1tcalo", "l1tmu"),
        "lumi": ("lumi",),
        "rpc": ("rpc",),
        "tracker": ("pixel", "strip"),
    }
)
