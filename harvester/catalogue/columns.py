"""The columns of the tables by name alone, for those who must do without Arrow's types."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any

import yaml

__all__ = ["column_paths", "schema_folder"]

_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def schema_folder() -> Traversable:
    """Inside an installed package, else beside it, as in the repository."""
    packaged = resources.files("harvester") / "schemas"
    return packaged if packaged.is_dir() else Path(__file__).parents[2] / "schemas"


@cache
def column_paths(table: str) -> tuple[str, ...]:
    """Every column and every member of it, with dots between the names."""
    return tuple(_walk(_read(table)["fields"], "", ()))


def _walk(fields: Mapping[str, Any], above: str, around: tuple[str, ...]) -> Iterator[str]:
    for name, body in fields.items():
        struct = body.get("struct")
        if struct is not None and around.count(struct) >= _structs()[struct].get("depth", 1):
            continue
        yield above + name
        inner = body.get("fields", {}) if struct is None else _structs()[struct]["fields"]
        yield from _walk(inner, f"{above}{name}.", (*around, struct) if struct else around)


def _structs() -> Mapping[str, Any]:
    structs: Mapping[str, Any] = _read("shared")["structs"]
    return structs


@cache
def _read(name: str) -> Mapping[str, Any]:
    text = schema_folder().joinpath(f"{name}.yaml").read_text(encoding="utf-8")
    body: Mapping[str, Any] = yaml.load(text, Loader=_LOADER)  # noqa: S506 (it is a safe loader)
    return body
