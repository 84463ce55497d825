"""Rules that certification teams used, as data: ``presets/*.json`` beside this module."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

from runregistry.errors import UsageError, suggestion

__all__ = ["Preset", "get_preset", "preset_names"]

_FOLDER = "presets"
_SUFFIX = ".json"


@dataclass(frozen=True)
class Preset:
    """A rule with a name.

    Attributes
    ----------
    name : str
        ``golden-2022``; as a rule it is ``preset:golden-2022``.
    title, description : str
        For people.
    source : str
        Where the rule comes from.
    dataset_name_filter : str
        The datasets that it is for, unless others are named.
    rule : dict
        json-logic.
    """

    name: str
    title: str
    description: str
    source: str
    dataset_name_filter: str
    rule: Any


def preset_names() -> list[str]:
    """Return the names of all presets, sorted.

    Examples
    --------
    >>> preset_names()[:3]
    ['dcs-only', 'golden-2018-ul', 'golden-2022']
    """
    files = resources.files("runregistry.certification").joinpath(_FOLDER).iterdir()
    return sorted(file.name.removesuffix(_SUFFIX) for file in files if file.name.endswith(_SUFFIX))


@cache
def _text(name: str) -> str:
    if name not in preset_names():
        known = preset_names()
        raise UsageError(f"there is no preset {name!r}{suggestion(name, known)}; there are {', '.join(known)}")
    return resources.files("runregistry.certification").joinpath(_FOLDER).joinpath(name + _SUFFIX).read_text(encoding="utf-8")


def get_preset(name: str) -> Preset:
    """Return a preset; with or without ``preset:`` in front of its name.

    Raises
    ------
    UsageError
        There is none of this name; the message has the nearest ones.

    Examples
    --------
    >>> get_preset("preset:tracker-express-2022").dataset_name_filter
    '/Express/Collisions2022/DQM'
    """
    return Preset(**json.loads(_text(name.removeprefix("preset:"))))
