from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any

import pytest
import xxhash

from harvester.catalogue import RESOURCES
from harvester.decode import Decoded, Decoder
from harvester.model import Drift, Message, Stamp
from harvester.schema import lake_schema

DECODERS = {name: Decoder(resource) for name, resource in RESOURCES.items()}
MOMENT = datetime(2026, 11, 21, 3, 30, tzinfo=timezone(timedelta(hours=1)))


def stamp(**request: str) -> Stamp:
    return Stamp("20261121T020000Z-test", MOMENT, "q.0/0", tuple(request.items()))


def decode(table: str, *lines: bytes | dict[str, Any], **request: str) -> Decoded:
    texts = [line if isinstance(line, bytes) else json.dumps(line).encode() for line in lines]
    return DECODERS[table].decode(b"\n".join(texts) + b"\n", stamp(**request))


def row(table: str, record: bytes | dict[str, Any], **request: str) -> dict[str, Any]:
    decoded = decode(table, record, **request)
    assert decoded.quarantine == ()
    (only,) = decoded.batch.to_pylist()
    assert isinstance(only, dict)
    return only


def extra(table: str, record: bytes | dict[str, Any], **request: str) -> dict[str, Any]:
    found = json.loads(row(table, record, **request)["_extra"] or "{}")
    assert isinstance(found, dict)
    return found


# --- what the harvester adds


@pytest.mark.parametrize("table", RESOURCES)
def test_a_page_without_records_is_an_empty_batch(table: str) -> None:
    for data in (b"", b"\n \r\n\t\n"):
        decoded = DECODERS[table].decode(data, stamp())
        assert decoded.batch.schema == lake_schema(RESOURCES[table])
        assert (decoded.batch.num_rows, decoded.received) == (0, 0)


def test_system_columns() -> None:
    line = b'{"accession":"GCF_1.1"}'
    only = row("genome", line)
    assert only["_run_id"] == "20261121T020000Z-test"
    assert only["_fetched_at"] == datetime(2026, 11, 21, 2, 30)  # noqa: DTZ001 - UTC by contract
    assert only["_chain"] == "q.0/0"
    assert only["_extra"] is None
    assert only["_hash"] % 2**64 == xxhash.xxh3_64_intdigest(line)
    assert row("genome", b"  " + line + b"\r")["_hash"] == only["_hash"]


def test_the_request_fills_what_the_report_lacks() -> None:
    bare = {"genbank_accession": "CP1.1"}
    asked = {"assembly_accession": "GCF_1.1"}
    assert row("sequence", bare, **asked)["assembly_accession"] == "GCF_1.1"
    own = row("sequence", bare | {"assembly_accession": "GCA_9.1"}, **asked)
    assert own["assembly_accession"] == "GCA_9.1"
    surprising = row("sequence", bare | {"brand_new": 1}, **asked)
    assert surprising["assembly_accession"] == "GCF_1.1"
    summary = row("virus_summary", {"record_count": 3}, taxon="1335626", filters="{}")
    assert (summary["taxon"], summary["filters"], summary["record_count"]) == ("1335626", "{}", 3)


# --- forms


def test_wrappers_are_taken_off() -> None:
    only = row("gene", {"gene": {"gene_id": "7157", "tax_id": "9606"}, "query": ["TP53", "7157"]})
    assert (only["gene_id"], only["tax_id"]) == (7157, 9606)
    assert only["_query"] == ["TP53", "7157"]
    feature = {"annotation": {"gene_id": "5"}, "row_id": "r1", "query": ["GCF_1.1"]}
    only = row("annotation", feature, assembly_accession="GCF_1.1")
    assert (only["row_id"], only["gene_id"], only["assembly_accession"]) == ("r1", 5, "GCF_1.1")


