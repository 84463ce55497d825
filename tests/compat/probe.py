"""Say what the `runregistry` of this interpreter offers, ours or the official client, as JSON; a program, not a test."""

from __future__ import annotations

import inspect
import json
import types
from importlib import import_module
from typing import Any

MODULES = ("runregistry", "runregistry.runregistry", "runregistry.utils", "runregistry.attributes")
PLAIN = (str, int, float, bool, list, tuple, dict, type(None))


def parameters(function: Any) -> list[dict[str, Any]]:
    return [
        {"name": one.name, "kind": one.kind.name, "default": None if one.default is one.empty else repr(one.default)}
        for one in inspect.signature(function).parameters.values()
    ]


def offered(module: Any) -> dict[str, Any]:
    """The functions and values of a module that are no part of something that it imported for itself."""
    functions, values = {}, {}
    for name in [*vars(module), *getattr(module, "__all__", []), "__version__"]:
        value = getattr(module, name, None)
        if isinstance(value, types.FunctionType) and value.__module__.partition(".")[0] == "runregistry":
            functions[name] = parameters(value)
        elif isinstance(value, PLAIN) and (not name.startswith("_") or (value and name == "__version__")):
            values[name] = value
    return {"functions": functions, "values": values, "starred": starred(module.__name__)}


def starred(name: str) -> list[str]:
    """What ``from module import *`` gives."""
    found: dict[str, Any] = {}
    exec(f"from {name} import *", found)
    return sorted(found.keys() - {"__builtins__"})


if __name__ == "__main__":
    print(json.dumps({name: offered(import_module(name)) for name in MODULES}))
