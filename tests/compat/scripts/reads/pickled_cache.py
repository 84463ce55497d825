# clients: 1.1.0 3.1.2
"""A cache of one's own: answers in pickles, told apart by their types."""

import copy
import json
import os
import pickle

import runregistry

PATH = "runs.pkl"


def cached(run):
    cache = {}
    if os.path.exists(PATH):
        with open(PATH, "rb") as file:
            cache = pickle.load(file)
    if run not in cache:
        cache[run] = {
            "run": runregistry.get_run(run),
            "lumisections": runregistry.get_lumisections(run),
            "datasets": runregistry.get_datasets(filter={"run_number": run}),
        }
        with open(PATH, "wb") as file:
            pickle.dump(cache, file)
    return cache[run]


first, second = cached(315512), cached(315512)
mine = copy.deepcopy(second["run"])
mine["oms_attributes"]["energy"] = 13000
mine.update(note="changed")
second["datasets"].sort(key=lambda one: one["name"])
print(
    json.dumps(
        {
            "same": first["run"] == second["run"],
            "types": [type(second[key]).__name__ for key in ("run", "lumisections", "datasets")],
            "inner types": [type(second["lumisections"][0]).__name__, type(second["datasets"][0]).__name__],
            "names": [one["name"] for one in second["datasets"]],
            "changed": mine["note"],
        }
    )
)
