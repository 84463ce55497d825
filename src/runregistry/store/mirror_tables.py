"""Tables that only a mirror has, beside those of a registry, and its caches: a view, because most of their texts are alike.

All datasets of a run inherit the OMS values of its ``online`` dataset: texts are kept once, under a number that is made of them.
A mirror is a SQLite file. It has no events, and so no history; ``dataset_cache`` has the columns that it has in any registry.
"""

from __future__ import annotations

import hashlib

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Connection,
    Float,
    Integer,
    MetaData,
    PrimaryKeyConstraint,
    Table,
    Text,
    TextClause,
    inspect,
)
from sqlalchemy import text as text_clause

from runregistry.store import schema

__all__ = ["TEXTS", "cache", "claim", "document", "info", "make_mirror_tables", "mirrored_run", "text", "text_number"]

metadata = MetaData(naming_convention=schema.metadata.naming_convention)

_Number = BigInteger().with_variant(Integer, "sqlite")
TEXTS = ("triplet_summary", "dcs_summary", "rr", "oms")

info = Table(
    "mirror_info",
    metadata,
    Column("key", Text, primary_key=True),
    Column("value", Text, nullable=False),
)

# What the mirror says that it holds. `cursor` is the newest event of the remote registry that it has seen of it; `gaps` are
# ranges of runs (JSON) of which it is not sure; `synced_at` is empty until it was complete once.
claim = Table(
    "mirror_claim",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("era", Text),
    Column("selection", Text, nullable=False),
    Column("cursor", _Number, nullable=False),
    Column("synced_at", Text),
    Column("gaps", Text, nullable=False),
    Column("is_under_way", Boolean, nullable=False),
)

# When each run was read, and the digest of all that is kept of it.
mirrored_run = Table(
    "mirror_run",
    metadata,
    Column("run_number", Integer, primary_key=True, autoincrement=False),
    Column("fetched_at", Float, nullable=False),
    Column("digest", Text, nullable=False),
)

# Answers that are kept as they came: configuration and cycles, by the path that they were asked for.
document = Table(
    "mirror_document",
    metadata,
    Column("path", Text, primary_key=True),
    Column("document", Text, nullable=False),
)

text = Table(
    "mirror_text",
    metadata,
    Column("id", _Number, primary_key=True, autoincrement=False),
    Column("document", Text, nullable=False),
)

_NUMBERS = [column for column in schema.dataset_cache.c if column.name not in TEXTS]
cache = Table(
    "mirror_cache",
    metadata,
    *(Column(column.name, column.type, nullable=False, index=column.index) for column in _NUMBERS),
    *(Column(f"{name}_id", _Number, nullable=False) for name in TEXTS),
    PrimaryKeyConstraint("run_number", "name"),
)


def _view() -> TextClause:
    """Return the statement that makes the table of caches of any registry out of the mirror's."""
    columns = [f"c.{column.name} AS {column.name}" for column in _NUMBERS] + [f"{name}.document AS {name}" for name in TEXTS]
    # Outer joins: SQLite leaves out those of which a question reads nothing.
    joins = [f"LEFT JOIN mirror_text AS {name} ON {name}.id = c.{name}_id" for name in TEXTS]
    return text_clause(f"CREATE VIEW dataset_cache AS SELECT {', '.join(columns)} FROM mirror_cache AS c {' '.join(joins)}")


def make_mirror_tables(connection: Connection) -> bool:
    """Make the tables of a mirror in a new registry; return whether they were missing."""
    if inspect(connection).has_table(info.name):
        return False
    schema.dataset_cache.drop(connection)
    connection.execute(_view())
    metadata.create_all(connection)
    return True


def text_number(content: str) -> int:
    """Return the number under which a text is kept: of two different texts it is never the same, as far as anyone will see."""
    return int.from_bytes(hashlib.blake2b(content.encode(), digest_size=8).digest(), signed=True)
