"""Paths in any spelling."""

from __future__ import annotations

import pytest

from runregistry.server.paths import CanonicalPaths
from runregistry.wire import ROUTES


async def nothing(scope: object, receive: object, send: object) -> None:
    """An application that answers nothing."""


paths = CanonicalPaths(nothing, list(ROUTES.values()))


@pytest.mark.parametrize(
    ("sent", "meant"),
    [
        ("/RUNS_filtered_ordered/", "/runs_filtered_ordered"),
        ("/Runs/Move_Run/OPEN/SIGNOFF", "/runs/move_run/OPEN/SIGNOFF"),
        ("/runs/move_run/OPEN/waiting dqm gui/", "/runs/move_run/OPEN/waiting dqm gui"),
        ("/CLASSIFIERS/Component/online", "/classifiers/component/online"),
        ("/datasets_accepted/Collisions18", "/datasets_accepted/Collisions18"),
        ("/runs//", "/runs//"),
        ("/no/such/path/", "/no/such/path/"),
        ("/", "/"),
    ],
)
def test_a_path_gets_the_spelling_of_its_route_and_keeps_its_parameters(sent: str, meant: str) -> None:
    assert paths.canonical(sent) == meant
