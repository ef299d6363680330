from __future__ import annotations

import gzip
import json
import zlib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harvester.decode import inflate, open_body
from harvester.errors import HarvesterError, RefusedError, TransientError
from harvester.model import Message, Opened
from harvester.texts import MASK, Mask

RECORDS = [{"accession": "GCF_1.1", "note": 'a\nb é \\ "}] {['}, {"accession": "GCF_2.1"}]


def page(**members: Any) -> bytes:
    return json.dumps({"reports": RECORDS, "total_count": 2} | members).encode()


def lines(*records: Any) -> bytes:
    return b"".join(json.dumps(record).encode() + b"\n" for record in records)


def opened(
    body: bytes, *, compressed: bool = False, ndjson: bool = False, field: str | None = "reports"
) -> Opened:
    return open_body(body, compressed=compressed, ndjson=ndjson, list_field=field)


def records(found: Opened) -> list[Any]:
    return [json.loads(line) for line in found.data.split(b"\n") if line]


def reason(body: bytes, **how: Any) -> str:
    with pytest.raises(TransientError) as caught:
        opened(body, **how)
    return caught.value.reason


def test_ndjson_stays_as_it_is() -> None:
    body = lines(*RECORDS)
    assert opened(body, ndjson=True) == Opened(body)
    assert opened(body.rstrip(), ndjson=True).data == body.rstrip()


def test_a_page_gives_records_total_and_token() -> None:
    found = opened(page(next_page_token="eNrj_o-4"))
    assert records(found) == RECORDS
    assert (found.total, found.next_token, found.messages) == (2, "eNrj_o-4", ())


def test_the_older_spelling_of_a_page() -> None:
    body = json.dumps({"taxonomyNodes": [{"a": 1}], "totalCount": "7", "nextPageToken": "t"})
    found = opened(body.encode(), field="taxonomy_nodes")
    assert (records(found), found.total, found.next_token) == ([{"a": 1}], 7, "t")


def test_a_pretty_printed_page_is_one_record_a_line() -> None:
    body = json.dumps({"reports": RECORDS, "messages": None, "warnings": [None]}, indent=2).replace(
        "\n", "\r\n"
    )
    found = opened(body.encode())
    assert (found.data.count(b"\n"), found.messages) == (1, ())
    assert records(found) == RECORDS


@pytest.mark.parametrize("body", [b"{}", b' {"reports":null} ', b'{"reports":[]}', b"{ }\n"])
@pytest.mark.parametrize("ndjson", [False, True])
def test_no_hit_is_no_record(body: bytes, *, ndjson: bool) -> None:
    assert opened(body, ndjson=ndjson).data == b""


def test_an_empty_ndjson_body_is_no_record_and_an_empty_page_is_cut_off() -> None:
    assert opened(b"\n", ndjson=True).data == b""
    assert reason(b"") == "truncated"


@pytest.mark.parametrize("ndjson", [False, True])
def test_a_page_and_lines_are_told_apart_by_what_they_are(*, ndjson: bool) -> None:
    assert records(opened(lines(*RECORDS), ndjson=ndjson)) == RECORDS
    assert records(opened(lines(RECORDS[1]), ndjson=ndjson)) == [RECORDS[1]]
    assert records(opened(page(), ndjson=ndjson)) == RECORDS
    assert (
        records(opened(json.dumps({"reports": RECORDS}, indent=1).encode(), ndjson=ndjson))
        == RECORDS
    )


@pytest.mark.parametrize("ndjson", [False, True])
def test_html_and_plain_text_are_no_answer(*, ndjson: bool) -> None:
    html = b"<html>\n<title>403</title><script>\n{ a: 1 }\n</script></html>"
    assert reason(html, ndjson=ndjson) == "not JSON"
    assert reason(b"upstream connect error", ndjson=ndjson) == "not JSON"
    assert reason(b"[1, 2]", ndjson=ndjson) == "not JSON"


