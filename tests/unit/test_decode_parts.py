"""The small parts of decoding, each by itself."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harvester.catalogue import RESOURCES
from harvester.decode.batches import FastPath, Form, Reader
from harvester.decode.convert import Surprise
from harvester.decode.lines import depth, member, parts, split_lines
from harvester.decode.names import pattern, segment, snake
from harvester.decode.strict import BadRecord, json_text, parse, parse_record
from harvester.decode.surplus import Settler
from harvester.schema import Field, camel, load_schema, table_names

_json = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


def test_only_a_newline_ends_a_line() -> None:
    data = "\n{\u2028\u0085\x0b\x0c\x1c}\r\n \t \n{}".encode()
    found = [(line.number, bytes(line.data)) for line in split_lines(data)]
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
        FastPath(resource, fields, ("accession",)).read(line, split_lines(line))
    row = Settler(resource, fields, ("accession",)).settle(line).row
    columns = Reader(resource, fields, Form(settled=True)).read(json.dumps(row).encode())
    assert columns["free"].to_pylist() == ['{"x":1.50}']
    assert columns["inner"].to_pylist() == [[{"free": "[null]"}, {"free": None}]]
    plain = b'{"accession":"a","inner":[{}]}'
    columns = FastPath(resource, fields, ("accession",)).read(plain, split_lines(plain))
    assert columns["inner"].to_pylist() == [[{"free": None}]]
