"""Bad records: their bytes, and where each must be found again."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import count
from typing import Any

from harvester.schema import Field, load_schema

__all__ = ["GENE", "GENOME", "MISFITS", "VIRUS", "Case", "Kind", "cases"]

#: Gives a record with the members after its key.
Make = Callable[[bytes], bytes]

LONG = b"x" * 5_000_000
LINE = 2**26


@dataclass(frozen=True)
class Case:
    """One bad record. Where neither `extra` nor a column is expected, it is no row."""

    name: str
    key: str
    line: bytes
    extra: bytes | None = None
    column: str = ""
    value: Any = None
    #: It can stand on a line of its own, but in no list.
    lines_only: bool = False

    @property
    def rejected(self) -> bool:
        return self.extra is None and not self.column


@dataclass(frozen=True)
class Kind:
    """A table whose records are wrapped, or one whose records are bare."""

    table: str
    key: str
    text: str
    wrapped: bool

    def record(self, key: str, members: bytes = b"") -> bytes:
        report = b'{"%s":"%s"%s}' % (self.key.encode(), key.encode(), members)
        return b'{"gene":%s,"query":["%s"]}' % (report, key.encode()) if self.wrapped else report


GENOME = Kind("genome", "accession", "paired_accession", wrapped=False)
VIRUS = Kind("virus", "accession", "purpose_of_sampling", wrapped=False)
GENE = Kind("gene", "gene_id", "description", wrapped=True)

MISFITS: dict[str, tuple[bytes, ...]] = {
    "string": (b"5", b'{"a":1}', b"[1]", b"true", b"-0"),
    "int": (b'"abc"', b"1.5", b"{}", b"[1]", b"true", b"18446744073709551616", b'"1e3"'),
    "quoted_int": (b'"abc"', b'{"a":[]}', b"[1]", b'"9223372036854775808"', b"9223372036854775808"),
    "float": (b'"x"', b"true", b"[1.5]", b"1e400", b"9007199254740993", b"-1e999"),
    "bool": (b'"true"', b"1", b"{}"),
    "date": (b'"2023-02-30"', b'"soon"', b"20230228", b"[]"),
    "timestamp": (b'"soon"', b"5", b'"2021-02-28T05:23:06.1234567Z"'),
    "struct": (b'"x"', b"5", b"[1]"),
    "list": (b"5", b'"x"', b'{"a":1}'),
}  # fmt: skip

#: What fits its column or stands beside it: members, `_extra`, the text that the column holds.
_KEPT: dict[str, tuple[bytes, bytes | None, str | None]] = {
    "long": (b',"@":"%s","new":"%s"' % (LONG, LONG), b'{"/new":"%s"}' % LONG, LONG.decode()),
    "twice": (b',"@":"a","@":"b","new":1,"new":2', b'{"/@#1":"a","/new#1":1,"/new":2}', "b"),
    "twice inside": (b',"new":{"x":1,"x":2}', b'{"/new":{"x":1,"x":2}}', None),
    "nul": (b',"@":"a\\u0000b","n\\u0000":"\\u0000"', b'{"/n\\u0000":"\\u0000"}', "a\0b"),
    "numbers": (b',"new":[1e400,-0,-0.0,0.10000000000000000000001,%s]' % (b"9" * 5000),
                b'{"/new":[1e400,-0,-0.0,0.10000000000000000000001,%s]}' % (b"9" * 5000), None),
    "deep": (b',"new":%s' % (b"[" * 150 + b"]" * 150),
             b'{"/new":%s}' % (b"[" * 150 + b"]" * 150), None),
    "control": (',"@":"\\u001b[31m\u202e\x9b"'.encode(), None, "\x1b[31m\u202e\x9b"),
}  # fmt: skip

#: What can be no row.
_REJECTED: dict[str, Callable[[Make], bytes]] = {
    "utf-8 in a value": lambda r: r(b',"new":"\xff"'),
    "utf-8 in a key": lambda r: r(b',"\xff":1'),
    "half a character": lambda r: r(b',"new":"\xe2\x82"'),
    "lone surrogate": lambda r: r(b',"new":"\\ud800"'),
    "lone surrogate in a key": lambda r: r(b',"\\udfff":1'),
    "NaN": lambda r: r(b',"new":NaN'),
    "Infinity": lambda r: r(b',"new":-Infinity'),
    "two records": lambda r: r(b"") + b" " + r(b""),
    "a list": lambda r: b"[" + r(b"") + b"]",
    "a number": lambda _: b"5",
    "null": lambda _: b"null",
    "a text": lambda _: b'"Internal Server Error"',
    "1,000 deep": lambda r: r(b',"new":' + b"[" * 1000 + b"]" * 1000),
    "100,000 deep": lambda r: r(b',"new":' + b'{"a":' * 100_000 + b"1" + b"}" * 100_000),
    "raw nul": lambda r: r(b',"new":"\x00"'),
    "raw control": lambda r: r(b',"new":"\x1b"'),
    "no key": lambda _: b'{"new":1}',
    "nothing": lambda _: b"{}",
}
_REJECTED_LINES: dict[str, Callable[[Make], bytes]] = {
    "cut in the middle": lambda r: r(b',"new":{"x":"abc"')[:-2],
    "cut in a string": lambda r: r(b',"new":"abc')[:-1],
    "nul behind": lambda r: r(b"") + b"\x00",
}


def cases(kind: Kind, *, ndjson: bool) -> list[Case]:
    """Every bad record of a kind, each with a key of its own."""
    keys = map(str, count(900_000))
    found = [*_misfits(kind, keys), *_kept(kind, keys), *_rejects(kind, keys)]
    return [case for case in found if ndjson or not case.lines_only]


def _misfits(kind: Kind, keys: Iterator[str]) -> Iterator[Case]:
    """Wrong values in every kind of column."""
    for wanted, values in MISFITS.items():
        path = _first(load_schema(kind.table).fields, wanted, kind.key)
        for value in values if path else ():
            key = next(keys)
            member = b'"%s":%s' % (path[-1].encode(), value)
            for step in reversed(path[:-1]):
                member = b'"%s":{%s}' % (step.encode(), member)
            extra = b'{"/%s":%s}' % ("/".join(path).encode(), value)
            line = kind.record(key, b"," + member)
            yield Case(f"{wanted}: {value.decode()}", key, line, extra, ".".join(path))


def _first(fields: Sequence[Field], wanted: str, key: str) -> tuple[str, ...]:
    """The way to the first column of a kind, through structs that are no lists."""
    for field in fields:
        own = "list" if field.many else field.kind
        if own == wanted and field.name != key:
            return (field.name,)
        inner = _first(field.fields, wanted, key) if own == "struct" else ()
        if inner:
            return (field.name, *inner)
    return ()


def _kept(kind: Kind, keys: Iterator[str]) -> Iterator[Case]:
    text = kind.text.encode()
    for name, (members, extra, value) in _KEPT.items():
        key = next(keys)
        line = kind.record(key, members.replace(b"@", text))
        yield Case(name, key, line, extra and extra.replace(b"@", text), kind.text, value)
    plain = kind.record(key := next(keys))
    yield Case("CR LF", key, b" \t" + plain + b" \r", None, kind.text)
    plain = kind.record(key := next(keys))
    yield Case("BOM", key, b"\xef\xbb\xbf" + plain, None, kind.text, lines_only=True)
    if kind is GENOME:
        line = kind.record(key := next(keys), b',"new":"%s"' % (b"x" * LINE))
        yield Case("64 MB", key, line, None, "length(_extra)", LINE + 11, lines_only=True)


def _rejects(kind: Kind, keys: Iterator[str]) -> Iterator[Case]:
    for name, make in (_REJECTED | _REJECTED_LINES).items():
        key = next(keys)
        line = make(partial(kind.record, key))
        yield Case(name, key, line, lines_only=name in _REJECTED_LINES)
