"""What users may import is a promise: a name comes or goes only on purpose."""

from __future__ import annotations

import ast
from importlib import import_module

from tests.architecture.source import modules
from tests.architecture.surface import current_surface, exported, pinned_surface

HOW_TO = (
    "If that is meant, say so in CHANGELOG.md and pin the surface again with: python -m tests.architecture.surface\n"
    "A name that goes breaks somebody's script."
)


def test_the_public_surface_is_the_one_that_is_pinned() -> None:
    now, promised = current_surface(), pinned_surface()
    changes = []
    for module in sorted(now.keys() | promised.keys()):
        there, wanted = set(now.get(module, [])), set(promised.get(module, []))
        changes += [f"{module}: {name} is new" for name in sorted(there - wanted)]
        changes += [f"{module}: {name} is gone" for name in sorted(wanted - there)]
        if (module in now) != (module in promised):
            changes.append(f"{module} is {'new' if module in now else 'gone'}")
    assert not changes, "the public surface has changed:\n" + "\n".join([*changes, HOW_TO])


def test_every_name_that_a_module_promises_can_be_had() -> None:
    missing = [
        f"{module.name}.{name}"
        for module in modules()
        for name in exported(module)
        if not hasattr(import_module(module.name), name)
    ]
    assert not missing, f"in __all__, but not there: {missing}"


def test_names_that_are_promised_are_not_private() -> None:
    private = [
        (module.name, name) for module in modules() for name in exported(module) if name.startswith("_") and name != "__version__"
    ]
    assert not private


def test_a_module_promises_each_name_once() -> None:
    for module in modules():
        names = exported(module)
        assert len(names) == len(set(names)), f"{module.name}.__all__ has a name twice"


def test_every_module_with_public_definitions_says_what_it_promises() -> None:
    kinds = ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef
    silent = [
        module.name
        for module in modules()
        if not exported(module) and any(isinstance(node, kinds) and not node.name.startswith("_") for node in module.tree.body)
    ]
    assert not silent, f"without __all__: {silent}"
