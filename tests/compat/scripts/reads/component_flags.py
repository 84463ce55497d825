# clients: 1.1.0 3.1.2
"""A condition that never had an effect: a component is compared with True, and all runs come."""

import json
import re
import warnings

import runregistry

warnings.simplefilter("ignore")


def get_runs(first=314000, last=316000, significant=True, strip=True, pixel=True):
    return runregistry.get_runs(
        filter={
            "run_number": {"and": [{">": first}, {"<": last}]},
            "significant": significant,
            "tracker-strip": strip,
            "tracker-pixel": pixel,
        }
    )


runs = get_runs()
print(json.dumps([[run["run_number"], len(re.findall(r"ollisions", str(run["class"])))] for run in runs]))
