"""The tables of a registry from release to release, by Alembic; also the folder in which Alembic finds its environment."""

from runregistry.store.migrations.running import create_tables, migrate, revision_of

__all__ = ["create_tables", "migrate", "revision_of"]
