"""Real files of brilcalc."""

from __future__ import annotations

import pytest
from tests.unit.luminosity.layouts import DATA

from runregistry.luminosity import LumiTable, read_brilcalc


@pytest.fixture(scope="session")
def low_pileup() -> LumiTable:
    """The low-pileup runs of 2017."""
    return read_brilcalc(DATA / "FillByLs_2017_lowPU.csv.gz")


@pytest.fixture(scope="session")
def normalised() -> LumiTable:
    """The same runs with a normtag."""
    return read_brilcalc(DATA / "avgLumi17H.csv.gz")
