"""Conditions as people say them: ``energy > 6000 and (class like 'Collisions%' or class = Cosmics24) and not significant``.

A row without a value matches only ``is null``; so ``not (energy > 6000)`` is ``energy <= 6000``, and leaves out, as SQL does, the
runs whose energy is not known. *Not* is carried down to the comparisons, because the language of the registry has no *not*.
"""

from __future__ import annotations

from typing import NoReturn

from runregistry.errors import FilterError, suggestion
from runregistry.filters.conditions import NOTHING, either, has_status, negated, with_zero
from runregistry.filters.literals import known_word, read_literal
from runregistry.filters.render import to_wire
from runregistry.filters.subjects import Subject, names_near, subject_of
from runregistry.filters.tree import AllOf, Comparison, Node, Scalar, TableName
from runregistry.filters.words import Word, refuse, split_words

__all__ = ["parse_where", "where_to_wire"]

_KEYWORDS = ("and", "or", "not", "in", "like", "notlike", "between", "is", "null")
_MAX_DEPTH = 50


def where_to_wire(text: str, table: TableName) -> dict[str, object]:
    """Turn a condition into the wire form of a filter.

    Examples
    --------
    >>> where_to_wire("run_number between 355100 and 355200 and tracker-strip = good", "runs")  # doctest: +NORMALIZE_WHITESPACE
    {'and': [{'run_number': {'>=': 355100}}, {'run_number': {'<=': 355200}},
             {'triplet_summary.tracker-strip.GOOD': {'>': 0}}]}
    """
    return to_wire(parse_where(text, table), table)


def parse_where(text: str, table: TableName) -> Node:
    """Read a condition.

    Parameters
    ----------
    text : str
        Names compared by ``= <> != < > <= >= like in between is null``, each also after ``not``, joined by ``and``, ``or``,
        ``not`` and parentheses; keywords in any case. Names are those of `subject_of`. Values need quotes only if they hold
        blanks, commas, parentheses, quotes or ``= < > !``.
    table : str
        ``runs`` or ``datasets``: which names there are.

    Returns
    -------
    Node
        Comparisons joined by *and* and *or*; `match` evaluates it, `to_wire` writes it down.

    Raises
    ------
    FilterError
        What can't be read, with its place and, for a name, status or state, the nearest that there are.

    Notes
    -----
    ``tracker-strip = GOOD``: at least one lumisection is GOOD; ``<>`` and ``not``: none is. ``tracker-strip.GOOD > 100`` counts
    lumisections. A flag may stand alone: ``significant``.

    Examples
    --------
    >>> parse_where("energy > 6000 and not significant", "runs")  # doctest: +NORMALIZE_WHITESPACE
    AllOf(parts=(Comparison(column=Column(kind='oms_attributes', path=('energy',)), operator='>', operand=6000),
                 Comparison(column=Column(kind='rr_attributes', path=('significant',)), operator='<>', operand=True)))
    >>> parse_where("enrgy > 6000", "runs")
    Traceback (most recent call last):
    runregistry.errors.FilterError: where, character 1: there is no attribute or component 'enrgy' (did you mean energy?)
      enrgy > 6000
      ^
    """
    if not isinstance(text, str):
        raise FilterError(f"where is a text such as \"energy > 6000 and class like 'Collisions%'\", not {text!r}", key="where")
    return _Reader(text, table).read()


