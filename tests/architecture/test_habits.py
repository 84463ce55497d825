"""Habits that keep the parts apart: who prints, who reads the environment, who runs SQL, what a package's front holds."""

from __future__ import annotations

import ast
from collections.abc import Callable

from tests.architecture.source import Module, modules

MAY_PRINT = {"cli", "runregistry", "utils"}
# Settings of a client, and the doors; everything below takes what it needs as an argument.
MAY_READ_ENVIRONMENT = {"runregistry.client.settings", "runregistry.local", "runregistry.runregistry"}
# A service opens a transaction and hands it to the store; the types of what it hands on are all that it knows of SQL.
PASSED_THROUGH = {"Connection", "Row"}
RUNS_SQL = {"execute", "executemany", "scalar", "scalars", "exec_driver_sql"}


def lines_with(module: Module, is_wrong: Callable[[ast.AST], bool]) -> list[str]:
    """Where in a module a kind of node stands."""
    return [f"{module.path}:{node.lineno}" for node in ast.walk(module.tree) if is_wrong(node)]  # type: ignore[attr-defined]


def test_only_the_command_line_and_the_old_functions_print() -> None:
    def prints(node: ast.AST) -> bool:
        return isinstance(node, ast.Name) and node.id == "print"

    wrong = [line for module in modules() if module.part not in MAY_PRINT for line in lines_with(module, prints)]
    assert not wrong, f"use logging, or return it: {wrong}"


def test_the_environment_is_read_only_at_the_doors() -> None:
    def reads(node: ast.AST) -> bool:
        name = node.attr if isinstance(node, ast.Attribute) else node.name if isinstance(node, ast.alias) else ""
        return name in ("environ", "environb", "getenv")

    below = [module for module in modules() if module.name not in MAY_READ_ENVIRONMENT and module.part != "cli"]
    wrong = [line for module in below for line in lines_with(module, reads)]
    assert not wrong, f"take the value as an argument: {wrong}"


def test_sql_is_made_and_run_only_in_the_store() -> None:
    def is_sql(node: ast.AST) -> bool:
        if isinstance(node, ast.ImportFrom) and str(node.module).partition(".")[0] == "sqlalchemy":
            return not {alias.name for alias in node.names} <= PASSED_THROUGH
        if isinstance(node, ast.Import):
            return "sqlalchemy" in {alias.name.partition(".")[0] for alias in node.names}
        return isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in RUNS_SQL

    wrong = [line for module in modules() if module.part != "store" for line in lines_with(module, is_sql)]
    assert not wrong, f"give runregistry.store a method for it: {wrong}"


def test_the_front_of_a_package_only_gives_names_on() -> None:
    lazy_lookup = {"__getattr__", "__dir__"}
    wrong = [
        f"{module.path}:{node.lineno} defines {node.name}"
        for module in modules()
        if module.is_package
        for node in module.tree.body
        if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef) and node.name not in lazy_lookup
    ]
    assert not wrong, "\n".join([*wrong, "it needs a module of its own"])


def test_no_package_is_a_placeholder() -> None:
    empty = [str(module.path) for module in modules() if "placeholder" in (ast.get_docstring(module.tree) or "").lower()]
    assert not empty
