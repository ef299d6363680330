"""Every leaf of every real record that was handed to us is in the table after an ingest."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import pytest

from harvester.catalogue import RESOURCES, Resource
from tests.unit.leaves import lost, unwrapped
from tests.unit.test_real_records import FORMER, RECORDS, TODAY
from tests.wire.packages import ingest, package, squeezed

pytestmark = pytest.mark.skipif(
    not RECORDS.is_dir(), reason="no real records beside the repository"
)

Record = dict[str, Any]
#: What packages call the reports, in a folder that names the assembly where those do not tell it.
FOLDER = "GCF_000000000.1"
NAMES = {
    "genome": "assembly_data_report.jsonl",
    "gene": "data_report.jsonl",
    "product": "product_report.jsonl",
    "virus": "data_report.jsonl",
    "sequence": f"{FOLDER}/sequence_report.jsonl",
}


def _plain(folder: Path, resource: str, data: bytes) -> Path:
    file = folder / FOLDER / f"{resource}.jsonl"
    file.parent.mkdir()
    file.write_bytes(data)
    return file


def _gzipped(folder: Path, resource: str, data: bytes) -> Path:
    return squeezed(folder / FOLDER / f"{resource}.jsonl.gz", data)


def _zipped(folder: Path, resource: str, data: bytes) -> Path:
    return package(folder / "package.zip", {NAMES[resource]: data})


@pytest.mark.parametrize(
    ("resource", "form"),
    [
        ("genome", _zipped),
        ("gene", _gzipped),
        ("product", _zipped),
        ("virus", _plain),
        ("sequence", _zipped),
    ],
)
def test_every_leaf_of_the_real_records_is_in_the_table(
    resource: str, form: Callable[[Path, str, bytes], Path], tmp_path: Path
) -> None:
    kinds = [kind for kind, name in (TODAY | FORMER).items() if name == resource]
    files = [file for kind in kinds for file in sorted((RECORDS / kind).glob("*.jsonl"))]
    data = b"".join(file.read_bytes().rstrip(b"\n") + b"\n" for file in files)
    done = ingest(tmp_path, resource, form(tmp_path, resource, data))
    records = [json.loads(line) for line in data.split(b"\n") if line.strip()]
    last = {_key(record, RESOURCES[resource]): record for record in records}
    assert done.broken == ()
    assert done.summary.records == len(records)
    with duckdb.connect(str(tmp_path / "x.duckdb"), read_only=True) as connection:
        rows = connection.sql(f"FROM {resource}").to_arrow_table().to_pylist()
    assert len(rows) == len(last)
    for row in rows:
        record = last[tuple(str(row[column] or "") for column in RESOURCES[resource].key)]
        assert lost(record, row, RESOURCES[resource], former=True) == []


def _key(record: Record, resource: Resource) -> tuple[str, ...]:
    report = unwrapped(record, resource)
    camelled = {
        "accession": report.get("assemblyInfo", {}).get("assemblyAccession"),
        "assembly_accession": report.get("assemblyAccession", FOLDER),
        "gene_id": report.get("geneId"),
        "genbank_accession": report.get("genbankAccession"),
        "refseq_accession": report.get("refseqAccession"),
    }
    return tuple(str(report.get(name) or camelled.get(name) or "") for name in resource.key)
