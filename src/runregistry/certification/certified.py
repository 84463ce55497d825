"""`Certification`: a golden JSON with everything around it."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from runregistry.certification.provenance import Provenance, Totals, side_file
from runregistry.engine import RuleStatistics, Snapshot
from runregistry.engine.explain import explain
from runregistry.engine.explanation import Explanation
from runregistry.errors import UsageError
from runregistry.logic import Rule
from runregistry.lumis import LumiMask
from runregistry.lumis.formats import write_whole

__all__ = ["Certification"]


@dataclass(frozen=True, eq=False, repr=False)
class Certification:
    """A golden JSON, made by `runregistry.certification.create`.

    Attributes
    ----------
    rule : Rule
        What had to be true.
    golden : LumiMask
        What passes; in a run with several datasets what passes in any of them, overlaps united. (The service puts their ranges
        one behind the other.)
    denominator : LumiMask
        What was certified: lumisections with both Run Registry and OMS data.
    document : dict
        The same as the answer of the portal has it, with its names: ``generated_json_with_dataset_names`` and so on.
    totals : Totals
        Of what passes.
    denominator_totals : Totals
        Of what was certified.
    provenance : Provenance
        How to make it again.
    snapshot : Snapshot or None
        The data; None if the portal made it.
    """

    rule: Rule
    golden: LumiMask
    denominator: LumiMask
    document: dict[str, Any]
    totals: Totals
    denominator_totals: Totals
    provenance: Provenance
    snapshot: Snapshot | None = None

    @cached_property
    def anti(self) -> LumiMask:
        """The rest of the denominator."""
        return self.denominator - self.golden

    @cached_property
    def statistics(self) -> RuleStatistics:
        """What each part of the rule costs, as the portal counts it; `explain` says more."""
        if self.snapshot is not None:
            return self.snapshot.statistics(self.rule)
        names = RuleStatistics.__dataclass_fields__
        return RuleStatistics(**{name: self.document[name] for name in names})

    def explain(
        self, *, runs: Collection[int] | None = None, mask: LumiMask | None = None, ignore: Iterable[str | int] = ()
    ) -> Explanation:
        """Say why what did not pass did not: see `runregistry.engine.explain.explain`.

        Raises
        ------
        UsageError
            The portal made the JSON, so that the data is not here.
        """
        if self.snapshot is None:
            raise UsageError(
                "the portal made this JSON, so the data is not here: create it with where='local' to have it explained"
            )
        return explain(self.rule, self.snapshot, runs=runs, mask=mask, ignore=ignore)

    def write(self, path: str | os.PathLike[str], *, with_provenance: bool = True) -> None:
        """Write the golden JSON, and beside it where it comes from: ``golden.json.provenance.json``.

        The side file is written last: where both are, they belong together.
        """
        beside = side_file(path)
        beside.unlink(missing_ok=True)
        self.golden.write(path)
        if with_provenance:
            write_whole(beside, self.provenance.to_json())

    def __repr__(self) -> str:
        golden, whole = self.totals, self.denominator_totals
        return f"<Certification: {golden.lumisections} of {whole.lumisections} lumisections, {golden.runs} of {whole.runs} runs>"
