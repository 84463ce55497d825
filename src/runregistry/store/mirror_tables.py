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

cache = Table(
    "mirror_cache",
    metadata,
    Column("run_number", Integer, nullable=False),
    Column("name", Text, nullable=False),
    Column("version", _Number, nullable=False, index=True),
    Column("recorded", Float, nullable=False),
    Column("delivered", Float, nullable=False),
    Column("n_lumisections", Integer, nullable=False),
    Column("n_ranges", Integer, nullable=False),
    *(Column(f"{name}_id", _Number, nullable=False) for name in TEXTS),
    PrimaryKeyConstraint("run_number", "name"),
)

# Outer joins: SQLite leaves out those of which a question reads nothing.
_VIEW = text_clause(
    """
    CREATE VIEW dataset_cache AS SELECT
        c.run_number AS run_number, c.name AS name, c.version AS version, c.recorded AS recorded, c.delivered AS delivered,
        c.n_lumisections AS n_lumisections, c.n_ranges AS n_ranges, triplets.document AS triplet_summary,
        bits.document AS dcs_summary, rr.document AS rr, oms.document AS oms
    FROM mirror_cache AS c
    LEFT JOIN mirror_text AS triplets ON triplets.id = c.triplet_summary_id
    LEFT JOIN mirror_text AS bits ON bits.id = c.dcs_summary_id
    LEFT JOIN mirror_text AS rr ON rr.id = c.rr_id
    LEFT JOIN mirror_text AS oms ON oms.id = c.oms_id
    """
)


def make_mirror_tables(connection: Connection) -> bool:
    """Make the tables of a mirror in a new registry; return whether they were missing."""
    if inspect(connection).has_table(info.name):
        return False
    schema.dataset_cache.drop(connection)
    connection.execute(_VIEW)
    metadata.create_all(connection)
    return True


def text_number(content: str) -> int:
    """Return the number under which a text is kept: of two different texts it is never the same, as far as anyone will see."""
    return int.from_bytes(hashlib.blake2b(content.encode(), digest_size=8).digest(), signed=True)
