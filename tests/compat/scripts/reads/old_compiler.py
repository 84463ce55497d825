# clients: 1.1.0
"""The JSON of the old compiler, which release 3 dropped."""

import json

import runregistry

json_logic = {
    "and": [
        {"or": [{"==": [{"var": "dataset.name"}, "online"]}]},
        {"==": [{"var": "lumisection.rr.tracker-strip"}, "GOOD"]},
        {"==": [{"var": "lumisection.oms.cms_active"}, True]},
    ]
}
generated = runregistry.generate_json(json_logic)
with open("json_collisions.txt", mode="w", encoding="utf-8") as json_file:
    json.dump(generated, json_file)
print(json.dumps({"one": generated, "text": runregistry.generate_json(json.dumps(json_logic)) == generated}))