def test_camel_case_and_bare_records_of_wrapped_kinds() -> None:
    bare = {"geneId": "7157", "taxId": "9606", "swissProtAccessions": ["P04637"]}
    for record in (bare, {"gene": bare}, {"gene": bare, "query": ["x"]}):
        decoded = decode("gene", record)
        (only,) = decoded.batch.to_pylist()
        assert (only["gene_id"], only["swiss_prot_accessions"]) == (7157, ["P04637"])
        assert (only["_extra"], decoded.drift) == (None, ())


def test_the_older_description() -> None:
    gene = {"geneId": 7157, "taxId": 9606, "organism": {"sciName": "Homo sapiens"}}
    only = row("gene", gene)
    assert (only["gene_id"], only["tax_id"], only["_extra"]) == (7157, 9606, None)
    assert only["organism"]["sci_name"] == "Homo sapiens"
    assembly = {
        "accession": "GCF_1.1",
        "submitter": "s",
        "assemblyStats": {"totalLength": 5, "numberOfChromosomes": 2, "contigN50": 4},
    }
    only = row("genome", assembly)
    assert (only["submitter"], only["_extra"]) == ("s", None)
    assert only["assembly_stats"]["total_length"] == 5
    assert only["assembly_stats"]["contig_n50"] == 4


def test_forms_may_be_mixed_in_a_page() -> None:
    decoded = decode(
        "gene",
        {"gene": {"gene_id": "1"}, "query": ["a"]},
        {"geneId": "2"},
        {"gene": {"geneId": "3", "tax_id": "9606"}},
        {"gene_id": 4},
    )
    assert [r["gene_id"] for r in decoded.batch.to_pylist()] == [1, 2, 3, 4]
    assert [r["_query"] for r in decoded.batch.to_pylist()] == [["a"], None, None, None]
    assert (decoded.drift, decoded.quarantine, decoded.received) == ((), (), 4)


# --- values


def test_numbers_quoted_or_plain() -> None:
    for number in (5, "5"):
        only = row("sequence", {"genbank_accession": "a", "gc_count": number, "length": number})
        assert (only["gc_count"], only["length"], only["_extra"]) == (5, 5, None)


@pytest.mark.parametrize(
    "value", [2**63, str(2**63), "51.0", 51.0, "007", "0x10", "+5", "", " 5", "1e3", True, [5], {}]
)
def test_what_is_no_64_bit_integer_goes_to_extra_as_it_is(value: Any) -> None:
    record = {"genbank_accession": "a", "gc_count": value, "length": value}
    only = row("sequence", record)
    assert (only["gc_count"], only["length"]) == (None, None)
    found = json.loads(only["_extra"])
    assert found == {"/gc_count": value, "/length": value}
    assert all(type(one) is type(value) for one in found.values())
    for column in ("gc_count", "length"):
        assert extra("sequence", {"genbank_accession": "a", column: value}) == {f"/{column}": value}


def test_the_limits_of_64_bits_fit() -> None:
    for number in (2**63 - 1, -(2**63)):
        only = row(
            "sequence", {"genbank_accession": "a", "gc_count": str(number), "length": number}
        )
        assert (only["gc_count"], only["length"]) == (number, number)


def test_floats() -> None:
    record = b'{"genbank_accession":"a","gc_percent":%s}'
    for text in (b"51", b"51.0", b"51.5", b"5.15e1", b"9007199254740992", b"1e300", b"-0.0"):
        only = row("sequence", record % text)
        assert only["gc_percent"] == float(text)
        assert only["_extra"] is None
    for text in (b"9007199254740993", b"1e400", b"9" * 400, b'"51"', b"true"):
        only = row("sequence", record % text)
        assert only["gc_percent"] is None
        assert only["_extra"].encode() == b'{"/gc_percent":%s}' % text


def test_numbers_beyond_all_types_keep_each_digit() -> None:
    digits = b"-" + b"9" * 5000
    only = row("sequence", b'{"genbank_accession":"a","new":[%s,0.12345678901234567890]}' % digits)
    assert only["_extra"].encode() == b'{"/new":[%s,0.12345678901234567890]}' % digits


