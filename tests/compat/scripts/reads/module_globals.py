# clients: 1.1.0 3.1.2
"""Constants and globals that scripts read, before and after a setup, on both import paths."""

import json

import runregistry
import runregistry.runregistry as rr

seen = {}
for target in ("production", "development", "local"):
    runregistry.setup(target)
    seen[target] = {
        name: getattr(rr, name)
        for name in ("use_cookies", "email", "client_id", "client_secret", "target_application", "staging_cert", "staging_key")
    }
    seen[target]["api_url"] = rr.api_url if target != "local" else rr.api_url[:7]
seen["constants"] = [runregistry.PAGE_SIZE, rr.PAGE_SIZE, runregistry.WAITING_DQM_GUI_CONSTANT, rr.WAITING_DQM_GUI_CONSTANT]
rr.PAGE_SIZE = 2
seen["runs"] = len(runregistry.get_runs(filter={}))
rr.email = "somebody@example.org"
seen["headers"] = {key: value for key, value in rr._get_headers().items() if key != "User-Agent"}
rr.PAGE_SIZE, rr.email = 50, "api@api"
print(json.dumps(seen))
