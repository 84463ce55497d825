"""The settings that ship with the package: workspaces, columns, permissions, classifiers, accepted datasets.

They make a new registry usable at once, and are meant to be replaced by those of the experiment. What their classifiers say:

- A run is of the year in which it started; where the start is not known, of the year whose range its number is in. Within a year
  it is Collisions if both beams were ever stable, Commissioning if there was beam and no cosmics menu, else Cosmics. It is
  significant if it has more than four lumisections and CMS was not inactive in all of them.
- A detector is EXCLUDED if OMS names the components of the run and it is not among them. With a DCS bit off it is BAD in stable
  beams and STANDBY else, with all bits on GOOD, and NOTSET where bits are not known. Trigger, HLT and luminosity follow
  ``cms_active``.
- Offline components start with their online status; physics objects and tracks with the worst of the detectors that they need.
"""

from __future__ import annotations

import json
from importlib.resources import files
from typing import Any

__all__ = ["default_settings"]


def default_settings() -> dict[str, Any]:
    """Return the settings that a new registry starts with; the caller's own copy.

    Returns
    -------
    dict
        ``workspaces``, ``columns``, ``permissions``, ``classifiers`` (by family), ``datasets_accepted``, as in a settings file.

    Notes
    -----
    Source of run ranges: names of golden JSONs and DCS-only JSONs, and the table of triggers of the former Run Registry.

    Examples
    --------
    >>> settings = default_settings()
    >>> settings["workspaces"][0]
    {'id': 1, 'workspace': 'castor', 'online_or_offline': 'online'}
    >>> sorted(settings["classifiers"])
    ['class', 'component', 'dataset', 'offline_dataset']
    """
    text = files("runregistry.model.defaults").joinpath("settings.json").read_text(encoding="utf-8")
    settings: dict[str, Any] = json.loads(text)
    return settings
