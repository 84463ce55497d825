# clients: 3.1.2
"""Refusals: somebody without e-groups, a run that is signed off; the text of the exception tells which."""

import json

import runregistry
import runregistry.runregistry as rr

dataset = "/PromptReco/Collisions2018A/DQM"
changes = [
    lambda: rr.move_runs("OPEN", "SIGNOFF", run=315506),
    lambda: rr.move_runs("OPEN", "SIGNOFF", runs=[315506, 314206]),
    lambda: rr.make_significant_runs(run=315506),
    lambda: rr.edit_rr_lumisections(315506, 1, 2, "dt-dt", "GOOD"),
    lambda: rr.change_run_class(315506, "test"),
    lambda: rr.move_datasets(runregistry.WAITING_DQM_GUI_CONSTANT, "OPEN", dataset, run=315512),
    lambda: rr.reset_RR_attributes_and_refresh_runs(runs=315512),
    lambda: rr.manually_refresh_components_statuses_for_runs(runs=[315512, 1]),
    lambda: rr.edit_rr_lumisections(315512, 1, 2, "dt-dt", "GOOD"),
    lambda: rr.make_significant_runs(runs=[315512]),
    lambda: rr.move_runs("OPEN", "SIGNOFF", run=1),
]


def said():
    texts = []
    for change in changes:
        try:
            change()
            texts.append("done")
        except ValueError as error:
            texts.append("a ValueError: " + str(error))
        except Exception as error:
            texts.append(str(error))
    return texts


theirs = rr._get_headers
rr._get_headers = lambda *args, **kwargs: {**theirs(*args, **kwargs), "egroups": "zh"}
outsider = said()
rr._get_headers = lambda *args, **kwargs: {**theirs(*args, **kwargs), "egroups": "cms-dqm-runregistry-experts"}
expert = said()
rr._get_headers = theirs
print(json.dumps({"outsider": outsider, "expert": expert}))
