# clients: 1.1.0 3.1.2
"""Datasets that wait for the DQM GUI are opened by hand, edited, and completed in one workspace."""

import json

import runregistry

dataset = "/PromptReco/Collisions2018A/DQM"
waiting = runregistry.get_datasets(filter={"dataset_name": dataset, "global_state": runregistry.WAITING_DQM_GUI_CONSTANT})
numbers = [each["run_number"] for each in waiting]
runregistry.move_datasets(
    from_=runregistry.WAITING_DQM_GUI_CONSTANT, to_="OPEN", dataset_name=dataset, workspace="global", runs=numbers
)
runregistry.edit_rr_lumisections(315512, 40, 50, "tracker-strip", "BAD", "seen offline", dataset_name=dataset)
runregistry.move_datasets("OPEN", "COMPLETED", dataset, "tracker", 315512)
runregistry.move_datasets("OPEN", "SIGNOFF", dataset, run=315506)
states = {}
for number in numbers:
    found = runregistry.get_dataset(number, dataset)
    attributes = found["dataset_attributes"]
    states[number] = {key: attributes[key] for key in sorted(attributes) if key.endswith("_state")}
bad = [
    [each["start"], each["end"]]
    for each in runregistry.get_lumisection_ranges(315512, dataset)
    if each["tracker-strip"]["comment"] == "seen offline"
]
print(json.dumps({"states": states, "bad": bad, "online": runregistry.get_lumisections(315512)[44]["tracker-strip"]}))
