"""What LumiList makes of JSONs, by whatever Python has WMCore: a job a line on stdin, a JSON line back for each."""

from __future__ import annotations

import copy
import json
import sys

from WMCore.DataStructs.LumiList import LumiList


def lumi_list(compact):
    # It keeps the lists that it is given, and some operations change them.
    return LumiList(compactList=copy.deepcopy(compact))


def selected(mask, runs):
    mask.selectRuns(runs)
    return mask.getCompactList()


def removed(mask, runs):
    mask.removeRuns(runs)
    return mask.getCompactList()


for line in sys.stdin:
    job = json.loads(line)
    one, other = job["one"], job["other"]
    asked = lumi_list(one)
    said = {
        "compact": lumi_list(one).getCompactList(),
        "runs": lumi_list(one).getRuns(),
        "lumis": lumi_list(one).getLumis() if job["small"] else [],
        "cmssw": lumi_list(one).getCMSSWString(),
        "len": len(lumi_list(one)),
        "and": (lumi_list(one) & lumi_list(other)).getCompactList(),
        "or": (lumi_list(one) | lumi_list(other)).getCompactList(),
        "sub": (lumi_list(one) - lumi_list(other)).getCompactList(),
        "filtered": lumi_list(one).filterLumis([tuple(pair) for pair in job["pairs"]]),
        "contains": [asked.contains(*pair) for pair in job["pairs"][:50]],
        "contains run": [asked.contains(pair[0]) for pair in job["pairs"][:50]],
        "select": selected(lumi_list(one), job["runs"]),
        "remove": removed(lumi_list(one), job["runs"]),
        "from lumis": LumiList(lumis=[tuple(pair) for pair in job["pairs"]]).getCompactList(),
        "from runs": sorted(LumiList(runs=job["runs"]).getCompactList().items()),
    }
    print(json.dumps(said), flush=True)
