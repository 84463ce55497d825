# clients: 1.1.0
"""The target that only release 1 has."""

import json

import runregistry

runregistry.setup("qa")
rr = runregistry.runregistry
print(json.dumps([rr.api_url, rr.use_cookies, rr.target_application]))
