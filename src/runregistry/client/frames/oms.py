"""Tables of the OMS attributes in lumisections or ranges, with the statuses of components where they come together."""

from __future__ import annotations

from collections.abc import Sequence

from runregistry.client.frames.frame import Frame, Gathered, combine, component_or_inferred, gather, inferred
from runregistry.client.frames.kinds import Kind, Shape
from runregistry.client.frames.parts import Part
from runregistry.client.frames.stretches import BOUNDS, joined, place_series, stretches_of
from runregistry.client.frames.values import Troubles
from runregistry.terms.lumisections import OMS_LUMISECTION_COLUMNS

__all__ = ["oms_attributes"]

_HOLE = "err"  # says that a lumisection has no data, which empty cells say as well


def oms_attributes(parts: Sequence[Part], shape: Shape, troubles: Troubles) -> Frame:
    """Make the table of OMS attributes: the fixed ones, then others, then components."""
    places = joined(stretches_of(part, number, troubles) for number, part in enumerate(parts))
    rows = places.rows(shape)
    has_components = any(part.kind is Kind.JOINT_RANGES for part in parts)
    choose = component_or_inferred if has_components else inferred
    skip = BOUNDS | {_HOLE}
    columns = gather(places.elements, OMS_LUMISECTION_COLUMNS, troubles, skip=skip, prefix="oms", choose=choose)
    place = Gathered(place_series(parts, places, rows, shape, troubles), [])
    return combine(len(rows), place, columns.taken(rows))
