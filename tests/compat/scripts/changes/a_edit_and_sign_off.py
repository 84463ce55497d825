# clients: 1.1.0 3.1.2
"""The end of a shift: what went wrong is marked, the run gets its class and is signed off; then it is looked at."""

import json

import runregistry

runregistry.setup("local")
run = 315512
edits = [
    (10, 20, "dt-dt", "BAD", "HV trip", "HV"),
    (15, 30, "tracker-strip", "STANDBY", "", ""),
    (31, 31, "tracker-pixel", "EXCLUDED", "not in data taking", ""),
]
for first, last, component, status, comment, cause in edits:
    runregistry.edit_rr_lumisections(run, first, last, component, status, comment=comment, cause=cause)
runregistry.edit_rr_lumisections(
    run=315510, lumi_start=1, lumi_end=2, component="dt-dt", status="GOOD", dataset_name="online", anything="has no effect"
)
runregistry.change_run_class([run, 315510], "Commissioning18")
runregistry.change_run_class(run_numbers=run, new_class="Collisions18")
answers = runregistry.move_runs("OPEN", "SIGNOFF", runs=[run, 315510])
afterwards = runregistry.get_runs(filter={"run_number": {"or": [run, 315510]}})
print(
    json.dumps(
        {
            "answers": [[answer["run_number"], answer["rr_attributes"]["state"]] for answer in answers],
            "is a list": isinstance(answers, list),
            "afterwards": [[each["run_number"], each["class"], each["state"], each["lumisections"]] for each in afterwards],
            "ranges": runregistry.get_lumisection_ranges(run),
            "datasets": sorted(each["name"] for each in runregistry.get_datasets(filter={"run_number": run})),
        }
    )
)
