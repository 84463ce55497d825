"""Operations without I/O: generators that yield calls and receive what was read from the answers."""

from runregistry.client.flows.changes import (
    change_class,
    edit_lumisections,
    mark_significant,
    move_datasets,
    move_runs,
    refresh_runs,
)
from runregistry.client.flows.json_portal import create_json, generate_json
from runregistry.client.flows.pages import DATASETS, RUNS, Listing, Question, read_pages
from runregistry.client.flows.reads import one

__all__ = [
    "DATASETS",
    "RUNS",
    "Listing",
    "Question",
    "change_class",
    "create_json",
    "edit_lumisections",
    "generate_json",
    "mark_significant",
    "move_datasets",
    "move_runs",
    "one",
    "read_pages",
    "refresh_runs",
]
