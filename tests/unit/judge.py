"""A slow and obvious judge of what became of damaged pages."""

from __future__ import annotations

import gzip
import json
import random
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import pairwise
from typing import Any

import xxhash

from harvester.catalogue import RESOURCES, Resource
from harvester.decode import Decoded, Decoder, open_body
from harvester.decode.messages import MESSAGE_NAMES
from harvester.errors import HarvesterError
from harvester.model import Stamp
from harvester.schema import camel, load_schema
from tests.unit.damage import Pairs, Text
from tests.unit.leaves import Path, same, snaked

__all__ = ["DECODERS", "STAMP", "apart", "faults", "misread"]

STAMP = Stamp("20261121T020000Z-fuzz", datetime(2026, 11, 21, 2, tzinfo=UTC), "q.0/0")
DECODERS = {name: Decoder(resource) for name, resource in RESOURCES.items()}

#: A line alone may be a page as well.
_SEVERAL = 2
_OURS = ("_run_id", "_fetched_at", "_seen_at", "_extra", "_chain", "_hash", "_query")


def faults(data: bytes, decoded: Decoded, resource: Resource) -> list[str]:
    """What is wrong with a decoded page; nothing is the only good answer."""
    lines = {n: one for n, raw in enumerate(data.split(b"\n"), 1) if (one := raw.strip(b" \t\r"))}
    rejected = {one.line: one for one in decoded.quarantine}
    rows = iter(decoded.batch.to_pylist())
    found = [] if decoded.received == len(lines) else [f"{decoded.received} of {len(lines)} lines"]
    hashes = [row["_hash"] for row in decoded.batch.to_pylist()]
    for number, line in lines.items():
        if number in rejected:
            found += _of_rejected(line, rejected[number].data, rejected[number].reason, resource)
        elif hashes[:1] == [_signed(xxhash.xxh3_64_intdigest(line))]:
            del hashes[0]
            found += _of_row(line, next(rows), resource)
        elif not _messages_alone(line):
            found.append(f"neither row nor quarantine: {line!r}")
    return found + [f"a row too many: {row}" for row in rows]


def apart(data: bytes, decoder: Decoder) -> list[str]:
    """Where a page is not what its lines are one by one."""
    whole = decoder.decode(data, STAMP)
    alone = [decoder.decode(line, STAMP) for line in data.split(b"\n")]
    rows = [row for one in alone for row in one.batch.to_pylist()]
    kept = [(one.data, one.reason) for each in alone for one in each.quarantine]
    messages = [message for one in alone for message in one.messages]
    # Python's == takes 0.0 for -0.0 and knows no NaN; what is written tells all apart.
    same_rows = repr(rows) == repr(whole.batch.to_pylist())
    same_kept = kept == [(one.data, one.reason) for one in whole.quarantine]
    return [] if same_rows and same_kept and messages == list(whole.messages) else [repr(data)]


def _signed(digest: int) -> int:
    return digest - 2**64 if digest >= 2**63 else digest


def _parsed(line: bytes) -> Any:
    """The value by Python's own parser, or the bytes where it is none."""

    def refuse(name: str) -> None:
        raise ValueError(name)

    try:
        text = line.removeprefix(b"\xef\xbb\xbf").decode()
        value = json.loads(
            text, object_pairs_hook=Pairs, parse_int=Text, parse_float=Text, parse_constant=refuse
        )
        _written_back(value).encode()
    except (ValueError, RecursionError):
        return line
    return value


def _written_back(value: Any) -> str:
    if isinstance(value, Pairs):
        return "".join(name + _written_back(item) for name, item in value)
    if isinstance(value, list):
        return "".join(map(_written_back, value))
    return value if isinstance(value, str) else ""


def _of_rejected(line: bytes, kept: bytes, reason: str, resource: Resource) -> list[str]:
    value = _parsed(line)
    found = [] if kept == line else [f"other bytes: {line!r}"]
    fine = isinstance(value, Pairs) and reason != "nested too deep"
    if fine and (not reason.startswith("no ") or _has_key(value, resource)):
        found.append(f"rejected ({reason}): {line!r}")
    return found


def _has_key(record: Pairs, resource: Resource) -> bool:
    """Whether a text stands in the place of a key that is a text; numbers have many forms."""
    asked = {column for column, _ in resource.from_request}
    texts = {field.name for field in load_schema(resource.name).fields if field.kind == "string"}
    report, beside = _taken_apart(record, resource)
    outer = [pair for pair in beside if snaked(pair[0]) in resource.wrapper_columns]
    last = {snaked(name): item for name, item in [*report, *outer] if item is not None}
    return any(type(last.get(name)) is str for name in {*resource.key} & texts - asked)


def _messages_alone(line: bytes) -> bool:
    value = _parsed(line)
    return isinstance(value, Pairs) and any(snaked(name) in MESSAGE_NAMES for name, _ in value)


def _of_row(line: bytes, row: dict[str, Any], resource: Resource) -> list[str]:
    value = _parsed(line)
    if not isinstance(value, Pairs):
        return [f"a row of no record: {line!r}"]
    sent = list(_leaves(Pairs(sum(_taken_apart(value, resource), Pairs()))))
    held = [*_columns(row), *_extra(row["_extra"])]
    found = []
    for path, item, exact in held:
        match = next(
            (leaf for leaf in sent if leaf[0] == path and _fits(leaf[1], item, exact)), None
        )
        if match is not None:
            sent.remove(match)
        elif item not in ({}, []) or exact:
            found.append(f"invented {path}: {item!r} in {line!r}")
    sent = _without_echo([leaf for leaf in sent if leaf[0][0] not in MESSAGE_NAMES], row)
    return found + [f"lost {path}: {item!r} in {line!r}" for path, item in sent if item != Pairs()]


