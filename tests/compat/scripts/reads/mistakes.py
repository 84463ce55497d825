# clients: 3.1.2
"""Clauses that catch mistakes, and the texts that scripts look for."""

import json

import runregistry as rr

NO_RUNS = "no 'run' and 'runs' arguments were provided"
STATUSES = "status must be either GOOD, BAD, STANDBY, EXCLUDED, NOTSET or EMPTY"
wrong = {"run_number": {"~": 1}}
mistakes = [
    (Exception, "filter attribute tracker-stirp not found", lambda: rr.get_runs(filter={"tracker-stirp": "GOOD"})),
    (Exception, "filter attribute naem not found", lambda: rr.get_datasets(filter={"naem": "x"})),
    (Exception, STATUSES, lambda: rr.get_runs(filter={"dt-dt": "GOOOD"})),
    (Exception, STATUSES, lambda: rr.get_datasets(filter={"dt-dt": True})),
    (ValueError, "", lambda: rr.get_runs(filter=wrong, ignore_filter_transformation=True)),
    (ValueError, "", lambda: rr.get_datasets(filter=wrong, ignore_filter_transformation=True)),
    (ValueError, NO_RUNS, lambda: rr.move_runs("OPEN", "SIGNOFF")),
    (ValueError, NO_RUNS, lambda: rr.move_runs("OPEN", "SIGNOFF", run=0)),
    (ValueError, NO_RUNS, lambda: rr.make_significant_runs(runs=[])),
    (ValueError, NO_RUNS, lambda: rr.move_datasets("OPEN", "SIGNOFF", "/a/b/DQM")),
    (ValueError, "no 'runs' argument was provided", lambda: rr.reset_RR_attributes_and_refresh_runs()),
    (ValueError, "no 'runs' argument was provided", lambda: rr.manually_refresh_components_statuses_for_runs("all")),
    (ValueError, "move_runs(): got states '!!!!", lambda: rr.move_runs("!!!!", "???", runs=[315512])),
    (ValueError, "move_datasets(): got states", lambda: rr.move_datasets("OPEN", "AWAY", "/a/b/DQM", run=315512)),
    (ValueError, "got status 'EMPTY'", lambda: rr.edit_rr_lumisections(315512, 1, 2, "dt-dt", "EMPTY")),
    (ValueError, 'Invalid input "1" for "new_class"', lambda: rr.change_run_class([315512], new_class=1)),
    (ValueError, "Invalid run number value found in run_numbers", lambda: rr.change_run_class(["315512"], "test")),
    (ValueError, 'Invalid input for "run_numbers"', lambda: rr.change_run_class("315512", "test")),
    (Exception, 'Invalid setup target "nowhere"', lambda: rr.setup("nowhere")),
    (KeyError, "", lambda: rr.create_json({"and": []}, "/No/Such/DQM")),
    (Exception, "Unexpected number of results returned for run", lambda: rr.get_run({"or": [315512, 315510]})),
    (TypeError, "", lambda: rr.get_run()),
    (TypeError, "", lambda: rr.get_run(315512, filter={})),
    (AttributeError, "", lambda: rr.get_rnus()),
]
caught = []
for clause, text, call in mistakes:
    try:
        call()
        caught.append("nothing")
    except clause as error:
        caught.append(text in " ".join(map(str, error.args)))
    except Exception as error:
        caught.append(repr(error))
print(json.dumps(caught))
