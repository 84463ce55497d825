"""Every public name says what it is; every module, too."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from tests.architecture.source import modules

Documented = ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef


def public_definitions(node: ast.Module | ast.ClassDef, name: str) -> Iterator[tuple[str, Documented]]:
    for child in node.body:
        if isinstance(child, Documented) and not child.name.startswith("_") and not is_overload_or_setter(child):
            yield f"{name}.{child.name}", child
            if isinstance(child, ast.ClassDef):
                yield from public_definitions(child, f"{name}.{child.name}")


def all_public() -> list[tuple[str, Documented]]:
    return [pair for module in modules() for pair in public_definitions(module.tree, module.name)]


def is_overload_or_setter(node: Documented) -> bool:
    written = (ast.unparse(decorator) for decorator in node.decorator_list)
    return any(text in ("overload", "typing.overload") or text.endswith(".setter") for text in written)


def test_every_module_has_a_docstring() -> None:
    silent = [str(module.path) for module in modules() if not ast.get_docstring(module.tree)]
    assert not silent


def test_every_public_name_has_a_docstring() -> None:
    silent = [name for name, node in all_public() if not ast.get_docstring(node)]
    assert not silent


def test_a_docstring_begins_with_a_sentence() -> None:
    texts = ((name, ast.get_docstring(node) or "") for name, node in all_public())
    broken = [name for name, text in texts if text and not text.split("\n\n")[0].rstrip().endswith((".", "…", "?", ":"))]
    assert not broken
