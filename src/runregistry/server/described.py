"""What the endpoints take, in the words of OpenAPI: for people at ``/v1/docs``, and for programs that make requests up.

One line an endpoint: ``key:kind``, with ``!`` where the key must be there. The server itself is more tolerant than this says, as
the service is: numbers may be texts, and keys that nobody reads are ignored.
"""

from __future__ import annotations

from typing import Any

from runregistry.server.services.lumisections import LUMISECTION_VIEWS
from runregistry.terms import STATUSES
from runregistry.wire import Route

__all__ = ["described_request"]

_LARGEST = 2**31 - 1
_STATES = ["OPEN", "SIGNOFF", "COMPLETED"]
_CATEGORIES = ["class", "component", "dataset", "offline_dataset", "json_classifier"]
_NUMBER = {"type": "integer", "minimum": 1, "maximum": _LARGEST}
_TEXT = {"type": "string", "minLength": 1}
_ANY = {"type": "object"}
_DIRECTION = {"type": "string", "enum": ["ASC", "DESC"]}


def _list(of: dict[str, Any]) -> dict[str, Any]:
    return {"type": "array", "items": of}


def _object(**properties: dict[str, Any]) -> dict[str, Any]:
    return {"type": "object", "properties": properties}


_TRIPLET = _object(status={"type": "string", "enum": list(STATUSES)}, comment={"type": "string"}, cause={"type": "string"})

_KINDS: dict[str, dict[str, Any]] = {
    "number": _NUMBER,
    "count": {"type": "integer", "minimum": 0, "maximum": 10_000},
    "text": _TEXT,
    "note": {"type": "string"},
    "flag": {"type": "boolean"},
    "object": _ANY,
    "any": {},
    "date": {"type": "string", "format": "date-time"},
    "texts": _list(_TEXT),
    "status": {"type": "string", "enum": list(STATUSES)},
    "filter": {
        "type": "object",
        "description": "Conditions, all of which must hold: key → {operator: value}; `and` and `or` take lists of filters.",
        "example": {"run_number": {">=": 355100}, "rr_attributes.class": {"like": "%Collisions%"}},
    },
    "sortings": {
        **_list({"type": "array", "prefixItems": [_TEXT, _DIRECTION], "minItems": 2, "maxItems": 2}),
        "description": "Pairs of a key and a direction; empty for the newest first.",
        "example": [["run_number", "DESC"]],
    },
    "range": {
        **_object(start=_NUMBER, end=_NUMBER, status={}, comment={"type": "string"}, cause={"type": "string"}),
        "required": ["start", "end", "status"],
        "description": "Lumisections from start to end, both included, and what is set there.",
        "example": {"start": 1, "end": 10, "status": "BAD", "comment": "HV trip", "cause": ""},
    },
    "triplets": _list({"type": "object", "additionalProperties": _TRIPLET}),
    "attributes": _list(_ANY),
    "rule": {
        "type": "string",
        "description": "A json-logic rule, as JSON text.",
        "example": '{"==": [{"var": "lumisection.rr.dt-dt"}, "GOOD"]}',
    },
    "logic": {**_ANY, "description": "A json-logic rule.", "example": {"if": [{">": [{"var": "energy"}, 6000]}, True, False]}},
    "json": {
        "type": "object",
        "additionalProperties": _list(_list(_NUMBER)),
        "description": "`run-dataset` → ranges.",
        "example": {"355100-/PromptReco/Collisions2022/DQM": [[1, 10]]},
    },
    "which": {"type": "string", "enum": ["by_email", "official", "all"]},
    "state": {"type": "string", "enum": _STATES},
    "version": {"type": ["integer", "string"], "description": "An atomic_version, a time (UTC) or a tag."},
    "numbers": _list(_NUMBER),
    "selections": _list(_object(run_min=_NUMBER, run_max=_NUMBER, run_class=_list(_TEXT), dataset_name=_list(_TEXT))),
}

