"""Classifiers: rules that propose a class, a status or significance, and whose proposal is taken.

Items come as they are configured: dictionaries with ``classifier`` (the rule, as JSON or as its text), ``enabled`` and, by
family, ``class`` or ``status`` and ``priority``.

Notes
-----
The service looks at ``enabled`` for component classifiers only. Here a disabled classifier is never used, of whatever family.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple, TypeAlias

from runregistry.engine.leaf import Memo, reads
from runregistry.engine.sources import Source
from runregistry.errors import LogicError
from runregistry.logic import Rule, parse_rule, parse_rule_text
from runregistry.terms import NO_VALUE_FOUND

__all__ = ["Classifier", "StatusRule", "is_significant", "parse_classifiers", "run_class"]

Item: TypeAlias = Mapping[str, Any]


class Classifier(NamedTuple):
    """One classifier: what it proposes, when, and how much it weighs (less is more)."""

    proposal: str
    rule: Rule
    priority: float
    enabled: bool


def parse_classifiers(items: Iterable[Item], proposes: str) -> list[Classifier]:
    """Read configured classifiers.

    Parameters
    ----------
    items : iterable of mapping
        In the order in which they are stored.
    proposes : str
        The field that holds the proposal: ``class``, ``status`` or ``workspace``.

    Raises
    ------
    LogicError
        A rule is wrong; the message says which classifier.

    Examples
    --------
    >>> item = {"class": "Cosmics18", "priority": 4, "enabled": True, "classifier": '{"in": ["cosmic", {"var": "hlt_key"}]}'}
    >>> [classifier] = parse_classifiers([item], "class")
    >>> classifier.proposal, classifier.rule.is_true({"hlt_key": "/cdaq/cosmic/V1"})
    ('Cosmics18', True)
    """
    return [_parse(item, proposes) for item in items]


def _parse(item: Item, proposes: str) -> Classifier:
    source, priority = item["classifier"], item.get("priority")
    try:
        # What is stored may be older than the operators known today: an unknown one fails where it is reached, as ever.
        rule = (parse_rule_text if isinstance(source, str) else parse_rule)(source, defer_unknown=True)
    except LogicError as error:
        number = item.get("id", "without id")
        raise LogicError(f"Classifier {number} ({proposes} {item.get(proposes)}): {error}", path=error.path) from error
    enabled = item.get("enabled", True)
    return Classifier(str(item.get(proposes)), rule, float("inf") if priority is None else priority, enabled is not False)


def _registered(classifiers: Iterable[Classifier]) -> dict[str, float]:
    """Return the priority of each proposal: that of the last classifier that makes it, enabled or not."""
    return {classifier.proposal: classifier.priority for classifier in classifiers}


def run_class(classifiers: Sequence[Classifier], context: Mapping[str, Any], current: str = "") -> str:
    """Find the class of a run.

    Parameters
    ----------
    classifiers : sequence of Classifier
        Of the family ``class``.
    context : mapping
        Reduced lumisection attributes, overridden by OMS attributes, overridden by RR attributes.
    current : str
        The answer while the run can't be classified: OMS has a ``hlt_key`` for it that is still null. A source that has no such
        attribute at all, such as a file of lumisections, does not block.

    Returns
    -------
    str
        The class with the smallest priority among those that match; empty if none does.

    Notes
    -----
    With several classifiers of one class, a class once taken weighs as much as the last of them (by priority) does.

    Examples
    --------
    >>> items = [{"class": "Cosmics18", "priority": 4, "classifier": {"==": [1, 1]}},
    ...          {"class": "Collisions18", "priority": 1, "classifier": {"var": "stable_beam"}}]
    >>> run_class(parse_classifiers(items, "class"), {"stable_beam": True})
    'Collisions18'
    >>> run_class(parse_classifiers(items, "class"), {"hlt_key": None})
    ''
    """
    if "hlt_key" in context and context["hlt_key"] is None:
        return current
    ordered = sorted(classifiers, key=lambda classifier: classifier.priority)
    registered = _registered(ordered)
    taken = ""
    for classifier in ordered:
        better = not taken or classifier.priority < registered[taken]
        if better and classifier.enabled and classifier.rule.is_true(context):
            taken = classifier.proposal
    return taken


def is_significant(classifiers: Sequence[Classifier], class_name: str, context: Mapping[str, Any]) -> bool:
    """Tell whether a run is worth certifying: whether any dataset classifier of its class says so.

    Examples
    --------
    >>> rules = parse_classifiers([{"class": "Cosmics18", "classifier": {">": [{"var": "ls_duration"}, 4]}}], "class")
    >>> is_significant(rules, "Cosmics18", {"ls_duration": 5}), is_significant(rules, "Collisions18", {"ls_duration": 5})
    (True, False)
    """
    own = (classifier for classifier in classifiers if classifier.enabled and classifier.proposal == class_name)
    return any(classifier.rule.is_true(context) for classifier in own)


class StatusRule:
    """The classifiers of one component as a function of what they read; it remembers its answers.

    Parameters
    ----------
    classifiers : sequence of Classifier
        In stored order. Without any the status is ``NO VALUE FOUND``.
    depth : int, optional
        How many keys of a path lead to a column; see `runregistry.engine.leaf.reads`.

    Examples
    --------
    >>> items = [{"status": "GOOD", "priority": 2, "classifier": {"var": "dt0_ready"}},
    ...          {"status": "EXCLUDED", "priority": 1, "classifier": {"!": {"var": "dt_included"}}}]
    >>> rule = StatusRule(parse_classifiers(items, "status"), depth=1)
    >>> rule.sources, rule((True, True)), rule((True, None)), rule((False, True))
    ((('dt0_ready',), ('dt_included',)), 'GOOD', 'EXCLUDED', 'NO VALUE FOUND')
    """

    def __init__(self, classifiers: Sequence[Classifier], depth: int | None = None) -> None:
        self._enabled = [classifier for classifier in classifiers if classifier.enabled]
        self._registered = _registered(classifiers)
        self._known = Memo(reads((classifier.rule for classifier in self._enabled), depth), self._decide)

    @property
    def sources(self) -> tuple[Source, ...]:
        """What the classifiers read."""
        return self._known.sources

    def __call__(self, values: Sequence[Any]) -> str:
        """Return the status for one combination of values of the sources."""
        status: str = self._known(values)
        return status

    def _decide(self, context: Any) -> str:
        status = NO_VALUE_FOUND
        for classifier in self._enabled:
            if classifier.rule.is_true(context) and (status == NO_VALUE_FOUND or self._outweighs(classifier.proposal, status)):
                status = classifier.proposal
        return status

    def _outweighs(self, proposal: str, status: str) -> bool:
        return self._registered[proposal] < self._registered[status]
