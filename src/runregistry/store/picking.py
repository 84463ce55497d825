"""Cutting one value out of a JSON document, without reading the rest of it."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any

import msgspec

__all__ = ["ABSENT", "reader"]

ABSENT = b""
_NOT_IN_FIELD_NAMES = frozenset('"\\')


@lru_cache(maxsize=512)
def reader(path: tuple[str, ...]) -> Callable[[str], bytes]:
    """Return a function that cuts the JSON text of one path out of a document; `ABSENT` where there is nothing.

    Examples
    --------
    >>> read = reader(("dt-dt", "GOOD"))
    >>> read('{"csc-csc": {}, "dt-dt": {"GOOD": 12}}'), read("{}")
    (b'12', b'')
    """
    if not path:
        return str.encode
    pick = _picker(path[0])
    deeper = reader(path[1:])

    def read(document: str) -> bytes:
        found = pick(document)
        return deeper(found.decode()) if found and len(path) > 1 else found

    return read


def _picker(name: str) -> Callable[[str], bytes]:
    """Return a function that cuts the JSON text of one key (or of one element) out of a document."""
    if name.isdecimal() or not name.isprintable() or not _NOT_IN_FIELD_NAMES.isdisjoint(name):
        return _slow_picker(name)
    pick = msgspec.defstruct("Pick", [("found", msgspec.Raw, msgspec.Raw(ABSENT))], rename={"found": name})
    decoder: msgspec.json.Decoder[Any] = msgspec.json.Decoder(pick)

    def read(document: str) -> bytes:
        try:
            return bytes(decoder.decode(document).found)
        except msgspec.ValidationError:
            return ABSENT  # not an object: nothing has this name

    return read


def _slow_picker(name: str) -> Callable[[str], bytes]:
    # What no field of a struct can be called, and numbers, which also count the elements of a list.
    decoder = msgspec.json.Decoder(dict[str, msgspec.Raw] | list[msgspec.Raw])

    def read(document: str) -> bytes:
        try:
            found = decoder.decode(document)
        except msgspec.ValidationError:
            return ABSENT
        if isinstance(found, dict):
            return bytes(found.get(name, ABSENT))
        return bytes(found[int(name)]) if name.isdecimal() and int(name) < len(found) else ABSENT

    return read
