"""Long lists of keys, some at a time: databases limit how many parameters a statement may have."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TypeVar

__all__ = ["chunks"]

T = TypeVar("T")


def chunks(items: Sequence[T], size: int) -> Iterator[Sequence[T]]:
    """Go through items, at most `size` at a time.

    Examples
    --------
    >>> list(chunks([355100, 355101, 355102], 2)), list(chunks([], 2))
    ([[355100, 355101], [355102]], [])
    """
    return (items[start : start + size] for start in range(0, len(items), size))
