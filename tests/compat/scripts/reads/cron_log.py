# clients: 3.1.2
"""A cron job whose log somebody reads: the lines that the client prints are part of it."""

import json

import runregistry

runregistry.setup("local")
print("begin")
runs = runregistry.get_runs(filter={"class": {"like": "%18%"}, "run_number": {"or": [315512, 315510]}})
print("runs", len(runs))
few = runregistry.get_runs(limit=2, page_size=1, filter={})
print("few", len(few))
datasets = runregistry.get_datasets(limit=2, page_size=1, filter={"run_number": {"=": 315512}})
print("datasets", len(datasets))
runregistry.get_cycles()
runregistry.get_lumisections(315512)
print("end")
print(json.dumps([run["run_number"] for run in runs + few + datasets]))
