"""Datasets are ruled out only where nothing of them passes."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from runregistry.engine import evaluate
from runregistry.engine.pruning import may_pass
from runregistry.logic import parse_rule
from runregistry.model import CertifiedDataset, LumisectionColumns, triplet

LEAVES = st.sampled_from(
    [
        {"==": [{"var": "run.rr.class"}, "Cosmics22"]},
        {"==": [{"var": "dataset.name"}, "online"]},
        {"==": [{"var": "lumisection.rr.dt-dt"}, "GOOD"]},
        {"var": "lumisection.oms.cms_active"},
        {"var": "run.oms.energy"},
        True,
        [],
        None,
    ]
)
RULES = st.recursive(
    LEAVES,
    lambda rules: st.builds(
        lambda operator, operands: {operator: operands if operator != "!" else operands[:1]},
        st.sampled_from(["and", "or", "!", "if"]),
        st.lists(rules, min_size=1, max_size=3),
    ),
    max_leaves=8,
)


def dataset(name: str, run_class: str, columns: LumisectionColumns) -> CertifiedDataset:
    return CertifiedDataset(355100, name, {}, {"class": run_class}, {"energy": 0 if name == "online" else 6800}, columns)


def some_lumisections() -> LumisectionColumns:
    columns = LumisectionColumns()
    columns.apply_rr([(1, 9, {"dt-dt": triplet("GOOD")}), (4, 5, {"dt-dt": triplet("BAD", "noise")})])
    columns.apply_oms([(1, 8, {"cms_active": True}), (3, 4, {"cms_active": None})])
    return columns


KINDS = [(name, run_class) for name in ("online", "/A") for run_class in ("Cosmics22", "Collisions22")]


@settings(max_examples=150, deadline=None)
@given(RULES)
def test_a_dataset_that_is_ruled_out_has_nothing_that_passes(source):
    rule = parse_rule(source)
    bare = [dataset(*kind, LumisectionColumns()) for kind in KINDS]
    whole = [dataset(*kind, some_lumisections()) for kind in KINDS]
    possible = may_pass(rule, bare)
    assert possible == may_pass(rule, whole)
    assert not [ranges for ranges, may in zip(evaluate(rule, whole), possible, strict=True) if ranges and not may]


def test_the_order_of_conditions_does_not_matter():
    parts = [{"==": [{"var": "lumisection.rr.dt-dt"}, "GOOD"]}, {"==": [{"var": "run.rr.class"}, "Cosmics22"]}]
    bare = [dataset(*kind, LumisectionColumns()) for kind in KINDS]
    for operands in (parts, parts[::-1]):
        assert may_pass(parse_rule({"and": operands}), bare) == [True, False, True, False]


def test_what_fails_is_not_ruled_out():
    rule = parse_rule({"*": []})
    assert may_pass(rule, [dataset("online", "", LumisectionColumns())]) == [True]
    assert may_pass(rule, []) == []
