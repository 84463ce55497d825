"""Operations without I/O: generators that yield calls and receive what was read from the answers."""

from runregistry.client.flows.json_portal import create_json, generate_json
from runregistry.client.flows.pages import DATASETS, RUNS, Listing, Question, read_pages
from runregistry.client.flows.reads import one

__all__ = ["DATASETS", "RUNS", "Listing", "Question", "create_json", "generate_json", "one", "read_pages"]
