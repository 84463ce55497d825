"""Why not, from a rule and a source as people name them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from runregistry.certification.creating import create
from runregistry.engine.explanation import Explanation
from runregistry.lumis import LumiMask
from runregistry.model.as_of import AsOf

__all__ = ["explain"]


def explain(
    rule: Any,
    dataset_name_filter: str | None = None,
    *,
    source: Any = None,
    run_min: int | None = None,
    run_max: int | None = None,
    runs: Iterable[int] | None = None,
    mask: LumiMask | None = None,
    ignore: Iterable[str | int] = (),
    allow_unknown_paths: bool = False,
    as_of: AsOf | None = None,
) -> Explanation:
    """Find out why lumisections do not pass a rule: of a run, of some, of a whole year.

    Parameters
    ----------
    rule, dataset_name_filter, source, run_min, run_max, runs, allow_unknown_paths, as_of
        As for `runregistry.certification.create`. The data is always read here, over HTTP too.
    mask : LumiMask, optional
        Only these lumisections: what an older JSON has and the new one has not, for example.
    ignore : iterable of str or int, optional
        Clauses that count as fulfilled: ``dt-dt``, ``run.oms.energy``, or their numbers; ``what_if`` says what is won back.

    Examples
    --------
    >>> from runregistry.model import CertifiedDataset, LumisectionColumns, triplet
    >>> columns = LumisectionColumns()
    >>> columns.apply_rr([(1, 9, {"dt-dt": triplet("GOOD")}), (4, 5, {"dt-dt": triplet("BAD", "noise", "HV")})])
    >>> columns.apply_oms([(1, 9, {"recorded": 0.5})])
    >>> dataset = CertifiedDataset(355100, "/PromptReco/Collisions2022/DQM", {}, {}, {}, columns)
    >>> why = explain({"==": [{"var": "lumisection.rr.dt-dt"}, "GOOD"]}, "/PromptReco/%", source=[dataset])
    >>> print(why.text())
    1 run, 1 dataset, 1 clause
            lumisections      %  recorded /pb  % of /pb  delivered /pb
      all              9  100.0         4.500     100.0          0.000
      pass             7   77.8         3.500      77.8          0.000
      lost             2   22.2         1.000      22.2          0.000
    <BLANKLINE>
    Lost by clause (alone: no other clause is in the way, so this is won back without it)
      #  clause         runs  lumisections  alone  recorded /pb  alone /pb
      1  dt-dt is GOOD     1             2      2         1.000      1.000
    <BLANKLINE>
    Lost by combination of clauses
      lumisections  recorded /pb  #  these fail together, and no others
                 2         1.000  1  dt-dt is GOOD
    <BLANKLINE>
    Run 355100 /PromptReco/Collisions2022/DQM
      lost  recorded /pb  #  these fail
       4-5         1.000  1  dt-dt is GOOD
    <BLANKLINE>
      because  of                    is   cause  comment
          4-5  lumisection.rr.dt-dt  BAD  HV     noise
    """
    made = create(
        rule,
        dataset_name_filter,
        source=source,
        run_min=run_min,
        run_max=run_max,
        runs=runs,
        where="local",
        allow_unknown_paths=allow_unknown_paths,
        as_of=as_of,
    )
    return made.explain(mask=mask, ignore=ignore)
