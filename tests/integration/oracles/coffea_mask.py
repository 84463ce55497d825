"""Answers of coffea's `LumiMask`, by whatever Python has coffea: a job a line on stdin, the files it names written."""

from __future__ import annotations

import json
import sys

import numpy as np
from coffea.lumi_tools import LumiMask

for line in sys.stdin:
    job = json.loads(line)
    runs, lumisections = np.load(job["pairs"])
    np.save(job["answer"], LumiMask(job["json"])(runs, lumisections))
