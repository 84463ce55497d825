"""The certification toolbox: golden JSONs made in a blink, reasons why not, what if, provenance and verification."""

from runregistry.certification.certified import Certification
from runregistry.certification.changing import CertificationChanges, changes
from runregistry.certification.creating import create
from runregistry.certification.explaining import explain
from runregistry.certification.preset import Preset, get_preset, preset_names
from runregistry.certification.provenance import Provenance, Totals, side_file
from runregistry.certification.rules import GivenRule, read_rule
from runregistry.certification.verifying import Verification, verify
from runregistry.engine.amounts import Amount
from runregistry.engine.clauses import Clause
from runregistry.engine.explanation import Explanation, WhatIf

__all__ = [
    "Amount",
    "Certification",
    "CertificationChanges",
    "Clause",
    "Explanation",
    "GivenRule",
    "Preset",
    "Provenance",
    "Totals",
    "Verification",
    "WhatIf",
    "changes",
    "create",
    "explain",
    "get_preset",
    "preset_names",
    "read_rule",
    "side_file",
    "verify",
]
