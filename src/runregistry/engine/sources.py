"""Which parts of a dataset a rule reads: its *sources*.

A rule names paths of the lumisection document (`runregistry.model.CertifiedDataset` shows it). Of each path only the part that
can be kept in a column is a source: ``lumisection.rr.dt-dt`` is one, a key inside a value (``run.oms.components.0``) is left to
the rule. A rule evaluated on the smallest document that holds its sources says the same as on the whole one.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Final, TypeAlias

from runregistry.lumis.steps import Step, elementary, restrict
from runregistry.model import CertifiedDataset, LumisectionColumns
from runregistry.model.summary import certified_ranges

__all__ = [
    "ABSENT",
    "WHOLE",
    "Source",
    "as_seen",
    "changes_within_run",
    "dataset_value",
    "document",
    "is_column",
    "lumisection_steps",
    "sources_of",
]

Source: TypeAlias = tuple[str, ...]

WHOLE: Final[Source] = ()
_NUMBER = "lumisection_number"
_LUMISECTION = "lumisection"


class _Absent:
    """The value of a key that is not there; different from null."""

    def __repr__(self) -> str:
        return "ABSENT"


ABSENT: Final = _Absent()


def sources_of(paths: Iterable[str], depth: int | None = None) -> tuple[Source, ...]:
    """Return the sources behind dotted paths, sorted; one that lies inside another is left out.

    Parameters
    ----------
    paths : iterable of str
        Paths of a document; the empty one is the document as a whole.
    depth : int, optional
        How many keys lead to a column; by default as in the document of a lumisection.

    Examples
    --------
    >>> sources_of(["run.oms.energy", "lumisection.rr.dt-dt", "run.oms.components.0"])
    (('lumisection', 'rr', 'dt-dt'), ('run', 'oms', 'components'), ('run', 'oms', 'energy'))
    >>> sources_of(["run.oms", "run.oms.energy"])
    (('run', 'oms'),)
    >>> sources_of(["", "run.run_number"])
    ((),)
    """
    kept: list[Source] = []
    for source in sorted({_source(path, depth) for path in paths}):
        # Sorted, so that what contains a source always comes before it, with only its siblings in between.
        if not any(source[: len(other)] == other for other in kept):
            kept.append(source)
    return tuple(kept)


def _source(path: str, depth: int | None) -> Source:
    keys = tuple(path.split(".")) if path else WHOLE
    if depth is not None:
        return keys[:depth]
    nested = len(keys) > 2 and keys[1] in ("oms", "rr") and keys[0] in ("run", _LUMISECTION)
    return keys[: 3 if nested else 2 if keys and keys[0] in ("run", "dataset", _LUMISECTION) else 1]


def changes_within_run(source: Source) -> bool:
    """Whether a source can differ between lumisections of one dataset."""
    return not source or source[0] == _LUMISECTION


def is_column(source: Source) -> bool:
    """Whether a source is one component or one OMS attribute of lumisections: what every origin of data keeps in a column.

    Examples
    --------
    >>> is_column(("lumisection", "rr", "dt-dt")), is_column(("lumisection", "rr")), is_column(("run", "oms", "energy"))
    (True, False, False)
    """
    return len(source) == 3 and source[0] == _LUMISECTION and source[1] in ("oms", "rr")


def document(sources: Sequence[Source], values: Sequence[Any]) -> Any:
    """Build the smallest document that holds the given values of the given sources.

    Examples
    --------
    >>> document([("run", "oms", "energy"), ("lumisection", "rr", "dt-dt")], [6500, ABSENT])
    {'run': {'oms': {'energy': 6500}}, 'lumisection': {'rr': {}}}
    """
    whole: dict[str, Any] = {}
    for source, value in zip(sources, values, strict=True):
        if not source:
            return value
        here = whole
        for key in source[:-1]:
            here = here.setdefault(key, {})
        if value is not ABSENT:
            here[source[-1]] = value
    return whole


def dataset_value(source: Source, dataset: CertifiedDataset) -> Any:
    """Return what a dataset holds for a source that is the same in all its lumisections, or `ABSENT`."""
    match source:
        case ("run", "oms", name):
            return dataset.oms_attributes.get(name, ABSENT)
        case ("run", "rr", name):
            return dataset.rr_attributes.get(name, ABSENT)
        case ("run", *rest):
            run = _run(dataset)
            return run.get(rest[0], ABSENT) if rest else run
        case ("dataset", *rest):
            own = {**dataset.dataset_attributes, "name": dataset.name}
            return own.get(rest[0], ABSENT) if rest else own
    return ABSENT


def lumisection_steps(source: Source, dataset: CertifiedDataset) -> Sequence[Step]:
    """Return what a dataset holds for a source that changes within the run, as steps over its lumisections (see `as_seen`)."""
    columns = dataset.columns
    match source:
        case ("lumisection", "oms", name):
            return columns.oms.get(name, ())
        case ("lumisection", "rr", name):
            return columns.rr.get(name, ())
        case ("lumisection", "oms"):
            return _joint(columns.oms, certified_ranges(columns))
        case ("lumisection", "rr"):
            return _joint(_statuses(columns), certified_ranges(columns))
        case ("lumisection", "lumisection_number"):
            return [(number, number, number) for number in _numbers(dataset)]
        case ("lumisection",):
            return [(number, number, here) for number, here in _lumisections(dataset)]
        case ():
            common = {"dataset": dataset_value(("dataset",), dataset), "run": _run(dataset)}
            return [(number, number, {**common, _LUMISECTION: here}) for number, here in _lumisections(dataset)]
    return ()


def as_seen(source: Source, values: list[Any]) -> list[Any]:
    """Turn values of `lumisection_steps` into what rules see: of a component only the status.

    Examples
    --------
    >>> as_seen(("lumisection", "rr", "dt-dt"), [{"status": "BAD", "comment": "noise", "cause": ""}])
    ['BAD']
    """
    if len(source) == 3 and source[1] == "rr":
        return [triplet.get("status", ABSENT) for triplet in values]
    return values


def _run(dataset: CertifiedDataset) -> dict[str, Any]:
    return {"oms": dataset.oms_attributes, "rr": dataset.rr_attributes, "run_number": dataset.run_number}


def _statuses(columns: LumisectionColumns) -> dict[str, list[Step]]:
    return {
        name: [(first, last, triplet["status"]) for first, last, triplet in steps if "status" in triplet]
        for name, steps in columns.rr.items()
    }


def _joint(columns: dict[str, list[Step]], present: Sequence[tuple[int, int]]) -> list[Step]:
    """Join columns into one of ``{name: value}``, empty where no column has a value."""
    if not present:
        return []
    bare = "\0"  # no attribute is called so; it makes elementary ranges cover every lumisection
    kept = {name: restrict(steps, present) for name, steps in columns.items()}
    kept[bare] = [(first, last, True) for first, last in present]
    return [
        (first, last, {name: value for name, value in here.items() if name != bare}) for first, last, here in elementary(kept)
    ]


def _numbers(dataset: CertifiedDataset) -> list[int]:
    return [number for first, last in certified_ranges(dataset.columns) for number in range(first, last + 1)]


def _lumisections(dataset: CertifiedDataset) -> list[tuple[int, dict[str, Any]]]:
    """Return each lumisection's number and its part of the document."""
    columns = dataset.columns
    present = certified_ranges(columns)
    if not present:
        return []
    both = {"oms": _joint(columns.oms, present), "rr": _joint(_statuses(columns), present)}
    return [
        (number, {_NUMBER: number, "oms": here["oms"], "rr": here["rr"]})
        for first, last, here in elementary(both)
        for number in range(first, last + 1)
    ]
