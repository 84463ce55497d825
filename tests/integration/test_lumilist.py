"""Our masks and CMSSW's LumiList, as CMS's workload management has it: the same on its operations."""

from __future__ import annotations

import json
import subprocess
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.official_clients import environment
from tests.published import NAMES, mask_of, text_of
from tests.tool_environments import python_with

from runregistry.lumis import LumiMask
from runregistry.lumis.checks import LARGEST

ORACLE = Path(__file__).parent / "oracles" / "lumi_list.py"
Written = dict[str, list[list[int]]]


def generated(seed: int) -> Written:
    """A JSON of few runs with ranges in any order, which touch and overlap."""
    random = np.random.default_rng(seed)
    document = {}
    for run in random.choice(np.arange(1, 12), 6, replace=False):
        firsts = random.integers(1, 60, random.integers(1, 6))
        document[str(run)] = [[int(first), int(first + random.integers(0, 12))] for first in firsts]
    return document


def job_of(one: Written, other: Written, small: bool) -> dict[str, Any]:
    """What LumiList is asked."""
    random = np.random.default_rng(len(one))
    runs = [int(run) for run in one]
    chosen = [int(run) for run in random.choice(runs, min(len(runs), 5), replace=False)]
    asked = random.choice(runs, 300)
    pairs = [[int(run), int(number)] for run, number in zip(asked, random.integers(1, 70 if small else 900, 300), strict=True)]
    return {"one": one, "other": other, "small": small, "runs": [*chosen, 99], "pairs": pairs}


def _jobs() -> dict[str, dict[str, Any]]:
    random = {f"generated {seed}": job_of(generated(seed), generated(seed + 1000), True) for seed in range(60)}
    documents = {name: json.loads(text_of(name)) for name in NAMES}
    real = {f"{one} and {other}": job_of(documents[one], documents[other], False) for one, other in pairwise(NAMES)}
    return random | real


JOBS = _jobs()


@pytest.fixture(scope="module")
def theirs() -> dict[str, dict[str, Any]]:
    """What LumiList says to each job."""
    python = python_with("wmcore")
    done = subprocess.run(
        [str(python), "-W", "ignore", str(ORACLE)],
        input="".join(json.dumps(job) + "\n" for job in JOBS.values()),
        capture_output=True,
        text=True,
        timeout=240,
        env=environment(python),
    )
    assert done.returncode == 0, done.stderr
    return dict(zip(JOBS, map(json.loads, done.stdout.splitlines()), strict=True))


def without_empty(compact: Written) -> Written:
    """LumiList keeps runs of which nothing is left in some operations, and not in others."""
    return {run: ranges for run, ranges in compact.items() if ranges}


@pytest.mark.parametrize("name", JOBS)
def test_the_operations_give_the_same(name: str, theirs: dict[str, dict[str, Any]]) -> None:
    job, said = JOBS[name], theirs[name]
    mask, other = LumiMask.from_json(job["one"]), LumiMask.from_json(job["other"])
    pairs = [tuple(pair) for pair in job["pairs"]]
    assert mask.to_dict() == without_empty(said["compact"])
    assert [str(run) for run in mask] == sorted(said["runs"], key=int)
    assert len(mask) == said["len"]
    assert mask.to_cmssw() == said["cmssw"]
    assert LumiMask.from_cmssw(said["cmssw"]) == mask
    assert (mask & other).to_dict() == without_empty(said["and"])
    assert (mask | other).to_dict() == without_empty(said["or"])
    assert (mask - other).to_dict() == without_empty(said["sub"])
    assert [list(pair) for pair in pairs if pair in mask] == said["filtered"]
    assert [pair in mask for pair in pairs[:50]] == said["contains"]
    assert [run in mask for run, _ in pairs[:50]] == said["contains run"]
    assert mask.restrict(runs=job["runs"]).to_dict() == said["select"]
    assert mask.restrict(runs={*mask} - {*job["runs"]}).to_dict() == said["remove"]
    assert LumiMask.from_pairs(pairs).to_dict() == said["from lumis"]
    if job["small"]:
        assert mask.pair_array().tolist() == said["lumis"]


def test_arrays_filter_as_lumilist_does(theirs: dict[str, dict[str, Any]]) -> None:
    for name, job in JOBS.items():
        pairs = np.array(job["pairs"])
        mask = LumiMask.from_json(job["one"])
        assert pairs[mask(pairs[:, 0], pairs[:, 1])].tolist() == theirs[name]["filtered"]


def test_runs_of_which_lumilist_has_only_the_number_are_whole_runs(theirs: dict[str, dict[str, Any]]) -> None:
    said = dict(next(iter(theirs.values()))["from runs"])
    mask = LumiMask.from_json(said)
    assert mask.open_runs == mask.runs == tuple(sorted(map(int, said)))
    assert {ranges.ranges for ranges in mask.values()} == {((1, LARGEST),)}


def test_an_upper_bound_of_0_reaches_to_the_end_of_the_run_as_for_lumilist() -> None:
    mask = LumiMask.from_json({"1": [[5, 0]], "2": [[0, 0]], "3": [[0, 4]]})
    assert [(1, 4) in mask, (1, 5) in mask, (1, 9999) in mask] == [False, True, True]
    assert [(2, 1) in mask, (2, 9999) in mask, (3, 4) in mask, (3, 5) in mask] == [True, True, True, False]
    assert mask.to_dict() == {"1": [[5, LARGEST]], "2": [[-1]], "3": [[1, 4]]}


def test_the_masks_of_published_files_are_those_of_lumilist() -> None:
    assert sum(mask_of(name).n_lumisections for name in NAMES) > 3_000_000
