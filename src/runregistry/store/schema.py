"""Tables of a registry: events that are only ever added, and projections that follow from them.

Documents are kept as JSON text on both databases: what is stored is what is answered, byte for byte, and no database decodes it.
Every event has a number, ``version``, from one counter for the whole registry; a group of events that belong to one action shares
one ``atomic_version`` (who, when, why). Events of lumisections are kept in batches: a row holds all the ranges that one action
changed in one dataset, as JSON ``[[first, last, value id], …]`` (a fourth element holds what differs in every lumisection, such
as luminosity), numbered from ``version`` to ``last_version``.
"""

from __future__ import annotations

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
)

__all__ = [
    "SCHEMA_VERSION",
    "alembic_version",
    "config_item",
    "counter",
    "cycle",
    "cycle_dataset",
    "dataset",
    "dataset_cache",
    "dataset_event",
    "generated_json",
    "job",
    "metadata",
    "oms_change",
    "registry_info",
    "rr_change",
    "run",
    "run_event",
    "settings",
    "tag",
    "value",
    "version",
    "workspace",
    "workspace_column",
]

# The number of the newest migration: see `runregistry.store.migrations`.
SCHEMA_VERSION = "3"

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

# SQLite gives only an INTEGER primary key its row id; PostgreSQL wants 64 bits for what is counted for ever.
_Number = BigInteger().with_variant(Integer, "sqlite")
# PostgreSQL would order text as the database's language does; SQLite, and everyone's list of names, goes by characters.
_Name = Text().with_variant(Text(collation="C"), "postgresql")

registry_info = Table(
    "registry_info",
    metadata,
    Column("key", String(40), primary_key=True),
    Column("value", Text, nullable=False),
)

# Alembic's own: here, so that a new registry has it without loading Alembic.
alembic_version = Table(
    "alembic_version",
    metadata,
    Column("version_num", String(32), nullable=False),
    PrimaryKeyConstraint("version_num", name="alembic_version_pkc"),
)

# One row, locked by every writer: it numbers events, and gives them the order in which they are committed.
counter = Table(
    "counter",
    metadata,
    Column("name", String(20), primary_key=True),
    Column("value", _Number, nullable=False),
)

version = Table(
    "version",
    metadata,
    Column("atomic_version", _Number, primary_key=True, autoincrement=True),
    Column("by", Text, nullable=False),
    Column("comment", Text),
    Column("created_at", Text, nullable=False),
)

# What people call a version. Who puts one on, or takes one off, makes a version that says so.
tag = Table(
    "tag",
    metadata,
    Column("name", _Name, primary_key=True),
    Column("atomic_version", _Number, ForeignKey("version.atomic_version"), nullable=False, index=True),
    Column("note", Text, nullable=False),
    Column("by", Text, nullable=False),
    Column("created_at", Text, nullable=False),
)

value = Table(
    "value",
    metadata,
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


run_event = Table(
    "run_event",
    metadata,
    *_event_columns(),
    Column("manual_change", Boolean, nullable=False),
    Column("deleted", Boolean, nullable=False, default=False),
    Column("oms_metadata", Text, nullable=False),
    Column("rr_metadata", Text, nullable=False),
    Index(None, "run_number"),
)

dataset_event = Table(
    "dataset_event",
    metadata,
    *_event_columns(),
    Column("name", _Name, nullable=False),
    Column("deleted", Boolean),  # NULL: this event says nothing about it
    Column("dataset_metadata", Text, nullable=False),
    Column("datasets_in_gui", Text, nullable=False),
    Index(None, "run_number", "name"),
)


def _change_table(name: str, *more: Column) -> Table:  # type: ignore[type-arg]
    return Table(
        name,
        metadata,
        *_event_columns(),
        Column("last_version", _Number, nullable=False),
        Column("name", _Name, nullable=False),
        *more,
        Column("ranges", Text, nullable=False),
        Index(None, "run_number", "name"),
    )


rr_change = _change_table("rr_change", Column("manual_change", Boolean, nullable=False))
oms_change = _change_table("oms_change")

run = Table(
    "run",
    metadata,
    Column("run_number", Integer, primary_key=True, autoincrement=False),
    Column("version", _Number, nullable=False, index=True),
    Column("deleted", Boolean, nullable=False),
    Column("rr_attributes", Text, nullable=False),
    Column("oms_attributes", Text, nullable=False),
)

dataset = Table(
    "dataset",
    metadata,
    Column("run_number", Integer, nullable=False),
    Column("name", _Name, nullable=False),
    Column("version", _Number, nullable=False, index=True),
    Column("deleted", Boolean, nullable=False),
    Column("dataset_attributes", Text, nullable=False),
    Column("datasets_in_gui", Text, nullable=False),
    PrimaryKeyConstraint("run_number", "name"),
)

# What follows from a dataset's lumisections. `version` is the event up to which it was made, so that readers can follow changes.
dataset_cache = Table(
    "dataset_cache",
    metadata,
    Column("run_number", Integer, nullable=False),
    Column("name", _Name, nullable=False),
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

settings = Table(
    "settings",
    metadata,
    Column("id", _Number, primary_key=True, autoincrement=True),
    Column("by", Text, nullable=False),
    Column("created_at", Text, nullable=False),
)

# Classifiers, accepted datasets and permissions: an item is never changed, only replaced; it counts from the settings row
# `active_from` up to (not including) `active_to`.
config_item = Table(
    "config_item",
    metadata,
    Column("family", String(30), nullable=False),
    Column("id", Integer, nullable=False),
    Column("active_from", _Number, ForeignKey("settings.id"), nullable=False),
    Column("active_to", _Number, ForeignKey("settings.id")),
    Column("created_at", Text, nullable=False),
    Column("document", Text, nullable=False),
    PrimaryKeyConstraint("family", "id"),
)

workspace = Table(
    "workspace",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("workspace", _Name, nullable=False),
    Column("online_or_offline", String(10), nullable=False),
    Column("created_at", Text, nullable=False),
    Column("updated_at", Text, nullable=False),
    Index(None, "workspace", "online_or_offline", unique=True),
)

workspace_column = Table(
    "workspace_column",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("id_workspace", Integer, ForeignKey("workspace.id"), nullable=False),
    Column("name", _Name, nullable=False),
    Column("created_at", Text, nullable=False),
    Column("updated_at", Text, nullable=False),
    Index(None, "id_workspace", "name", unique=True),
)

cycle = Table(
    "cycle",
    metadata,
    Column("id_cycle", Integer, primary_key=True, autoincrement=True),
    Column("cycle_name", _Name, nullable=False, unique=True),
    Column("cycle_attributes", Text, nullable=False),
    Column("deadline", _Name, nullable=False),
    Column("deleted", Boolean, nullable=False, default=False),
    Column("created_at", Text, nullable=False),
    Column("updated_at", Text, nullable=False),
)

cycle_dataset = Table(
    "cycle_dataset",
    metadata,
    Column("id_cycle", Integer, ForeignKey("cycle.id_cycle"), nullable=False),
    Column("run_number", Integer, nullable=False),
    Column("name", _Name, nullable=False),
    Column("created_at", Text, nullable=False),
    Column("updated_at", Text, nullable=False),
    PrimaryKeyConstraint("id_cycle", "run_number", "name"),
)

job = Table(
    "job",
    metadata,
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

generated_json = Table(
    "generated_json",
    metadata,
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
