"""Schema 2: names are in the order of their characters on PostgreSQL, whatever the language of the database.

SQLite compares text so anyway: the same list is in the same order on both.
"""

from __future__ import annotations

from alembic import op
from sqlalchemy import Text

__all__ = ["upgrade"]

revision = "2"
down_revision = "1"

_COLUMNS = (
    *((table, "name") for table in ("dataset_event", "rr_change", "oms_change", "dataset", "dataset_cache", "cycle_dataset")),
    *(("workspace", "workspace"), ("workspace_column", "name"), ("cycle", "cycle_name"), ("cycle", "deadline")),
)


def upgrade() -> None:
    """Change the collation, which PostgreSQL does without rewriting the tables."""
    if op.get_bind().dialect.name != "postgresql":
        return
    for table, column in _COLUMNS:
        op.alter_column(table, column, type_=Text(collation="C"), existing_type=Text(), existing_nullable=False)