@pytest.mark.parametrize("text", [b"NaN", b"Infinity", b"-Infinity", b"Inf", b"01", b"1.", b".5"])
def test_what_is_no_number_is_no_record(text: bytes) -> None:
    good = b'{"genbank_accession":"a","gc_percent":1}'
    decoded = decode("sequence", good, b'{"genbank_accession":"b","gc_percent":%s}' % text, good)
    assert decoded.batch.num_rows == 2
    assert [one.line for one in decoded.quarantine] == [2]


def test_booleans_and_strings_take_nothing_else() -> None:
    assert extra("virus", {"accession": "a", "is_complete": "true"}) == {"/is_complete": "true"}
    assert extra("virus", {"accession": "a", "is_complete": 1}) == {"/is_complete": 1}
    assert extra("genome", {"accession": "a", "paired_accession": 5}) == {"/paired_accession": 5}
    assert row("virus", {"accession": "a", "is_complete": False})["is_complete"] is False


def test_dates_and_moments() -> None:
    def info(member: str, value: str) -> tuple[Any, Any]:
        only = row("genome", {"accession": "a", "annotation_info": {member: value}})
        return only["annotation_info"][member], only["_extra"]

    assert info("release_date", "2024-02-29") == (date(2024, 2, 29), None)
    for value in ("2023-02-29", "2024-02-29T00:00:00Z", "20240229", "0000-01-01", "", "missing"):
        assert info("release_date", value) == (
            None,
            json.dumps({"/annotation_info/release_date": value}).replace(" ", ""),
        )
    for value, moment in {
        "1995-10-26T00:00:00Z": datetime(1995, 10, 26, tzinfo=UTC),
        "2021-02-28T05:23:06.723": datetime(2021, 2, 28, 5, 23, 6, 723000, tzinfo=UTC),
        "2021-02-28T05:23:06+05:00": datetime(2021, 2, 28, 0, 23, 6, tzinfo=UTC),
    }.items():
        only = row("virus", {"accession": "a", "release_date": value})
        assert (only["release_date"], only["_extra"]) == (moment.replace(tzinfo=None), None)
    for value in (
        "2021-02-28T05:23:06.1234567Z",
        "2021-02-30T00:00:00Z",
        "2021",
        "yesterday",
        "",
        "0001-01-01T00:00:00+01:00",
        "9999-12-31T23:30:00-01:00",
    ):
        assert extra("virus", {"accession": "a", "release_date": value}) == {"/release_date": value}


def test_nulls_are_absent_and_empty_containers_are_kept() -> None:
    record: dict[str, Any] = {
        "gene_id": "1",
        "symbol": None,
        "synonyms": [],
        "annotations": [{}],
        "brand_new": None,
    }
    for wrapped in (record, {"gene": record, "query": None}):
        decoded = decode("gene", wrapped)
        (only,) = decoded.batch.to_pylist()
        assert (only["symbol"], only["synonyms"], only["chromosomes"]) == (None, [], None)
        assert [*only["annotations"][0].values()] == [None] * len(only["annotations"][0])
        assert (only["_extra"], decoded.drift) == (None, ())


# --- what no column holds


def test_unknown_fields_go_to_extra_under_their_pointers() -> None:
    record: dict[str, Any] = {
        "geneId": "1",
        "newField": {"inner": [1, {"camelCase": None}]},
        "a/b~c": 1,
        "annotations": [{"assemblyName": "x"}, {"genomicLocations": [{"brandNew": True}]}],
    }
    assert extra("gene", {"gene": record, "query": ["1"], "product": {"x": 1}}) == {
        "/new_field": {"inner": [1, {"camelCase": None}]},
        "/a~1b~0c": 1,
        "/annotations/1/genomic_locations/0/brand_new": True,
        "/product": {"x": 1},
    }


def test_a_member_of_the_wrapper_that_looks_like_a_field() -> None:
    record = {"gene": {"gene_id": "1", "symbol": "A"}, "symbol": "B", "query": {"odd": 1}}
    only = row("gene", record)
    assert only["symbol"] == "A"
    assert json.loads(only["_extra"]) == {"/@wrapper/symbol": "B", "/query": {"odd": 1}}


