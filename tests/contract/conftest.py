"""Every kind of store that the same tests run against."""

from __future__ import annotations

import pytest

from runregistry.store import Store


@pytest.fixture(params=["memory", "sqlite", "postgresql"])
def database_url(request, tmp_path):
    """The URL of an empty database of one's own."""
    if request.param == "postgresql":
        return request.getfixturevalue("postgres_url")
    return "sqlite://" if request.param == "memory" else f"sqlite:///{tmp_path / 'registry.db'}"


@pytest.fixture
def store(database_url):
    """An empty registry, closed after the test."""
    with Store(database_url) as opened:
        yield opened
