"""JSON values on their way into columns that a schema learned: exactly, or not at all."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any

import msgspec
from msgspec.structs import replace

from harvester.schema import Field, camel

__all__ = ["Raw", "fit", "named", "pointer", "steps"]

Raw = msgspec.Raw

#: What a column could not hold, by JSON Pointer, as the very bytes that came.
Rest = dict[str, Raw]

_INTEGER = re.compile(r"0|-?[1-9][0-9]{0,18}")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_CLOCK = r"[0-9]{2}(?::[0-9]{2}(?::[0-9]{2}(?:\.[0-9]{1,6})?)?)?"
#: What Python reads beyond this it would cut or guess.
_TIMESTAMP = re.compile(rf"{_DATE.pattern}(?:[T ]{_CLOCK}(?:Z|[+-][0-9]{{2}}(?::?[0-9]{{2}})?)?)?")
_OBJECT = msgspec.json.Decoder(dict[str, Raw])
_LIST = msgspec.json.Decoder(list[Raw])
_ANY = msgspec.json.Decoder(Any)


def fit(raw: Raw, field: Field, at: str, rest: Rest) -> Any:  # noqa: ANN401 - any column's value
    """The value as its column holds it; what the column cannot hold goes to the rest."""
    text = bytes(raw)
    if text == b"null":
        return None
    try:
        if field.many:
            one = replace(field, many=False)
            items = _LIST.decode(text)
            return [fit(item, one, f"{at}/{index}", rest) for index, item in enumerate(items)]
        if field.kind == "struct":
            return _struct(_OBJECT.decode(text), field, at, rest)
        return text.decode() if field.kind == "json" else _FITTING[field.kind](_ANY.decode(text))
    except (ValueError, OverflowError, RecursionError):  # msgspec's errors are ValueErrors
        rest[at] = raw
        return None


def named(fields: Sequence[Field], name: str) -> Field | None:
    """The field of this name, in either spelling."""
    for field in fields:
        if name in (field.name, camel(field.name)):
            return field
    return None


def pointer(names: Sequence[str]) -> str:
    """The JSON Pointer (RFC 6901) along these names."""
    return "".join("/" + name.replace("~", "~0").replace("/", "~1") for name in names)


def steps(at: str) -> list[str]:
    """The names along a JSON Pointer."""
    return [step.replace("~1", "/").replace("~0", "~") for step in at.split("/")[1:]]


def _struct(members: Mapping[str, Raw], field: Field, at: str, rest: Rest) -> dict[str, Any]:
    held: dict[str, Any] = {}
    for name, raw in members.items():
        member, place = named(field.fields, name), at + pointer([name])
        if member is None or member.name in held:
            rest[place] = raw
        else:
            held[member.name] = fit(raw, member, place, rest)
    return held


def _only(kind: type) -> Callable[[Any], Any]:
    def check(value: object) -> object:
        if type(value) is not kind:
            raise ValueError
        return value

    return check


def _int(value: object) -> int:
    if isinstance(value, str) and _INTEGER.fullmatch(value):
        value = int(value)
    if type(value) is not int or not -(2**63) <= value < 2**63:
        raise ValueError
    return value


def _float(value: object) -> float:
    if type(value) not in (int, float) or float(value) != value or not math.isfinite(value):  # type: ignore[arg-type]
        raise ValueError
    return float(value)


def _date(value: object) -> date:
    if not isinstance(value, str) or not _DATE.fullmatch(value):
        raise ValueError
    return date.fromisoformat(value)


def _timestamp(value: object) -> datetime:
    if not isinstance(value, str) or not _TIMESTAMP.fullmatch(value):
        raise ValueError
    told = datetime.fromisoformat(value)
    return told.astimezone(UTC).replace(tzinfo=None) if told.tzinfo else told


def _nothing(_: object) -> None:
    raise ValueError


_FITTING: Mapping[str, Callable[[Any], Any]] = {
    "string": _only(str),
    "int": _int,
    "quoted_int": _int,
    "float": _float,
    "bool": _only(bool),
    "date": _date,
    "timestamp": _timestamp,
    "blob": _nothing,
}
