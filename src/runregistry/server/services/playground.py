"""The classifier playground: how a rule comes out, part by part, on a run, a lumisection, or any data."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from runregistry.engine import evaluation_tuple
from runregistry.engine.classify import class_context
from runregistry.engine.derived import reduced_attributes
from runregistry.errors import NotFound, UsageError
from runregistry.logic import parse_rule
from runregistry.model.lumisections import Columns
from runregistry.server.services.json_data import lumisection_document
from runregistry.server.services.values import integer, run_number_of
from runregistry.store import Store
from runregistry.store.documents import decode
from runregistry.terms import ONLINE

__all__ = ["evaluate_on_data", "evaluate_on_lumisection", "evaluate_on_run", "parse_logic", "run_info"]


def run_info(store: Store, run_number: object) -> dict[str, Any]:
    """Return what class classifiers see of a run: its attributes, and its lumisections reduced.

    Raises
    ------
    NotFound
        There is no such run.
    """
    columns, oms_attributes, rr_attributes = _run(store, integer(run_number, "run_number"))
    reduced = {"reduced_lumisection_attributes": reduced_attributes(columns)}
    return {"run": {"oms_attributes": oms_attributes, "rr_attributes": rr_attributes} | reduced}


def evaluate_on_run(store: Store, body: Mapping[str, Any]) -> dict[str, Any]:
    """Evaluate a classifier, of the form ``{"if": [condition, true, false]}``, on a run.

    Parameters
    ----------
    body : mapping
        ``run`` with its ``run_number``, and ``classifier`` as JSON text.

    Returns
    -------
    dict
        ``result``, an evaluation tuple for each rule in the list of ``if``, and ``run_data``, the data that they saw.

    Notes
    -----
    The data are put together as when runs are classified: a run's own attributes are on top of those of its lumisections. The
    service's playground has it the other way round.
    """
    classifier = parse_logic(body.get("classifier"), "classifier")
    if not isinstance(classifier, dict) or "if" not in classifier:
        raise UsageError('a classifier must be an object with the key "if", such as {"if": [condition, true, false]}')
    run = body.get("run")
    if not isinstance(run, Mapping):
        raise UsageError(f"run must be an object with run_number, not {run!r:.80}")
    data = class_context(*_run(store, run_number_of(run)))
    return {"result": _tuples(classifier["if"], data), "run_data": data}


def evaluate_on_data(body: Mapping[str, Any]) -> dict[str, Any]:
    """Evaluate a rule, ``json_logic`` as JSON text, on any ``data``; return ``result`` and ``data``."""
    rule = parse_logic(body.get("json_logic"), "json_logic")
    data = body.get("data")
    return {"result": _tuples(rule, data), "data": data}


def evaluate_on_lumisection(store: Store, body: Mapping[str, Any]) -> dict[str, Any]:
    """Evaluate a rule for JSONs, ``json_logic`` as JSON text, on one lumisection; return ``result`` and ``data``.

    Parameters
    ----------
    body : mapping
        Also ``run_number``, ``name`` (of the dataset) and ``lumisection_number``.
    """
    rule = parse_logic(body.get("json_logic"), "json_logic")
    data = lumisection_document(store, body)
    return {"result": _tuples(rule, data), "data": data}


def parse_logic(text: Any, what: str) -> Any:
    """Read a rule that was sent as JSON text; one that was sent as JSON is taken, too.

    Raises
    ------
    UsageError, LogicError
        There is none, the text is not JSON, or it is no rule.

    Examples
    --------
    >>> parse_logic('{"==": [{"var": "a"}, 1]}', "json_logic")
    {'==': [{'var': 'a'}, 1]}
    """
    if text is None:
        raise UsageError(f"{what} is missing: send a rule as JSON text")
    try:
        rule = json.loads(text) if isinstance(text, str) else text
    except (ValueError, RecursionError) as error:
        raise UsageError(f"{what} is not JSON: {error}") from error
    parse_rule(rule)
    return rule


def _run(store: Store, run_number: int) -> tuple[Columns, dict[str, Any], dict[str, Any]]:
    """Return the OMS lumisections of a run, its OMS attributes and its RR attributes."""
    with store.reading() as connection:
        run = store.records.run(connection, run_number)
        if run is None:
            raise NotFound(f"Run {run_number} not found")
        columns = store.records.lumisections(connection, run_number, ONLINE)
    return columns.oms, decode(run.oms_attributes), decode(run.rr_attributes)


def _tuples(rules: Any, data: Any) -> list[Any]:
    found = (evaluation_tuple(rule, data) for rule in (rules if isinstance(rules, list) else [rules]))
    return [entry for entry in found if entry is not None]
