# clients: 3.1.2
"""The constants that release 3 has beside those of release 1."""

import json

from runregistry.runregistry import *

import runregistry

constants = [LUMISECTION_STATES, ONLINE_RUN_STATES, OFFLINE_DATASET_STATES, JSON_CREATION_SLEEP_TIME, REQUESTS_TIMEOUT, PAGE_SIZE]
setup("local")
runregistry.runregistry.REQUESTS_TIMEOUT = 60
run = get_run(315512)
runregistry.runregistry.REQUESTS_TIMEOUT = (5, 60)
same = get_run(315512) == run
runregistry.runregistry.REQUESTS_TIMEOUT = None
same = same and get_run(315512) == run
runregistry.runregistry.REQUESTS_TIMEOUT = REQUESTS_TIMEOUT
print(json.dumps({"constants": constants, "run": run["run_number"], "same": same}))
