"""Random rules and data that lean on everything json-logic leaves to JavaScript: mixed types, missing operands, odd numbers."""

from __future__ import annotations

import json
from random import Random
from typing import Any

TEXTS = [
    *["", " ", "0", "1", "01", "10", "9", "-3", "1.5", ".5", "5.", "+1", "1e3", "0x1F", "0b11", "1_000", "٣", "\ufeff1 ", "3.8T"],
    *["a", "b", "a,b", "abc", "GOOD", "BAD", "null", "true", "undefined", "Infinity", "-Infinity", "NaN", "[object Object]"],
    *["é😀z", "\uffee"],
]
NUMBERS = [
    *[0, 1, 2, 3, -1, -2, 7, 10, 6000, 0.5, 1.5, -2.5, 0.1, 0.2, -0.0, 3.8, 1e21, 1e-7, 1.25e-9, 5e-324, 1.7976931348623157e308],
    *[2**53, 2**53 + 1, -(2**53) - 1, 10**20, 10**21, 123456789012345678901],
]
SCALARS = [None, True, False]
KEYS = ["a", "b", "c", "x-y", "length", "0", "1", "rr", "current"]
NAMES = [*KEYS, "", "a.b", "a.b.c", "a.0", "a.1", "b.length", "rr.x-y", "rr.a", "accumulator", "current.a", "nowhere", "a.01"]

COMPARISONS = ["==", "===", "!=", "!==", "<", "<=", ">", ">="]
EAGER = [*COMPARISONS, "!", "!!", "+", "-", "*", "/", "%", "min", "max", "in", "cat", "substr", "merge", "log"]
LAZY = ["if", "?:", "and", "or"]
SCOPED = ["map", "filter", "reduce", "all", "none", "some"]


def random_value(random: Random, depth: int = 2) -> Any:
    """Return any JSON value."""
    choice = random.random()
    if depth and choice < 0.15:
        return [random_value(random, depth - 1) for _ in range(random.choice([0, 1, 1, 2, 3]))]
    if depth and choice < 0.3:
        return {random.choice(KEYS): random_value(random, depth - 1) for _ in range(random.choice([0, 1, 2, 3]))}
    pools: list[list[Any]] = [TEXTS, NUMBERS, NUMBERS, SCALARS]
    return random.choice(random.choice(pools))


def random_data(random: Random) -> Any:
    """Return data that the names of random rules find something in, mostly."""
    if random.random() < 0.1:
        return random_value(random)
    return {key: random_value(random, 3) for key in random.sample(KEYS, random.randint(3, len(KEYS)))}


def random_rule(random: Random, depth: int = 3) -> Any:
    """Return a rule; at depth 0 a constant or a variable."""
    choice = random.random()
    if depth == 0 or choice < 0.15:
        return _leaf(random)
    if choice < 0.2:
        return [random_rule(random, depth - 1) for _ in range(random.randint(0, 3))]
    return _operation(random, depth)


def random_case(seed: int) -> tuple[Any, Any]:
    """Return a rule and data for it."""
    random = Random(seed)
    rule, data = json.loads(json.dumps([random_rule(random), random_data(random)]))
    return rule, data


def _leaf(random: Random) -> Any:
    if random.random() < 0.5:
        return _variable(random)
    value = random_value(random, 1)
    # An object with one key would be an operation.
    return {} if isinstance(value, dict) and len(value) == 1 else value


def _variable(random: Random) -> Any:
    name: Any = random.choice(NAMES)
    choice = random.random()
    if choice < 0.7:
        return {"var": random.choice([name, [name]])}
    if choice < 0.9:
        return {"var": [name, random_value(random, 0)]}
    return {"var": random.choice([[], None, 1, 0, True, [[name]], [["a", "b"]], {"var": name}, {"cat": ["a", ".", name]}])}


def _operation(random: Random, depth: int) -> Any:
    choice = random.random()
    if choice < 0.15:
        return _scoped(random, depth)
    if choice < 0.25:
        return _missing(random, depth)
    if choice < 0.26:
        return {random.choice(["nonsense", "a.b", "var.x", "Var"]): random_rule(random, depth - 1)}
    operator = random.choice(EAGER if choice < 0.8 else LAZY)
    if random.random() < 0.05:
        return {operator: random_rule(random, depth - 1)}
    usual = [1] if operator in ("!", "!!", "log") else [1, 2, 3, 4] if operator in LAZY else [2, 2, 2, 3]
    count = random.choice(usual) if random.random() < 0.9 else random.randint(0, 4)
    return {operator: [random_rule(random, depth - 1) for _ in range(count)]}


def _scoped(random: Random, depth: int) -> Any:
    written = [random_value(random, 0) for _ in range(3)]
    elements = random.choice([{"var": random.choice(NAMES)}, random_rule(random, depth - 1), written])
    operands = [elements, random_rule(random, depth - 1), random_rule(random, 0)]
    return {random.choice(SCOPED): operands[: random.choice([0, 1, 2, 2, 2, 3, 3])]}


def _missing(random: Random, depth: int) -> Any:
    names: Any = [random.choice(NAMES) for _ in range(random.randint(0, 4))]
    names = random.choice([names, names, [names], ["a", ["nowhere", "b"]], random_rule(random, depth - 1), {"var": "a"}])
    if random.random() < 0.5:
        return {"missing": names}
    return {"missing_some": random.choice([[1, names], [2, names], [random_rule(random, 0), names], [1], names])}
