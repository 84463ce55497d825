# clients: 1.1.0 3.1.2
"""Which datasets are open for whom: by name, by pattern, by state, and the one of a run that was reconstructed promptly."""

import json

import runregistry

PROMPT = "/PromptReco/Collisions2018A/DQM"


def dataset_by_reco(run_number, reco):
    for dataset in runregistry.get_datasets(filter={"run_number": {"=": run_number}}):
        if reco in dataset["name"].lower():
            return dataset["name"]
    raise Exception(f"no {reco} for {run_number}")


def names(**conditions):
    return [[one["run_number"], one["name"]] for one in runregistry.get_datasets(filter=conditions)]


numbers = {"and": [{">=": 314000}, {"<=": 316000}]}
try:
    missing = dataset_by_reco(1, "prompt")
except Exception as error:
    missing = str(error)
print(
    json.dumps(
        {
            "prompt": dataset_by_reco(315512, "prompt"),
            "missing": missing,
            "express": names(dataset_name={"like": "%Express%Co%s20%"}, run_number=numbers),
            "waiting": names(run_number={"or": [315512, 315510]}, tracker_state={"=": "waiting dqm gui"}),
            "of a class": names(**{"class": {"like": "%Collisions%"}, "dataset_name": {"like": "%18A%"}}),
            "good strips": names(**{"run_number": numbers, "tracker-strip": "GOOD"}),
            "online": names(run_number=315512, dataset_name="online"),
            "one": runregistry.get_dataset(315512, PROMPT),
            "positional": runregistry.get_dataset(315512)["name"],
            "limit": len(runregistry.get_datasets(limit=5, page_size=1, filter={})),
            "not there": bool(runregistry.get_dataset(run_number=1, dataset_name="/Promt/Nothing/DQM")),
            "compressed": "Run" in runregistry.get_datasets(filter={"run_number": 315512})[0],
            "not compressed": "Run" in runregistry.get_datasets(compress_attributes=False, filter={"run_number": 315512})[0],
        }
    )
)