def test_a_column_of_the_wrapper_inside_the_report() -> None:
    feature = {"annotation": {"row_id": "inner", "symbol": "S"}, "query": ["GCF_1.1"]}
    assert row("annotation", feature)["row_id"] == "inner"
    only = row("annotation", feature | {"row_id": "outer"})
    assert (only["row_id"], json.loads(only["_extra"])) == ("outer", {"/row_id#1": "inner"})


def test_elements_that_do_not_fit_leave_a_gap() -> None:
    record = {"gene_id": "1", "synonyms": ["a", 5, None, "b"], "omim_ids": ["1", "x"]}
    only = row("gene", record)
    assert (only["synonyms"], only["omim_ids"]) == (["a", None, None, "b"], [1, None])
    assert json.loads(only["_extra"]) == {"/synonyms/1": 5, "/omim_ids/1": "x"}
    assert extra("gene", {"gene_id": "1", "synonyms": "a"}) == {"/synonyms": "a"}
    assert extra("gene", {"gene_id": "1", "symbol": ["a"]}) == {"/symbol": ["a"]}
    assert extra("gene", {"gene_id": "1", "annotations": {"a": 1}}) == {"/annotations": {"a": 1}}
    assert extra("gene", {"gene_id": "1", "annotations": [[]]}) == {"/annotations/0": []}


def test_duplicate_keys() -> None:
    line = b'{"gene_id":"1","symbol":"a","symbol":"b","geneId":"2","symbol":"c","new":1,"new":2}'
    only = row("gene", line)
    assert (only["gene_id"], only["symbol"]) == (2, "c")
    assert json.loads(only["_extra"]) == {
        "/gene_id#1": "1",
        "/symbol#1": "a",
        "/symbol#2": "b",
        "/new#1": 1,
        "/new": 2,
    }
    inner = b'{"gene_id":"1","new":{"x":1,"x":2}}'
    assert row("gene", inner)["_extra"] == '{"/new":{"x":1,"x":2}}'


def test_products_come_wrapped_and_bare_in_either_spelling() -> None:
    exon = {"begin": "1200", "end": "1450", "order": 1}
    location = {"genomicAccessionVersion": "NC_000001.11", "exons": [exon]}
    protein = {"accessionVersion": "NP_000001.1", "maturePeptides": [{"length": 7}]}
    bare = {"geneId": 5, "transcripts": [{"genomicLocations": [location], "protein": protein}]}
    found = row("product", bare)
    (transcript,) = found["transcripts"]
    assert found["gene_id"] == 5
    assert transcript["genomic_locations"][0]["exons"][0]["begin"] == 1200
    assert transcript["protein"]["mature_peptides"][0]["length"] == 7
    wrapped = {"product": {"gene_id": "5", "expression": 1}, "query": ["5"], "gene": {"x": 1}}
    found = row("product", wrapped)
    assert (found["gene_id"], found["_query"]) == (5, ["5"])
    assert json.loads(found["_extra"]) == {"/expression": 1, "/gene": {"x": 1}}


def test_what_was_asked_comes_as_texts() -> None:
    assert row("taxonomy", {"taxonomy": {"tax_id": 9606}, "query": [9606]})["_query"] == ["9606"]
    assert row("taxonomy", {"taxonomy": {"tax_id": 9606}, "query": "human"})["_query"] == ["human"]
    assert extra("genome", {"accession": "a", "query": ["a"]}) == {"/query": ["a"]}


# --- messages


def test_a_record_of_messages_alone_is_neither_row_nor_quarantine() -> None:
    error = {"reason": "not recognized", "invalid_identifiers": ["20111"]}
    decoded = decode("taxonomy_node", {"errors": [error], "query": ["20111"]})
    assert decoded.messages == (Message("error", "", "not recognized", ("20111",)),)
    assert (decoded.batch.num_rows, decoded.quarantine, decoded.received) == (0, (), 1)


