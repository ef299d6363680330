"""Records are made from templates: JSON texts with gaps, which are filled by joining bytes."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from operator import itemgetter
from typing import TypeAlias

__all__ = ["EMPTY", "Json", "Record", "Template", "clean", "dumps", "number", "text"]

Json: TypeAlias = "Mapping[str, Json] | Sequence[Json] | str | int | float | bool | None"
Record: TypeAlias = "dict[str, Json]"

#: Stands for a message that is present and holds nothing, as NCBI sometimes sends it.
EMPTY = "⟦⟧"
_GAP = re.compile('"⟦#(\\w+)⟧"|⟦(\\w+)⟧'.encode())
_GO_ESCAPES = ((b"&", b"\\u0026"), (b"<", b"\\u003c"), (b">", b"\\u003e"))


def text(name: str) -> str:
    """A gap inside a text."""
    return f"⟦{name}⟧"


def number(name: str) -> str:
    """A gap for a number, which loses the quotes around it."""
    return f"⟦#{name}⟧"


def clean(value: Json) -> Json:
    """The value without what protobuf leaves out: zero, false and empty; `None` if all is."""
    if isinstance(value, str):  # most of a record: asked first
        return {} if value == EMPTY else value or None
    if isinstance(value, Mapping):
        return {k: kept for k, v in value.items() if (kept := clean(v)) is not None} or None
    if isinstance(value, list | tuple):
        return [kept for v in value if (kept := clean(v)) is not None] or None
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return value or None


def dumps(value: Json, *, escaped: bool = False) -> bytes:
    """Compact JSON in the order of the fields; `escaped` writes <, > and & as Go does."""
    data = json.dumps(clean(value) or {}, ensure_ascii=False, separators=(",", ":")).encode()
    for plain, escape in _GO_ESCAPES if escaped else ():
        data = data.replace(plain, escape)
    return data


class Template:
    """A record with gaps; `names` are the values that fill it, in their order."""

    __slots__ = ("_parts", "_pick")

    def __init__(self, record: Record, names: Sequence[str], *, escaped: bool = False) -> None:
        pieces = _GAP.split(dumps(record, escaped=escaped))
        asked = [(a or b).decode() for a, b in zip(pieces[1::3], pieces[2::3], strict=True)]
        self._parts = [b""] * (2 * len(asked) + 1)
        self._parts[::2] = pieces[::3]
        self._pick = itemgetter(*(names.index(name) for name in asked))

    def fill(self, values: Sequence[bytes]) -> bytes:
        """The record's JSON text; a template has two gaps at the least."""
        parts = self._parts.copy()
        parts[1::2] = self._pick(values)
        return b"".join(parts)
