"""The part of the JSON Schema that describes a query: selectors and filters of each resource."""

from __future__ import annotations

from typing import Any, TypeAlias

from harvester.catalogue import RESOURCES, Endpoint, Param, Resource
from harvester.spec.ignoring import may_be_ignored
from harvester.spec.refresh import can_be_topped_up
from harvester.spec.rules import (
    DATE,
    REFRESHES,
    RUNS,
    SPAN,
    TAXON,
    VARIANTS,
    WHOLE,
    has_companion,
    selector_keys,
)

__all__ = ["TEXT", "Schema", "query_schema", "resource_schema"]

Schema: TypeAlias = dict[str, Any]

TEXT: Schema = {"type": ["string", "integer"], "pattern": r"\S"}
_VALUES: dict[str, Schema] = {
    "int": {"type": ["integer", "string"], "minimum": 1, "pattern": f"^{WHOLE}$"},
    "taxon": {
        "type": ["string", "integer"],
        "minimum": 1,
        "pattern": r"^[^\s,/\\]([^,/\\]*[^\s,/\\])?$",
    },
    "string": {"type": ["string", "integer"], "pattern": r"^[^\s,/\\]+$"},
}
_WORDS = {
    "ids": "Numbers, as in gene 672.",
    "accessions": "Accessions, with or without version.",
    "symbols": "Gene symbols; `taxon` says of which organism.",
    "taxa": "Taxa by number or name; numbers are safer.",
}


def query_schema() -> Schema:
    """An entry of `harvest`: an editor offers the resources, then the keys of the chosen one."""
    resources = [{"const": name, "description": r.title} for name, r in RESOURCES.items()]
    return {
        "type": "object",
        "required": ["resource"],
        "properties": {"resource": {"oneOf": resources}},
        "allOf": [
            {
                "if": {"required": ["resource"], "properties": {"resource": {"const": name}}},
                "then": {"$ref": f"#/$defs/{name}"},
            }
            for name in RESOURCES
        ],
    }


def resource_schema(resource: Resource) -> Schema:
    """A query of one resource."""
    keys = selector_keys(resource)
    properties: Schema = {
        "resource": {"const": resource.name},
        "endpoint": {
            "enum": [v for v in VARIANTS if any(e.variant == v for e in resource.endpoints)],
            "default": VARIANTS[0],
            "description": "`legacy`: the older path, which NCBI marks deprecated.",
        },
    }
    for key, endpoint in zip(keys[::2], _defaults(resource), strict=True):
        properties |= _selector(key, endpoint)
    if has_companion(resource):
        properties[TAXON] = _VALUES["taxon"] | {"description": "The organism of the symbols."}
    properties["filters"] = _filters(resource)
    properties["ignore_changes"] = {
        "type": "array",
        "minItems": 1,
        "items": {"enum": list(may_be_ignored(resource))},
        "description": "Columns, or members of them, whose difference is no change.",
    }
    properties |= _refresh(resource)
    rules = [*_companions(resource), *_filters_by_path(resource), *_topped_up(resource)]
    return {
        "description": resource.title,
        "additionalProperties": False,
        "properties": properties,
        "oneOf": [{"required": [key]} for key in keys],
        **({"allOf": rules} if rules else {}),
    }


def _defaults(resource: Resource) -> list[Endpoint]:
    return [endpoint for endpoint in resource.endpoints if endpoint.variant == VARIANTS[0]]


def _selector(key: str, endpoint: Endpoint) -> Schema:
    values = {"type": "array", "minItems": 1, "items": _VALUES[endpoint.value_kind]}
    file = f"A file beside the job with {key}: one a line, # comments."
    return {
        key: values | {"description": _WORDS.get(key, f"{key} to ask for.")},
        f"{key}_file": TEXT | {"description": file},
    }


def _companions(resource: Resource) -> list[Schema]:
    """`taxon` goes with symbols and only with them."""
    if not has_companion(resource):
        return []
    needing = [e.selector for e in _defaults(resource) if e.companion]
    asked = {"anyOf": [{"required": [k]} for name in needing for k in (name, f"{name}_file")]}
    needs = {"required": [TAXON]}
    return [{"if": asked, "then": needs, "else": {"not": needs}}]


def _refresh(resource: Resource) -> Schema:
    """All of it each time, or mostly what is new, where NCBI can tell what is."""
    able = can_be_topped_up(resource)
    refresh = {
        "enum": [one for one in REFRESHES if able or one != "new"],
        "default": REFRESHES[0],
        "description": "`new`: ask only for what is new, and for all of it now and then.",
    }
    every = {
        "type": "string",
        "pattern": f"^({SPAN}|{RUNS})$",
        "default": "7d",
        "description": "How often all of it is asked for, in time or in runs.",
        "examples": ["7d", "24 runs"],
    }
    return {"refresh": refresh} | ({"full_every": every} if able else {})


def _topped_up(resource: Resource) -> list[Schema]:
    """`refresh: new` goes with some selectors only, and `full_every` only with that."""
    able = can_be_topped_up(resource)
    if not able:
        return []
    new: Schema = {"required": ["refresh"], "properties": {"refresh": {"const": "new"}}}
    asked = {"anyOf": [{"required": [k]} for name in able for k in (name, f"{name}_file")]}
    return [{"if": new, "then": asked, "else": {"not": {"required": ["full_every"]}}}]


def _filters(resource: Resource) -> Schema:
    """The filters of all the paths of a resource, with their documentation."""
    params = {param.name: param for e in resource.endpoints for param in e.filters}
    return {
        "type": "object",
        "additionalProperties": False,
        "description": "Which of them; the filters of NCBI in their bare names.",
        "properties": {name: _filter(param) for name, param in sorted(params.items())},
    }


def _filter(param: Param) -> Schema:
    if param.many:
        return {"type": "array", "minItems": 1, "items": _one(param), "description": param.doc}
    return _one(param) | {"description": param.doc}


def _one(param: Param) -> Schema:
    if param.kind == "enum":
        return {"enum": list(param.choices)}
    if param.kind == "date":
        return {"type": "string", "pattern": f"^{DATE}$"}
    if param.kind == "string":
        return dict(TEXT)
    return {"type": {"bool": "boolean", "int": "integer"}[param.kind]}


def _filters_by_path(resource: Resource) -> list[Schema]:
    """Where paths differ in their filters: which of them a query has."""
    sets = {frozenset(param.name for param in e.filters) for e in resource.endpoints}
    if len(sets) == 1:
        return []
    return [_path_filters(endpoint) for endpoint in resource.endpoints]


def _path_filters(endpoint: Endpoint) -> Schema:
    legacy: Schema = {"required": ["endpoint"], "properties": {"endpoint": {"const": "legacy"}}}
    variant = legacy if endpoint.variant == "legacy" else {"not": legacy}
    keys = (endpoint.selector, f"{endpoint.selector}_file")
    asked = {"anyOf": [{"required": [key]} for key in keys]}
    names = sorted(param.name for param in endpoint.filters)
    return {
        "if": {"allOf": [variant, asked]},
        "then": {"properties": {"filters": {"propertyNames": {"enum": names}}}},
    }