def test_a_message_is_about_what_was_asked_where_it_names_nothing() -> None:
    warning = {"gene_warning_code": "UNRECOGNIZED_GENE_ID", "reason": "r"}
    decoded = decode("gene", {"query": ["999"], "warnings": [warning]})
    assert decoded.messages == (Message("warning", "UNRECOGNIZED_GENE_ID", "r", ("999",)),)


def test_a_row_may_come_with_messages() -> None:
    replaced = {
        "geneWarningCode": "REPLACED_GENE_ID",
        "reason": "r",
        "replacedId": {"requested": "1", "returned": "2"},
    }
    decoded = decode("gene", {"gene": {"gene_id": "2"}, "warning": replaced, "query": ["1"]})
    assert decoded.messages == (Message("warning", "REPLACED_GENE_ID", "r", ("1",), "2"),)
    (only,) = decoded.batch.to_pylist()
    assert (only["gene_id"], only["_extra"], decoded.drift) == (2, None, ())


# --- quarantine


@pytest.mark.parametrize(
    ("table", "record", "reason"),
    [
        ("genome", {}, "no accession"),
        ("genome", {"accession": None, "new": 1}, "no accession"),
        ("genome", {"accession": 5}, "no accession"),
        ("gene", {"query": ["1"]}, "no gene_id"),
        ("gene", {"gene": None, "query": ["1"]}, "no gene_id"),
        ("gene", {"product": {"gene_id": "1"}, "query": ["1"]}, "no gene_id"),
        ("product", {"gene": {"gene_id": "1"}, "query": ["1"]}, "no gene_id"),
        ("annotation", {"annotation": {"symbol": "x"}}, "no row_id"),
        ("sequence", {"length": 5}, "no genbank_accession or refseq_accession"),
    ],
)
def test_a_record_without_its_key_is_no_row(
    table: str, record: dict[str, Any], reason: str
) -> None:
    decoded = decode(table, record, assembly_accession="GCF_1.1")
    (rejected,) = decoded.quarantine
    assert (rejected.reason, rejected.line) == (reason, 1)
    assert (json.loads(rejected.data), decoded.batch.num_rows) == (record, 0)


def test_half_a_key_is_enough() -> None:
    assert row("sequence", {"refseq_accession": "NC_1.1"})["genbank_accession"] is None
    assert row("sequence", {"genbank_accession": "CP1.1"})["refseq_accession"] is None


GOOD = [b'{"accession":"GCF_%d.1"}' % number for number in range(200)]
BAD = {
    "null": b"null",
    "scalar": b"5",
    "list": b'[{"accession":"x"}]',
    "text": b"Internal Server Error",
    "garbage": b'{"accession":"x"} x',
    "two": b'{"accession":"x"}{"accession":"y"}',
    "two and a null": b'{"accession":"x"} null {"accession":"y"}',
    "open": b'{"accession":"x"',
    "begins in one line": b'{"accession":',
    "ends in another": b'"x"}',
    "trailing comma": b'{"accession":"x",}',
    "comment": b'{"accession":"x"/* */}',
    "single quotes": b"{'accession':'x'}",
    "utf-8": b'{"accession":"\xff"}',
    "cut utf-8": b'{"accession":"\xe2\x82"}',
    "utf-8 in a key": b'{"accession":"x","\xff":1}',
    "surrogate": b'{"accession":"\\ud800"}',
    "surrogate in the unknown": b'{"accession":"x","new":["\\udfff"]}',
    "nul": b'{"accession":"x"}\x00',
    "nul in a string": b'{"accession":"\x00"}',
    "control": b'{"accession":"x\x01"}',
    "deep": b'{"accession":"x","new":' + b"[" * 1000 + b"]" * 1000 + b"}",
    "deeper": b'{"accession":"x","new":' + b'{"a":' * 100_000 + b"1" + b"}" * 100_000 + b"}",
    "bom inside": b'{\xef\xbb\xbf"accession":"x"}',
    "empty": b"{}",
}


