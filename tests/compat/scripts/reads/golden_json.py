# clients: 1.1.0 3.1.2
"""A golden JSON, written to a file in the working directory and read back."""

import json

import runregistry

json_logic = {
    "and": [
        {">=": [{"var": "run.oms.ls_duration"}, 100]},
        {"in": ["ollisions", {"var": "run.rr.class"}]},
        {"==": [{"in": ["WMass", {"var": "run.oms.hlt_key"}]}, False]},
        {"==": [{"var": "lumisection.rr.tracker-strip"}, "GOOD"]},
        {"==": [{"var": "lumisection.oms.cms_active"}, True]},
    ]
}
rr_data = runregistry.create_json(json_logic=json_logic, dataset_name_filter="online")
as_text = runregistry.create_json(json.dumps(json_logic), "/PromptReco/Collisions2018_/DQM")
with open("rr_output.json", "w") as file:
    json.dump(rr_data["generated_json"], file, indent=4)
with open("rr_output.json") as file:
    golden = json.load(file)
print(
    json.dumps(
        {
            "golden": golden,
            "with names": as_text["generated_json_with_dataset_names"],
            "keys": sorted(rr_data),
            "filter": rr_data["dataset_name_filter"],
        }
    )
)
