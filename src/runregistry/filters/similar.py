"""SQL's SIMILAR TO, by which the JSON portal picks datasets.

The pattern is read into a small automaton, and a text is run through it character by character: the time grows with the length of
the text alone, whatever a user writes. (Python's own regular expressions can take for ever on ``%a%a%a%a%b``.)
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import NamedTuple, NoReturn, TypeAlias

from runregistry.errors import UsageError

__all__ = ["SimilarPattern", "similar_to"]

Test: TypeAlias = Callable[[str], bool]


class _Repeat(NamedTuple):
    part: _Part
    least: int
    most: int | None


class _Sequence(NamedTuple):
    parts: list[_Part]


class _Choice(NamedTuple):
    parts: list[_Part]


_Part: TypeAlias = Test | _Repeat | _Sequence | _Choice

_MAX_LENGTH = 1000
_MAX_DEPTH = 50
_MAX_STEPS = 10_000
_MAX_COUNT = 255  # PostgreSQL's own bound of {m,n}
_MAX_REMEMBERED = 20_000
_NOTHING = "quantifier operand invalid"
_CLASSES: dict[str, Test] = {
    "alpha": str.isalpha,
    "digit": str.isdecimal,
    "alnum": str.isalnum,
    "upper": str.isupper,
    "lower": str.islower,
    "space": str.isspace,
    "punct": lambda character: character.isprintable() and not character.isalnum() and not character.isspace(),
}


class SimilarPattern:
    """A pattern that texts can be compared with; made by `similar_to`."""

    def __init__(self, pattern: str) -> None:
        self.pattern = pattern
        self._automaton = _Automaton(_Reader(pattern).read())
        self._steps: dict[tuple[frozenset[int], str], frozenset[int]] = {}

    def __repr__(self) -> str:
        return f"similar_to({self.pattern!r})"

    def fullmatch(self, text: str) -> bool:
        """Tell whether the whole of a text matches."""
        here = self._automaton.start
        for character in text:
            here = self._step(here, character)
            if not here:
                return False
        return self._automaton.END in here

    def _step(self, here: frozenset[int], character: str) -> frozenset[int]:
        following = self._steps.get((here, character))
        if following is None:
            if len(self._steps) > _MAX_REMEMBERED:
                self._steps.clear()
            following = self._steps[here, character] = self._automaton.step(here, character)
        return following


@lru_cache(maxsize=64)
def similar_to(pattern: str) -> SimilarPattern:
    """Read a SIMILAR TO pattern.

    Parameters
    ----------
    pattern : str
        ``_`` is any character and ``%`` any text; ``| ( ) [ ] * + ? {m,n}`` as in regular expressions; ``\\`` takes the next
        character as it is; ``.``, ``^`` and ``$`` are themselves. Upper and lower case differ.

    Raises
    ------
    UsageError
        The pattern has no meaning, or is too large. The text begins with ``invalid regular expression:``.

    Examples
    --------
    >>> similar_to("/PromptReco/Collisions2022_/DQM").fullmatch("/PromptReco/Collisions2022C/DQM")
    True
    >>> similar_to("/(PromptReco|Express)/%").fullmatch("online")
    False
    """
    if len(pattern) > _MAX_LENGTH:
        what = f"it has {len(pattern)} characters, at most {_MAX_LENGTH} are allowed"
        raise UsageError(f"invalid regular expression: regular expression is too complex: {what}")
    return SimilarPattern(pattern)


class _Reader:
    """Reads a pattern from left to right."""

    def __init__(self, pattern: str) -> None:
        self.pattern = pattern
        self.at = 0
        self.depth = 0

    def read(self) -> _Part:
        """Return the whole pattern as a tree."""
        part = self._choice()
        if self.at < len(self.pattern):
            self._fail("parentheses () not balanced")
        return part

    def _peek(self) -> str:
        return self.pattern[self.at : self.at + 1]

    def _next(self) -> str:
        self.at += 1
        return self.pattern[self.at - 1 : self.at]

    def _fail(self, reason: str) -> NoReturn:
        raise UsageError(f"invalid regular expression: {reason}: {self.pattern!r}")

    def _choice(self) -> _Part:
        branches = [self._branch()]
        while self._peek() == "|":
            self.at += 1
            branches.append(self._branch())
        return _Choice(branches) if len(branches) > 1 else branches[0]

    def _branch(self) -> _Part:
        parts: list[_Part] = []
        while self._peek() not in ("", "|", ")"):
            if self._at_count():
                self._fail(_NOTHING)
            anything = self._peek() == "%"
            atom = self._atom()
            # `%` is a repetition already: PostgreSQL lets only its `?` (as few as possible) follow.
            parts.append(self._lazy(atom) if anything else self._repeated(atom))
        return _Sequence(parts)

    def _at_count(self) -> bool:
        after = self.pattern[self.at + 1 : self.at + 2]
        return self._peek() in ("*", "+", "?") or (self._peek() == "{" and after.isascii() and after.isdigit())

    def _repeated(self, atom: _Part) -> _Part:
        if not self._at_count():
            return atom
        sign = self._next()
        least, most = {"*": (0, None), "+": (1, None), "?": (0, 1)}.get(sign) or self._bounds()
        return self._lazy(_Repeat(atom, least, most))

    def _lazy(self, part: _Part) -> _Part:
        if self._peek() == "?":
            self.at += 1
        if self._at_count():
            self._fail(_NOTHING)
        return part

    def _bounds(self) -> tuple[int, int | None]:
        inside, brace, _ = self.pattern[self.at :].partition("}")
        first, comma, last = inside.partition(",")
        if not brace:
            self._fail("braces {} not balanced")
        if not all(part.isascii() and part.isdigit() for part in (first, last or first)):
            self._fail("invalid repetition count(s)")
        least = int(first)
        most = (int(last) if last else None) if comma else least
        if least > _MAX_COUNT or (most is not None and not least <= most <= _MAX_COUNT):
            self._fail("invalid repetition count(s)")
        self.at += len(inside) + 1
        return least, most

    def _atom(self) -> _Part:
        character = self._next()
        if character == "(":
            return self._group()
        if character == "[":
            return self._set()
        if character == "%":
            return _Repeat(_anything, 0, None)
        if character == "_":
            return _anything
        return _just(self._escaped() if character == "\\" else character)

    def _escaped(self) -> str:
        return self._next() or self._fail("invalid escape \\ sequence")

    def _group(self) -> _Part:
        self.depth += 1
        if self.depth > _MAX_DEPTH:
            self._fail("regular expression is too complex")
        part = self._choice()
        if self._next() != ")":
            self._fail("parentheses () not balanced")
        self.depth -= 1
        return part

    def _set(self) -> Test:
        negated = self._peek() == "^"
        self.at += negated
        tests: list[Test] = []
        while not (self._peek() == "]" and tests):
            tests.append(self._member())
        self.at += 1
        return lambda character: any(test(character) for test in tests) is not negated

    def _member(self) -> Test:
        if self.pattern.startswith("[:", self.at):
            name, closed, _ = self.pattern[self.at + 2 :].partition(":]")
            if not closed or name not in _CLASSES:
                self._fail("invalid character class")
            self.at += len(name) + 4
            return _CLASSES[name]
        first = self._set_character()
        if self._peek() != "-" or self.pattern[self.at + 1 : self.at + 2] in ("]", ""):
            return _just(first)
        self.at += 1
        last = self._set_character()
        if last < first:
            self._fail("invalid character range")
        return lambda character: first <= character <= last

    def _set_character(self) -> str:
        character = self._next() or self._fail("brackets [] not balanced")
        return self._escaped() if character == "\\" else character


def _anything(_: str) -> bool:
    return True


def _just(wanted: str) -> Test:
    return lambda character: character == wanted


class _Automaton:
    """States of a pattern: each reads one character and goes on, or goes on to several others without reading."""

    END = 0

    def __init__(self, part: _Part) -> None:
        self._reads: dict[int, tuple[Test, int]] = {}
        self._forks: dict[int, list[int]] = {self.END: []}
        self._n_steps = 0
        self.start = self._reach([self._build(part, self.END)])

    def step(self, here: Iterable[int], character: str) -> frozenset[int]:
        """Return the states that a character leads to."""
        return self._reach(self._reads[state][1] for state in here if state in self._reads and self._reads[state][0](character))

    def _reach(self, states: Iterable[int]) -> frozenset[int]:
        found: set[int] = set()
        waiting = list(states)
        while waiting:
            state = waiting.pop()
            if state not in found:
                found.add(state)
                waiting += self._forks.get(state, ())
        return frozenset(found)

    def _build(self, part: _Part, following: int) -> int:
        """Make the states of a part that goes on to `following`; return the first of them."""
        self._n_steps += 1
        if self._n_steps > _MAX_STEPS:
            raise UsageError("invalid regular expression: regular expression is too complex; write fewer or smaller repetitions")
        if isinstance(part, _Sequence):
            for item in reversed(part.parts):
                following = self._build(item, following)
            return following
        if isinstance(part, _Choice):
            return self._fork([self._build(item, following) for item in part.parts])
        if isinstance(part, _Repeat):
            return self._build_repeat(part, following)
        state = self._new()
        self._reads[state] = (part, following)
        return state

    def _build_repeat(self, repeat: _Repeat, following: int) -> int:
        if repeat.most is None:
            state = loop = self._fork([following])
            self._forks[loop].append(self._build(repeat.part, loop))
        else:
            state = following
            for _ in range(repeat.most - repeat.least):
                state = self._fork([following, self._build(repeat.part, state)])
        for _ in range(repeat.least):
            state = self._build(repeat.part, state)
        return state

    def _fork(self, states: list[int]) -> int:
        state = self._new()
        self._forks[state] = states
        return state

    def _new(self) -> int:
        return len(self._reads) + len(self._forks)
