"""Schema files to fields: `schemas/<table>.yaml`, with the structs that tables share."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib.resources.abc import Traversable
from typing import cast

import yaml
from msgspec import Struct
from msgspec.structs import replace

from harvester.catalogue import RESOURCES
from harvester.catalogue.columns import schema_folder
from harvester.errors import HarvesterError
from harvester.schema.fields import SCALARS, Field, Kind, TableSchema

__all__ = ["load_schema", "read_schema", "schema_folder", "table_names"]

_SHARED = "shared.yaml"
_FIELD_KEYS = {"type", "doc", "many", "choices", "fields", "struct"}
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def table_names() -> tuple[str, ...]:
    """The tables of the resources, in the catalogue's order."""
    return tuple(RESOURCES)


@cache
def load_schema(name: str) -> TableSchema:
    """The schema of a table; those of the `meta` schema go by `meta/runs` and the like."""
    return _schema(schema_folder(), name, _shared_here())


def read_schema(folder: Traversable, name: str) -> TableSchema:
    """One schema file, with what it takes from the shared one next to it."""
    return _schema(folder, name, _shared(folder))


def _schema(folder: Traversable, name: str, reader: _Reader) -> TableSchema:
    at = _Place(f"{name}.yaml")
    body = _read(folder, at)
    _refuse_unknown(body, {"table", "doc", "fields"}, at)
    return TableSchema(_text(body, "table", at), _text(body, "doc", at), reader.members(body, at))


class _Place(Struct, frozen=True):
    """Where a definition stands, and the shared structs that it stands inside of."""

    file: str
    path: tuple[str, ...] = ()
    around: tuple[str, ...] = ()

    def member(self, name: str) -> _Place:
        return replace(self, path=(*self.path, name))

    def inside(self, struct: str) -> _Place:
        return _Place(_SHARED, ("structs", struct), (*self.around, struct))

    def fault(self, message: str) -> HarvesterError:
        words = (f"schemas/{self.file}", ".".join(self.path), message)
        return HarvesterError(": ".join(filter(None, words)))


class _Reader(Struct, frozen=True):
    """Turns definitions into fields; knows the structs and the enumerations that have names."""

    structs: Mapping[str, object]
    choices: Mapping[str, object]

    def members(self, body: Mapping[str, object], at: _Place) -> tuple[Field, ...]:
        listed = _mapping(body.get("fields"), at)
        found = (self.field(name, value, at.member(name)) for name, value in listed.items())
        return tuple(field for field in found if field is not None)

    def field(self, name: str, value: object, at: _Place) -> Field | None:
        """The field; none where a struct that holds itself has reached its depth."""
        body = _mapping(value, at)
        _refuse_unknown(body, _FIELD_KEYS, at)
        kind, doc, many = _kind(body, at), _text(body, "doc", at), body.get("many", False)
        if not isinstance(many, bool):
            raise at.fault("'many' is true or false")
        if kind != "struct":
            return Field(name, kind, doc, many, choices=self.known_values(body, at))
        fields = self.struct(body, at)
        return Field(name, kind, doc, many, fields) if fields else None

    def struct(self, body: Mapping[str, object], at: _Place) -> tuple[Field, ...]:
        if "fields" in body:
            return self.members(body, at)
        name = _text(body, "struct", at)
        if name not in self.structs:
            raise at.fault(f"no struct {name!r} in {_SHARED}")
        inside = at.inside(name)
        shared = _mapping(self.structs[name], inside)
        _refuse_unknown(shared, {"fields", "depth"}, inside)
        if at.around.count(name) >= _depth(shared, at.around.count(name), inside):
            return ()
        return self.members(shared, inside)

    def known_values(self, body: Mapping[str, object], at: _Place) -> tuple[str, ...]:
        listed = body.get("choices", [])
        if listed and body["type"] != "string":
            raise at.fault("only a string has choices")
        if isinstance(listed, str):
            listed = self.choices.get(listed)
        if not isinstance(listed, list) or not all(isinstance(item, str) for item in listed):
            raise at.fault(f"'choices' is a list of texts, or the name of one in {_SHARED}")
        return tuple(listed)


def _kind(body: Mapping[str, object], at: _Place) -> Kind:
    kind = body.get("type")
    if kind != "struct" and kind not in SCALARS:
        raise at.fault(f"unknown type {kind!r}")
    if (kind == "struct") != (len(body.keys() & {"fields", "struct"}) == 1):
        raise at.fault("a struct, and nothing else, has either 'fields' or 'struct'")
    return cast("Kind", kind)


def _depth(shared: Mapping[str, object], around: int, at: _Place) -> int:
    if "depth" not in shared and around:
        raise at.fault("a struct that holds itself needs a 'depth'")
    depth = shared.get("depth", 1)
    if isinstance(depth, bool) or not isinstance(depth, int) or depth < 1:
        raise at.fault("'depth' is a whole number from 1")
    return depth


@cache
def _shared_here() -> _Reader:
    return _shared(schema_folder())


def _shared(folder: Traversable) -> _Reader:
    at = _Place(_SHARED)
    body = _read(folder, at)
    _refuse_unknown(body, {"structs", "choices"}, at)
    structs = _mapping(body.get("structs", {}), at.member("structs"))
    return _Reader(structs, _mapping(body.get("choices", {}), at.member("choices")))


def _read(folder: Traversable, at: _Place) -> Mapping[str, object]:
    try:
        text = folder.joinpath(at.file).read_text(encoding="utf-8")
        return _mapping(yaml.load(text, Loader=_LOADER), at)  # noqa: S506 (it is a safe loader)
    except FileNotFoundError as error:
        raise at.fault("no such schema file") from error
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise at.fault(f"cannot be read: {error}") from error


def _refuse_unknown(body: Mapping[str, object], known: set[str], at: _Place) -> None:
    if unknown := body.keys() - known:
        raise at.fault(f"unknown key {min(unknown)!r}")


def _mapping(value: object, at: _Place) -> Mapping[str, object]:
    if not isinstance(value, dict) or not all(isinstance(key, str) for key in value):
        raise at.fault("names with their definitions are expected here")
    return value


def _text(body: Mapping[str, object], key: str, at: _Place) -> str:
    value = body.get(key)
    if not isinstance(value, str) or not value.strip():
        raise at.fault(f"{key!r} is missing, or is no text")
    return " ".join(value.split())
