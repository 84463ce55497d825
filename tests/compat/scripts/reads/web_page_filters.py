# clients: 1.1.0 3.1.2
"""Filters copied from the requests of the web page, and rows as the web page gets them."""

import json

import runregistry

runs = runregistry.get_runs(
    filter={
        "run_number": {"and": [{">": 314000}, {"<": 316000}]},
        "rr_attributes.class": {"like": "%18%"},
        "triplet_summary.tracker-strip.GOOD": {">": 0},
    },
    ignore_filter_transformation=True,
    compress_attributes=False,
)
datasets = runregistry.get_datasets(
    filter={
        "and": [{"run_number": {"and": [{">": 314000}, {"<": 316000}]}}],
        "name": {"and": [{"<>": "online"}]},
        "dataset_attributes.global_state": {"and": [{"or": [{"=": "OPEN"}, {"=": "waiting dqm gui"}, {"=": "COMPLETED"}]}]},
    },
    ignore_filter_transformation=True,
    compress_attributes=False,
)
print(
    json.dumps(
        {
            "runs": [[run["run_number"], run["rr_attributes"], run["DatasetTripletCache"]["triplet_summary"]] for run in runs],
            "datasets": [
                [dataset["name"], dataset["Run"]["rr_attributes"], dataset["dataset_attributes"]] for dataset in datasets
            ],
        }
    )
)
