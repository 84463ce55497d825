"""Schema 3: tags, which give a version a name."""

from __future__ import annotations

from alembic import op
from sqlalchemy import BigInteger, Column, ForeignKeyConstraint, Integer, PrimaryKeyConstraint, Text

__all__ = ["upgrade"]

revision = "3"
down_revision = "2"


def upgrade() -> None:
    """Make the table, empty."""
    name = Text().with_variant(Text(collation="C"), "postgresql")
    number = BigInteger().with_variant(Integer, "sqlite")
    op.create_table(
        "tag",
        Column("name", name, nullable=False),
        Column("atomic_version", number, nullable=False),
        Column("note", Text, nullable=False),
        Column("by", Text, nullable=False),
        Column("created_at", Text, nullable=False),
        PrimaryKeyConstraint("name", name="pk_tag"),
        ForeignKeyConstraint(["atomic_version"], ["version.atomic_version"], name="fk_tag_atomic_version"),
    )
    op.create_index("ix_tag_atomic_version", "tag", ["atomic_version"])
