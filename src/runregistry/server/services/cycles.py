"""Certification cycles: which datasets are to be certified by when."""

from __future__ import annotations

from typing import Any

import msgspec

from runregistry.server.services.shapes import dataset_object
from runregistry.store import Store

__all__ = ["list_cycles"]


def list_cycles(store: Store) -> list[dict[str, Any]]:
    """Return the cycles that are not deleted, by deadline, each with its datasets."""
    with store.reading() as connection:
        return [
            {
                "id_cycle": cycle.id_cycle,
                "cycle_name": cycle.cycle_name,
                "cycle_attributes": msgspec.Raw(cycle.cycle_attributes.encode()),
                "deadline": cycle.deadline,
                "deleted": cycle.deleted,
                "createdAt": cycle.created_at,
                "updatedAt": cycle.updated_at,
                "datasets": list(map(dataset_object, datasets)),
            }
            for cycle, datasets in store.records.cycles(connection)
        ]
