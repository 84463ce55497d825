"""How things are filled: colours that colour-blind people can tell apart, and hatching that tells them apart without colours."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Any, Final, NamedTuple

from runregistry.terms import BAD, EMPTY, EXCLUDED, GOOD, NO_VALUE_FOUND, NOTSET, STANDBY

__all__ = [
    "DELIVERED",
    "EXCLUSIVE",
    "GOLDEN",
    "INCLUSIVE",
    "INK",
    "NOT_GOLDEN",
    "OTHER",
    "PALE_INK",
    "RECORDED",
    "STATUS_LOOKS",
    "VALUE_LOOKS",
    "Look",
    "look_of",
    "statuses_in_order",
]


class Look(NamedTuple):
    """How a value is filled: colour, hatching, and its place on top of others where bars are too narrow to be seen apart."""

    colour: str
    hatch: str = ""
    layer: int = 1


INK: Final = "#333333"
PALE_INK: Final = "#999999"

# Okabe and Ito's colours, some of them lightened. In grey GOOD, BAD and EXCLUDED would look alike without the hatching.
STATUS_LOOKS: Final[Mapping[str, Look]] = MappingProxyType(
    {
        GOOD: Look("#5dbd9d"),
        STANDBY: Look("#f7de74", "////", 2),
        BAD: Look("#d55e00", "xxxx", 3),
        EXCLUDED: Look("#b9a4c9", "\\\\\\\\", 2),
        NOTSET: Look("#e4e4e4"),
        EMPTY: Look("#ffffff", "..", 2),
        NO_VALUE_FOUND: Look("#ffffff", "oo", 2),
    }
)
# DCS bits and beam flags.
VALUE_LOOKS: Final[Mapping[bool | None, Look]] = MappingProxyType(
    {True: Look("#5b8db8"), False: Look("#ffffff"), None: Look("#ffffff", "..", 2)}
)
OTHER: Final = Look("#c5ddf0", "++", 2)

GOLDEN: Final = Look("#0b6b4f")
NOT_GOLDEN: Final = Look("#d9d9d9", "////")
RECORDED: Final = Look("#5b8db8")
DELIVERED: Final = Look("#000000")
INCLUSIVE: Final = Look("#fbe3d0", "////")
EXCLUSIVE: Final = Look("#d55e00")


def look_of(value: Any) -> Look:
    """Return how a status, a bit or a flag is filled.

    Examples
    --------
    >>> look_of("BAD").hatch, look_of(None).hatch, look_of("ODD").hatch
    ('xxxx', '..', '++')
    """
    if value is None or isinstance(value, bool):
        return VALUE_LOOKS[value]
    return STATUS_LOOKS.get(value, OTHER)


def statuses_in_order(statuses: Iterable[Any]) -> list[Any]:
    """Return statuses as a legend lists them, from GOOD on, unknown ones last.

    Examples
    --------
    >>> statuses_in_order({"NOTSET", "ODD", "BAD", "GOOD"})
    ['GOOD', 'BAD', 'NOTSET', 'ODD']
    """
    order = list(STATUS_LOOKS)
    return sorted(statuses, key=lambda status: (order.index(status) if status in order else len(order), str(status)))
