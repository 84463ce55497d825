# clients: 1.1.0 3.1.2
"""Many questions at the same time, from threads of one's own."""

import concurrent.futures
import json

import runregistry

runs = [315512, 315510, 315506, 314206] * 3
with concurrent.futures.ThreadPoolExecutor(max_workers=4) as executor:
    found = list(executor.map(runregistry.get_run, runs))
    futures = [executor.submit(runregistry.get_lumisections, run_number=run, dataset_name="online") for run in runs[:4]]
    lengths = [len(future.result()) for future in futures]
print(json.dumps({"numbers": [run["run_number"] for run in found], "lengths": lengths}))
