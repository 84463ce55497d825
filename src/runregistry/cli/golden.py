"""Golden JSONs from the command line."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from runregistry.cli.console import note
from runregistry.cli.opening import open_client
from runregistry.errors import UsageError

__all__ = ["create_golden", "read_rule"]


def read_rule(given: str) -> Any:
    """Return the json-logic rule that a user gave as JSON text or as the name of a file.

    Raises
    ------
    UsageError
        The file can't be read.
    LogicError
        The rule can't work; the message says where.

    Examples
    --------
    >>> read_rule('{"==": [{"var": "lumisection.rr.dt-dt"}, "GOOD"]}')
    {'==': [{'var': 'lumisection.rr.dt-dt'}, 'GOOD']}
    """
    import json

    from runregistry.logic import parse_rule

    text = given
    if not given.lstrip().startswith(("{", "[")):
        try:
            text = Path(given).read_text(encoding="utf-8-sig")
        except OSError as error:
            raise UsageError(f"can't read the rule {given}: {error.strerror}; give a file, or the rule itself") from error
        except UnicodeDecodeError as error:
            raise UsageError(f"the rule {given} is no text: {error}") from error
    try:
        rule = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise UsageError(f"the rule is not JSON: {error}") from error
    parse_rule(rule)
    return rule


def create_golden(
    rule_text: str, dataset_name_filter: str, output: Path | None, target: str | None, database: str | None
) -> None:
    """Have the JSON portal make a JSON; write it to a file or to stdout."""
    from runregistry.lumis import LumiMask

    rule = read_rule(rule_text)
    with open_client(target, database) as client:
        answer = client.create_json(rule, dataset_name_filter)
    golden = LumiMask.from_json(answer["generated_json"])
    if output is None:
        print(golden.to_json())
    else:
        golden.write(output)
    where = f" in {output}" if output is not None else ""
    counts = f"{golden.n_runs} runs, {golden.n_ranges} ranges, {golden.n_lumisections} lumisections{where}"
    note(f"{counts} (JSON {answer['id']} of the portal, registry version {answer['runregistry_version']})")
