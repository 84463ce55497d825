"""How Alembic reaches a registry: through the connection that it is given, in the transaction that is open there.

To write a migration, change `runregistry.store.schema`, add a module to ``versions`` with the next number as its revision, and
set ``SCHEMA_VERSION`` to it; the tests say what is missing.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from alembic import context
from alembic.runtime.migration import MigrationContext, MigrationInfo
from sqlalchemy import delete, insert

from runregistry.store import schema

__all__ = ["run"]


def run() -> None:
    """Run the migrations that Alembic was asked for."""
    context.configure(
        connection=context.config.attributes["connection"],
        target_metadata=schema.metadata,
        render_as_batch=True,  # SQLite alters a table by making it anew
        transactional_ddl=True,  # on SQLite as well, with the transactions that the store begins itself
        on_version_apply=_note,
    )
    context.run_migrations()


def _note(ctx: MigrationContext, step: MigrationInfo, heads: Collection[Any], run_args: Mapping[str, Any]) -> None:
    """Write the number where releases without Alembic look for it."""
    connection = ctx.connection
    assert connection is not None
    info = schema.registry_info
    connection.execute(delete(info).where(info.c.key == "schema"))
    connection.execute(insert(info), [{"key": "schema", "value": head} for head in heads])


if __name__ == "env_py":  # the name under which Alembic runs this file; everyone else only imports it
    run()
