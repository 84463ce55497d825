"""Making the tables of a new registry, and bringing those of an older release to this one.

A new registry gets the tables of `runregistry.store.schema` at once, which saves loading Alembic; a test holds them equal to what
all migrations together make. The number of the newest migration is `schema.SCHEMA_VERSION`, and every registry says in
``registry_info`` which one it has.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Connection, insert, inspect, select

from runregistry.store import schema

if TYPE_CHECKING:
    from alembic.config import Config

__all__ = ["create_tables", "migrate", "revision_of"]


def create_tables(connection: Connection) -> None:
    """Make the tables that are missing in a new registry, and note which schema they have."""
    schema.metadata.create_all(connection, checkfirst=True)
    if revision_of(connection) is None:
        connection.execute(insert(schema.registry_info).values(key="schema", value=schema.SCHEMA_VERSION))
        connection.execute(insert(schema.alembic_version).values(version_num=schema.SCHEMA_VERSION))
        connection.execute(insert(schema.counter).values(name="event", value=0))


def revision_of(connection: Connection) -> str | None:
    """Return the schema that a registry has; None if it says nothing."""
    info = schema.registry_info.c
    return connection.scalar(select(info.value).where(info.key == "schema"))


def migrate(connection: Connection, revision: str = schema.SCHEMA_VERSION) -> None:
    """Bring a registry, or an empty database, to a schema; everything happens in the connection's transaction.

    Parameters
    ----------
    revision : str
        The number of a migration, at or after the one that the registry has.
    """
    from alembic import command

    config = _config(connection)
    tables = inspect(connection).get_table_names()
    if schema.registry_info.name in tables and schema.alembic_version.name not in tables:
        # Made by the first release, which kept its number itself.
        command.stamp(config, str(revision_of(connection)))
    command.upgrade(config, revision)


def _config(connection: Connection) -> Config:
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    return config
