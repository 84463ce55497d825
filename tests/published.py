"""JSONs that CMS groups published, by file name: the data of tests/data/lumis."""

from __future__ import annotations

import gzip
from functools import cache
from pathlib import Path

from runregistry.lumis import LumiMask

__all__ = ["DATA", "NAMES", "mask_of", "text_of"]

DATA = Path(__file__).parent / "data" / "lumis"
NAMES = sorted(path.name.removesuffix(".gz") for path in DATA.iterdir() if not path.name.startswith("DBS"))


@cache
def text_of(name: str) -> bytes:
    """The bytes of a file, unpacked."""
    packed = DATA / f"{name}.gz"
    return gzip.decompress(packed.read_bytes()) if packed.exists() else (DATA / name).read_bytes()


@cache
def mask_of(name: str) -> LumiMask:
    """The mask in a file."""
    return LumiMask.from_text(text_of(name))
