"""The source of the package as the architecture tests read it: parsed, never imported."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "src" / "runregistry"


class Module(NamedTuple):
    """A file of the package; its name is that of the module, a package's without ``__init__``."""

    name: str
    path: Path
    text: str
    tree: ast.Module

    @property
    def part(self) -> str:
        """The package or module at the top to which it belongs; ``__init__`` for the top itself."""
        return part_of(self.name)

    @property
    def length(self) -> int:
        """Lines of the file."""
        return len(self.text.splitlines())

    @property
    def is_package(self) -> bool:
        """Whether it is an ``__init__``."""
        return self.path.name == "__init__.py"


def part_of(name: str) -> str:
    """The part of the package to which a module belongs, by the module's name."""
    return [*name.split("."), "__init__"][1]


class Function(NamedTuple):
    """A function or method, with the name of its module and class before its own."""

    name: str
    node: ast.FunctionDef | ast.AsyncFunctionDef

    @property
    def code_lines(self) -> int:
        """Lines without the docstring."""
        first = self.node.body[0]
        documented = ast.get_docstring(self.node, clean=False) is not None
        docstring = (first.end_lineno or 0) - first.lineno + 1 if documented else 0
        return (self.node.end_lineno or 0) - self.node.lineno + 1 - docstring


@cache
def modules() -> tuple[Module, ...]:
    """Every module of the package."""
    found = []
    for path in sorted(PACKAGE.rglob("*.py")):
        parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
        name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
        text = path.read_text(encoding="utf-8")
        found.append(Module(name, path, text, ast.parse(text, str(path))))
    return tuple(found)


@cache
def imports(module: Module) -> frozenset[str]:
    """Every module that a module imports: at its top, in functions, for type checkers, and by name through `import_module`."""
    return frozenset(_imports(module))


def functions(module: Module) -> Iterator[Function]:
    """Every function and method of a module, inner ones too."""
    return _functions(module.tree, module.name)


def _imports(module: Module) -> Iterator[str]:
    known = {other.name for other in modules()}
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{module.path}:{node.lineno}: imports are absolute"
            submodules = (f"{node.module}.{alias.name}" for alias in node.names)
            yield from (name if name in known else str(node.module) for name in submodules)
        elif isinstance(node, ast.Call) and "import_module" in ast.unparse(node.func):
            yield from (
                argument.value for argument in node.args if isinstance(argument, ast.Constant) and isinstance(argument.value, str)
            )


def _functions(node: ast.AST, name: str) -> Iterator[Function]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef):
            yield Function(f"{name}.{child.name}", child)
        named = isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
        yield from _functions(child, f"{name}.{child.name}" if named else name)
