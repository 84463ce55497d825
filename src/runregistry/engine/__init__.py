"""The rules engine: which lumisections pass, why the others do not, and what a new run's class and statuses are.

Works in columns of ranges (numpy); `runregistry.logic` is the slow evaluator that it agrees with at every lumisection.
"""

from runregistry.engine.classify import OfflineClassifiers, OnlineClassifiers, RunClassifiers, by_component
from runregistry.engine.derived import OMSLumisections, derived_run_attributes, oms_lumisections
from runregistry.engine.evaluate import evaluate
from runregistry.engine.golden import GoldenJSON, RuleStatistics, make_golden, make_statistics
from runregistry.engine.tuples import evaluation_tuple

__all__ = [
    "GoldenJSON",
    "OMSLumisections",
    "OfflineClassifiers",
    "OnlineClassifiers",
    "RuleStatistics",
    "RunClassifiers",
    "by_component",
    "derived_run_attributes",
    "evaluate",
    "evaluation_tuple",
    "make_golden",
    "make_statistics",
    "oms_lumisections",
]