def _taken_apart(record: Pairs, resource: Resource) -> tuple[Pairs, Pairs]:
    """The report, and what stands around it."""
    wrappers = {resource.wrapper, camel(resource.wrapper)} - {""}
    places = [n for n, (k, v) in enumerate(record) if k in wrappers and isinstance(v, Pairs)]
    if not places:
        return record, Pairs()
    return record[places[-1]][1], Pairs(p for n, p in enumerate(record) if n != places[-1])


def _leaves(value: Any, path: Path = ()) -> Iterator[tuple[Path, Any]]:
    """All values that are neither null nor hold others."""
    if isinstance(value, Pairs) and value:
        for name, item in value:
            yield from _leaves(item, (*path, snaked(name)))
    elif isinstance(value, list) and not isinstance(value, Pairs) and value:
        for index, item in enumerate(value):
            yield from _leaves(item, (*path, str(index)))
    elif value is not None:
        yield path, value


def _columns(row: dict[str, Any]) -> Iterator[tuple[Path, Any, bool]]:
    columns = {name: value for name, value in row.items() if name not in _OURS}
    for path, item in _plain(columns, ()):
        yield path, item, False


def _plain(value: Any, path: Path) -> Iterator[tuple[Path, Any]]:
    if isinstance(value, dict) and any(item is not None for item in value.values()):
        for name, item in value.items():
            yield from _plain(item, (*path, name))
    elif isinstance(value, list) and value:
        for index, item in enumerate(value):
            yield from _plain(item, (*path, str(index)))
    elif value is not None:
        yield path, {} if isinstance(value, dict) else value


def _extra(text: str | None) -> Iterator[tuple[Path, Any, bool]]:
    for pointer, value in _parsed((text or "{}").encode()):
        steps = re.sub(r"#\d+$", "", pointer).removeprefix("/@wrapper").split("/")[1:]
        path = tuple(snaked(step.replace("~1", "/").replace("~0", "~")) for step in steps)
        for below, item in _leaves(value, path):
            yield below, item, True


def _fits(sent: Any, held: Any, exact: bool) -> bool:  # noqa: FBT001 - of one leaf
    if exact:
        return type(sent) is type(held) and bool(sent == held)
    if isinstance(sent, Text):
        number = isinstance(held, int | float) and not isinstance(held, bool)
        return number and (float(sent) if isinstance(held, float) else _whole(sent)) == held
    if isinstance(sent, Pairs):
        return bool(held == {})
    return same(sent, held)


def _whole(text: str) -> int | None:
    return int(text) if re.fullmatch(r"-?\d{1,19}", text) else None


def _without_echo(sent: list[tuple[Path, Any]], row: dict[str, Any]) -> list[tuple[Path, Any]]:
    """The leaves without those that `_query` holds as texts."""
    texts = [text for text in row.get("_query") or () if text is not None]
    empty = row.get("_query") == []
    left = []
    for path, item in sent:
        if path[0] == "query" and empty and item == []:
            continue
        if path[0] == "query" and len(path) <= 2 and item in texts:
            texts.remove(item)
        else:
            left.append((path, item))
    return left


def misread(chance: random.Random, data: bytes, list_field: str) -> list[str]:
    """Where an answer with these lines as its records is not opened to these lines again.

    As NDJSON any bytes are lines; as a page those that close what they open, broken or not.
    """
    lines = [line for line in data.split(b"\n") if line.strip(b" \t\r")]
    body = b"\n".join([*lines, b""])
    kept = _opened(chance, body, list_field, ndjson=True)
    expected = body.removeprefix(b"\xef\xbb\xbf")
    found = [] if kept in (expected, None) or len(lines) < _SEVERAL else [repr(body)]
    whole = [line.strip(b" \t\r") for line in lines if _closes(line)]
    record = b",".join(whole)
    layout = chance.choice([b"", b" ", b"\r\n", b"\n"])
    sent = b'{"%s":%s[%s],"total_count":%d}' % (list_field.encode(), layout, record, len(whole))
    kept = _opened(chance, sent, list_field, ndjson=False)
    return found + ([] if kept == b"\n".join(whole) else [f"{sent!r} became {kept!r}"])


def _opened(chance: random.Random, body: bytes, list_field: str, *, ndjson: bool) -> bytes | None:
    """The records of an answer that is plain, or gzipped in pieces cut anywhere; None: refused."""
    compressed = chance.random() < 0.5
    if compressed:
        cuts = sorted(chance.randrange(len(body) + 1) for _ in range(chance.randrange(4)))
        ends = [0, *cuts, len(body)]
        body = b"".join(gzip.compress(body[a:b], 1) for a, b in pairwise(ends))
    try:
        return open_body(body, compressed=compressed, ndjson=ndjson, list_field=list_field).data
    except HarvesterError:
        return None


def _closes(line: bytes) -> bool:
    """Whether each string and bracket is closed, and no comma stands outside of them."""
    opened: list[int] = []
    in_string = escaped = False
    for byte in line.strip(b" \t\r"):
        if in_string:
            in_string = escaped or byte != ord('"')
            escaped = not escaped and byte == ord("\\")
        elif byte == ord('"'):
            in_string = True
        elif byte in b"{[":
            opened.append(byte)
        elif byte in b"}]":
            if not opened or bytes([opened.pop(), byte]) not in {b"{}", b"[]"}:
                return False
        elif byte == ord(",") and not opened:
            return False
    return not (opened or in_string)
