"""What changes from one mask to another."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from runregistry.lumis.ranges import LumiRanges

if TYPE_CHECKING:
    from runregistry.lumis.mask import LumiMask

__all__ = ["MaskDiff"]

_NONE = LumiRanges()


class MaskDiff(NamedTuple):
    """What changes from one mask to another; false when nothing does.

    Attributes
    ----------
    added, removed : LumiMask
        What only the new mask holds, and what only the old one did.
    """

    added: LumiMask
    removed: LumiMask

    @property
    def runs(self) -> tuple[int, ...]:
        """Runs in which anything changes, ascending."""
        return tuple(sorted({*self.added, *self.removed}))

    def by_run(self) -> dict[int, tuple[LumiRanges, LumiRanges]]:
        """Return what was added and what was removed in each run that changes, ascending."""
        return {run: (self.added.get(run, _NONE), self.removed.get(run, _NONE)) for run in self.runs}

    def __bool__(self) -> bool:
        return bool(self.added or self.removed)
