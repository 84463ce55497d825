"""Which columns of a file a rule needs: the others are never read, which is most of what makes a cluster fast."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from runregistry.engine.attributes import FIELDS
from runregistry.engine.nested import KEYS
from runregistry.engine.sources import Source
from runregistry.engine.truth import Truth
from runregistry.errors import UsageError, suggestion
from runregistry.logic import Rule

__all__ = ["check_columns", "needed_columns"]

_LUMINOSITIES = ("oms.recorded", "oms.delivered")
_SOURCES: dict[str, Source] = {field: source for source, field in FIELDS.items()}


def check_columns(names: Collection[str], path: str) -> None:
    """Refuse a table that has no row a dataset.

    Raises
    ------
    UsageError
        One of the columns that every such table has is not there.
    """
    missing = next((key for key in KEYS if key not in names), None)
    if missing is not None:
        hint = suggestion(missing, names)
        raise UsageError(f"{path} has no column {missing!r}{hint}, so it has no row a dataset; Snapshot.write makes such files")


def needed_columns(rule: Rule, names: Iterable[str], *, luminosity: bool) -> list[str]:
    """Return the columns that a rule needs, in the order of the file.

    Parameters
    ----------
    names : iterable of str
        Those that the file has.
    luminosity : bool
        Whether luminosities will be summed.

    Examples
    --------
    >>> from runregistry.logic import parse_rule
    >>> names = [*KEYS, "oms_attributes", "rr.csc-csc", "rr.dt-dt", "oms.recorded"]
    >>> needed_columns(parse_rule({"==": [{"var": "lumisection.rr.dt-dt"}, "GOOD"]}), names, luminosity=False)[4:]
    ['rr.dt-dt']
    >>> needed_columns(parse_rule({"some": [{"var": "lumisection.rr"}, True]}), names, luminosity=True)[4:]
    ['rr.csc-csc', 'rr.dt-dt', 'oms.recorded']
    """
    sources = Truth(rule).sources
    always = {*KEYS, *(_LUMINOSITIES if luminosity else ())}
    return [name for name in names if name in always or any(_touches(name, source) for source in sources)]


def _touches(name: str, source: Source) -> bool:
    """Whether a column holds a source, or is a part of it."""
    place = _SOURCES.get(name, ("lumisection", *name.split(".", 1)))
    return all(one == other for one, other in zip(place, source, strict=False))
