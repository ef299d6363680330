"""Every leaf of every real record that was handed to us survives decoding."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from harvester.catalogue import RESOURCES
from harvester.decode import Decoder, open_body
from harvester.errors import TransientError
from harvester.model import Message, Stamp
from tests.unit.leaves import lost, rows_of

RECORDS = Path(__file__).parents[3] / "shared" / "ncbi" / "records"
STAMP = Stamp("20261121T020000Z-test", datetime(2026, 11, 21, 2, tzinfo=UTC), "q.0/0")

TODAY = {
    "assembly": "genome",
    "assembly_snake": "genome",
    "gene": "gene",
    "gene_snake": "gene",
    "gene_snake_rest": "gene",
    "product": "product",
    "product_snake": "product",
    "sequence": "sequence",
    "taxonomy_snake": "taxonomy",
    "virus": "virus",
}
FORMER = {
    "assembly_old": "genome",
    "gene_old": "gene",
    "sequence_old": "sequence",
    "virus_old": "virus",
}

pytestmark = pytest.mark.skipif(
    not RECORDS.is_dir(), reason="no real records beside the repository"
)


def _files(kind: str) -> list[Path]:
    return sorted((RECORDS / kind).glob("*.jsonl"))


@pytest.mark.parametrize("kind", TODAY)
def test_every_leaf_of_todays_records_is_in_its_column(kind: str) -> None:
    resource = RESOURCES[TODAY[kind]]
    decoder = Decoder(resource)
    for file in _files(kind):
        data = file.read_bytes()
        records = [json.loads(line) for line in data.split(b"\n") if line]
        decoded = decoder.decode(data, STAMP)
        rows = rows_of(decoded)
        assert (len(rows), decoded.quarantine, decoded.drift) == (len(records), (), ())
        for record, row in zip(records, rows, strict=True):
            assert lost(record, row, resource) == []
            assert row["_extra"] is None


@pytest.mark.parametrize("kind", FORMER)
def test_nothing_of_former_layouts_is_lost(kind: str) -> None:
    resource = RESOURCES[FORMER[kind]]
    decoder = Decoder(resource)
    for file in _files(kind):
        data = file.read_bytes()
        lines = [line for line in data.split(b"\n") if line]
        decoded = decoder.decode(data, STAMP)
        assert decoded.quarantine == ()
        for line, row in zip(lines, rows_of(decoded), strict=True):
            assert lost(json.loads(line), row, resource, former=True) == []


@pytest.mark.parametrize("ndjson", [False, True])
def test_every_leaf_of_whole_pages_survives(*, ndjson: bool) -> None:
    for file in _files("pages_snake"):
        for body in file.read_bytes().splitlines():
            page = json.loads(body)
            found = open_body(body, compressed=False, ndjson=ndjson, list_field="reports")
            first = page["reports"][0]
            name = next((n for n in ("gene", "taxonomy") if n in first), "genome")
            rows = rows_of(Decoder(RESOURCES[name]).decode(found.data, STAMP))
            assert found.total == page["total_count"]
            for record, row in zip(page["reports"], rows, strict=True):
                assert lost(record, row, RESOURCES[name]) == []


def test_an_unknown_taxon_is_a_message() -> None:
    (file,) = (RECORDS / "errors").glob("*266.jsonl")
    found = open_body(
        file.read_bytes(), compressed=False, ndjson=False, list_field="taxonomy_nodes"
    )
    decoded = Decoder(RESOURCES["taxonomy_node"]).decode(found.data, STAMP)
    sent = json.loads(file.read_bytes())["taxonomy_nodes"][0]["errors"][0]
    assert decoded.messages == (Message("error", "", sent["reason"], ("20111",)),)
    assert (decoded.batch.num_rows, decoded.quarantine, decoded.received) == (0, (), 1)


def test_the_body_of_an_error_is_no_page() -> None:
    (file,) = (RECORDS / "errors").glob("*347.jsonl")
    for body in file.read_bytes().splitlines():
        with pytest.raises(TransientError, match="error in answer"):
            open_body(body, compressed=False, ndjson=False, list_field="reports")


def test_every_kind_was_looked_at() -> None:
    kinds = {folder.name for folder in RECORDS.iterdir() if folder.is_dir()}
    other = {"errors", "pages_snake", "taxon_suggest"}
    assert kinds == {*TODAY, *FORMER, *other}
