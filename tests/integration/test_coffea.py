"""Our lookup of arrays and that of coffea's `LumiMask`: the same answers on every published JSON."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from tests.official_clients import environment
from tests.published import NAMES, mask_of, text_of
from tests.tool_environments import python_with

from runregistry.lumis import LumiMask

ORACLE = Path(__file__).parent / "oracles" / "coffea_mask.py"
EOY_2017 = "Cert_294927-306462_13TeV_EOY2017ReReco_Collisions17_JSON.txt"
N_PAIRS = 40_000


def pairs_around(mask: LumiMask, seed: int) -> npt.NDArray[np.uint32]:
    """Random pairs, and all edges of the ranges with the lumisections before and after; shape (2, n)."""
    random = np.random.default_rng(seed)
    edges = [(run, each) for run, ranges in mask.items() for one in ranges for edge in one for each in (edge - 1, edge, edge + 1)]
    runs = random.integers(mask.runs[0] - 5, mask.runs[-1] + 6, N_PAIRS)
    runs[::2] = random.choice(np.array(mask.runs), len(runs[::2]))
    return np.concatenate([np.array(edges).T, [runs, random.integers(0, 2500, N_PAIRS)]], axis=1).astype(np.uint32)


@pytest.fixture(scope="module")
def theirs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[npt.NDArray[np.uint32], npt.NDArray[np.bool_]]]:
    """The pairs that coffea was asked for, and its answers, by the name of the JSON."""
    python, folder = python_with("coffea"), tmp_path_factory.mktemp("coffea")
    jobs = []
    for number, name in enumerate(NAMES):
        # It can't read ranges that are not in order, and two DCS-only JSONs have those.
        (folder / f"{number}.json").write_text(mask_of(name).to_json())
        np.save(folder / f"{number}-pairs.npy", pairs_around(mask_of(name), number))
        jobs.append({"json": f"{number}.json", "pairs": f"{number}-pairs.npy", "answer": f"{number}-answer.npy"})
    done = subprocess.run(
        [str(python), "-W", "ignore", str(ORACLE)],
        input="".join(json.dumps(job) + "\n" for job in jobs),
        capture_output=True,
        text=True,
        timeout=240,
        cwd=folder,
        env=environment(python),
    )
    assert done.returncode == 0, done.stderr
    return {
        name: (np.load(folder / job["pairs"]), np.load(folder / job["answer"])) for name, job in zip(NAMES, jobs, strict=True)
    }


@pytest.mark.parametrize("name", NAMES)
def test_both_masks_hold_the_same_lumisections(
    name: str, theirs: dict[str, tuple[npt.NDArray[np.uint32], npt.NDArray[np.bool_]]]
) -> None:
    (runs, lumisections), answer = theirs[name]
    assert 0 < answer.sum() < answer.size
    assert np.array_equal(mask_of(name)(runs, lumisections), answer)
    assert np.array_equal(mask_of(name)(runs.astype(np.int64), lumisections.astype(np.int64)), answer)


def test_coffeas_own_example_has_coffeas_answers() -> None:
    # From coffea's test of its LumiMask, with the file that it uses.
    mask = LumiMask.from_json(text_of(EOY_2017))
    assert mask(np.array([303825, 123], np.uint32), np.array([115, 123], np.uint32)).tolist() == [True, False]
