from __future__ import annotations

from collections.abc import Callable

import pytest
from tests.published import mask_of, text_of

from runregistry.lumis import LumiMask


@pytest.fixture
def published_text() -> Callable[[str], bytes]:
    """The bytes of a JSON that CMS published, by file name."""
    return text_of


@pytest.fixture
def published() -> Callable[[str], LumiMask]:
    """The mask of a JSON that CMS published, by file name."""
    return mask_of
