"""Schema 1: the tables of the first release.

These tables are frozen: they say what that release made, and never change with `runregistry.store.schema`.
"""

from __future__ import annotations

from alembic import op
from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    PrimaryKeyConstraint,
    String,
    Table,
    Text,
    insert,
)

__all__ = ["upgrade"]

revision = "1"
down_revision = None

_metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

_Number = BigInteger().with_variant(Integer, "sqlite")

Table(
    "registry_info",
    _metadata,
    Column("key", String(40), primary_key=True),
    Column("value", Text, nullable=False),
)

_counter = Table(
    "counter",
    _metadata,
    Column("name", String(20), primary_key=True),
    Column("value", _Number, nullable=False),
)

Table(
    "version",
    _metadata,
    Column("atomic_version", _Number, primary_key=True, autoincrement=True),
    Column("by", Text, nullable=False),
    Column("comment", Text),
    Column("created_at", Text, nullable=False),
)

Table(
    "value",
    _metadata,
    Column("id", _Number, primary_key=True, autoincrement=True),
    Column("unique_hash", String(40), nullable=False, unique=True),
    Column("document", Text, nullable=False),
)


def _event_columns() -> list[Column]:  # type: ignore[type-arg]  # the element type differs by column
    return [
        Column("version", _Number, primary_key=True, autoincrement=False),
        Column("atomic_version", _Number, ForeignKey("version.atomic_version"), nullable=False),
        Column("run_number", Integer, nullable=False),
    ]


Table(
    "run_event",
    _metadata,
    *_event_columns(),
    Column("manual_change", Boolean, nullable=False),
    Column("deleted", Boolean, nullable=False, default=False),
    Column("oms_metadata", Text, nullable=False),
    Column("rr_metadata", Text, nullable=False),
    Index(None, "run_number"),
)

Table(
    "dataset_event",
    _metadata,
    *_event_columns(),
    Column("name", Text, nullable=False),
    Column("deleted", Boolean),  # NULL: this event says nothing about it
    Column("dataset_metadata", Text, nullable=False),
    Column("datasets_in_gui", Text, nullable=False),
    Index(None, "run_number", "name"),
)


def _change_table(name: str, *more: Column) -> Table:  # type: ignore[type-arg]
    return Table(
        name,
        _metadata,
        *_event_columns(),
        Column("last_version", _Number, nullable=False),
        Column("name", Text, nullable=False),
        *more,
        Column("ranges", Text, nullable=False),
        Index(None, "run_number", "name"),
    )


_change_table("rr_change", Column("manual_change", Boolean, nullable=False))
_change_table("oms_change")

Table(
    "run",
    _metadata,
    Column("run_number", Integer, primary_key=True, autoincrement=False),
    Column("version", _Number, nullable=False, index=True),
    Column("deleted", Boolean, nullable=False),
    Column("rr_attributes", Text, nullable=False),
    Column("oms_attributes", Text, nullable=False),
)

Table(
    "dataset",
    _metadata,
    Column("run_number", Integer, nullable=False),
    Column("name", Text, nullable=False),
    Column("version", _Number, nullable=False, index=True),
    Column("deleted", Boolean, nullable=False),
    Column("dataset_attributes", Text, nullable=False),
    Column("datasets_in_gui", Text, nullable=False),
    PrimaryKeyConstraint("run_number", "name"),
)

Table(
    "dataset_cache",
    _metadata,
    Column("run_number", Integer, nullable=False),
    Column("name", Text, nullable=False),
    Column("version", _Number, nullable=False, index=True),
    Column("recorded", Float, nullable=False),
    Column("delivered", Float, nullable=False),
    Column("n_lumisections", Integer, nullable=False),
    Column("n_ranges", Integer, nullable=False),
    Column("triplet_summary", Text, nullable=False),
    Column("dcs_summary", Text, nullable=False),
    Column("rr", Text, nullable=False),
    Column("oms", Text, nullable=False),
    PrimaryKeyConstraint("run_number", "name"),
)

Table(
    "settings",
    _metadata,
    Column("id", _Number, primary_key=True, autoincrement=True),
    Column("by", Text, nullable=False),
    Column("created_at", Text, nullable=False),
)

Table(
    "config_item",
    _metadata,
    Column("family", String(30), nullable=False),
    Column("id", Integer, nullable=False),
    Column("active_from", _Number, ForeignKey("settings.id"), nullable=False),
    Column("active_to", _Number, ForeignKey("settings.id")),
    Column("created_at", Text, nullable=False),
    Column("document", Text, nullable=False),
    PrimaryKeyConstraint("family", "id"),
)

Table(
    "workspace",
    _metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("workspace", Text, nullable=False),
    Column("online_or_offline", String(10), nullable=False),
    Column("created_at", Text, nullable=False),
    Column("updated_at", Text, nullable=False),
    Index(None, "workspace", "online_or_offline", unique=True),
)

Table(
    "workspace_column",
    _metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("id_workspace", Integer, ForeignKey("workspace.id"), nullable=False),
    Column("name", Text, nullable=False),
    Column("created_at", Text, nullable=False),
    Column("updated_at", Text, nullable=False),
    Index(None, "id_workspace", "name", unique=True),
)

Table(
    "cycle",
    _metadata,
    Column("id_cycle", Integer, primary_key=True, autoincrement=True),
    Column("cycle_name", Text, nullable=False, unique=True),
    Column("cycle_attributes", Text, nullable=False),
    Column("deadline", Text, nullable=False),
    Column("deleted", Boolean, nullable=False, default=False),
    Column("created_at", Text, nullable=False),
    Column("updated_at", Text, nullable=False),
)

Table(
    "cycle_dataset",
    _metadata,
    Column("id_cycle", Integer, ForeignKey("cycle.id_cycle"), nullable=False),
    Column("run_number", Integer, nullable=False),
    Column("name", Text, nullable=False),
    Column("created_at", Text, nullable=False),
    Column("updated_at", Text, nullable=False),
    PrimaryKeyConstraint("id_cycle", "run_number", "name"),
)

Table(
    "job",
    _metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("kind", String(20), nullable=False),
    Column("state", String(10), nullable=False, index=True),
    Column("payload", Text, nullable=False),
    Column("attempts", Integer, nullable=False, default=0),
    Column("progress", Float, nullable=False, default=0.0),
    Column("error", Text),
    Column("worker", Text),
    Column("lease_until", Float),
    Column("created_at", Text, nullable=False),
    sqlite_autoincrement=True,
)

Table(
    "generated_json",
    _metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("dataset_name_filter", Text, nullable=False),
    Column("tags", Text, nullable=False),
    Column("created_by", Text, nullable=False, index=True),
    Column("official", Boolean, nullable=False),
    Column("deleted", Boolean, nullable=False, default=False),
    Column("runregistry_version", _Number, nullable=False),
    Column("created_at", Text, nullable=False),
    Column("updated_at", Text, nullable=False),
    Column("document", Text, nullable=False),
)


def upgrade() -> None:
    """Make the tables, and the counter of events."""
    connection = op.get_bind()
    _metadata.create_all(connection)
    connection.execute(insert(_counter).values(name="event", value=0))
