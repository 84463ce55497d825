"""What a shell proposes for a value, from the words of the registry alone: nobody is asked over the network for a Tab."""

from __future__ import annotations

from collections.abc import Iterable

import typer

from runregistry.terms import (
    DATASET_ATTRIBUTES,
    DATASET_COMPONENTS,
    DATASET_STATES,
    EDITABLE_STATUSES,
    OMS_LUMISECTION_WHITELIST,
    RUN_ATTRIBUTES,
    RUN_COMPONENTS,
    RUN_STATES,
    STATUSES,
)

__all__ = [
    "after_equals",
    "attributes",
    "classes",
    "component_statuses",
    "components",
    "components_and_statuses",
    "dataset_states",
    "editable_statuses",
    "formats",
    "lumisection_attributes",
    "run_states",
    "sortings",
    "targets",
    "workspace_states",
    "workspaces",
]

_COMPONENTS = tuple(dict.fromkeys((*RUN_COMPONENTS, *DATASET_COMPONENTS)))
_ATTRIBUTES = tuple(dict.fromkeys((*RUN_ATTRIBUTES, *DATASET_ATTRIBUTES)))
_STATE = "_state"
_WORKSPACES = tuple(name.removesuffix(_STATE) for name in DATASET_ATTRIBUTES if name.endswith(_STATE))
# As `runregistry.client.settings.TARGETS`, which would load the client.
_TARGETS = ("production", "development", "qa", "local", "embedded", "mirror")
_FORMATS = ("table", "json", "jsonl", "csv", "parquet")
_CLASSES = tuple(f"{kind}{year}" for year in range(26, 14, -1) for kind in ("Collisions", "Cosmics", "Commissioning"))


def formats(incomplete: str) -> list[str]:
    """Return the formats that begin so."""
    return _beginning(_FORMATS, incomplete)


def targets(incomplete: str) -> list[str]:
    """Return the targets that begin so.

    Examples
    --------
    >>> targets("e")
    ['embedded']
    """
    return _beginning(_TARGETS, incomplete)


def classes(incomplete: str) -> list[str]:
    """Return the usual classes of runs that begin so; a registry may know others."""
    return _beginning(_CLASSES, incomplete)


def run_states(incomplete: str) -> list[str]:
    """Return the states of runs that begin so."""
    return _beginning(RUN_STATES, incomplete)


def dataset_states(incomplete: str) -> list[str]:
    """Return the states of datasets that begin so."""
    return _beginning(DATASET_STATES, incomplete)


def editable_statuses(incomplete: str) -> list[str]:
    """Return the statuses that can be set and begin so."""
    return _beginning(EDITABLE_STATUSES, incomplete)


def workspaces(incomplete: str) -> list[str]:
    """Return the workspaces that begin so."""
    return _beginning(_WORKSPACES, incomplete)


def components(incomplete: str) -> list[str]:
    """Return the components that begin so.

    Examples
    --------
    >>> components("tracker-s")
    ['tracker-strip']
    """
    return _beginning(_COMPONENTS, incomplete)


def component_statuses(incomplete: str) -> list[str]:
    """Return components with statuses, ``dt-dt=GOOD``: the statuses once the component is written.

    Examples
    --------
    >>> component_statuses("tracker-p"), component_statuses("dt-dt=G")
    (['tracker-pixel=', 'tracker-pix='], ['dt-dt=GOOD'])
    """
    return _pairs(_COMPONENTS, STATUSES, incomplete)


def components_and_statuses(incomplete: str) -> list[str]:
    """Return components, alone, and once an equals sign is written with statuses."""
    return _pairs(_COMPONENTS, STATUSES, incomplete) if "=" in incomplete else _last(_COMPONENTS, incomplete)


def lumisection_attributes(incomplete: str) -> list[str]:
    """Return lists of OMS attributes of lumisections, separated by commas, whose last begins so."""
    return _last(sorted(OMS_LUMISECTION_WHITELIST), incomplete)


def workspace_states(incomplete: str) -> list[str]:
    """Return states, and workspaces with states, ``tracker=OPEN``.

    Examples
    --------
    >>> workspace_states("e"), workspace_states("tracker=S")
    (['ecal=', 'egamma='], ['tracker=SIGNOFF'])
    """
    alone = [] if "=" in incomplete else _beginning(DATASET_STATES, incomplete)
    return alone + _pairs(_WORKSPACES, DATASET_STATES, incomplete)


def attributes(incomplete: str) -> list[str]:
    """Return lists of attributes, separated by commas, whose last begins so.

    Examples
    --------
    >>> attributes("class,fill_n")
    ['class,fill_number']
    """
    return _last((*_ATTRIBUTES, *_COMPONENTS), incomplete)


def sortings(incomplete: str) -> list[str]:
    """Return sortings that begin so, ``run_number:asc``."""
    name, colon, _ = incomplete.partition(":")
    return _beginning((f"{name}:asc", f"{name}:desc"), incomplete) if colon else _beginning(_ATTRIBUTES, incomplete)


def after_equals(ctx: typer.Context, incomplete: str) -> list[str]:
    """Return statuses or states after ``--component dt-dt=`` in bash, for which an equals sign is a word of its own.

    What stands after it is then taken for a run, which nobody could propose.
    """
    words = list(ctx.params.get("words") or ())
    # Right after the sign it is not told; but where a component alone says nothing, nothing else can be meant.
    is_told = words[-1:] == ["="] or (not words and not incomplete and "oms" not in ctx.params)
    if not is_told:
        return []
    last = {name: (ctx.params.get(name) or [""])[-1] for name in ("component", "state")}
    values = STATUSES if last["component"] in _COMPONENTS else DATASET_STATES if last["state"] in _WORKSPACES else ()
    return _last(values, incomplete)


def _last(names: Iterable[str], incomplete: str) -> list[str]:
    """Complete the last of several names that are separated by commas."""
    before, comma, last = incomplete.rpartition(",")
    return [before + comma + name for name in _beginning(names, last)]


def _pairs(names: Iterable[str], values: Iterable[str], incomplete: str) -> list[str]:
    name, equals, value = incomplete.partition("=")
    if equals:
        return [f"{name}={found}" for found in _last(values, value)]
    found = _beginning(names, incomplete)
    # With its values if it is the only one, or the shell would think that the word is complete, and go on to the next.
    return [f"{found[0]}={value}" for value in values] if len(found) == 1 else [f"{name}=" for name in found]


def _beginning(names: Iterable[str], incomplete: str) -> list[str]:
    return [name for name in names if name.startswith(incomplete)]
