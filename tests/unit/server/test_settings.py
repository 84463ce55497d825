"""Settings of a new registry: the shipped ones, and what is wrong with a file."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from runregistry.errors import SettingsError
from runregistry.model.defaults import default_settings
from runregistry.server.services.configuration import list_classifiers, list_workspaces, read_permissions
from runregistry.server.services.settings import ensure_settings, read_settings_file
from runregistry.store import Store

SMALL: dict[str, Any] = {
    "workspaces": [{"id": 7, "workspace": "dt", "online_or_offline": "online"}],
    "columns": [{"id": 70, "id_workspace": 7, "name": "dt"}],
    "permissions": [{"id": 3, "egroup": "experts", "routes": [".*"]}],
    "classifiers": {
        "component": [
            {"id": 9, "status": "GOOD", "component": 70, "priority": 1, "enabled": True, "classifier": {"var": "dt0_ready"}}
        ]
    },
}


def test_a_new_registry_gets_the_shipped_settings_once() -> None:
    with Store("sqlite://") as store:
        assert ensure_settings(store)
        assert not ensure_settings(store)
        shipped = default_settings()["workspaces"]
        assert len(list_workspaces(store, "online")) == sum(row["online_or_offline"] == "online" for row in shipped)


def test_the_ids_of_a_settings_file_are_kept(tmp_path: Path) -> None:
    (tmp_path / "settings.json").write_text(json.dumps(SMALL))
    with Store("sqlite://") as store:
        assert ensure_settings(store, tmp_path / "settings.json")
        [workspace] = list_workspaces(store, "online")
        assert (workspace["id"], workspace["columns_with_id"][0]["id"]) == (7, 70)
        [classifier] = list_classifiers(store, "component")
        assert (classifier["id"], classifier["classifier"], classifier["created_by"]) == (9, '{"var":"dt0_ready"}', None)
        with store.reading() as connection:
            assert [permission.egroup for permission in read_permissions(store, connection)] == ["experts"]


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"workspace": []}, "unknown key 'workspace' (did you mean workspaces"),
        ({"permissions": [{"egroup": "x"}]}, "notNull Violation: Permission.routes cannot be null"),
        ({"columns": [{"id": 1, "name": "dt"}]}, "id_workspace"),
        (
            {"classifiers": {"class": [{"class": "X", "priority": 1, "enabled": True, "classifier": {"nope": 1}}]}},
            "Unrecognized operation nope",
        ),
        ({"workspaces": {"a": 1}}, "of the wrong shape"),
    ],
)
def test_settings_that_can_not_work_are_refused_whole(tmp_path: Path, change: dict[str, Any], says: str) -> None:
    (tmp_path / "settings.json").write_text(json.dumps(SMALL | change))
    with Store("sqlite://") as store:
        with pytest.raises(SettingsError) as caught:
            ensure_settings(store, tmp_path / "settings.json")
        assert says in str(caught.value)
        assert list_workspaces(store, "online") == []


def test_a_file_that_is_no_settings_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "list.json").write_text("[]")
    (tmp_path / "cut.json").write_text("{")
    for name, says in (("missing.json", "can't read"), ("cut.json", "is not JSON"), ("list.json", "must hold a JSON object")):
        with pytest.raises(SettingsError, match=says):
            read_settings_file(tmp_path / name)
