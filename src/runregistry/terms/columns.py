"""What a column of a table is, whatever the library that holds it."""

from __future__ import annotations

from types import MappingProxyType
from typing import NamedTuple

from runregistry.terms.vocabulary import COMPLETED, OPEN, SIGNOFF, STATUSES, WAITING_DQM_GUI

__all__ = ["CATEGORIES", "COLUMN_TYPES", "Column"]

COLUMN_TYPES = ("integer", "number", "boolean", "string", "time", "list", "category", "status", "state", "json")

# The values of the types that have few, in the order in which tables sort and plots show them.
CATEGORIES = MappingProxyType({"status": STATUSES, "state": (OPEN, SIGNOFF, COMPLETED, WAITING_DQM_GUI)})


class Column(NamedTuple):
    """One column of a table.

    Attributes
    ----------
    name : str
        Its name.
    type : str
        One of `COLUMN_TYPES`. ``category`` is text that repeats; ``status`` and ``state`` are categories with a fixed order;
        ``list`` is a list of texts; ``json`` is anything else, as JSON text.
    unit : str
        Unit of the values, empty where they have none.
    wire : str
        Its key on the wire, where that is another.
    """

    name: str
    type: str
    unit: str = ""
    wire: str = ""

    @property
    def key(self) -> str:
        """Its key on the wire."""
        return self.wire or self.name