class _Reader:
    """Goes through the words once, from left to right."""

    def __init__(self, text: str, table: TableName) -> None:
        self._text, self._table = text, table
        self._words = split_words(text)
        self._place = self._depth = 0

    def read(self) -> Node:
        node = self._either()
        if self._word.kind != "end":
            near = suggestion(self._word.value.lower(), ("and", "or"))
            self._refuse(f"the condition before is complete; 'and' or 'or' must follow, not {self._word.value!r}{near}")
        return node

    @property
    def _word(self) -> Word:
        return self._words[self._place]

    def _next(self) -> Word:
        word = self._word
        self._place += word.kind != "end"
        return word

    def _take(self, *keywords: str) -> bool:
        found = self._word.is_keyword(*keywords) or (self._word.kind == "mark" and self._word.value in keywords)
        self._place += found
        return found

    def _refuse(self, why: str, word: Word | None = None) -> NoReturn:
        refuse(self._text, word or self._word, why)

    def _either(self) -> Node:
        parts = [self._all()]
        while self._take("or"):
            parts.append(self._all())
        return either(parts)

    def _all(self) -> Node:
        parts = [self._one()]
        while self._take("and"):
            parts.append(self._one())
        return parts[0] if len(parts) == 1 else AllOf(tuple(parts))

    def _one(self) -> Node:
        self._depth += 1
        if self._depth > _MAX_DEPTH:
            self._refuse(f"the condition is nested more than {_MAX_DEPTH} levels deep")
        try:
            if self._take("not"):
                return negated(self._one())
            opening = self._word
            if self._take("("):
                node = self._either()
                if not self._take(")"):
                    self._refuse("this parenthesis is never closed", opening)
                return node
            return self._condition()
        finally:
            self._depth -= 1

    def _condition(self) -> Node:
        word = self._next()
        if word.kind not in ("word", "text") or word.is_keyword(*_KEYWORDS):
            shown = f"not {word.value!r}" if word.value else "but the text ends"
            self._refuse(f"a condition begins with the name of an attribute or a component, {shown}", word)
        subject = subject_of(word.value, self._table)
        if subject is None:
            near = names_near(word.value, self._table)
            hint = f" (did you mean {' or '.join(near)}?)" if near else ""
            refuse(self._text, word, f"there is no attribute or component {word.value!r}{hint}", nearest=near)
        is_not = self._take("not")
        node = self._comparison(subject, word)
        return negated(node) if is_not else node

    def _comparison(self, subject: Subject, name: Word) -> Node:
        word = self._word
        if self._take("in"):
            return self._among(subject, word)
        if self._take("between"):
            first = self._value(subject, ">=", word)
            self._expect("and")
            last = self._value(subject, "<=", word)
            return AllOf((_compared(subject, ">=", first), _compared(subject, "<=", last)))
        if self._take("is"):
            is_not = self._take("not")
            if not self._take("null"):
                self._refuse(f"'is' and 'is not' take null, not {self._word.value!r}; write = or <>")
            return self._null(subject, "<>" if is_not else "=", name)
        if self._take("like"):
            return _compared(subject, "like", self._value(subject, "like", word))
        if self._take("notlike"):
            return _compared(subject, "notlike", self._value(subject, "notlike", word))
        if word.kind == "operator":
            self._place += 1
            if self._take("null"):
                return self._null(subject, word.value, word)
            return _compared(subject, word.value, self._value(subject, word.value, word))
        if subject.type == "boolean":
            return Comparison(subject.column, "=", True)
        what = "a status, = GOOD" if subject.type == "component" else "a value"
        return self._refuse(f"{subject.name} must be compared with {what}; there are {' '.join(subject.operators)} in between is")

    def _expect(self, word: str) -> None:
        if not self._take(word):
            self._refuse(f"{word!r} must follow here, not {self._word.value!r}")

    def _null(self, subject: Subject, operator: str, word: Word) -> Node:
        if subject.type == "component" or operator not in ("=", "<>"):
            self._refuse(f"{subject.name} {operator} null means nothing; write 'is null' or 'is not null' of an attribute", word)
        return Comparison(subject.column, operator, None)

    def _among(self, subject: Subject, word: Word) -> Node:
        if not self._take("("):
            self._refuse("'in' takes values in parentheses, in (1, 2, 3)")
        if self._take(")"):
            return NOTHING
        values = [self._value(subject, "=", word)]
        while self._take(","):
            values.append(self._value(subject, "=", word))
        self._expect(")")
        if subject.type == "component":
            return either([_compared(subject, "=", value) for value in values])
        if len(values) == 1:
            return _compared(subject, "=", values[0])
        among = Comparison(subject.column, "in", tuple(values))
        return with_zero(among)

    def _value(self, subject: Subject, operator: str, word: Word) -> Scalar:
        """Read the value that an operator, the word, compares a subject with."""
        if operator not in subject.operators:
            kinds = {"component": "component", "count": "number", "any": "value"}
            kind = kinds.get(subject.type, subject.type)
            self._refuse(f"{word.value} makes no sense for {subject.name}, a {kind}: {' '.join(subject.operators)}", word)
        value = self._next()
        if value.kind not in ("word", "text") or value.is_keyword(*_KEYWORDS):
            after = f"{subject.name} {word.value}"
            self._refuse(f"a value must follow {after}" + (f", not {value.value!r}" if value.value else ""), value)
        try:
            if operator in ("like", "notlike"):
                return value.value
            if subject.values:
                return known_word(subject.name, value.value, subject.values)
            return read_literal(subject.name, subject.type, value.value, is_quoted=value.kind == "text")
        except FilterError as fault:
            refuse(self._text, value, str(fault), nearest=fault.nearest)


def _compared(subject: Subject, operator: str, value: Scalar) -> Node:
    if subject.type == "component":
        found = has_status(subject.column.path[0], str(value))
        return found if operator == "=" else negated(found)
    return with_zero(Comparison(subject.column, operator, value))
