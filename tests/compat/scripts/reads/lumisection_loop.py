# clients: 1.1.0 3.1.2
"""Lumisections of many runs, with patience for broken connections."""

import json
import time

import requests
import runregistry

flags = ["beam1_present", "beam2_present", "cms_active", "bpix_ready", "fpix_ready", "tob_ready"]
columns = ["tracker-strip", "tracker-pixel", "dt-dt", "csc-csc"]


def patiently(function, *arguments):
    for attempt in range(3):
        try:
            return function(*arguments)
        except requests.exceptions.ChunkedEncodingError:
            time.sleep(attempt)
        except requests.exceptions.ConnectionError:
            time.sleep(attempt)
        except requests.exceptions.RequestException as error:
            print("request failed", error)
    return []


table = {}
for run in [315512, 315510, 999999]:
    rr = patiently(runregistry.get_lumisections, run, "online")
    oms = patiently(runregistry.get_oms_lumisections, run)
    rows = []
    for number in range(len(oms)):
        if any(flag not in oms[number] for flag in flags):
            continue
        rows.append(
            [oms[number][flag] for flag in flags] + [rr[number][column]["status"] for column in columns if column in rr[number]]
        )
    table[run] = {"lumisections": len(rr), "of OMS": len(oms), "rows": rows}
print(json.dumps(table))
