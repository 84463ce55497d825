"""Luminosity of lumisections as brilcalc and OMS tell it: files, totals with their units, and an audit of who misses what.

Not to be confused with `runregistry.engine.luminosity`, which adds up what a registry holds over the ranges of a rule: here is
what comes from outside, in /pb, with its unit in every name.
"""

from runregistry.luminosity.auditing import Audit, audit
from runregistry.luminosity.brilcalc import read_brilcalc
from runregistry.luminosity.normtag import Normtag, read_normtag
from runregistry.luminosity.oms import from_oms
from runregistry.luminosity.table import LumiTable
from runregistry.luminosity.totals import Luminosity
from runregistry.luminosity.units import LUMISECTION_S, format_luminosity, invpb_per

__all__ = [
    "LUMISECTION_S",
    "Audit",
    "LumiTable",
    "Luminosity",
    "Normtag",
    "audit",
    "format_luminosity",
    "from_oms",
    "invpb_per",
    "read_brilcalc",
    "read_normtag",
]
