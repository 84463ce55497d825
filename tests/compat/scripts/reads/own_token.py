# clients: 1.1.0 3.1.2
"""A token of one's own, kept by the script because the client used to ask for one before every request."""

import json

import runregistry
import runregistry.runregistry as rr

asked = []


def my_token():
    asked.append("token")
    return "kept"


theirs, rr._get_token = rr._get_token, my_token
run = runregistry.get_run(315512)
headers = rr._get_headers(token=rr._get_token())
rr._get_token = theirs
print(json.dumps({"run": run["run_number"], "was asked": len(asked) >= 2, "header": headers["Authorization"]}))
