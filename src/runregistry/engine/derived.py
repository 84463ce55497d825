"""What follows from OMS's answers before a run is classified: lumisections as columns, and derived attributes.

Source: the OMS poller of the service. Some of it looks odd and is kept because classifiers were written against it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import chain, pairwise, zip_longest
from typing import Any, NamedTuple

from runregistry.engine.sources import ABSENT
from runregistry.lumis.steps import Step, covered, same

__all__ = ["OMSLumisections", "derived_run_attributes", "oms_lumisections", "reduced_attributes"]

_BEAMS = ("beam1_present", "beam1_stable", "beam2_present", "beam2_stable")
_NUMBER = "lumisection_number"


class OMSLumisections(NamedTuple):
    """The lumisections of a run as OMS knows them.

    Attributes
    ----------
    columns : dict of str to list of (first, last, value)
        Each attribute, as steps; a lumisection without the attribute is not covered.
    present : list of (first, last)
        The lumisections that there are, closed ranges.
    """

    columns: dict[str, list[Step]]
    present: list[tuple[int, int]]

    @property
    def size(self) -> int:
        """How many lumisections there are."""
        return sum(last - first + 1 for first, last in self.present)


def oms_lumisections(rows: Sequence[Mapping[str, Any]]) -> OMSLumisections:
    """Put OMS's list of lumisections into columns, with the luminosity of each one worked out.

    Parameters
    ----------
    rows : sequence of mapping
        The attributes of each lumisection, in order. They are numbered as OMS numbers them where it does so in ascending order,
        else by their position.

    Notes
    -----
    OMS gives luminosity summed up since the start of the run. ``recorded_lumi_per_lumi``, ``delivered_lumi_per_lumi`` and
    ``live_lumi_per_lumi`` are only for classifiers and never stored.

    Examples
    --------
    >>> rows = [{"dt0_ready": True, "recorded_lumi": 0.0, "delivered_lumi": 0.0},
    ...         {"dt0_ready": True, "recorded_lumi": 1.5, "delivered_lumi": 2.0}]
    >>> columns, present = oms_lumisections(rows)
    >>> columns["dt0_ready"], columns["live_lumi_per_lumi"], present
    ([(1, 2, True)], [(1, 1, 0.75), (2, 2, None)], [(1, 2)])
    """
    numbers = _numbers(rows)
    merged = [{**row, **luminosity} for row, luminosity in zip(rows, _luminosities(rows), strict=True)]
    names = dict.fromkeys(chain.from_iterable(merged))
    columns = {name: _column(numbers, [row.get(name, ABSENT) for row in merged]) for name in names}
    return OMSLumisections(columns, covered((number, number, True) for number in numbers))


def _column(numbers: Sequence[int], values: Sequence[Any]) -> list[Step]:
    """Collapse the values of one attribute into steps."""
    steps: list[Step] = []
    first = after = 0
    before: Any = ABSENT
    for number, value in zip(numbers, values, strict=True):
        # Nearly all values are the same object as the one before; only others need a closer look.
        if number != after or (value is not before and not same(value, before)):
            steps.append((first, after - 1, before))
            first, before = number, value
        after = number + 1
    steps.append((first, after - 1, before))
    return [step for step in steps if step[2] is not ABSENT]


def _numbers(rows: Sequence[Mapping[str, Any]]) -> Sequence[int]:
    numbers = [row.get(_NUMBER) for row in rows]
    given = [number for number in numbers if isinstance(number, int) and number > 0]
    ascending = all(one < other for one, other in pairwise(given))
    return given if len(given) == len(rows) and ascending else range(1, len(rows) + 1)


def _luminosities(rows: Sequence[Mapping[str, Any]]) -> Iterable[dict[str, float | None]]:
    for row, following in zip_longest(rows, rows[1:]):
        recorded, delivered = _gain(row, following, "recorded_lumi"), _gain(row, following, "delivered_lumi")
        if recorded is None or delivered is None:
            recorded = delivered = None
        yield {
            "recorded_lumi_per_lumi": recorded,
            "delivered_lumi_per_lumi": delivered,
            "live_lumi_per_lumi": recorded / delivered if recorded is not None and delivered else None,
        }


def _gain(row: Mapping[str, Any], following: Mapping[str, Any] | None, name: str) -> float | None:
    """How much a cumulative luminosity grows over a lumisection; 0 over the last one, None where it is not known."""
    here = row.get(name)
    if here is None or following is None:
        return None if here is None else 0.0
    after = following.get(name)
    return None if after is None else float(after) - float(here)


def derived_run_attributes(oms_attributes: Mapping[str, Any], lumisections: OMSLumisections) -> dict[str, Any]:
    """Return the attributes of a run that the registry adds to those of OMS.

    Returns
    -------
    dict
        ``<component>_included`` (true, or not there at all) for each name in ``components``, ``beams_present_and_stable`` and
        ``ls_duration``.

    Notes
    -----
    compat: ``beams_present_and_stable`` is null if any lumisection does not know one of the four beam flags, else false. The
    service never makes it true, and class classifiers were written against that.

    Examples
    --------
    >>> lumisections = OMSLumisections({"beam1_present": [(1, 2, True)]}, [(1, 2)])
    >>> derived_run_attributes({"components": ["DT", "TRACKER"]}, lumisections)
    {'dt_included': True, 'tracker_included': True, 'beams_present_and_stable': None, 'ls_duration': 2}
    """
    included = {f"{name.lower()}_included": True for name in oms_attributes.get("components") or ()}
    known = all(_is_known(lumisections, name) for name in _BEAMS)
    return {**included, "beams_present_and_stable": False if known else None, "ls_duration": lumisections.size}


def _is_known(lumisections: OMSLumisections, name: str) -> bool:
    steps = lumisections.columns.get(name, [])
    return sum(last - first + 1 for first, last, value in steps if value is not None) == lumisections.size


def reduced_attributes(columns: Mapping[str, Iterable[Step]]) -> dict[str, bool]:
    """Reduce each attribute to whether it was ever true in a run.

    Returns
    -------
    dict
        True if it ever was; false if it was ever false or null; attributes that are neither are left out.

    Examples
    --------
    >>> reduced_attributes({"beam1_stable": [(1, 5, False), (6, 9, True)], "physics_flag": [(1, 9, None)], "fill": [(1, 9, 7)]})
    {'beam1_stable': True, 'physics_flag': False}
    """
    reduced = {}
    for name, steps in columns.items():
        values = [value for _, _, value in steps]
        if any(value is True for value in values):
            reduced[name] = True
        elif any(value is False or value is None for value in values):
            reduced[name] = False
    return reduced