_PAGE = "filter:filter! sortings:sortings! page:count! page_size:count!"
_DATASET = "run_number:number! dataset_name:text!"
_COPY = "filter:filter! source_dataset_name:text! target_dataset_name:text!"
_RUN = "oms_attributes:object! rr_attributes:object! oms_lumisections:attributes! rr_lumisections:triplets!"
_EDIT = f"{_DATASET} component:text! new_lumisection_range:range!"
_CLASSIFIER = "classifier:logic! class:text priority:number enabled:flag status:status component:number workspace:text name:text"
_ACCEPTED = "name:text! regexp:text! class:text! enabled:flag! run_from:number run_to:number!"
_CYCLE = "cycle_name:text! cycle_attributes:object! deadline:date!"

_BODIES = {
    "runs_filtered_ordered": _PAGE,
    "datasets_filtered_ordered": _PAGE,
    "get_dataset": _DATASET,
    "lumisection_bar": f"{_DATASET} component:text!",
    "export_datasets_to_csv": "filter:filter! sortings:sortings! columns:texts!",
    "unique_dataset_names": "filter:filter!",
    **dict.fromkeys(
        (
            *("rr_lumisections", "rr_lumisection_ranges", "rr_lumisection_ranges_by_component", "oms_lumisections"),
            *("oms_lumisection_ranges", "oms_lumisection_ranges_by_dcs_bit", "joint_lumisection_ranges"),
            *("get_rr_lumisection_history", "get_oms_lumisection_history", "recalculate_cache", "create_dataset"),
            *("dataset_appeared_in_dqm_gui", "dataset_appeared_in_dbs"),
        ),
        _DATASET,
    ),
    "create_dataset": f"{_DATASET} dataset_attributes:object! rr_lumisections:triplets! oms_lumisections:attributes",
    "get_data_of_json": "json:json!",
    "luminosity_of_json": "json_with_dataset_names:json!",
    "playground": "run:object! classifier:rule!",
    "playground_arbitrary": "data:object! json_logic:rule!",
    "playground_lumisection": "run_number:number! name:text! lumisection_number:number! json_logic:rule!",
    "get_versions": "page:count! page_size:count!",
    **dict.fromkeys(("runs_as_of", "datasets_as_of"), "as_of:version filter:filter sortings:sortings page:count page_size:count"),
    "create_json_as_of": "as_of:version! json_logic:rule! dataset_name_filter:text! tags:note official:flag",
    "create_tag": "name:text! note:note version:version",
    "copies": "run_numbers:numbers! selections:selections",
    "json_portal_json": "id_json:number!",
    "json_portal_jsons": "filter:which! reference:number",
    "json_creation_generate": "json_logic:rule!",
    "visualization_generate": "golden_logic:rule! denominator_logic:rule!",
    "create_run": _RUN,
    "automatic_run_update": f"{_RUN} atomic_version:number",
    "manual_run_edit": "class:text stop_reason:note",
    "mark_significant": "run_number:number!",
    "move_run": "run_number:number!",
    "move_dataset": f"{_DATASET} workspace:text",
    "duplicate_datasets": f"{_COPY} workspaces_to_duplicate_into:texts!",
    "copy_columns": f"{_COPY} columns_to_copy:texts!",
    "change_states": "filter:filter! change_in_all_workspaces:flag",
    "change_all_states": "filter:filter!",
    "update_columns": "filter:filter! columns_to_update:texts! new_status:status!",
    "hide_datasets": "filter:filter! reason_for_hiding:text!",
    "edit_rr_lumisections": _EDIT,
    "edit_oms_lumisections": _EDIT,
    "create_cycle": f"{_CYCLE} filter:filter!",
    "edit_cycle": f"id_cycle:number! {_CYCLE}",
    "delete_cycle": "id_cycle:number!",
    "add_datasets_to_cycle": "id_cycle:number! filter:filter!",
    "add_datasets_to_cycle_too": "id_cycle:number! filter:filter!",
    "delete_datasets_from_cycle": "id_cycle:number! filter:filter!",
    "mark_cycle_complete": "id_cycle:number!",
    "mark_cycle_pending": "id_cycle:number!",
    "move_dataset_of_cycle": f"id_cycle:number! {_DATASET} workspace:text",
    "move_all_datasets_of_cycle": "id_cycle:number! to_state:state!",
    "create_dataset_accepted": _ACCEPTED,
    "edit_dataset_accepted": _ACCEPTED,
    "create_classifier": _CLASSIFIER,
    "edit_classifier": _CLASSIFIER,
    "create_json_classifier": "name:text! classifier:logic!",
    "edit_json_classifier": "name:text! classifier:logic! created_by:text",
    "delete_json_classifier": "created_by:text",
    "json_portal_generate": "json_logic:rule! dataset_name_filter:text! tags:note official:flag",
    "json_portal_delete": "id_json:number!",
}

