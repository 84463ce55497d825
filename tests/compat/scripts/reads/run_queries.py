# clients: 1.1.0 3.1.2
"""The filters that people write: bare values, lists, ranges, patterns, flags, components, all of them together."""

import json

import runregistry

first, last = 314000, 316000
filters = [
    {},
    None,
    {"run_number": 315512},
    {"run_number": "315512"},
    {"run_number": {"=": 315512}},
    {"run_number": {"or": [315512, 315510, {"=": 314206}]}},
    {"run_number": {"and": [{">": first}, {"<": last}]}},
    {"run_number": {"and": [{">=": first}, {"<=": last}]}, "class": {"like": "%ollisions18%"}},
    {"run_number": {"and": [{">": first}, {"<": last}]}, "dt-dt": "GOOD", "tracker-strip": "good"},
    {"run_number": {"and": [{">": first}, {"<": last}]}, "significant": {"=": True}},
    {"class": "Collisions18", "state": "SIGNOFF"},
    {"class": {"or": ["Collisions18", "Cosmics18"]}},
    {"class": {"notlike": "%ollisions%"}},
    {"ls_duration": {">": 100}},
    {"hlt_key": {"like": "%collisions%"}},
    {"significant": True, "ls_duration": {"and": [{">": 10}, {"or": [{"<": 200}, {">": 400}]}]}},
    {"oms_attributes.ls_duration": {">": 100}},
    {"triplet_summary.tracker-strip.GOOD": {">": 0}},
    {"dt-dt": {"=": "BAD"}},
    {"run_number": {"<>": 315512}},
]
found = [[run["run_number"] for run in runregistry.get_runs(filter=each)] for each in filters]
ordered = runregistry.get_runs(filter={}, sortings=[["run_number", "ASC"]])
paged = runregistry.get_runs(filter={}, page_size=1)
positional = runregistry.get_runs(10, False)
print(
    json.dumps(
        {
            "found": found,
            "ordered": [run["run_number"] for run in ordered],
            "same in pages": paged == runregistry.get_runs(filter={}),
            "as on the wire": sorted(positional[0]),
            "a run": runregistry.get_run(run_number=315512),
        }
    )
)
