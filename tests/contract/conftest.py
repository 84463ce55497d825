"""Every kind of store that the same tests run against."""

from __future__ import annotations

import pytest

from runregistry.store import Store


@pytest.fixture(params=["memory", "sqlite"])
def store(request, tmp_path):
    """An empty registry, closed after the test."""
    database = "sqlite://" if request.param == "memory" else f"sqlite:///{tmp_path / 'registry.db'}"
    with Store(database) as opened:
        yield opened
