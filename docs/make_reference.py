"""Write reference.md from the tables in the code: commands, endpoints, attributes, exceptions. `python docs/make_reference.py`

A test fails when the file is not what this would write, so the reference can't drift from what the package does.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from enum import Enum
from pathlib import Path
from typing import Any

import typer.main

from runregistry import errors
from runregistry.cli.app import app
from runregistry.terms import DATASET_ATTRIBUTES, DATASET_COMPONENTS, OPERATORS, RUN_ATTRIBUTES, RUN_COMPONENTS, Attribute
from runregistry.wire import ROUTES

REFERENCE = Path(__file__).with_name("reference.md")


def reference() -> str:
    """The text of reference.md."""
    sections = (_head(), _commands(), _endpoints(), _attributes(), _exceptions())
    return "\n".join(line for section in sections for line in section)


def commands(command: Any = None, name: str = "runregistry") -> Iterator[tuple[str, Any]]:
    """Every command of the command line with its full name."""
    command = typer.main.get_command(app) if command is None else command
    subcommands = getattr(command, "commands", None)
    if subcommands is None:
        yield name, command
        return
    for part, subcommand in subcommands.items():
        yield from commands(subcommand, f"{name} {part}")


def _head() -> Iterator[str]:
    yield "# Reference"
    yield ""
    yield "Made from the code by `docs/make_reference.py`; do not edit. Targets, environment variables: [settings](settings.md)."
    yield ""


def _commands() -> Iterator[str]:
    yield "## Commands"
    yield ""
    for name, command in commands():
        yield f"### `{name}`"
        yield ""
        yield str(command.help)
        yield ""
        options = [
            parameter for parameter in command.params if getattr(parameter, "help", None) and "--help" not in parameter.opts
        ]
        yield from _table(("option", "meaning"), ((_option(parameter), _meaning(parameter)) for parameter in options))


def _option(parameter: Any) -> str:
    if parameter.param_type_name == "argument":
        return f"`{parameter.metavar or parameter.name.upper()}`"
    names = ", ".join(parameter.opts)
    if parameter.is_flag:
        return f"`{names}`"
    return f"`{names} {parameter.metavar or _value(parameter.default)}`"


def _value(default: Any) -> str:
    if isinstance(default, Enum):
        return "|".join(str(choice.value) for choice in type(default))
    return "TEXT" if isinstance(default, str) else "N"


def _meaning(parameter: Any) -> str:
    default = parameter.default
    given = default is not None and default is not False and not parameter.required
    shown = getattr(default, "value", default)
    return f"{parameter.help} Default: `{shown}`." if given else str(parameter.help)


def _endpoints() -> Iterator[str]:
    yield "## Endpoints"
    yield ""
    yield "A served registry describes them at `/v1/docs`. *Rights*: an e-group of the user must be permitted to call the path."
    yield ""
    rows = ((route.method, f"`{route.path}`", "rights" if route.needs_rights else "", route.summary) for route in ROUTES.values())
    yield from _table(("method", "path", "", "answer"), rows)


def _attributes() -> Iterator[str]:
    yield "## Attributes that filters name"
    yield ""
    yield (
        "Operators of each type: "
        + "; ".join(f"{kind} " + " ".join(f"`{sign}`" for sign in signs) for kind, signs in OPERATORS.items())
        + "."
    )
    yield ""
    yield "A component is named `workspace-component`; filtered by a status it means at least one lumisection of that status."
    yield ""
    yield from _attribute_table("Runs", RUN_ATTRIBUTES.values())
    yield f"Components of runs: {_names(RUN_COMPONENTS)}."
    yield ""
    own = [attribute for attribute in DATASET_ATTRIBUTES.values() if attribute.level == "dataset"]
    yield from _attribute_table("Datasets, beside those of their run", own)
    yield f"Components of datasets: {_names(DATASET_COMPONENTS)}."
    yield ""


def _attribute_table(title: str, attributes: Iterable[Attribute]) -> Iterator[str]:
    yield f"### {title}"
    yield ""
    rows = ((f"`{one.name}`", one.type, one.unit, f"`{one.wire}`") for one in sorted(attributes, key=lambda one: one.name))
    yield from _table(("attribute", "type", "unit", "in the wire form"), rows)


def _exceptions() -> Iterator[str]:
    yield "## Exceptions"
    yield ""
    yield "All are in `runregistry.errors`. What went wrong is in attributes; a script never has to read a message."
    yield ""
    classes = [getattr(errors, name) for name in errors.__all__ if isinstance(getattr(errors, name), type)]
    rows = (
        (f"`{one.__name__}`", ", ".join(f"`{base.__name__}`" for base in one.__bases__), str(one.__doc__).partition("\n")[0])
        for one in classes
    )
    yield from _table(("class", "is a", "meaning"), rows)


def _names(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


def _table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> Iterator[str]:
    cells = [tuple(cell.replace("|", "\\|") for cell in row) for row in rows]
    if not cells:
        return
    for row in (head, tuple("---" for _ in head), *cells):
        yield f"| {' | '.join(row)} |"
    yield ""


if __name__ == "__main__":
    REFERENCE.write_text(reference(), encoding="utf-8")
