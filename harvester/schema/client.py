"""NCBI's own Python client as a description of its reports: the models that it is made of."""

from __future__ import annotations

import types
from collections.abc import Mapping
from datetime import datetime
from enum import Enum
from importlib import import_module, metadata
from typing import Annotated, Any, Union, get_args, get_origin

from msgspec.structs import replace

from harvester.errors import SpecError
from harvester.schema.described import Described

__all__ = ["CLIENT", "Client", "installed_client"]

CLIENT = "ncbi-datasets-pyclient"
_KINDS = {bool: "bool", int: "int", float: "float", str: "text", datetime: "timestamp"}


class Client:
    """The models of an installed client."""

    def __init__(self, models: Any, version: str) -> None:  # noqa: ANN401 - it has no types
        self._models = models
        self.version = version

    def members(self, struct: str) -> Mapping[str, Described] | None:
        """The fields of a model by their names on the wire; None where there is no such model."""
        model = getattr(self._models, struct[:1].upper() + struct[1:], None)
        if model is None:
            return None
        fields = model.model_fields.items()
        return {info.alias or name: _described(info.annotation) for name, info in fields}


def installed_client() -> Client:
    """The client; SpecError where it is not installed."""
    try:
        models = import_module("ncbi.datasets.openapi.models")
    except ImportError as error:
        raise SpecError(
            f"there is nothing to compare with: name NCBI's OpenAPI document with --spec, or "
            f"install NCBI's client (pip install {CLIENT})"
        ) from error
    return Client(models, metadata.version(CLIENT))


def _described(annotation: Any) -> Described:  # noqa: ANN401 - any annotation
    origin = get_origin(annotation)
    if origin is Annotated:
        return _described(get_args(annotation)[0])
    if origin is list:
        one = _described(get_args(annotation)[0])
        return replace(one, many=True)
    if origin in {Union, types.UnionType}:
        found = [_described(one) for one in get_args(annotation) if one is not type(None)]
        return next((one for one in found if one.kind == "float"), found[0])
    return _plain(annotation)


def _plain(kind: Any) -> Described:  # noqa: ANN401 - any class
    if hasattr(kind, "model_fields"):
        return Described("struct", struct=kind.__name__)
    if isinstance(kind, type) and issubclass(kind, Enum):
        return Described("string", choices=tuple(str(member.value) for member in kind))
    return Described(_KINDS.get(kind, "unknown"))