@pytest.mark.parametrize("field", ["reports", None])
def test_an_error_with_status_200_is_asked_again(field: str | None) -> None:
    body = b'{"error":"Internal Server Error","code":500,"message":"try later"}'
    assert reason(body, field=field) == "error in answer"


def test_a_body_that_ends_early_is_asked_again() -> None:
    whole = page()
    for end in range(1, len(whole)):
        assert reason(whole[:end]) == "truncated", whole[:end]


def test_lines_that_end_early_are_asked_again_unless_they_end_with_a_line() -> None:
    body = lines(*RECORDS)
    ends = {end for end in range(1, len(body)) if body[end - 1 : end] == b"\n"}
    whole = ends | {end - 1 for end in (*ends, len(body))}
    for end in range(1, len(body)):
        if end in whole:
            assert opened(body[:end], ndjson=True).data == body[:end]
        else:
            assert reason(body[:end], ndjson=True) == "truncated", body[:end]


def test_a_broken_last_line_that_did_not_end_early_is_left_to_the_decoder() -> None:
    body = lines(RECORDS[0]) + b"what is this"
    assert opened(body, ndjson=True).data == body


def test_gzip_is_inflated_in_one_or_more_members() -> None:
    body = lines(*RECORDS)
    packed = gzip.compress(body[:9]) + gzip.compress(body[9:]) + b"\0\0"
    assert opened(packed, compressed=True, ndjson=True).data == body


@given(st.binary(max_size=2000), st.integers(0, 9), st.integers(0), st.integers(1, 255))
def test_gzip_with_a_wrong_byte_never_becomes_other_bytes(
    body: bytes, level: int, place: int, change: int
) -> None:
    packed = bytearray(gzip.compress(body, level))
    packed[place % len(packed)] ^= change
    try:
        found = inflate(bytes(packed), 10_000)
    except HarvesterError:
        return
    assert found == body  # some of the head, such as the time, says nothing of the content


def test_broken_gzip_is_asked_again() -> None:
    packed = gzip.compress(page())
    assert reason(packed[:-9], compressed=True) == "truncated"
    assert reason(b"", compressed=True) == "truncated"
    assert reason(page(), compressed=True) == "bad gzip"
    assert reason(b"no", compressed=True) == "bad gzip"
    assert reason(packed + b"more", compressed=True) == "bad gzip"
    assert reason(packed[:-8] + bytes(8), compressed=True) == "bad gzip"


def test_a_body_above_the_limit_is_refused_before_it_fills_memory() -> None:
    limit, told = 2**10, "larger than the 0.0009766 MB that limits.page_megabytes allows"
    bomb = zlib.compress(bytes(50 * 2**20), wbits=31)
    with pytest.raises(RefusedError, match=told):
        open_body(bomb, compressed=True, ndjson=True, list_field="reports", limit=limit)
    with pytest.raises(RefusedError, match=told):
        open_body(b"{" * 1025, compressed=False, ndjson=True, list_field="reports", limit=limit)
    small = gzip.compress(b"{}" + b" " * 1022)
    assert open_body(
        small, compressed=True, ndjson=True, list_field="reports", limit=limit
    ) == Opened(b"")


@pytest.mark.parametrize(
    ("body", "told"),
    [
        (b'{"reports":[' + b"1," * 8_000_001 + b"1]}", "more than 8,000,000 values"),
        (b'{"accession":"a"}\n' + b"1\n" * 100_001, "more than 100,000 lines"),
        (gzip.compress(b"") * 101, "more than 100 gzip members"),
    ],
    ids=["values", "lines", "members"],
)
def test_what_would_grow_when_it_is_read_is_refused(body: bytes, told: str) -> None:
    with pytest.raises(RefusedError, match=told):
        opened(body, compressed=body.startswith(b"\x1f"), ndjson=True)


def test_what_must_not_be_kept_is_taken_out_first() -> None:
    key = "0123456789abcdef"
    body = json.dumps({"reports": [{"accession": key}], "messages": [{"error": key}]}).encode()
    for compressed in (False, True):
        sent = gzip.compress(body) if compressed else body
        found = open_body(
            sent,
            compressed=compressed,
            ndjson=False,
            list_field="reports",
            mask=Mask(key).data,
        )
        assert records(found) == [{"accession": MASK}]
        assert found.messages == (Message("error", "", MASK),)


