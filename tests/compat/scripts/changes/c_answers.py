# clients: 3.1.2
"""What release 3 returns of a change is a list of answers, one a run; runs are given in all the ways that work."""

import json

import runregistry


def brief(answers):
    return [isinstance(answers, list), [[each["run_number"], each["rr_attributes"]["state"]] for each in answers]]


seen = {
    "move": brief(runregistry.move_runs("OPEN", "SIGNOFF", run=315506)),
    "back": brief(runregistry.move_runs(from_="SIGNOFF", to_="OPEN", runs=[315506])),
    "class": brief(runregistry.change_run_class([314206, 315506], "Cosmics18")),
    "edit": sorted(runregistry.edit_rr_lumisections(315506, 1, 3, "dt-dt", "GOOD", "API TEST")),
}
print(json.dumps(seen))
