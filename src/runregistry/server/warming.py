"""Reading columns into memory right after the start, before somebody has to wait for them."""

from __future__ import annotations

import logging
from threading import Thread

from runregistry.filters import Column
from runregistry.store import Store

__all__ = ["Warming"]

logger = logging.getLogger(__name__)

# What the lists of the web page show first, and what scripts select runs by. Summaries of components are the largest documents
# by far, and nobody asks for all of them: they are read when they are asked for.
_OF_RUNS = tuple(
    Column(document, (name,))
    for document, names in (
        ("rr_attributes", ("class", "state", "significant")),
        ("oms_attributes", ("fill_number", "start_time", "end_time", "hlt_key", "energy", "b_field", "last_update")),
    )
    for name in names
)


class Warming:
    """A thread that does it once. Nothing depends on its end: what it has not read yet is read by whoever needs it."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._is_over = False
        self._thread = Thread(target=self._run, name="warming", daemon=True)

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    def stop(self, patience_s: float | None = None) -> None:
        """Have the thread end with what it is reading."""
        self._is_over = True
        if self._thread.is_alive():
            self._thread.join(patience_s)

    def _run(self) -> None:
        try:
            for column in (None, *_OF_RUNS):
                if self._is_over:
                    return
                self._store.queries.prepare("runs", () if column is None else (column,))
            self._store.queries.prepare("datasets", ())
        except Exception as error:  # whoever asks for it will be told better
            logger.debug("columns could not be read in advance: %s", error)