@pytest.mark.parametrize("bad", BAD.values(), ids=BAD.keys())
@pytest.mark.parametrize("place", [0, 3, 100, 200])
def test_bad_bytes_cost_no_neighbour(bad: bytes, place: int) -> None:
    decoded = decode("genome", *GOOD[:place], bad, *GOOD[place:])
    accessions = [one["accession"] for one in decoded.batch.to_pylist()]
    assert accessions == [json.loads(line)["accession"] for line in GOOD]
    (rejected,) = decoded.quarantine
    assert (rejected.data, rejected.line) == (bad, place + 1)
    assert rejected.reason
    assert decoded.received == len(GOOD) + 1


def test_lines_that_only_together_count_right() -> None:
    bad = [b'{"accession":', b'"x"}', b'{"accession":"y"}{"accession":"z"}']
    decoded = decode("genome", *bad)
    assert [one.data for one in decoded.quarantine] == bad


def test_odd_but_valid_bytes_are_tolerated() -> None:
    long = "x" * 5_000_000
    odd = [
        b'\xef\xbb\xbf{"accession":"bom"}\r',
        b'\t{ "accession" : "blanks" } \r',
        b"",
        b"  \r",
        b'{"\\u0061ccession":"nul \\u0000"}',
        '{"accession":"\u2028\u0085\U0001f9ec"}'.encode(),
        b'{"accession":"\\ud83e\\uddec"}',
        b'{"accession":"%s","organism":{"brand_new":"%s"}}' % (long.encode(), long.encode()),
    ]
    decoded = decode("genome", *odd)
    rows = decoded.batch.to_pylist()
    assert [one["accession"] for one in rows] == [
        "bom",
        "blanks",
        "nul \x00",
        "\u2028\u0085\U0001f9ec",
        "\U0001f9ec",
        long,
    ]
    assert json.loads(rows[-1]["_extra"]) == {"/organism/brand_new": long}
    assert (decoded.quarantine, decoded.received) == ((), 6)


# --- drift


def test_drift_is_counted_over_the_page() -> None:
    records = [
        {"gene": {"gene_id": str(n), "annotations": [{"newField": "v" * 300}] * 2, "symbol": n}}
        for n in range(1, 101)
    ]
    decoded = decode("gene", *records)
    assert decoded.drift == (
        Drift("/annotations/-/new_field", "field", '"' + "v" * 199, 200),
        Drift("/symbol", "type", "1", 100),
    )


@pytest.mark.parametrize("surprise", [{}, {"new": 1}])
def test_unknown_enum_values_are_noted_and_kept(surprise: dict[str, Any]) -> None:
    genes = [
        {"gene_id": str(n), "type": kind, "reference_standards": [{"type": kind}]}
        for n, kind in enumerate(["PROTEIN_CODING", "BRAND_NEW", "BRAND_NEW", "OTHER_NEW"])
    ]
    decoded = decode("gene", *(gene | surprise for gene in genes))
    noted = {(one.pointer, one.sample): one.count for one in decoded.drift if one.kind == "enum"}
    assert noted[("/type", '"BRAND_NEW"')] == 2
    assert noted[("/type", '"OTHER_NEW"')] == 1
    assert ("/type", '"PROTEIN_CODING"') not in noted
    assert [one["type"] for one in decoded.batch.to_pylist()][1:] == ["BRAND_NEW"] * 2 + [
        "OTHER_NEW"
    ]


def test_quarantined_records_cause_no_drift() -> None:
    assert decode("genome", {"brand_new": 1}).drift == ()


# --- threads


def test_threads_may_share_a_decoder() -> None:
    pages = [
        b"\n".join(b'{"gene_id":"%d","new":{"a":%d,"a":2}}' % (n * 100 + k, n) for k in range(100))
        for n in range(16)
    ]
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda page: DECODERS["gene"].decode(page, stamp()), pages))
    ids = [one for decoded in found for one in decoded.batch.column("gene_id").to_pylist()]
    assert ids == list(range(1600))