_VERSION = {"type": "string", "description": "An atomic_version, a time (UTC) or a tag; without it the newest version."}


def _asked(name: str, schema: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"name": name, "in": "query", "schema": schema, **more}


_QUERIES = {name: [_asked("as_of", _VERSION)] for name in ("run_as_of", "dataset_as_of", "lumisections_as_of", "version")}
_QUERIES["lumisections_as_of"].append(_asked("view", {"type": "string", "enum": list(LUMISECTION_VIEWS)}))
_QUERIES["diff"] = [
    _asked("from", _VERSION, required=True),
    _asked("to", _VERSION),
    *(_asked(name, _NUMBER) for name in ("run_min", "run_max")),
    _asked("runs", {"type": "string", "description": "Run numbers, with commas."}),
    _asked("dataset_name", {"type": "string", "description": "A name, or a pattern with %."}),
    _asked("component", {"type": "string", "description": "Components or attributes, with commas."}),
    *(_asked(name, {"type": "integer", "minimum": 0}) for name in ("page", "page_size")),
]
_QUERIES["changes"] = [
    {"name": name, "in": "query", "schema": {"type": "integer", "minimum": 0}, "description": text}
    for name, text in (
        ("after", "The number of an event: the `after` of the last answer, 0 for the beginning."),
        ("limit", "About how many rows, 1000 to 20000."),
        ("run_min", "Only runs from this one on."),
        ("run_max", "Only runs up to this one."),
    )
]

_PARAMETERS: dict[str, dict[str, Any]] = {
    "run_number": _NUMBER,
    "id": _NUMBER,
    "component": _NUMBER,
    "to_state": {"type": "string", "enum": [*_STATES, "waiting dqm gui"]},
    "from_state": {"type": "string", "enum": [*_STATES, "waiting dqm gui"]},
    "category": {"type": "string", "enum": _CATEGORIES},
    "online_or_offline": {"type": "string", "enum": ["online", "offline"]},
    "attribute": {"type": "string", "enum": ["class", "stop_reason"]},
}


def described_request(route: Route) -> dict[str, Any]:
    """Return what OpenAPI says about the requests of a route: parameters of its path, and its body."""
    described: dict[str, Any] = {
        "parameters": [
            {"name": name, "in": "path", "required": True, "schema": _PARAMETERS.get(name, _TEXT)} for name in route.parameters
        ]
    }
    described["parameters"] += _QUERIES.get(route.name, [])
    if route.name in _BODIES:
        content = {"application/json": {"schema": _schema(_BODIES[route.name])}}
        described["requestBody"] = {"required": True, "content": content}
    return described


def _schema(line: str) -> dict[str, Any]:
    properties, required = {}, []
    for word in line.split():
        name, _, kind = word.removesuffix("!").partition(":")
        properties[name] = _KINDS[kind]
        if word.endswith("!"):
            required.append(name)
    return {"type": "object", "properties": properties, "required": required} if required else _object(**properties)
