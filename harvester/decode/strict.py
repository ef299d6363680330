"""JSON read strictly and without loss: exact numbers, duplicate keys kept, nothing invented."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

__all__ = ["BadRecord", "Number", "json_object", "json_text", "members", "parse", "parse_record"]

_BOM = b"\xef\xbb\xbf"
#: Python's own limit lies near 1000 and moves with the stack; this one is the same everywhere.
_DEEPEST = 200
#: Longer integers are infinite as floats and slow to convert.
_LONGEST_INTEGER = 308


class BadRecord(ValueError):
    """The bytes hold no record that could become a row; the text says why."""


class Number(float):
    """A number that keeps its text, so that no digit is lost where it is passed on."""

    __slots__ = ("text",)

    text: str

    @classmethod
    def of(cls, text: str) -> Number:
        """The float that is nearest to the text, and the text."""
        number = cls(text)
        number.text = text
        return number


class _Doubled(dict[str, Any]):
    """An object that gives a name twice; as a dict it holds the last value of each."""

    def __init__(self, pairs: list[tuple[str, Any]]) -> None:
        super().__init__(pairs)
        self.pairs = pairs


def json_object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """The object of these pairs, in which no pair is lost."""
    value = dict(pairs)
    return value if len(value) == len(pairs) else _Doubled(pairs)


def members(value: dict[str, Any]) -> Iterable[tuple[str, Any]]:
    """All names with their values, repeated ones as often as they were given."""
    return value.pairs if isinstance(value, _Doubled) else value.items()


def parse_record(line: bytes) -> dict[str, Any]:
    """The one JSON object that a line holds."""
    record = parse(line)
    if not isinstance(record, dict):
        raise BadRecord("not a JSON object")
    return record


def parse(data: bytes) -> Any:  # noqa: ANN401 - JSON may be anything
    """The one JSON value that the bytes hold."""
    try:
        value = _DECODER.decode(data.removeprefix(_BOM).decode())
        if b"\\ud" in data or b"\\uD" in data:
            json_text(value).encode()  # fails for half of a surrogate pair
    except UnicodeError as error:
        raise BadRecord(f"not Unicode: {error}") from error
    except json.JSONDecodeError as error:
        raise BadRecord(f"not JSON: {error.msg} (character {error.pos})") from error
    except RecursionError as error:
        raise BadRecord("nested too deep") from error
    return value


def json_text(value: Any, depth: int = _DEEPEST) -> str:  # noqa: ANN401 - JSON may be anything
    """The value as JSON: numbers as they were written, duplicate keys kept."""
    if isinstance(value, dict):
        inner = _deeper(depth)
        return f"{{{','.join(f'{_quote(k)}:{json_text(v, inner)}' for k, v in members(value))}}}"
    if isinstance(value, list):
        inner = _deeper(depth)
        return f"[{','.join(json_text(item, inner) for item in value)}]"
    return value.text if isinstance(value, Number) else _quote(value)


def _deeper(depth: int) -> int:
    if not depth:
        raise BadRecord("nested too deep")
    return depth - 1


def _quote(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)


def _integer(text: str) -> int | Number:
    # No int is a zero with a sign.
    plain = len(text) <= _LONGEST_INTEGER and text != "-0"
    return int(text) if plain else Number.of(text)


def _refuse(name: str) -> None:
    raise BadRecord(f"not JSON: {name}")


_DECODER = json.JSONDecoder(
    object_pairs_hook=json_object, parse_int=_integer, parse_float=Number.of, parse_constant=_refuse
)
