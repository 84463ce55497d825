"""The collector is paused while long lists are made, and not burdened with them afterwards."""

from __future__ import annotations

import gc
import weakref
from collections.abc import Iterator

import pytest

from runregistry.client.collector import paused_collector


@pytest.fixture(autouse=True)
def _clean() -> Iterator[None]:
    gc.collect()
    yield
    gc.unfreeze()


def many() -> list[dict[str, int]]:
    return [{"run_number": number} for number in range(20_000)]


def test_a_long_list_is_old_when_the_collector_runs_again() -> None:
    with paused_collector():
        rows = many()
    assert len(gc.get_objects(generation=0)) < 5_000 < len(rows)
    assert gc.get_freeze_count() == 0


def test_garbage_of_a_pause_is_still_collected() -> None:
    class Ring:
        pass

    with paused_collector():
        rows = many()
        ring = Ring()
        ring.__dict__["itself"] = ring  # only the collector frees it
        seen = weakref.ref(ring)
        del ring
    assert seen() is not None
    gc.collect()
    assert seen() is None
    assert len(rows) == 20_000


def test_what_somebody_froze_stays_frozen() -> None:
    gc.freeze()
    try:
        frozen = gc.get_freeze_count()
        with paused_collector():
            rows = many()
        assert gc.get_freeze_count() > frozen / 2 > 0  # some of them may have ended meanwhile
    finally:
        gc.unfreeze()
    assert len(rows) == 20_000


def test_few_new_objects_stay_young() -> None:
    with paused_collector():
        row = {"run_number": [1]}
    assert any(one is row for one in gc.get_objects(generation=0))
