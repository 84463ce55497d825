# clients: 1.1.0
"""What release 1 returns of a change is the response: its status, its text, its JSON."""

import json

import runregistry

answer = runregistry.edit_rr_lumisections(315506, 1, 3, "dt-dt", "GOOD", "API TEST")
seen = {"edit": [answer.status_code, answer.ok, bool(answer.text), type(answer.json()).__name__]}
answer = runregistry.move_runs("OPEN", "SIGNOFF", run=315506)
answer.raise_for_status()
seen["move"] = [answer.status_code, json.loads(answer.text)["run_number"], answer.json()["rr_attributes"]["state"]]
answer = runregistry.move_runs("SIGNOFF", "OPEN", run=315506)
seen["back"] = answer.json()["rr_attributes"]["state"]
answers = runregistry.change_run_class([314206, 315506], "Cosmics18")
seen["class"] = [each.json()["rr_attributes"]["class"] for each in answers]
seen["all"] = all([each.status_code == 200 for each in answers])
print(json.dumps(seen))
