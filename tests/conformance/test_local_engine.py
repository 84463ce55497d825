"""The recorded golden JSONs, made again by the engine in this process from the registry's database, and over HTTP."""

from __future__ import annotations

from typing import Any

import pytest

from runregistry import certification
from runregistry.client import Client
from runregistry.lumis import LumiMask
from runregistry.store import Store
from tests.conformance.replay import PARTS, play, read_part
from tests.conformance.test_world import World, opened

# Read the world, and leave it as it is.
_LEFT_OUT = ("queries",)
_GOLDEN = ("golden", "golden2")
_BY_RUN = {"generated_json", "generated_anti_json"}
_LATE = {"generated_anti_json", "generated_anti_json_with_dataset_names"}


def test_golden_jsons_and_statistics_of_the_local_engine_are_the_recorded_ones(tmp_path_factory: pytest.TempPathFactory) -> None:
    with opened(str(tmp_path_factory.mktemp("world") / "world.sqlite")) as world:
        wrong: list[str] = []
        n_compared = 0
        for part in PARTS:
            rows = list(read_part(part)) if part not in _LEFT_OUT else []
            if part in _GOLDEN:
                compared = [row for row in rows if isinstance(row.get("final"), dict)]
                n_compared += len(compared)
                wrong += [f"{row['name']}: {line}" for row in compared for line in differing(row, world.store)]
            else:
                for row in rows:
                    play(world.client, row)
        assert not wrong, "\n".join(wrong)
        assert n_compared >= 20
        assert over_http(world) == []


def differing(row: dict[str, Any], store: Store) -> list[str]:
    """Make a recorded JSON again; return what differs."""
    asked, recorded = row["body"], row["final"]["final_json"]
    made = certification.create(asked["json_logic"], asked["dataset_name_filter"], source=store, allow_unknown_paths=True)
    statistics = vars(made.statistics) if recorded["total_recorded_luminosity_lost"] != -1 else {}
    late = _LATE if not statistics else set()
    answers = {name: value for name, value in (made.document | statistics).items() if name not in _BY_RUN | late}
    lines = [
        f"{name}: {recorded[name]!r:.200} != {value!r:.200}"
        for name, value in answers.items()
        if not agree(value, recorded[name])
    ]
    # Of several datasets of a run the service puts the ranges one behind the other: they are compared as sets.
    if made.golden != LumiMask(recorded["generated_json"]):
        lines.append("golden differs as a set")
    if made.golden | made.anti != made.denominator or not made.golden.isdisjoint(made.anti):
        lines.append("golden and anti do not share out the denominator")
    if statistics and made.denominator != LumiMask(recorded["generated_json"]) | LumiMask(recorded["generated_anti_json"]):
        lines.append("the denominator differs as a set")
    return lines


def over_http(world: World) -> list[str]:
    """Certify over HTTP what was certified from the database; return what differs."""
    lines = []
    with Client("embedded", transport=world.client._transport) as client:
        for row in list(read_part("golden"))[:5]:
            asked = row["body"]["json_logic"], row["body"]["dataset_name_filter"]
            here, there = (
                certification.create(*asked, source=source, where="local", allow_unknown_paths=True)
                for source in (world.store, client)
            )
            if not agree(there.document, here.document):
                lines.append(f"{row['name']}: {there.document!r:.500} != {here.document!r:.500}")
    return lines


def agree(made: Any, recorded: Any) -> bool:
    """Whether two answers are equal, numbers to their rounding."""
    if isinstance(made, dict):
        return made.keys() == recorded.keys() and all(agree(made[key], recorded[key]) for key in made)
    if isinstance(made, float):
        return made == pytest.approx(recorded, rel=1e-9)
    return bool(made == recorded)
