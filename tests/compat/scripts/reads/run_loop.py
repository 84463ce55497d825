# clients: 1.1.0 3.1.2
"""Runs of a list, one request each; some do not exist, some are of no interest."""

import json

import runregistry

dataset = "/PromptReco/Collisions2018A/DQM"
found = {}
for run in [315512, 315510, 1, 314206]:
    rr_run = runregistry.get_run(run)
    if type(rr_run) != type({}):  # noqa: E721
        continue
    if "significant" not in rr_run:
        continue
    if not rr_run["significant"]:
        continue
    found[run] = {
        "class": rr_run["class"],
        "state": rr_run["state"],
        "has dataset": dataset in runregistry.get_dataset_names_of_run(run),
        "fill": rr_run["oms_attributes"].get("fill_number"),
        "duration": rr_run["oms_attributes"].get("ls_duration"),
        "good": rr_run["lumisections"].get("tracker-strip", {}).get("GOOD", 0),
        "keys": list(rr_run),
    }
print(json.dumps(found))
