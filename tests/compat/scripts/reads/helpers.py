# clients: 1.1.0 3.1.2
"""The helpers that people's tests import, and the tables of names."""

import json

from runregistry.attributes import dataset_attributes, dataset_table_attributes, run_rr_attributes, run_table_attributes
from runregistry.runregistry import get_dataset, get_run, get_runs, setup
from runregistry.utils import __parse_runs_arg, transform_to_rr_dataset_filter, transform_to_rr_run_filter

assert callable(get_run) and callable(get_runs) and callable(get_dataset) and callable(setup)
runs = [
    {"run_number": 323434},
    {"run_number": {"or": [323555, 323444, {"=": 333333}]}},
    {"class": "Collisions18", "significant": True},
    {"dt-dt": "good", "energy": {">": 6000}, "rr_attributes.anything": {"like": "%x%"}},
    {"stop_reason": {"or": ["a", 1, 2.5, True]}},
    None,
    {},
]
datasets = [
    {"run_number": 355100, "dataset_name": "online"},
    {"dataset_name": {"like": "%Express%"}, "run_number": {"and": [{">=": 1}, {"<=": 9}]}},
    {"tracker_state": {"=": "OPEN"}, "global_state": "COMPLETED", "appeared_in": {"like": "%GUI%"}},
    {"tracker-strip": "Bad", "class": "Cosmics18", "hlt_key": {"like": "%v1%"}},
]
print(
    json.dumps(
        {
            "runs": [transform_to_rr_run_filter(run_filter=each) for each in runs],
            "datasets": [transform_to_rr_dataset_filter(dataset_filter=each) for each in datasets],
            "numbers": [__parse_runs_arg(each) for each in (7, "7", " 7 ", "seven", [1, "2"])],
            "tables": [run_table_attributes, dataset_table_attributes, list(dataset_attributes), list(run_rr_attributes)[:5]],
        }
    )
)
