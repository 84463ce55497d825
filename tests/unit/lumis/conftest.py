from __future__ import annotations

import gzip
from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest

from runregistry.lumis import LumiMask

DATA = Path(__file__).parents[2] / "data" / "lumis"


@cache
def _text(name: str) -> bytes:
    packed = DATA / f"{name}.gz"
    return gzip.decompress(packed.read_bytes()) if packed.exists() else (DATA / name).read_bytes()


@cache
def _mask(name: str) -> LumiMask:
    return LumiMask.from_json(_text(name))


@pytest.fixture
def published_text() -> Callable[[str], bytes]:
    """The bytes of a JSON that CMS published, by file name."""
    return _text


@pytest.fixture
def published() -> Callable[[str], LumiMask]:
    """The mask of a JSON that CMS published, by file name."""
    return _mask
