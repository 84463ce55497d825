"""Statuses of components, lumisection by lumisection, worked out over ranges.

A status depends only on the few attributes that the component's classifiers read. These change rarely within a run, so a run of a
thousand lumisections costs as much as one of ten; and the same combination of values in another run costs nothing but a look-up.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple, TypeAlias

from runregistry.engine.classifiers import Item, StatusRule, is_significant, parse_classifiers, run_class
from runregistry.engine.derived import OMSLumisections, reduced_attributes
from runregistry.engine.sources import ABSENT, WHOLE
from runregistry.lumis.steps import Step, elementary, overlay, restrict
from runregistry.model import LumisectionColumns, triplet

__all__ = ["OfflineClassifiers", "OnlineClassifiers", "RunClassifiers", "by_component", "class_context"]

Columns: TypeAlias = dict[str, list[Step]]
_PRESENT = "\0"  # stands for the lumisection itself; no attribute is called so
# A derived attribute that class classifiers see and component classifiers do not.
_NOT_FOR_COMPONENTS = "beams_present_and_stable"


def class_context(
    columns: Mapping[str, Iterable[Step]], oms_attributes: Mapping[str, Any], rr_attributes: Mapping[str, Any]
) -> dict[str, Any]:
    """Return what class and dataset classifiers see of a run: lumisections reduced, then OMS, then RR attributes on top.

    Examples
    --------
    >>> class_context({"beam1_stable": [(1, 9, True)]}, {"energy": 6500}, {"class": ""})
    {'beam1_stable': True, 'energy': 6500, 'class': ''}
    """
    return {**reduced_attributes(columns), **oms_attributes, **rr_attributes}


def by_component(items: Iterable[Item], names: Mapping[int, str]) -> dict[str, list[Item]]:
    """Sort component classifiers by the component they are for.

    Parameters
    ----------
    items : iterable of mapping
        Component classifiers; ``component`` is the number of a column.
    names : mapping of int to str
        The components to look at: number of the column to its name, e.g. ``{17: "tracker-strip"}``.

    Returns
    -------
    dict of str to list
        Every component of `names`, those without classifiers too. Classifiers of other columns are left out.
    """
    sorted_items: dict[str, list[Item]] = {name: [] for name in names.values()}
    for item in items:
        if (name := names.get(item["component"])) is not None:
            sorted_items[name].append(item)
    return sorted_items


class RunClassifiers:
    """Class and dataset classifiers: class and significance of a run.

    Parameters
    ----------
    classes, datasets : iterable of mapping
        The items of the families ``class`` and ``dataset``.
    """

    def __init__(self, classes: Iterable[Item], datasets: Iterable[Item]) -> None:
        self._classes = parse_classifiers(classes, "class")
        self._datasets = parse_classifiers(datasets, "class")

    def attributes(
        self, columns: Mapping[str, Iterable[Step]], oms_attributes: Mapping[str, Any], rr_attributes: Mapping[str, Any]
    ) -> dict[str, Any]:
        """Return the RR attributes of a run with ``class`` and ``significant`` worked out anew.

        Parameters
        ----------
        columns : mapping of str to steps
            OMS lumisections, all attributes.
        oms_attributes, rr_attributes : mapping
            Of the run; the derived ones included. `rr_attributes` are what it starts with: ``class`` stays as it is while OMS
            does not know the HLT key.

        Examples
        --------
        >>> classes = [{"class": "Collisions18", "priority": 1, "classifier": {"var": "beam1_stable"}}]
        >>> datasets = [{"class": "Collisions18", "classifier": {">": [{"var": "ls_duration"}, 4]}}]
        >>> start = {"class": "", "significant": False}
        >>> RunClassifiers(classes, datasets).attributes({"beam1_stable": [(1, 9, True)]}, {"ls_duration": 9}, start)
        {'class': 'Collisions18', 'significant': True}
        """
        context = class_context(columns, oms_attributes, rr_attributes)
        name = run_class(self._classes, context, rr_attributes.get("class", ""))
        significant = is_significant(self._datasets, name, {**context, "class": name})
        return {**rr_attributes, "class": name, "significant": significant}


class _Component(NamedTuple):
    name: str
    rule: StatusRule


class OnlineClassifiers:
    """Component classifiers of the online workspaces: statuses of a run's lumisections.

    Parameters
    ----------
    items : mapping of str to iterable of mapping
        The component classifiers of each component (see `by_component`), in stored order. Components without any are left out:
        the service does not show them.

    Examples
    --------
    >>> items = {"dt-dt": [{"status": "GOOD", "priority": 1, "classifier": {"var": "dt0_ready"}}], "rpc-rpc": []}
    >>> lumisections = OMSLumisections({"dt0_ready": [(1, 5, True), (6, 9, False)]}, [(1, 9)])
    >>> for first, last, value in OnlineClassifiers(items).statuses({}, {}, lumisections)["dt-dt"]:
    ...     print(first, last, value["status"])
    1 5 GOOD
    6 9 NO VALUE FOUND
    """

    def __init__(self, items: Mapping[str, Iterable[Item]]) -> None:
        parsed = {name: parse_classifiers(own, "status") for name, own in items.items()}
        self._components = [_Component(name, StatusRule(own, depth=1)) for name, own in parsed.items() if own]

    def statuses(
        self, oms_attributes: Mapping[str, Any], rr_attributes: Mapping[str, Any], lumisections: OMSLumisections
    ) -> Columns:
        """Return each component's triplets over the run's lumisections.

        Parameters
        ----------
        oms_attributes, rr_attributes : mapping
            Of the run, the derived ones included.
        lumisections : OMSLumisections
            All attributes of OMS, also those that are not stored. They override the run's.

        Returns
        -------
        dict of str to list of (first, last, triplet)
            `runregistry.lumis.steps.elementary` makes events of them.
        """
        run = {name: value for name, value in oms_attributes.items() if name != _NOT_FOR_COMPONENTS} | dict(rr_attributes)
        return {component.name: _over_run(component.rule, run, lumisections) for component in self._components}


def _over_run(rule: StatusRule, run: Mapping[str, Any], lumisections: OMSLumisections) -> list[Step]:
    if rule.sources == (WHOLE,):
        contexts = ((first, last, ({**run, **here},)) for first, last, here in _cut(lumisections.columns, lumisections.present))
        return _steps(rule, contexts)
    names = [source[0] for source in rule.sources]
    columns = {name: lumisections.columns[name] for name in names if name in lumisections.columns}
    common = [run.get(name, ABSENT) for name in names]
    values = (
        (first, last, [here.get(name, value) for name, value in zip(names, common, strict=True)])
        for first, last, here in _cut(columns, lumisections.present)
    )
    return _steps(rule, values)


class OfflineClassifiers:
    """Component classifiers of the offline workspaces: statuses of a dataset that is made when a run is signed off.

    Parameters
    ----------
    items : mapping of str to iterable of mapping
        The component classifiers of *every* offline component, in stored order. Where there is none, the status is
        ``NO VALUE FOUND`` everywhere.

    Examples
    --------
    >>> items = {"dt-dt": [{"status": "GOOD", "priority": 1,
    ...                     "classifier": {"==": [{"var": "lumisection.rr.dt-dt.status"}, "GOOD"]}}], "btag-btag": []}
    >>> online = LumisectionColumns()
    >>> online.apply_rr([(1, 9, {"dt-dt": triplet("GOOD")}), (4, 5, {"dt-dt": triplet("BAD", "noise")})])
    >>> online.apply_oms([(1, 9, {"dt0_ready": True})])
    >>> statuses = OfflineClassifiers(items).statuses({}, {}, online)
    >>> [(first, last, value["status"]) for first, last, value in statuses["dt-dt"]]
    [(1, 3, 'GOOD'), (4, 5, 'NO VALUE FOUND'), (6, 9, 'GOOD')]
    """

    def __init__(self, items: Mapping[str, Iterable[Item]]) -> None:
        self._components = [_Component(name, StatusRule(parse_classifiers(own, "status"))) for name, own in items.items()]

    def statuses(
        self, oms_attributes: Mapping[str, Any], rr_attributes: Mapping[str, Any], online: LumisectionColumns
    ) -> Columns:
        """Return each component's triplets over the lumisections of the run.

        Parameters
        ----------
        oms_attributes, rr_attributes : mapping
            Of the run, as they are before it leaves OPEN.
        online : LumisectionColumns
            The lumisections of the run's own dataset. Classifiers see whole triplets: ``lumisection.rr.dt-dt.status``.
        """
        run = {"oms": oms_attributes, "rr": rr_attributes}
        present = online.rr_present or online.oms_present
        return {component.name: _over_dataset(component.rule, run, online, present) for component in self._components}


def _over_dataset(
    rule: StatusRule, run: dict[str, Any], online: LumisectionColumns, present: Sequence[tuple[int, int]]
) -> list[Step]:
    families = {"oms": online.oms, "rr": online.rr}
    columns: Columns = {}
    common: list[Any] = []
    for source in rule.sources:
        match source:
            case ("run", *keys):
                common.append(_descend(run, keys))
            case ("lumisection", ("oms" | "rr") as family, name):
                common.append(ABSENT)
                columns[".".join(source)] = families[family].get(name, [])
            case ("lumisection", *_) | ():
                return _steps(rule, _whole_contexts(rule, run, families, present))
            case _:
                common.append(ABSENT)
    names = [".".join(source) for source in rule.sources]
    values = (
        (first, last, [here.get(name, value) for name, value in zip(names, common, strict=True)])
        for first, last, here in _cut(columns, present)
    )
    return _steps(rule, values)


def _whole_contexts(
    rule: StatusRule, run: dict[str, Any], families: Mapping[str, Columns], present: Sequence[tuple[int, int]]
) -> Iterator[Step]:
    """Yield the values of sources that may be as large as the whole context, for classifiers that read it as such."""
    if not present:
        return
    both = {family: list(_cut(columns, present)) for family, columns in families.items()}
    for first, last, here in elementary(both):
        context = {"run": run, "lumisection": here}
        yield first, last, [_descend(context, source) for source in rule.sources]


def _descend(value: Any, keys: Iterable[str]) -> Any:
    for key in keys:
        if not isinstance(value, dict) or key not in value:
            return ABSENT
        value = value[key]
    return value


def _cut(columns: Mapping[str, Sequence[Step]], present: Sequence[tuple[int, int]]) -> Iterator[Step]:
    """Yield the longest ranges over which no column changes, with the values there; all of `present` and nothing else."""
    if not present:
        return
    kept: dict[str, Sequence[Step]] = {name: restrict(steps, present) for name, steps in columns.items()}
    kept[_PRESENT] = [(first, last, True) for first, last in present]
    for first, last, here in elementary(kept):
        del here[_PRESENT]
        yield first, last, here


def _steps(rule: StatusRule, values: Iterable[Step]) -> list[Step]:
    steps: list[Step] = []
    for first, last, combination in values:
        overlay(steps, first, last, triplet(rule(combination)))
    return steps
