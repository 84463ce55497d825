# clients: 1.1.0 3.1.2
"""Ranges of the runs of a JSON, whose keys are text; what is not there is left out."""

import json

import runregistry

data = {"315512": [[1, 100]], "315510": [[1, 50]], "123": [[1, 5]]}
dataset = "/PromptReco/Collisions2018A/DQM"
good = {}
for run in data:
    good[run] = []
    for lsinfo in (runregistry.get_lumisection_ranges(run, dataset), runregistry.get_joint_lumisection_ranges(int(run))):
        for infokey in lsinfo:
            if infokey == "err":
                continue
            if "start" not in infokey.keys():
                continue
            if "tracker-strip" in infokey and infokey["tracker-strip"]["status"] == "GOOD":
                good[run].append([infokey["start"], infokey["end"]])
oms = runregistry.get_oms_lumisection_ranges(315512, anything="has no effect")
print(json.dumps({"good": good, "oms": [[each["start"], each["end"], each.get("cms_active")] for each in oms]}))
