"""Small modules and small functions; what must be longer is named here with its reason."""

from __future__ import annotations

from statistics import median

from tests.architecture.source import Module, functions, modules

LONGEST_MODULE = 500
TYPICAL_MODULE = 150
LONGEST_FUNCTION = 40
TYPICAL_FUNCTION = 12

# Name of the function: why it may have more than 40 lines of code.
LONG_FUNCTIONS: dict[str, str] = {}


def code() -> list[Module]:
    return [module for module in modules() if not module.is_package]


def long_functions() -> dict[str, int]:
    return {
        function.name: function.code_lines
        for module in modules()
        for function in functions(module)
        if function.code_lines > LONGEST_FUNCTION
    }


def test_a_module_can_be_read_in_one_go() -> None:
    sizes = {module.name: module.length for module in modules() if module.length > LONGEST_MODULE}
    assert not sizes, f"longer than {LONGEST_MODULE} lines: {sizes}; what in them is a subject of its own?"


def test_most_modules_are_short() -> None:
    assert median(module.length for module in code()) < TYPICAL_MODULE


def test_a_function_does_one_thing() -> None:
    surprising = {name: lines for name, lines in long_functions().items() if name not in LONG_FUNCTIONS}
    assert not surprising, f"longer than {LONGEST_FUNCTION} lines: {surprising}; split them, or give a reason in LONG_FUNCTIONS"


def test_most_functions_are_short() -> None:
    assert median(function.code_lines for module in code() for function in functions(module)) < TYPICAL_FUNCTION


def test_the_exceptions_are_still_needed() -> None:
    short = LONG_FUNCTIONS.keys() - long_functions().keys()
    assert not short, f"short by now, or gone: {sorted(short)}"
