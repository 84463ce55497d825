"""Whether a mirror holds all that a question can be about: what it does not hold must not look as if there were nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

from runregistry.filters import AllOf, Column, Comparison, Node
from runregistry.filters.patterns import like
from runregistry.lumis.steps import covered, gaps, intersect
from runregistry.store.mirrored import Claim
from runregistry.terms import ONLINE

__all__ = ["Coverage", "implies", "run_ranges"]

Ranges = list[tuple[int, int]]
_LAST_RUN = 2**31 - 1
_EVERYTHING: Ranges = [(1, _LAST_RUN)]
_CLASS, _NAME = Column("rr_attributes", ("class",)), Column("name")
# So many runs are looked up one by one.
_FEW = 5000
_WILD = "\0"


class Coverage:
    """What a mirror holds.

    Parameters
    ----------
    claims : iterable of Claim
        Those that were never complete do not count.
    classes_of : callable
        Returns the class of each of some runs that the mirror has.
    """

    def __init__(
        self, claims: Iterable[Claim], classes_of: Callable[[Sequence[int]], Mapping[int, object]] = lambda numbers: {}
    ) -> None:
        self.claims = [claim for claim in claims if claim.synced_at is not None]
        self._classes_of = classes_of

    def missing_of(self, node: Node, *, has_names: bool) -> Ranges:
        """Return the runs that a filter may match, and of which the mirror does not hold everything that it may match.

        Parameters
        ----------
        has_names : bool
            Whether the rows are datasets, so that their names count.
        """
        held = []
        for claim in self.claims:
            selection = claim.selection
            is_of_class = not selection.run_class or implies(node, _CLASS, selection.run_class)
            if is_of_class and (not has_names or self._implies_name(node, claim)):
                held.append(claim)
        missing = _without(run_ranges(node), _union(map(_ranges_of, held)))
        return self._without_known(missing, lambda claim: not has_names or self._implies_name(node, claim))

    def missing_run(self, run_number: int) -> bool:
        """Whether the mirror can't tell of a run, not even that there is none."""
        return bool(self._missing_number(run_number, lambda claim: True))

    def missing_dataset(self, run_number: int, name: str) -> bool:
        """Whether the mirror can't tell of a dataset."""
        return bool(self._missing_number(run_number, lambda claim: claim.selection.has_dataset(name)))

    @property
    def is_whole(self) -> bool:
        """Whether it is all of the remote registry."""
        return not self.missing_of(AllOf(()), has_names=True)

    def _missing_number(self, number: int, has: Callable[[Claim], bool]) -> Ranges:
        held = [claim for claim in self.claims if has(claim) and not claim.selection.run_class]
        return self._without_known(_without([(number, number)], _union(map(_ranges_of, held))), has)

    def _without_known(self, missing: Ranges, has: Callable[[Claim], bool]) -> Ranges:
        """Leave out runs that are there: whatever else the registry has, of them the mirror can tell."""
        if not missing or sum(last - first + 1 for first, last in missing) > _FEW:
            return missing
        numbers = [number for first, last in missing for number in range(first, last + 1)]
        classes = self._classes_of(numbers)
        kept = [number for number in numbers if number not in classes or not self._holds(number, classes[number], has)]
        return covered((number, number, True) for number in kept)

    def _holds(self, number: int, run_class: object, has: Callable[[Claim], bool]) -> bool:
        return any(
            has(claim) and claim.selection.has_run(number, run_class) and bool(intersect(_ranges_of(claim), [(number, number)]))
            for claim in self.claims
        )

    def _implies_name(self, node: Node, claim: Claim) -> bool:
        names = claim.selection.dataset_name
        return not names or implies(node, _NAME, (*names, ONLINE))

    def __str__(self) -> str:
        return "; ".join(f"{claim.selection}{_gap_text(claim)}" for claim in self.claims) or "nothing yet"


def run_ranges(node: Node) -> Ranges:
    """Return the runs that a filter may match, as far as its conditions on run numbers tell.

    Examples
    --------
    >>> from runregistry.filters import parse_filter
    >>> run_ranges(parse_filter({"run_number": {">=": 355100, "<": 355200}, "rr_attributes.class": "Cosmics22"}, "runs"))
    [(355100, 355199)]
    >>> run_ranges(parse_filter({"or": [{"run_number": 355100}, {"run_number": 355102}]}, "runs"))
    [(355100, 355100), (355102, 355102)]
    """
    if isinstance(node, Comparison):
        return _compared(node) if node.column.kind == "run_number" else _EVERYTHING
    parts = [run_ranges(part) for part in node.parts]
    if not isinstance(node, AllOf):
        return _union(parts)
    found = _EVERYTHING
    for part in parts:
        found = intersect(found, part)
    return found


def implies(node: Node, column: Column, patterns: Sequence[str]) -> bool:
    """Whether everything that a filter matches has one of some texts, or patterns with ``%``, in a column.

    Examples
    --------
    >>> from runregistry.filters import parse_filter
    >>> of_2022 = parse_filter({"rr_attributes.class": {"like": "Collisions22%"}}, "runs")
    >>> implies(of_2022, _CLASS, ["Collisions%"]), implies(of_2022, _CLASS, ["%Special"])
    (True, False)
    """
    if isinstance(node, Comparison):
        return node.column == column and all(_accepted(node, text, patterns) for text in _texts(node))
    told = [implies(part, column, patterns) for part in node.parts]
    return any(told) if isinstance(node, AllOf) else all(told)


def _texts(node: Comparison) -> Sequence[object]:
    return node.operand if isinstance(node.operand, tuple) else (node.operand,)


def _accepted(node: Comparison, text: object, patterns: Sequence[str]) -> bool:
    if not isinstance(text, str) or node.operator not in ("=", "in", "like"):
        return False
    if node.operator != "like":
        return any(like(each)(text) if "%" in each else each == text for each in patterns)
    # Whatever stands for a wildcard must itself be swallowed by a wildcard: a character that no pattern has, does so.
    wild = text.replace("%", _WILD).replace("_", _WILD)
    return any("%" in each and "_" not in each and like(each)(wild) for each in patterns)


def _compared(node: Comparison) -> Ranges:
    numbers = [int(each) for each in _texts(node) if isinstance(each, int | float | str)]
    if len(numbers) != len(_texts(node)):
        return _EVERYTHING
    if node.operator in ("=", "in"):
        return covered((number, number, True) for number in sorted(set(numbers)))
    bounds = {
        ">": (numbers[0] + 1, _LAST_RUN),
        ">=": (numbers[0], _LAST_RUN),
        "<": (1, numbers[0] - 1),
        "<=": (1, numbers[0]),
    }
    first, last = bounds.get(node.operator, _EVERYTHING[0])
    return intersect([(first, last)], _EVERYTHING) if first <= last else []


def _ranges_of(claim: Claim) -> Ranges:
    return _without([(max(claim.selection.first, 1), claim.selection.last)], list(claim.gaps))


def _without(ranges: Ranges, taken: Ranges) -> Ranges:
    return intersect(ranges, gaps(taken, _LAST_RUN))


def _union(several: Iterable[Ranges]) -> Ranges:
    return covered(sorted((first, last, True) for ranges in several for first, last in ranges))


def _gap_text(claim: Claim) -> str:
    return "".join(f", without {first} to {last}" for first, last in claim.gaps)
