"""OMS attributes of a lumisection that the registry keeps.

Source: the whitelist of the service; every other attribute of OMS is shown to classifiers and then forgotten.
"""

from __future__ import annotations

from types import MappingProxyType

from runregistry.terms.columns import Column

__all__ = ["LUMINOSITY_ATTRIBUTES", "OMS_LUMISECTION_COLUMNS", "OMS_LUMISECTION_WHITELIST"]

_WHITELIST = """
beam1_present beam1_stable beam2_present beam2_stable
bpix_ready fpix_ready tibtid_ready tob_ready tecm_ready tecp_ready
castor_ready zdc_ready cms_active physics_flag
cscm_ready cscp_ready dt0_ready dtm_ready dtp_ready rpc_ready gemm_ready gemp_ready
ebm_ready ebp_ready eem_ready eep_ready esm_ready esp_ready
hbhea_ready hbheb_ready hbhec_ready hf_ready ho_ready
rp_sect_45_ready rp_sect_56_ready rp_time_ready
prescale_index prescale_name
"""
OMS_LUMISECTION_WHITELIST = frozenset(_WHITELIST.split())

# Kept besides; from brilcalc, never from OMS, in the unit of the imported file (nominally /pb).
LUMINOSITY_ATTRIBUTES = ("recorded", "delivered")

_TYPES = MappingProxyType({"prescale_index": "integer", "prescale_name": "string"})

# What a lumisection's OMS attributes are in a table, in a fixed order.
OMS_LUMISECTION_COLUMNS = (
    *(Column(name, _TYPES.get(name, "boolean")) for name in _WHITELIST.split()),
    *(Column(name, "number", "/pb") for name in LUMINOSITY_ATTRIBUTES),
)
