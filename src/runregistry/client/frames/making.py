"""From the rows of one or more answers to a table: one place for all kinds."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import TypeAlias

from runregistry.client.frames import changes, components, history, listings, oms
from runregistry.client.frames.frame import Frame
from runregistry.client.frames.kinds import Kind, Shape
from runregistry.client.frames.parts import Part
from runregistry.client.frames.values import Troubles

__all__ = ["make_frame"]

Maker: TypeAlias = Callable[[Sequence[Part], Shape, Troubles], Frame]

_MAKERS: Mapping[Kind, Maker] = MappingProxyType(
    {
        Kind.RUNS: listings.runs,
        Kind.DATASETS: listings.datasets,
        Kind.COUNTS: listings.counts,
        Kind.LUMISECTIONS: components.components,
        Kind.RANGES: components.components,
        Kind.COMPONENT_RANGES: components.component_ranges,
        Kind.OMS_LUMISECTIONS: oms.oms_attributes,
        Kind.OMS_RANGES: oms.oms_attributes,
        Kind.JOINT_RANGES: oms.oms_attributes,
        Kind.CYCLES: listings.cycles,
        Kind.ACCEPTED: listings.accepted,
        Kind.HISTORY: history.history,
        Kind.CHANGES: changes.changes,
        Kind.TAGS: listings.tags,
        Kind.PLAN: listings.plan,
        Kind.FIELDS: listings.fields,
    }
)


def make_frame(kind: Kind, parts: Sequence[Part], shape: Shape, *, stacklevel: int) -> Frame:
    """Make the table of parts of one kind, and warn about what could not be read.

    Parameters
    ----------
    stacklevel : int
        Whom the warnings point to: 1 is who calls this.
    """
    troubles = Troubles()
    frame = _MAKERS[kind](parts, shape, troubles)
    troubles.tell(stacklevel + 1)
    return frame
