"""Endpoints of the changes that the client already asks for, beyond those of `runregistry.wire.routes`."""

from __future__ import annotations

from runregistry.wire.routes import Route

__all__ = ["CHANGES"]

CHANGES = (
    Route("mark_significant", "POST", "/runs/mark_significant", True, True, "Mark a run as significant and fetch it again."),
    Route("refresh_run", "POST", "/runs/refresh_run/{run_number}", False, True, "Fetch a run from OMS and classify it again."),
    Route(
        "reset_and_refresh_run",
        "POST",
        "/runs/reset_and_refresh_run/{run_number}",
        False,
        True,
        "Fetch a run from OMS and classify it as if it were new.",
    ),
    Route(
        "move_dataset",
        "POST",
        "/datasets/{workspace}/move_dataset/{from_state}/{to_state}",
        True,
        True,
        "Move a dataset to another state in one workspace.",
    ),
    Route("json_creation_generate", "POST", "/json_creation/generate", False, False, "Make a JSON at once, in the old way."),
)
