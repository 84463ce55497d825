"""Figures for Prometheus: what this process counts, and what it finds in the database when it is asked."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping
from typing import NamedTuple

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric

from runregistry.version import __version__

__all__ = ["Metrics", "Standing"]

logger = logging.getLogger(__name__)

# From an answer out of memory to one that a proxy has given up on.
_BUCKETS_S = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300)


class Standing(NamedTuple):
    """How a registry stands at this moment.

    Attributes
    ----------
    events : int
        Number of the newest event.
    jobs : mapping of str to int
        Jobs in each state.
    worker_alive : bool or None
        Whether this process's worker lives; None if jobs are worked on elsewhere.
    poller_ages_s : mapping of str to float
        Seconds since each poller of this process last succeeded.
    """

    events: int
    jobs: Mapping[str, int]
    worker_alive: bool | None
    poller_ages_s: Mapping[str, float]


class Metrics:
    """The figures of one application.

    Parameters
    ----------
    standing : callable
        Returns how the registry stands; it may raise, then only the process's own figures are shown.
    """

    def __init__(self, standing: Callable[[], Standing]) -> None:
        self._registry = CollectorRegistry()
        self._requests = Counter(
            "runregistry_requests", "Requests that were answered.", ("route", "method", "status"), registry=self._registry
        )
        self._seconds = Histogram(
            "runregistry_request_seconds", "Time to answer.", ("route",), buckets=_BUCKETS_S, registry=self._registry
        )
        self.in_progress = Gauge("runregistry_requests_in_progress", "Requests being worked on.", registry=self._registry)
        version = Gauge("runregistry_version", "The version of the package.", ("version",), registry=self._registry)
        version.labels(__version__).set(1)
        self._registry.register(_Standings(standing))

    def observe(self, route: str, method: str, status: int, elapsed_s: float) -> None:
        """Count a request."""
        self._requests.labels(route, method, str(status)).inc()
        self._seconds.labels(route).observe(elapsed_s)

    def text(self) -> bytes:
        """Return the figures in the text format of Prometheus."""
        return generate_latest(self._registry)


class _Standings:
    """Asks how the registry stands each time that figures are fetched."""

    def __init__(self, standing: Callable[[], Standing]) -> None:
        self._standing = standing

    def describe(self) -> list[Metric]:
        """Name nothing: the registry of figures would otherwise ask at its start."""
        return []

    def collect(self) -> Iterator[Metric]:
        """Yield the figures."""
        reachable = GaugeMetricFamily("runregistry_database_up", "Whether the database answers.")
        try:
            standing = self._standing()
        except Exception as error:  # whatever is wrong with the database, the process's own figures are shown
            logger.warning("figures without those of the database: %s", error)
            reachable.add_metric((), 0)
            yield reachable
            return
        reachable.add_metric((), 1)
        yield reachable
        yield CounterMetricFamily("runregistry_events", "Events of runs, datasets and lumisections.", value=standing.events)
        yield _labelled("runregistry_jobs", "Jobs by state.", "state", standing.jobs)
        if standing.worker_alive is not None:
            yield GaugeMetricFamily("runregistry_worker_up", "Whether the worker lives.", value=standing.worker_alive)
        ages = "Seconds since a poller last succeeded."
        yield _labelled("runregistry_poller_age_seconds", ages, "poller", standing.poller_ages_s)


def _labelled(name: str, text: str, label: str, values: Mapping[str, float]) -> Metric:
    family = GaugeMetricFamily(name, text, labels=(label,))
    for key, value in values.items():
        family.add_metric((key,), value)
    return family
