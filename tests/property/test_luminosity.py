"""Luminosity against sums and sets made by hand, on random tables written as brilcalc writes them."""

from __future__ import annotations

import io
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from runregistry.luminosity import audit, read_brilcalc
from runregistry.lumis import LumiMask

few = settings(max_examples=60)
UNITS = {"/ub": 1e-6, "/nb": 1e-3, "/pb": 1.0, "/fb": 1e3}
Pair = tuple[int, int]

pairs = st.tuples(st.integers(1, 4), st.integers(1, 12))
# Nanounits, so that what is written and its footer are exact.
tables = st.dictionaries(pairs, st.tuples(st.integers(0, 10**9), st.integers(0, 10**9), st.booleans()), min_size=1, max_size=25)
masks = st.sets(pairs).map(LumiMask.from_pairs)


def written(values: dict[Pair, tuple[int, int, bool]], unit: str, is_hlt: bool) -> str:
    """A file as brilcalc writes it."""
    middle, cells = ("hltpath", "HLT_A_v1") if is_hlt else ("beamstatus,E(GeV)", "STABLE BEAMS,6500")
    rows = [
        f"{run}:{run + 6000},{number}:{number if is_counted else 0},06/16/17 20:55:{number:02},{cells},"
        f"{one / 1e9:.9f},{other / 1e9:.9f},40.3,HFET\r\n"
        for (run, number), (one, other, is_counted) in values.items()
    ]
    n_runs = len({run for run, _ in values})
    n_counted = sum(is_counted for _, _, is_counted in values.values())
    total = f"{sum(one for one, _, _ in values.values()) / 1e9:.9f},{sum(other for _, other, _ in values.values()) / 1e9:.9f}"
    names, counts = (
        ("hltpath,nfill,nrun,ncms", f"HLT_A_v1,{n_runs},{n_runs},{n_counted}")
        if is_hlt
        else ("nfill,nrun,nls,ncms", f"{n_runs},{n_runs},{len(values)},{n_counted}")
    )
    head = f"#Data tag : 24v2 , Norm tag: None\n#run:fill,ls,time,{middle},delivered({unit}),recorded({unit}),avgpu,source\n"
    footer = f"#Summary:\n#{names},totdelivered({unit}),totrecorded({unit})\n#{counts},{total}\n"
    return head + "".join(rows) + footer


def read(text: str) -> Any:
    return read_brilcalc(io.StringIO(text, newline=""))


@few
@given(tables, st.sampled_from(list(UNITS)), st.booleans(), masks)
def test_what_is_written_is_read_back(values: Any, unit: str, is_hlt: bool, mask: LumiMask) -> None:
    table = read(written(values, unit, is_hlt))
    assert list(zip(table.run_number.tolist(), table.lumisection.tolist(), strict=True)) == sorted(values)
    assert table.mask() == LumiMask.from_pairs(values)
    for place, pair in enumerate(sorted(values)):
        delivered, recorded, is_counted = values[pair]
        assert table.delivered_invpb[place] == pytest.approx(delivered / 1e9 * UNITS[unit])
        assert table.recorded_invpb[place] == pytest.approx(recorded / 1e9 * UNITS[unit])
        assert table.cms_lumisection[place] == (pair[1] if is_counted else 0)
    total = table.total(mask)
    wanted = sum(recorded for pair, (_, recorded, _) in values.items() if pair in mask) / 1e9 * UNITS[unit]
    assert total.recorded_invpb == pytest.approx(wanted)
    assert total.missing == mask - table.mask()


@few
@given(tables, st.data())
def test_a_row_that_is_lost_or_doubled_is_never_read(values: Any, data: st.DataObject) -> None:
    lines = written(values, "/pb", data.draw(st.booleans())).splitlines(keepends=True)
    place = data.draw(st.integers(2, 1 + len(values)))
    changed = (
        [*lines[:place], *lines[place + 1 :]] if data.draw(st.booleans()) else [*lines[:place], lines[place], *lines[place:]]
    )
    run, number = next(pair for row, pair in enumerate(values) if row == place - 2)
    # A row that CMS did not count does not show in the counts of the layout with trigger paths.
    if len(changed) < len(lines) and "hltpath" in lines[1] and not values[run, number][2]:
        return
    with pytest.raises(ValueError, match="line "):
        read("".join(changed))


@few
@given(masks, masks, masks)
def test_an_audit_says_what_sets_say(registry: LumiMask, oms: LumiMask, bril: LumiMask) -> None:
    found = audit(registry, oms, bril)
    assert found.mask("missing", "registry") == (oms & bril) - registry
    assert found.mask("missing", "oms") == (registry & bril) - oms
    assert found.mask("missing", "brilcalc") == (registry & oms) - bril
    assert found.mask("extra", "registry") == registry - oms - bril
    assert found.mask("extra", "oms") == oms - registry - bril
    assert found.mask("extra", "brilcalc") == bril - registry - oms
    assert found.n_agreeing == (registry & oms & bril).n_lumisections
    assert found.n_lumisections == (registry | oms | bril).n_lumisections
