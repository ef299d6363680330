"""NCBI's OpenAPI document as a description of its reports."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import yaml
from msgspec.structs import replace

from harvester.errors import SpecError
from harvester.schema.described import Described

__all__ = ["OpenApi", "read_openapi"]

_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_PLAIN = {"boolean": "bool", "integer": "int", "number": "float", "string": "string"}
#: Strings that are something else by their format.
_FORMATS = {
    "int64": "quoted_int", "uint64": "quoted_int", "date-time": "timestamp",
}  # fmt: skip


class OpenApi:
    """The schemas of a document, by their names, however these are capitalised."""

    def __init__(self, schemas: Mapping[str, Any]) -> None:
        self._schemas = {name.lower(): body for name, body in schemas.items()}

    def members(self, struct: str) -> Mapping[str, Described] | None:
        """The properties of a schema; None where there is no such schema."""
        body = self._schemas.get(struct.lower())
        if not isinstance(body, dict):
            return None
        listed = body.get("properties")
        found = listed.items() if isinstance(listed, dict) else ()
        return {name: self._described(one, f"{struct}.{name}") for name, one in found}

    def _described(self, body: Any, place: str) -> Described:  # noqa: ANN401 - anybody's document
        if not isinstance(body, dict):
            return Described("unknown")
        if body.get("type") == "array":
            one = self._described(body.get("items"), place)
            return replace(one, many=True)
        if isinstance(parts := body.get("allOf"), list) and len(parts) == 1:
            return self._described(parts[0], place)
        if isinstance(reference := body.get("$ref"), str):
            name = reference.rpartition("/")[2]
            return self._named(self._schemas.get(name.lower()), name)
        return self._named(body, place)

    def _named(self, body: Any, name: str) -> Described:  # noqa: ANN401 - anybody's document
        if not isinstance(body, dict):
            return Described("unknown")
        if isinstance(values := body.get("enum"), list):
            return Described("string", choices=tuple(map(str, values)))
        kind = str(body.get("type", "object"))
        if kind == "object":
            self._schemas.setdefault(name.lower(), body)  # one that stands where it is used
            return Described("struct", struct=name)
        if kind == "string":
            kind = _FORMATS.get(str(body.get("format")), "string")
        return Described(_PLAIN.get(kind, kind))


def read_openapi(text: str, source: str) -> OpenApi:
    """The document that a text is, in YAML or JSON; SpecError where it is none."""
    try:
        body = yaml.load(text, Loader=_LOADER)  # noqa: S506 (it is a safe loader)
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        reason = " ".join(str(error).split())[:200]
        raise SpecError(f"{source} is neither YAML nor JSON: {reason}") from error
    components = body.get("components") if isinstance(body, dict) else None
    schemas = components.get("schemas") if isinstance(components, dict) else None
    if not isinstance(schemas, dict):
        raise SpecError(f"{source} is no OpenAPI document: it has no components with schemas")
    return OpenApi({str(name): body for name, body in schemas.items()})
