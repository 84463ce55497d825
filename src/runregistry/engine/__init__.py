"""The rules engine: which lumisections pass, why the others do not, and what a new run's class and statuses are.

Works in columns of ranges (numpy); `runregistry.logic` is the slow evaluator that it agrees with at every lumisection.
"""

from runregistry.engine.classify import OfflineClassifiers, OnlineClassifiers, RunClassifiers, by_component
from runregistry.engine.derived import OMSLumisections, derived_run_attributes, oms_lumisections
from runregistry.engine.evaluate import Ranges, evaluate, evaluate_stream
from runregistry.engine.golden import GoldenJSON, RuleStatistics, make_golden, make_statistics
from runregistry.engine.snapshot import Snapshot, unknown_paths
from runregistry.engine.tuples import evaluation_tuple

__all__ = [
    "GoldenJSON",
    "OMSLumisections",
    "OfflineClassifiers",
    "OnlineClassifiers",
    "Ranges",
    "RuleStatistics",
    "RunClassifiers",
    "Snapshot",
    "by_component",
    "derived_run_attributes",
    "evaluate",
    "evaluate_stream",
    "evaluation_tuple",
    "make_golden",
    "make_statistics",
    "oms_lumisections",
    "unknown_paths",
]
