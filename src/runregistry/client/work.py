"""What verbs about many things have in common, whether they read or change."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from typing import Any, Generic, NamedTuple, TypeAlias, TypeVar

from runregistry.client import frames
from runregistry.client.bulk import Bulk, BulkOptions, ChangeOptions, How
from runregistry.client.calls import Flow
from runregistry.errors import UsageError

__all__ = ["Advance", "Work"]

K = TypeVar("K", bound=Hashable)
Advance: TypeAlias = Callable[[int], None]  # told how many are done


class Work(NamedTuple, Generic[K]):
    """A verb about many things, ready to be done.

    Attributes
    ----------
    verb : str
        Its name.
    read_keys : callable
        Returns what is asked for, all of it checked.
    ask : callable
        Takes a result, whether a failure ends everything, and an `Advance`; returns the flow that fills the result.
    plan : callable or None
        Of a change: returns the flow that plans it for some keys.
    kind : Kind
        What is found.
    """

    verb: str
    read_keys: Callable[[], Sequence[K]]
    ask: Callable[[Bulk[K], bool, Advance], Flow[None]]
    plan: Callable[[Sequence[K]], Flow[list[dict[str, Any]]]] | None = None
    kind: frames.Kind = frames.PLAN

    def how(self, options: Mapping[str, Any]) -> How:
        """Return the options of the verb, checked."""
        return How.read(self.verb, options, BulkOptions if self.plan is None else ChangeOptions)

    def begin(self, how: How) -> Bulk[K]:
        """Return the result to be filled: an empty one, or the incomplete one that is taken up again."""
        if how.resume_from is not None:
            return Bulk.again(how.resume_from, self.verb)
        keys = self.read_keys()
        if not keys and self.plan is not None:
            raise UsageError(f"{self.verb}: nothing to change was given")
        return Bulk(self.verb, keys, is_change=self.plan is not None, kind=self.kind)

    def planned(self, bulk: Bulk[K]) -> Flow[frames.Rows]:
        """Return what a change would do to what is pending."""
        rows = [] if self.plan is None else (yield from self.plan(bulk.pending))
        return frames.Rows(rows, frames.PLAN)
