"""Records as NCBI writes them, damaged by chance: a page of a few lines."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from harvester.catalogue import Resource
from harvester.schema import Field, camel, load_schema

__all__ = ["Pairs", "Text", "page"]

_TEXTS = [
    "",
    "x",
    "é🧬",
    'a"b\\',
    "\x00\x1b",
    "2020-02-30",
    "2021-02-28T05:23:06.1234567Z",
    "9" * 20,
]
_NUMBERS = ["0", "-0", "-0.0", "1e400", "5", "-7", "2.50", "1E+2", "9007199254740993", "9" * 30]
_NAMES = ["new", "newField", "a/b~c", "", "é", "accession", "query", "warnings", "error", "_extra"]
_TOKENS = [
    b"null", b"{", b"}", b"[", b"]", b",", b":", b'"', b"\\", b"\x00", b"\xff", b"1", b"-", b"e",
    b".", b"NaN", b"Infinity", b" ", b"\r", b"\\u", b"\\ud800", b"{}", b"[]", b'""', b'"a":',
    b"\xef\xbb\xbf", b"0", b"{}{}", b"\xe2\x82", b"[" * 2000, b"true",
]  # fmt: skip


Spell = Callable[[str], str]


class Text(str):
    """JSON as it is written: a number."""

    __slots__ = ()


class Pairs(list[tuple[str, Any]]):
    """An object as it is written: names may repeat."""

    __slots__ = ()


def page(chance: random.Random, resource: Resource) -> bytes:
    """A few lines: some whole, some with values that do not fit, some with broken bytes."""
    return b"\n".join(_line(chance, resource) for _ in range(chance.choice([1, 2, 3, 5, 8])))


def _line(chance: random.Random, resource: Resource) -> bytes:
    record = _record(chance, resource)
    for _ in range(chance.choice([0, 0, 1, 1, 2, 4])):
        _twist(chance, record)
    line = _written(record).encode()
    for _ in range(chance.choice([0, 0, 0, 1, 2, 4])):
        line = _damaged(chance, line)
    return line.replace(b"\n", b"")


def _record(chance: random.Random, resource: Resource) -> Pairs:
    spell = camel if chance.random() < 0.3 else str
    report = _object(chance, load_schema(resource.name).fields, spell, resource.key)
    if not resource.wrapper or chance.random() < 0.2:
        return report
    outer = {spell(name) for name in resource.wrapper_columns}
    beside = [pair for pair in report if pair[0] in outer]
    inside = Pairs(pair for pair in report if pair[0] not in outer)
    echo = [("query", chance.choice([["asked"], "asked", [Text("5")], None, []]))]
    return Pairs([(spell(resource.wrapper), inside), *beside, *echo * (chance.random() < 0.8)])


def _object(
    chance: random.Random, fields: Sequence[Field], spell: Spell, key: Sequence[str] = ()
) -> Pairs:
    chosen = [f for f in fields if f.name in key or chance.random() < min(1.0, 4 / len(fields))]
    return Pairs((spell(field.name), _value(chance, field, spell)) for field in chosen)


def _value(chance: random.Random, field: Field, spell: Spell) -> Any:
    if field.many:
        count = chance.choice([0, 1, 2])
        return [_one(chance, field, spell) for _ in range(count)]
    return _one(chance, field, spell)


def _one(chance: random.Random, field: Field, spell: Spell) -> Any:
    if field.kind == "struct":
        return _object(chance, field.fields, spell)
    number = chance.randrange(9999)
    if chance.random() < 0.2:
        number = chance.randrange(-(2**63), 2**63)
    fitting: dict[str, Any] = {
        "int": Text(number),
        "quoted_int": str(number),
        "float": Text(chance.choice([number % 2**53, number / 1000])),
        "bool": number % 2 == 0,
        "date": "2024-02-29",
        "timestamp": chance.choice(["1995-10-26T00:00:00Z", "2021-02-28T05:23:06.723"]),
    }
    return fitting.get(field.kind, chance.choice([f"GCF_{number}.1", *_TEXTS[1:4]]))


def _anything(chance: random.Random, depth: int = 3) -> Any:
    kind = chance.randrange(8 if depth else 5)
    if kind > 5:
        return Pairs((chance.choice(_NAMES), _anything(chance, depth - 1)) for _ in range(2))
    if kind == 5:
        return [_anything(chance, depth - 1) for _ in range(chance.randrange(3))]
    simple = [None, True, False, chance.choice(_TEXTS), Text(chance.choice(_NUMBERS))]
    return simple[kind]


def _twist(chance: random.Random, record: Pairs) -> None:
    """Changes one value, one name, or the number of times that something is there."""
    here = chance.choice([record, *_objects(record)])
    place = chance.randrange(len(here) + 1)
    if place == len(here):
        here.append((chance.choice(_NAMES), _anything(chance)))
        return
    name, value = here[place]
    here[place : place + 1] = chance.choice(
        [
            [(name, _anything(chance))],
            [(chance.choice([*_NAMES, camel(name)]), value)],
            [(name, value), (chance.choice([name, camel(name)]), _anything(chance))],
            [(name, [value])],
            [],
        ]
    )


def _objects(value: Any) -> Iterator[Pairs]:
    inner = [item for _, item in value] if isinstance(value, Pairs) else value
    for item in inner:
        if isinstance(item, Pairs):
            yield item
        if isinstance(item, list):
            yield from _objects(item)


def _written(value: Any) -> str:
    if isinstance(value, Pairs):
        return "{" + ",".join(f"{json.dumps(k)}:{_written(v)}" for k, v in value) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(_written, value)) + "]"
    return str(value) if isinstance(value, Text) else json.dumps(value, ensure_ascii=False)


def _damaged(chance: random.Random, line: bytes) -> bytes:
    at = chance.randrange(len(line) + 1)
    size = chance.choice([0, 0, 1, 1, 2, 5, 40])
    middle = chance.choice([chance.choice(_TOKENS), b"", bytes([chance.randrange(256)]), line[:at]])
    return line[:at] + middle + line[at + size :]
