"""A mirror: a copy of a part of another registry in a SQLite file, which answers every reading call as that one did."""

from runregistry.mirror.files import default_mirror, status
from runregistry.mirror.pace import Pace, parse_night, parse_rate
from runregistry.mirror.reports import Progress, Report, Status, age_text
from runregistry.mirror.sync import sync
from runregistry.mirror.transport import transport

__all__ = [
    "Pace",
    "Progress",
    "Report",
    "Status",
    "age_text",
    "default_mirror",
    "parse_night",
    "parse_rate",
    "status",
    "sync",
    "transport",
]
