"""The public surface as it is now; `python -m tests.architecture.surface` writes it into surface.json, when a change is meant."""

from __future__ import annotations

import ast
import json
from pathlib import Path

from tests.architecture.source import Module, modules

PINNED = Path(__file__).with_name("surface.json")


def current_surface() -> dict[str, list[str]]:
    """The names in ``__all__`` of every package, and of every module that stands beside them at the top."""
    return {module.name: sorted(exported(module)) for module in modules() if module.is_package or module.name.count(".") == 1}


def exported(module: Module) -> list[str]:
    """The names in ``__all__`` of a module, none where there is no such list."""
    for node in module.tree.body:
        if isinstance(node, ast.Assign) and any(
            isinstance(target, ast.Name) and target.id == "__all__" for target in node.targets
        ):
            names: list[str] = ast.literal_eval(node.value)
            return names
    return []


def pinned_surface() -> dict[str, list[str]]:
    """The names that users were promised."""
    pinned: dict[str, list[str]] = json.loads(PINNED.read_text(encoding="utf-8"))
    return pinned


if __name__ == "__main__":
    PINNED.write_text(json.dumps(current_surface(), indent=2) + "\n", encoding="utf-8")
