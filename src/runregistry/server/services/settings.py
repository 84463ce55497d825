"""The settings of a new registry: workspaces, columns, permissions, classifiers and accepted datasets out of one JSON file."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from runregistry.errors import RunRegistryError, SettingsError, UsageError, suggestion
from runregistry.model.defaults import default_settings
from runregistry.server.services.families import check_settings
from runregistry.store import Store

__all__ = ["ensure_settings", "load_settings", "read_settings_file"]

_KNOWN = ("workspaces", "columns", "permissions", "classifiers", "datasets_accepted")


def read_settings_file(path: str | os.PathLike[str]) -> dict[str, Any]:
    """Read a settings file.

    Raises
    ------
    SettingsError
        It can't be read, is no JSON object, or has a key that no settings have.
    """
    try:
        settings = json.loads(Path(path).read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise SettingsError(f"can't read the settings file {os.fspath(path)}: {error.strerror}") from error
    except ValueError as error:
        raise SettingsError(f"the settings file {os.fspath(path)} is not JSON: {error}") from error
    if not isinstance(settings, dict):
        raise SettingsError(f"the settings file {os.fspath(path)} must hold a JSON object with {', '.join(_KNOWN)}")
    for key in settings:
        if key not in _KNOWN:
            raise SettingsError(f"the settings file {os.fspath(path)} has an unknown key {key!r}{suggestion(key, _KNOWN)}")
    return settings


def load_settings(store: Store, settings: Mapping[str, Any], by: str) -> None:
    """Put settings into a registry that has none, in one transaction; ids are kept.

    Raises
    ------
    SettingsError
        A part of the settings is wrong; nothing was stored.
    """
    try:
        _store(store, settings, check_settings(settings), by)
    except (KeyError, TypeError, AttributeError) as error:
        raise SettingsError(f"the settings are incomplete or of the wrong shape: {error!r}") from error
    except SettingsError:
        raise
    except RunRegistryError as error:
        raise SettingsError(f"the settings can't be used: {error}") from error


def _store(store: Store, settings: Mapping[str, Any], families: Mapping[str, Sequence[Mapping[str, Any]]], by: str) -> None:
    with store.changing() as connection:
        store.configuration.add_workspaces(connection, settings.get("workspaces", []), settings.get("columns", []))
        store.configuration.load(connection, families, by)


@cache
def _shipped() -> tuple[dict[str, Any], dict[str, Sequence[Mapping[str, Any]]]]:
    """Return the settings of the package with their families, checked once: hundreds of rules are in them."""
    settings = default_settings()
    return settings, check_settings(settings)


def ensure_settings(store: Store, path: str | os.PathLike[str] | None = None) -> bool:
    """Give a new registry its settings: those of a file, or the ones that ship with the package.

    Returns
    -------
    bool
        Whether anything was stored; a registry that has settings keeps them.

    Raises
    ------
    UsageError
        It is a mirror, which has the settings of the registry that it is of.
    """
    if store.database.is_mirror:
        raise UsageError(
            f"{store.database.name} is a mirror, and no registry of one's own: ask it with setup('mirror'), Client(mirror=…) or"
            " --target mirror"
        )
    with store.reading() as connection:
        if not store.configuration.is_empty(connection):
            return False
    if path is not None:
        load_settings(store, read_settings_file(path), "runregistry")
    else:
        _store(store, *_shipped(), "runregistry")
    return True
