"""Whatever arrives: nothing is lost, nothing invented, and both paths agree."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from harvester.catalogue import RESOURCES, Resource
from harvester.decode import Decoded, Decoder, open_body
from harvester.decode.messages import MESSAGE_NAMES
from harvester.model import Stamp
from harvester.schema import Field, camel, load_schema
from tests.unit.leaves import lost, rows_of

STAMP = Stamp("20261121T020000Z-test", datetime(2026, 11, 21, 2, tzinfo=UTC), "q.0/0")
DECODERS = {name: Decoder(resource) for name, resource in RESOURCES.items()}
BROKEN = b"\x00"

Record = dict[str, Any]

_BIG = st.integers(-(2**63), 2**63 - 1)
_SCALARS: dict[str, st.SearchStrategy[Any]] = {
    "string": st.text(max_size=8),
    "int": _BIG,
    "quoted_int": _BIG.map(str),
    "float": st.floats(allow_nan=False, allow_infinity=False) | st.integers(-(2**53), 2**53),
    "bool": st.booleans(),
    "date": st.dates().map(str),
    "timestamp": st.datetimes().map(lambda moment: moment.isoformat())
    | st.datetimes().map(lambda moment: moment.isoformat(timespec="milliseconds") + "Z"),
}
_names = st.text(max_size=6).filter(lambda name: "#" not in name and name not in MESSAGE_NAMES)
_anything = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_names, inner, max_size=3),
    max_leaves=6,
)


def _value(field: Field, twist: st.SearchStrategy[Any] | None) -> st.SearchStrategy[Any]:
    one = _object(field.fields, twist) if field.kind == "struct" else _SCALARS[field.kind]
    value = st.lists(one | st.none(), max_size=3) if field.many else one
    return value if twist is None else value | st.none() | twist


@st.composite
def _object(
    draw: st.DrawFn, fields: tuple[Field, ...], twist: st.SearchStrategy[Any] | None
) -> Record:
    chosen = draw(st.lists(st.sampled_from(fields), max_size=4, unique_by=lambda f: f.name))
    found = {field.name: draw(_value(field, twist)) for field in chosen}
    if twist is not None and draw(st.integers(0, 3)) == 0:
        found |= draw(st.dictionaries(_names, _anything, max_size=2))
    return found


@st.composite
def _record(
    draw: st.DrawFn, resource: Resource, twist: st.SearchStrategy[Any] | None = None
) -> Record:
    fields = load_schema(resource.name).fields
    report = draw(_object(fields, twist))
    for field in fields:
        if field.name in resource.key:
            report[field.name] = draw(_SCALARS[field.kind])
    spelled = _spelled(report) if draw(st.booleans()) else report
    return draw(st.sampled_from([spelled, _wrapped(spelled, resource)]))


def _spelled(value: Any) -> Any:
    if isinstance(value, dict):
        return {camel(name): _spelled(item) for name, item in value.items()}
    return [_spelled(item) for item in value] if isinstance(value, list) else value


def _wrapped(report: Record, resource: Resource) -> Record:
    if not resource.wrapper:
        return report
    outer = {*resource.wrapper_columns, *map(camel, resource.wrapper_columns)}
    inside = {name: value for name, value in report.items() if name not in outer}
    outside = {name: value for name, value in report.items() if name in outer}
    return {resource.wrapper: inside, "query": ["asked"]} | outside


def _page(records: list[Record]) -> bytes:
    return b"\n".join(json.dumps(record).encode() for record in records)


def _decode(resource: Resource, data: bytes) -> Decoded:
    return DECODERS[resource.name].decode(data, STAMP)


_resources = st.sampled_from(list(RESOURCES))
_clean = _resources.flatmap(
    lambda name: st.tuples(st.just(name), st.lists(_record(RESOURCES[name]), max_size=4))
)
_twisted = _resources.flatmap(
    lambda name: st.tuples(st.just(name), st.lists(_record(RESOURCES[name], _anything), max_size=4))
)


@given(_clean)
def test_both_paths_agree(sent: tuple[str, list[Record]]) -> None:
    resource, records = RESOURCES[sent[0]], sent[1]
    fast = _decode(resource, _page(records))
    slow = _decode(resource, _page(records) + b"\n" + BROKEN)
    assert fast.batch.equals(slow.batch)
    assert (fast.drift, fast.quarantine, len(slow.quarantine)) == (slow.drift, (), 1)


@given(_clean)
def test_known_records_fill_columns_alone(sent: tuple[str, list[Record]]) -> None:
    resource, records = RESOURCES[sent[0]], sent[1]
    decoded = _decode(resource, _page(records))
    for record, row in zip(records, rows_of(decoded), strict=True):
        assert lost(record, row, resource) == []
        assert row["_extra"] is None


@given(_twisted)
def test_nothing_is_lost_of_records_that_do_not_fit(sent: tuple[str, list[Record]]) -> None:
    resource, records = RESOURCES[sent[0]], sent[1]
    decoded = _decode(resource, _page(records))
    rejected = {one.line for one in decoded.quarantine}
    kept = [record for number, record in enumerate(records, 1) if number not in rejected]
    assert decoded.received == len(records)
    for record, row in zip(kept, rows_of(decoded), strict=True):
        assert lost(record, row, resource) == []


@given(_resources, st.lists(st.dictionaries(_names, _anything, max_size=4), max_size=4))
def test_nothing_is_lost_of_any_object(name: str, records: list[Record]) -> None:
    resource = RESOURCES[name]
    keyed = [record | {"accession": "a", "gene_id": "1", "tax_id": 1} for record in records]
    decoded = _decode(resource, _page(keyed))
    rejected = {one.line for one in decoded.quarantine}
    assert {one.data for one in decoded.quarantine} <= {_page([record]) for record in keyed}
    kept = [record for number, record in enumerate(keyed, 1) if number not in rejected]
    for record, row in zip(kept, rows_of(decoded), strict=True):
        assert lost(record, row, resource) == []


_fragments = st.sampled_from(
    [
        b"{",
        b"}",
        b"[",
        b"]",
        b",",
        b":",
        b'"',
        b"\\",
        b"null",
        b"NaN",
        b"1",
        b"\x00",
        b"\xff",
        b"\n",
    ]
)
_line = st.binary(max_size=30) | st.lists(_fragments, max_size=8).map(b"".join)


@given(_resources, st.lists(_line | st.just(b'{"accession":"a","gene_id":"1"}'), max_size=6))
def test_any_bytes_become_rows_or_quarantine(name: str, parts: list[bytes]) -> None:
    data = b"\n".join(parts)
    lines = [line.strip(b" \t\r") for line in data.split(b"\n")]
    decoded = _decode(RESOURCES[name], data)
    assert decoded.received == sum(map(bool, lines))
    assert decoded.batch.num_rows + len(decoded.quarantine) == decoded.received
    assert all(lines[one.line - 1] == one.data for one in decoded.quarantine)


@given(_clean, st.data())
def test_a_mutilated_page_costs_only_the_lines_it_hits(
    sent: tuple[str, list[Record]], data: st.DataObject
) -> None:
    resource, records = RESOURCES[sent[0]], sent[1]
    lines = _page(records).split(b"\n") if records else []
    hit = data.draw(st.sets(st.integers(0, max(len(lines) - 1, 0))))
    for number in hit & set(range(len(lines))):
        place = data.draw(st.integers(0, len(lines[number])))
        junk = data.draw(_fragments.filter(lambda one: one != b"\n"))
        lines[number] = lines[number][:place] + junk + lines[number][place:]
    decoded = _decode(resource, b"\n".join(lines))
    assert decoded.received == len(lines)
    assert {one.line - 1 for one in decoded.quarantine} <= hit


@given(_clean)
def test_a_page_and_its_lines_give_the_same_rows(sent: tuple[str, list[Record]]) -> None:
    resource, records = RESOURCES[sent[0]], sent[1]
    field = resource.list_field or "reports"
    body = json.dumps({field: records}).encode()
    page = open_body(body, compressed=False, ndjson=False, list_field=field)
    assert _decode(resource, page.data).batch.equals(_decode(resource, _page(records)).batch)
