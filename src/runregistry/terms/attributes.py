"""The table of attributes: what runs and datasets carry, who says so, and how it is compared.

Source: the attribute tables of the official clients, releases 1.1.0 and 3.1.2. Filters, old import paths and documentation are
made from these rows. An attribute of a run is also an attribute of each of its datasets.
"""

from __future__ import annotations

from collections.abc import Iterator
from types import MappingProxyType
from typing import NamedTuple

__all__ = ["DATASET_ATTRIBUTES", "OMS_NAMES", "OPERATORS", "RUN_ATTRIBUTES", "Attribute"]

# Operators that make sense for a type. The registry takes more of them; these are the ones to name to a user.
OPERATORS = MappingProxyType(
    {
        "number": ("=", "<>", ">", "<", ">=", "<="),
        "date": ("=", "<>", ">", "<", ">=", "<="),
        "string": ("=", "<>", "like", "notlike"),
        "boolean": ("=", "<>"),
        "component": ("=",),
    }
)


class Attribute(NamedTuple):
    """One attribute.

    Attributes
    ----------
    name : str
        As in the short filter form.
    level : str
        ``run`` or ``dataset``.
    source : str
        ``oms``, ``rr`` or, for what identifies a row, ``table``.
    type : str
        ``number``, ``string``, ``boolean`` or ``date``: a key of `OPERATORS`.
    unit : str
        Unit of the value, empty where it has none.
    wire : str
        Its key in the wire form of a filter.
    """

    name: str
    level: str
    source: str
    type: str
    unit: str
    wire: str

    @property
    def operators(self) -> tuple[str, ...]:
        """Operators that make sense for its type."""
        return OPERATORS[self.type]

    @property
    def column(self) -> str:
        """What its column holds in a table: a type of `runregistry.terms.columns`, more exact than what filters need to know."""
        if self.source == "rr" and self.name.endswith("state"):
            return "state"
        return _COLUMN_TYPES.get(self.name, "time" if self.type == "date" else self.type)


_OMS = """
energy l1_key b_field hlt_key l1_menu l1_rate end_time sequence duration end_lumi init_lumi clock_type components run_number
start_time fill_number l1_hlt_mode last_update ls_duration stable_beam hf_included dt_included es_included csc_included
cow_included daq_included dcs_included dqm_included gem_included ltc_included rpc_included trg_included trigger_mode
hcal_included scal_included efed_included recorded_lumi ecal_included lumi_included tcds_included cmssw_version delivered_lumi
totem_included tier0_transfer pixel_included ctpps_included hflumi_included l1_key_stripped castor_included hlt_physics_size
fill_type_party2 tracker_included dt_efed_included fill_type_party1 injection_scheme hlt_physics_rate rpc_efed_included
trg_efed_included fill_type_runtime pixel_up_included csc_efed_included ctpps_tot_included ecal_efed_included
hcal_efed_included l1_triggers_counter hlt_physics_counter l1_hlt_mode_stripped tracker_efed_included initial_prescale_index
hlt_physics_throughput beams_present_and_stable
"""
_OF_DATASETS = """
appeared_in global_state dt_state cms_state csc_state hlt_state l1t_state rpc_state tau_state btag_state ecal_state hcal_state
lumi_state muon_state ctpps_state castor_state egamma_state jetmet_state tracker_state
"""
OMS_NAMES = tuple(_OMS.split())  # in the order of the official client
_RR = MappingProxyType(
    {
        "class": "string",
        "state": "string",
        "significant": "boolean",
        "stop_reason": "string",
        "short_run": "boolean",
        "run_needs_to_be_updated_manually": "boolean",
    }
)
_OMS_NUMBERS = """
fill_number energy b_field l1_rate l1_triggers_counter duration ls_duration init_lumi end_lumi recorded_lumi delivered_lumi
initial_prescale_index hlt_physics_rate hlt_physics_size hlt_physics_counter hlt_physics_throughput
"""
_NUMBERS = frozenset(_OMS_NUMBERS.split())
_DATES = frozenset({"start_time", "end_time", "last_update"})
_BOOLEANS = frozenset({"stable_beam", "tier0_transfer", "beams_present_and_stable"})
_INTEGERS = """
run_number fill_number duration ls_duration l1_triggers_counter hlt_physics_counter initial_prescale_index
"""
_COLUMN_TYPES = MappingProxyType(
    {
        **dict.fromkeys(_INTEGERS.split(), "integer"),
        "components": "list",
        "appeared_in": "list",
        "dataset_name": "category",
    }
)
_UNITS = MappingProxyType(
    {
        "energy": "GeV",
        "b_field": "T",
        "duration": "s",
        "ls_duration": "lumisections",
        "l1_rate": "Hz",
        "hlt_physics_rate": "Hz",
        "recorded_lumi": "/pb",
        "delivered_lumi": "/pb",
    }
)


def _oms_type(name: str) -> str:
    if name in _NUMBERS:
        return "number"
    if name in _DATES:
        return "date"
    return "boolean" if name in _BOOLEANS or name.endswith("_included") else "string"


def _of_runs() -> Iterator[Attribute]:
    for name in OMS_NAMES:
        if name != "run_number":  # also the column of the table, which comes first
            yield Attribute(name, "run", "oms", _oms_type(name), _UNITS.get(name, ""), f"oms_attributes.{name}")
    for name, kind in _RR.items():
        yield Attribute(name, "run", "rr", kind, "", f"rr_attributes.{name}")
    yield Attribute("run_number", "run", "table", "number", "", "run_number")


def _of_datasets() -> Iterator[Attribute]:
    yield Attribute("run_number", "dataset", "table", "number", "", "run_number")
    yield Attribute("dataset_name", "dataset", "table", "string", "", "name")
    for name in _OF_DATASETS.split():
        yield Attribute(name, "dataset", "rr", "string", "", f"dataset_attributes.{name}")


RUN_ATTRIBUTES = MappingProxyType({attribute.name: attribute for attribute in _of_runs()})
DATASET_ATTRIBUTES = MappingProxyType({attribute.name: attribute for attribute in _of_datasets()})
