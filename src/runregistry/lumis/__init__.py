"""Lumisections as sets: of one run (`LumiRanges`) and of many (`LumiMask`). numpy is loaded only by the arrays."""

from runregistry.lumis.difference import MaskDiff
from runregistry.lumis.mask import LumiMask
from runregistry.lumis.problems import Problem
from runregistry.lumis.ranges import LumiRanges

__all__ = ["LumiMask", "LumiRanges", "MaskDiff", "Problem"]
