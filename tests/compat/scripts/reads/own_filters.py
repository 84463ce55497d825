# clients: 3.1.2
"""One filter for many questions, and a filter that comes out of a file."""

import json

import runregistry

wanted = {"run_number": {"or": [315512, 315510]}, "dt-dt": "GOOD"}
with open("filter.json", "w") as file:
    json.dump(wanted, file)
runs = runregistry.get_runs(filter=wanted)
again = runregistry.get_runs(filter=wanted)
datasets = runregistry.get_datasets(filter=wanted)
with open("filter.json") as file:
    from_file = runregistry.get_runs(filter=json.load(file), anything="has no effect")
print(
    json.dumps(
        {
            "same": runs == again == from_file,
            "runs": [run["run_number"] for run in runs],
            "datasets": sorted({(one["run_number"], one["name"]) for one in datasets}),
        }
    )
)
