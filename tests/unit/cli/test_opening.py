from __future__ import annotations

from pathlib import Path

import pytest

from runregistry.cli.opening import needing, open_client, open_store
from runregistry.errors import MissingExtraError, SettingsError, UsageError


def test_a_missing_package_names_the_extra_that_brings_it() -> None:
    with (
        pytest.raises(MissingExtraError, match=r"The picture needs .* pip install 'runregistry\[plots\]'"),
        needing("The picture", "plots"),
    ):
        raise ModuleNotFoundError("No module named 'matplotlib'", name="matplotlib")


def test_a_missing_module_of_ours_is_a_mistake_and_no_missing_extra() -> None:
    with pytest.raises(ModuleNotFoundError, match="oops"), needing("The picture", "plots"):
        raise ModuleNotFoundError("oops", name="runregistry.oops")


def test_a_new_database_gets_settings(tmp_path: Path) -> None:
    with open_store(str(tmp_path / "new.sqlite")) as store, store.reading() as connection:
        assert not store.configuration.is_empty(connection)


def test_a_question_makes_no_registry(tmp_path: Path) -> None:
    path = tmp_path / "mistyped.sqlite"
    with pytest.raises(SettingsError, match=r"there is no registry at .*mistyped\.sqlite"), open_client(None, str(path)):
        pass
    assert not path.exists()


def test_a_database_is_only_asked_as_an_embedded_one() -> None:
    with pytest.raises(UsageError, match="--target qa"), open_client("qa", "demo.sqlite"):
        pass


def test_a_client_is_closed_at_the_end_with_its_registry(tmp_path: Path) -> None:
    path = str(tmp_path / "own.sqlite")
    with open_store(path):
        pass
    with open_client(None, path) as client:
        assert client.settings.target_name == "embedded"
        assert client.runs() == []
    with pytest.raises(Exception, match="closed"):
        client.runs()
