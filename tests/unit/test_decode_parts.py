"""The small parts of decoding, each by itself."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyarrow import json as arrow_json

from harvester.catalogue import RESOURCES
from harvester.decode import Decoder
from harvester.decode.arrow import Array, elements, parse_lines
from harvester.decode.batches import FastPath, Form, Reader
from harvester.decode.convert import Surprise
from harvester.decode.lines import depth, member, parts, split_lines
from harvester.decode.names import pattern, segment, snake
from harvester.decode.strict import BadRecord, json_text, parse, parse_record
from harvester.decode.surplus import Settler
from harvester.model import Stamp
from harvester.schema import Field, camel, load_schema, table_names

STAMP = Stamp("20261121T020000Z-test", datetime(2026, 11, 21, 2, tzinfo=UTC), "q.0/0")

_json = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


_lists = st.lists(st.none() | st.lists(st.none() | st.integers(-9, 9), max_size=3), max_size=6)


@given(_lists, st.integers(0, 6), st.integers(0, 6))
def test_the_elements_of_lists_are_those_that_flattening_gives(
    values: list[list[int | None] | None], start: int, length: int
) -> None:
    kind = pa.list_(pa.int64())
    told = b"".join(b'{"a":%b}\n' % json.dumps(one).encode() for one in values)
    options = arrow_json.ParseOptions(explicit_schema=pa.schema([("a", kind)]))
    read = parse_lines(told, options)["a"] if values else pa.array([], kind)
    arrays: list[Array] = [read, pa.array(values, kind)]
    for array in arrays:
        assert elements(array).equals(array.flatten())
        some = array.slice(min(start, len(values)), length)
        assert elements(some).equals(some.flatten())


def test_only_a_newline_ends_a_line() -> None:
    data = "\n{\u2028\u0085\x0b\x0c\x1c}\r\n \t \n{}".encode()
    found = [(line.number, line.data) for line in split_lines(data)]
    assert found == [(2, "{\u2028\u0085\x0b\x0c\x1c}".encode()), (4, b"{}")]


@given(st.lists(_json), st.sampled_from([None, 0, 2]))
def test_the_outline_of_a_list_is_its_elements(value: list[Any], indent: int | None) -> None:
    data = json.dumps(value, indent=indent, ensure_ascii=False).encode()
    found = parts(b" \n" + data + b"\r\n")
    assert found is not None
    assert [json.loads(part) for part in found] == value
    assert depth(data) == 0
    assert parts(data[:-1]) is None
    assert depth(data[:-1]) == 1


@given(st.dictionaries(st.text(), _json))
def test_the_outline_of_an_object_is_its_members(value: dict[str, Any]) -> None:
    found = [member(part) for part in parts(json.dumps(value).encode()) or ()]
    assert {json.loads(pair[0]): json.loads(pair[1]) for pair in found if pair} == value


@pytest.mark.parametrize(
    "data", [b"", b"1", b"]", b"[}", b"[1]]", b"[1],", b"[1", b'["a]', b"[1] [2]"]
)
def test_brackets_that_do_not_close_have_no_outline(data: bytes) -> None:
    assert parts(data) is None


def test_depth_counts_no_brackets_in_strings_even_unfinished_ones() -> None:
    assert depth(b'{"a":"}') == 1
    assert depth(b'{"a":"}\\') == 1
    assert depth(b'{"a\\"}":[{') == 3


def _names(fields: tuple[Field, ...]) -> set[str]:
    return {name for field in fields for name in (field.name, *_names(field.fields))}


@pytest.mark.parametrize("table", table_names())
def test_snake_and_camel_are_twins_for_every_field(table: str) -> None:
    for name in _names(load_schema(table).fields):
        assert snake(name) == name
        assert camel(snake(camel(name))) == camel(name)


def test_names_that_are_not_camel_case_are_left_alone() -> None:
    for name in ("", "plain", "snake_case", "Capital", "ABC", "with space", "a-B", "é", "$type"):
        assert snake(name) == name
    assert snake("isRNASeqN50") == "is_r_n_a_seq_n50"


def test_pointers() -> None:
    assert segment("a/b~c") == "/a~1b~0c"
    assert pattern("/a/0/b/12/1c#1") == "/a/-/b/-/1c#1"
    assert pattern("/a/10#2") == "/a/-#2"


@given(_json)
def test_json_is_read_and_written_without_change(value: Any) -> None:
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    assert json_text(parse(text.encode())) == text


def test_numbers_and_duplicates_are_written_as_they_were_read() -> None:
    text = '{"a":1.50,"a":1E+2,"b":[-0.0,0.10000000000000000000001,%s]}' % ("7" * 9000)
    assert json_text(parse(text.encode())) == text


@pytest.mark.parametrize("data", [b"", b"[]", b'"a"', b"null", b"{} {}", b'{"a":NaN}', b"\xff"])
def test_what_is_not_one_object_is_no_record(data: bytes) -> None:
    with pytest.raises(BadRecord):
        parse_record(data)


def test_a_column_of_any_json_holds_its_text() -> None:
    resource = RESOURCES["virus"]
    free = Field("free", "json", "Anything.")
    fields = (
        Field("accession", "string", "Key."),
        Field("inner", "struct", "Nested.", many=True, fields=(free,)),
        free,
    )
    line = b'{"accession":"a","free":{"x":1.50},"inner":[{"free":[null]},{}]}'
    with pytest.raises(Surprise):
        FastPath(resource, fields, ("accession",)).read(line)
    row = Settler(resource, fields, ("accession",)).settle(line).row
    columns = Reader(resource, fields, Form(settled=True)).read(json.dumps(row).encode())
    assert columns["free"].to_pylist() == ['{"x":1.50}']
    assert columns["inner"].to_pylist() == [[{"free": "[null]"}, {"free": None}]]
    plain = b'{"accession":"a","inner":[{}]}'
    columns = FastPath(resource, fields, ("accession",)).read(plain).columns
    assert columns["inner"].to_pylist() == [[{"free": None}]]


@pytest.mark.parametrize(
    "page",
    [
        b'{"accession":"A"} {"accession":"B","organism":\n{"tax_id":1}}',
        b'{"accession":"A","organism":{"tax_id":1}\n} {"accession":"B"}',
    ],
)
def test_as_many_objects_as_lines_are_no_object_a_line(page: bytes) -> None:
    decoded = Decoder(RESOURCES["genome"]).decode(b'{"accession":"first"}\n' + page, STAMP)
    assert (decoded.batch.num_rows, decoded.received) == (1, 3)
    assert [one.data for one in decoded.quarantine] == page.split(b"\n")


def test_a_page_of_large_records_is_read_a_portion_at_a_time() -> None:
    decoder = Decoder(RESOURCES["genome"])
    sizes = [1, 5_000_000, 1, 3_000_000, 3_000_000, 10, 10]
    lines = [b'{"accession":"%d","new":"%s"}' % (n, b"x" * s) for n, s in enumerate(sizes)]
    decoded = decoder.decode(b"\n".join(lines), STAMP)
    assert decoded.batch.column("accession").to_pylist() == [str(n) for n in range(len(sizes))]
    extras = decoded.batch.column("_extra").to_pylist()
    assert [len(extra or "") - len('{"/new":""}') for extra in extras] == sizes


def test_a_name_that_is_given_a_hundred_thousand_times_is_kept_as_often() -> None:
    line = b'{"accession":"a",' + b",".join([b'"new":1'] * 100_000) + b"}"
    (row,) = Decoder(RESOURCES["genome"]).decode(line, STAMP).batch.to_pylist()
    extra = json.loads(row["_extra"])
    assert len(extra) == 100_000
    assert {"/new", "/new#1", "/new#99999"} <= extra.keys()


def test_findings_of_a_page_are_counted_one_by_one_up_to_a_bound() -> None:
    names = [b'"%s%d":1' % (b"n" * 2000 if n == 0 else b"n", n) for n in range(5000)]
    line = b'{"accession":"a",' + b",".join(names) + b"}"
    drift = Decoder(RESOURCES["genome"]).decode(line, STAMP).drift
    assert len(drift) == 1001
    assert sum(one.count for one in drift) == 5000
    assert max(len(one.pointer) for one in drift) == 1000
    assert drift[-1].pointer == "/…"


def test_a_zero_with_a_sign_keeps_it_where_a_column_has_room_for_it() -> None:
    line = b'{"genbank_accession":"a","length":-0,"gc_percent":-0,"new":-0}'
    (slow,) = Decoder(RESOURCES["sequence"]).decode(line, STAMP).batch.to_pylist()
    (fast,) = (
        Decoder(RESOURCES["sequence"])
        .decode(line.replace(b',"new":-0', b""), STAMP)
        .batch.to_pylist()
    )
    assert (slow["length"], str(slow["gc_percent"]), slow["_extra"]) == (0, "-0.0", '{"/new":-0}')
    assert (fast["length"], str(fast["gc_percent"]), fast["_extra"]) == (0, "-0.0", None)