def test_messages_of_a_page() -> None:
    messages = [
        {
            "error": {
                "assembly_error_code": "INVALID_TAXON",
                "message": "unknown",
                "reason": "no such taxon",
                "invalid_identifiers": ["x", "y"],
            }
        },
        {
            "warning": {
                "geneWarningCode": "REPLACED_GENE_ID",
                "reason": "replaced",
                "replacedId": {"requested": "1", "returned": "2"},
            }
        },
        {"warning": {"gene_warning_code": "UNRECOGNIZED_GENE_ID", "unrecognized_identifier": "9"}},
    ]
    assert opened(page(messages=messages)).messages == (
        Message("error", "INVALID_TAXON", "no such taxon: unknown", ("x", "y")),
        Message("warning", "REPLACED_GENE_ID", "replaced", ("1",), "2"),
        Message("warning", "UNRECOGNIZED_GENE_ID", "", ("9",)),
    )


def test_a_message_that_says_more_than_we_know_is_kept_whole() -> None:
    error = {"reason": "r", "severity": 7, "invalid_identifiers": ["x"]}
    (message,) = opened(page(messages=[{"error": error}])).messages
    assert json.loads(message.text) == error
    assert message.identifiers == ("x",)
    (message,) = opened(page(messages=["as text"])).messages
    assert message == Message("warning", "", "as text")


def test_a_page_of_messages_alone_has_no_records() -> None:
    found = opened(b'{"messages":[{"error":{"reason":"gone"}}]}')
    assert (found.data, found.messages) == (b"", (Message("error", "", "gone"),))


def test_a_summary_is_one_record_without_its_messages() -> None:
    body = {
        "record_count": 3,
        "errors": [{"reason": "r"}],
        "hydrated": {"url": "u"},
        "messages": [],
    }
    found = opened(json.dumps(body, indent=1).encode(), field=None)
    assert records(found) == [{"record_count": 3, "hydrated": {"url": "u"}}]
    assert found.messages == (Message("error", "", "r"),)
    assert opened(b'{ "record_count": 3}', field=None).data == b'{ "record_count": 3}'
    assert opened(b"{}", field=None).data == b""
    assert opened(b'{"errors":[{"reason":"r"}]}', field=None).data == b""


def test_one_bad_record_of_a_page_costs_no_other() -> None:
    deep = b'{"a":' * 5000 + b"1" + b"}" * 5000
    bad = [deep, b'{"accession":"x","n":NaN}', b'{"accession":"\xff"}', b'{"accession":"a\nb"}']
    body = b'{"total_count":6,\n"reports":[{"accession":"GCF_1.1"},' + b",\n".join(bad) + b"]}"
    found = opened(body)
    assert found.total == 6
    assert found.data.split(b"\n")[0] == b'{"accession":"GCF_1.1"}'
    assert found.data.split(b"\n")[1:4] == bad[:3]
    assert found.data.count(b"\n") == 4


@given(st.binary(max_size=200), st.booleans(), st.booleans(), st.sampled_from(["reports", None]))
def test_any_bytes_are_opened_or_refused(
    body: bytes,
    compressed: bool,  # noqa: FBT001
    ndjson: bool,  # noqa: FBT001
    field: str | None,
) -> None:
    try:
        found = opened(body, compressed=compressed, ndjson=ndjson, field=field)
    except HarvesterError:
        return
    assert isinstance(found.data, bytes)


_json = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@given(st.lists(st.dictionaries(st.text(), _json, max_size=3)), st.sampled_from([None, 0, 3]))
def test_any_records_pass_through_a_page(sent: list[Any], indent: int | None) -> None:
    body = json.dumps({"reports": sent, "total_count": len(sent)}, indent=indent).encode()
    found = opened(body)
    assert records(found) == sent
    assert found.total == len(sent)
    assert found.data.count(b"\n") == max(len(sent) - 1, 0)
