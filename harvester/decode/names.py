"""Names and JSON Pointers: how `_extra` and drift say where a value stood."""

from __future__ import annotations

import re

__all__ = ["pattern", "segment", "snake"]

_CAMEL = re.compile(r"[a-z][a-z0-9]*(?:[A-Z][a-z0-9]*)+")
_CAPITAL = re.compile(r"[A-Z]")
_INDEX = re.compile(r"/\d+(?=/|#|$)")


def snake(name: str) -> str:
    """The snake_case twin of a lowerCamelCase name; any other name is left as it is."""
    if not _CAMEL.fullmatch(name):
        return name
    return _CAPITAL.sub(lambda capital: "_" + capital.group().lower(), name)


def segment(name: str) -> str:
    """One step of a JSON Pointer (RFC 6901), slash included."""
    return "/" + name.replace("~", "~0").replace("/", "~1")


def pattern(pointer: str) -> str:
    """The pointer with `-` for each index, the same for every element of a list."""
    return _INDEX.sub("/-", pointer)
