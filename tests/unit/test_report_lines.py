"""Whatever a file's form, its records come out one a line; what holds none is refused."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from harvester.catalogue import RESOURCES
from harvester.errors import SpecError
from harvester.package_files import LONGEST, ReportFile, find_reports
from harvester.report_lines import read_lines
from tests.wire.packages import ndjson, package

Records = list[dict[str, Any]]
RECORDS: Records = [
    {"accession": f"GCF_{n:09}.1", "assembly_info": {"comments": "a\nb { [ \u2028"}, "n": n}
    for n in range(3)
]


def _page(records: Records, **more: Any) -> dict[str, Any]:
    return {"reports": records, "total_count": len(records), **more}


FORMS: dict[str, Callable[[Records], bytes]] = {
    "lines": ndjson,
    "lines without an end": lambda records: ndjson(records).rstrip(b"\n"),
    "lines after a mark": lambda records: b"\xef\xbb\xbf" + ndjson(records),
    "lines of Windows": lambda records: ndjson(records).replace(b"\n", b"\r\n"),
    "blank lines between": lambda records: b"\n\n" + ndjson(records).replace(b"\n", b"\n\n"),
    "page": lambda records: json.dumps(_page(records)).encode(),
    "page, printed": lambda records: json.dumps(_page(records), indent=2).encode(),
    "page in camelCase": lambda records: json.dumps(
        {"totalCount": 3, "reports": records}, indent=1
    ).encode(),
    "pages, one a line": lambda records: ndjson([_page(records[:1]), _page(records[1:])]),
    "list": lambda records: json.dumps(records).encode(),
    "list, a record a line": lambda records: json.dumps(records).replace("}, {", "},\n{").encode(),
    "list, printed": lambda records: json.dumps(records, indent=4).encode(),
}


def read(folder: Path, data: bytes, resource: str = "genome") -> Records:
    file = folder / "some.jsonl"
    file.write_bytes(data)
    pieces = b"".join(read_lines(ReportFile(str(file)), RESOURCES[resource]))
    return [json.loads(line) for line in pieces.split(b"\n") if line.strip()]


@pytest.mark.parametrize("form", FORMS)
def test_each_form_gives_the_records(form: str, tmp_path: Path) -> None:
    assert read(tmp_path, FORMS[form](RECORDS)) == RECORDS


def test_one_record_may_be_printed_over_many_lines(tmp_path: Path) -> None:
    assert read(tmp_path, json.dumps(RECORDS[0], indent=2).encode()) == RECORDS[:1]


def test_an_older_page_names_its_list_otherwise(tmp_path: Path) -> None:
    nodes = [{"taxonomy": {"tax_id": 9606, "organism_name": "Homo sapiens"}, "query": ["9606"]}]
    page = json.dumps({"taxonomyNodes": nodes}).encode()
    assert read(tmp_path, page, "taxonomy_node") == nodes


def test_lines_are_pieces_that_end_where_a_line_does(tmp_path: Path) -> None:
    file = tmp_path / "long.jsonl"
    file.write_bytes(ndjson([record | {"long": "x" * 3 * 2**20} for record in RECORDS * 3]))
    pieces = list(read_lines(ReportFile(str(file)), RESOURCES["genome"]))
    assert len(pieces) > 2
    assert all(piece.endswith(b"}\n") for piece in pieces)
    assert b"".join(pieces) == file.read_bytes()


@pytest.mark.parametrize(
    "data",
    [
        b"accession\torganism\nGCF_000000001.1\tE. coli\n",
        b"<html><body>403</body></html>",
        b"\x00\x01\x02" * 100,
        b'{"accession": "GCF_0000',
        b'{\n"reports": [{"accession":',
        b"[1, 2",
        b"null\n",
    ],
)
def test_what_is_no_record_is_refused(data: bytes, tmp_path: Path) -> None:
    with pytest.raises(SpecError, match=r"some.jsonl holds no records: .* it begins "):
        read(tmp_path, data)


@pytest.mark.parametrize("head", [b'{"accession": "', b'{\n"reports": [\n'])
def test_a_piece_that_memory_should_not_hold_is_refused(head: bytes, tmp_path: Path) -> None:
    file = tmp_path / "huge.jsonl"
    with file.open("wb") as sink:
        sink.write(head)
        sink.truncate(LONGEST + 2 * 2**20)  # zeros, which take no room on the disk
    with pytest.raises(SpecError, match="more than 64 MB in one piece: write one record a line"):
        list(read_lines(ReportFile(str(file)), RESOURCES["genome"]))


@pytest.mark.parametrize(
    ("place", "assembly"),
    [
        (ReportFile("p.zip", "ncbi_dataset/data/GCA_000001.1/x.jsonl"), ""),
        (ReportFile("p.zip", "ncbi_dataset/data/GCF_000005845.2/x.jsonl"), "GCF_000005845.2"),
        (ReportFile("/a/GCF_000005845.2/x.jsonl"), "GCF_000005845.2"),
        (ReportFile("/a/GCA_000005845/GCF_000005845.2_report.jsonl.gz"), "GCF_000005845.2"),
        (ReportFile("GCF_000005845.2.zip", "ncbi_dataset/data/x.jsonl"), ""),
    ],
)
def test_a_folder_names_the_assembly(place: ReportFile, assembly: str) -> None:
    assert place.assembly == assembly


def test_reports_are_found_by_name_wherever_they_lie(tmp_path: Path) -> None:
    names = ["GCF_000000001.1/sequence_report.jsonl", "GCA_000000002.1/sequence_report.jsonl"]
    file = package(tmp_path / "p.zip", dict.fromkeys([*names, "data_report.jsonl"], b"{}\n"))
    found = find_reports(str(file), "sequence")
    assert [one.place for one in found] == [f"{file}:ncbi_dataset/data/{name}" for name in names]
    with pytest.raises(SpecError, match="packages hold no taxonomy_node reports"):
        find_reports(str(file), "taxonomy_node")
