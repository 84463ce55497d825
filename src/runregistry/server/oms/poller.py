"""The thread that follows OMS."""

from __future__ import annotations

import logging

from runregistry.server.oms.cycle import Cycle, PollMemory, RunsSource, poll_once
from runregistry.server.poller import Poller
from runregistry.store import Store

__all__ = ["OMSPoller"]

logger = logging.getLogger(__name__)

_GRACE_S = 120.0  # one run takes less


class OMSPoller(Poller):
    """Looks at OMS again and again, in a thread.

    Parameters
    ----------
    store : Store
        Where the runs are.
    source : RunsSource
        OMS.
    interval_s : float
        Seconds from one look to the next.
    """

    def __init__(self, store: Store, source: RunsSource, interval_s: float) -> None:
        super().__init__(store, "oms", "OMS", interval_s, _GRACE_S)
        self._source = source
        self._memory = PollMemory()

    def poll_once(self) -> Cycle | None:
        """Look at OMS once; None if it is another process's turn.

        Raises
        ------
        AuthenticationError, TransportError
            OMS can't be asked.
        StoreError
            The database can't be reached.
        """
        cycle = None
        if self.take_turn():
            cycle = poll_once(self._store, self._source, self._memory, may_go_on=self.may_go_on)
            self.take_turn()
        self.succeeded()
        return cycle

    def look(self) -> bool:
        """Look once; more is waiting only if this look got on, and without trouble."""
        cycle = self.poll_once()
        if cycle is None:
            return True
        _report(cycle)
        return cycle.is_complete or bool(cycle.failed) or not (cycle.created or cycle.updated)

    def close(self) -> None:
        """Keep the source: whoever opened it closes it."""


def _report(cycle: Cycle) -> None:
    counts = {name: len(getattr(cycle, name)) for name in ("created", "updated", "unchanged", "refused", "failed")}
    level = logging.INFO if counts["created"] or counts["updated"] or counts["refused"] or counts["failed"] else logging.DEBUG
    logger.log(level, "looked at OMS: %s", ", ".join(f"{count} {name}" for name, count in counts.items()))
