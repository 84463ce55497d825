"""Which datasets can't have anything that passes: told from the run and the dataset, before any lumisection is read."""

from __future__ import annotations

from collections.abc import Sequence

from runregistry.engine.outcome import FALSE
from runregistry.engine.snapshot import Snapshot
from runregistry.engine.table import DatasetView
from runregistry.engine.truth import Truth
from runregistry.logic import Rule
from runregistry.model import CertifiedDataset

__all__ = ["may_pass"]


def may_pass(rule: Rule, datasets: Sequence[CertifiedDataset]) -> list[bool]:
    """Tell for each dataset whether a rule may be true, or fail, at any of its lumisections.

    Parameters
    ----------
    rule : Rule
        From `runregistry.logic.parse_rule`.
    datasets : sequence of CertifiedDataset
        Their columns are not looked at, and may be empty.

    Examples
    --------
    >>> from runregistry.logic import parse_rule
    >>> from runregistry.model import LumisectionColumns
    >>> rule = parse_rule({"and": [{"==": [{"var": "run.rr.class"}, "Cosmics22"]}, {"var": "lumisection.oms.cms_active"}]})
    >>> classes = ["Cosmics22", "Collisions22"]
    >>> may_pass(rule, [CertifiedDataset(355100, "online", {}, {"class": name}, {}, LumisectionColumns()) for name in classes])
    [True, False]
    """
    outcomes = Truth(rule).outcomes(DatasetView(Snapshot.of(datasets)))
    # Below FALSE the lumisections decide; beyond it something passes or fails, which whoever evaluates the rule must see.
    return [outcome != FALSE for outcome in outcomes.tolist()]
