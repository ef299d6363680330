"""Files on disk become the same tables as a harvest, and nothing but what they hold changes."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from harvester.catalogue import RESOURCES
from harvester.errors import SpecError
from harvester.model import Query
from harvester.publish import read_manifest
from harvester.sandbox import SandboxConfig, Served, Size, serve_in_thread
from harvester.store.lake import Lake
from harvester.summary import Summary
from tests.wire import runs
from tests.wire.packages import camelled, ingest, ndjson, package, squeezed
from tests.wire.reference import reports, unwrapped
from tests.wire.runs import ask

COLI = "GCF_000005845.2"
SIZES = (
    Size("genome", "562", 100),
    Size("gene", "10090", 200),
    Size("annotation", COLI, 300),
    Size("virus", "1335626", 200),
)
APES = Query("apes", "genome", "taxa", ("9443",))
QUERIES = (
    APES,
    Query("genes", "gene", "taxa", ("10090",)),
    Query("products", "product", "taxa", ("10090",)),
    Query("features", "annotation", "accessions", (COLI,)),
    Query("viruses", "virus", "taxa", ("1335626",)),
)
PATHS = {
    "genome": "/genome/taxon/9443/dataset_report",
    "gene": "/gene/taxon/10090/dataset_report",
    "product": "/gene/taxon/10090/product_report",
    "annotation": f"/genome/accession/{COLI}/annotation_report",
    "virus": "/virus/taxon/1335626/dataset_report",
}
Records = list[dict[str, Any]]


@pytest.fixture(scope="module")
def served() -> Iterator[Served]:
    with serve_in_thread(SandboxConfig(latency=0.0, rps=0, sizes=SIZES)) as server:
        yield server


@pytest.fixture(scope="module")
def records(served: Served) -> dict[str, Records]:
    fields = {name: RESOURCES[name].list_field or "" for name in PATHS}
    return {name: reports(served.url, path, "", fields[name]) for name, path in PATHS.items()}


def harvest(folder: Path, served: Served, *queries: Query, faults: str = "") -> Summary:
    served.faults.set(faults)
    return runs.harvest(folder, served.url, *queries)


def table(folder: Path, name: str) -> list[str]:
    """The rows but for what the harvester adds, and what NCBI echoes of the question."""
    own = "_run_id, _fetched_at, _seen_at" + (", _query" if RESOURCES[name].has_query_echo else "")
    return sorted(map(str, ask(folder, f"SELECT * EXCLUDE ({own}) FROM {name}")))


def bare(found: Records, resource: str) -> Records:
    """Records as packages hold them: in camelCase, without wrapper and question."""
    return [camelled(unwrapped(record, RESOURCES[resource].wrapper)) for record in found]


def as_files(folder: Path, records: dict[str, Records]) -> dict[str, Path]:
    """Each resource in another of the forms that are understood."""
    (folder / "virus.json").write_text(json.dumps(records["virus"]))
    told = {name: ndjson(bare(records[name], name)) for name in ("genome", "gene", "product")}
    genes = {"data_report.jsonl": told["gene"], "product_report.jsonl": told["product"]}
    return {
        "genome": package(folder / "a.zip", {"assembly_data_report.jsonl": told["genome"]}),
        "gene": package(folder / "b.zip", genes),
        "product": folder / "b.zip",
        "annotation": squeezed(folder / COLI / "a.jsonl.gz", ndjson(records["annotation"])),
        "virus": folder / "virus.json",
    }


def test_files_give_the_tables_that_a_harvest_gives(
    served: Served, records: dict[str, Records], tmp_path: Path
) -> None:
    disk, web = tmp_path / "disk", tmp_path / "web"
    disk.mkdir()
    files = as_files(disk, records)
    for resource, file in files.items():
        summary = ingest(disk, resource, file).summary
        assert (summary.status, summary.records) == ("complete", len(records[resource]))
        assert summary.tables[resource].added == summary.tables[resource].rows > 0
    harvest(web, served, *QUERIES)
    for resource in files:
        assert table(disk, resource) == table(web, resource), resource
    figures = ingest(web, "gene", files["gene"]).summary.tables["gene"]
    assert (figures.added, figures.changed, figures.removed) == (0, 0, 0)


def test_what_was_loaded_is_told_a_row_a_file_and_again_changes_nothing(
    records: dict[str, Records], tmp_path: Path
) -> None:
    half = len(records["gene"]) // 2
    one, two = tmp_path / "one.jsonl", tmp_path / "two.jsonl"
    one.write_bytes(ndjson([*records["gene"][:half], records["gene"][0]]))
    two.write_bytes(ndjson(records["gene"][half:]))
    first = ingest(tmp_path, "gene", one, two).summary
    again = ingest(tmp_path, "gene", two, one, two).summary
    assert (first.duplicates, first.tables["gene"].added) == (1, len(records["gene"]))
    assert (again.tables["gene"].added, again.tables["gene"].changed) == (0, 0)
    told = "SELECT selector, selectors, received, distinct_keys, state FROM meta.queries WHERE "
    assert ask(tmp_path, f"{told} run_id = '{first.run_id}' ORDER BY selectors") == [
        ("files", [str(one)], half + 1, half, "complete"),
        ("files", [str(two)], len(records["gene"]) - half, len(records["gene"]) - half, "complete"),
    ]
    items = "SELECT value, outcome, records FROM meta.items WHERE run_id = '{}' ORDER BY value"
    assert ask(tmp_path, items.format(first.run_id))[0] == (str(one), "ok", half + 1)
    assert (
        ask(tmp_path, "SELECT job, requests, base_url FROM meta.runs") == [("ingest", 0, None)] * 2
    )


def test_files_neither_remove_rows_nor_keep_them(
    served: Served, records: dict[str, Records], tmp_path: Path
) -> None:
    served.faults.set("")
    coli = reports(served.url, "/genome/taxon/562/dataset_report")
    harvest(tmp_path, served, APES)
    apes = {row[0] for row in ask(tmp_path, "SELECT accession FROM genome")}
    file = tmp_path / "genome.jsonl"
    file.write_bytes(ndjson([*coli, *records["genome"]]))
    ingest(tmp_path, "genome", file)
    night = harvest(tmp_path, served, APES, faults="gone:1")
    left = {row[0] for row in ask(tmp_path, "SELECT accession FROM genome")}
    assert night.tables["genome"].removed == len(apes - left) > 0
    assert {record["accession"] for record in coli} <= left
    file.write_bytes(ndjson(coli[:1]))
    assert ingest(tmp_path, "genome", file).summary.tables["genome"].rows == len(left)


def test_a_broken_line_is_kept_with_its_file_and_its_line(
    records: dict[str, Records], tmp_path: Path
) -> None:
    """More than one piece of the file lies before it."""
    long = records["genome"][0] | {"padding": "x" * 2**20}
    lines = ndjson([long | {"accession": f"GCF_{n:09}.1"} for n in range(9)])
    file = tmp_path / "long.jsonl"
    file.write_bytes(b"\n" + lines + b'{"accession": "cut\n' + ndjson(records["genome"]) + b"[1]")
    done = ingest(tmp_path, "genome", file)
    (broken,) = done.broken
    assert (broken.place, broken.lines, broken.first.line) == (str(file), 2, 11)
    assert done.summary.quarantined == 2
    assert "2 in quarantine" in done.summary.line()
    last = 12 + len(records["genome"])
    assert ask(tmp_path, "SELECT chain, line, data FROM meta.quarantine ORDER BY line") == [
        (f"{file}/0", 11, b'{"accession": "cut'),
        (f"{file}/0", last, b"[1]"),
    ]
    assert done.summary.tables["genome"].rows == 9 + len(records["genome"])


def _empty(folder: Path, records: dict[str, Records]) -> str:
    del records
    (folder / "empty.jsonl").touch()
    return "empty.jsonl"


def _blank(folder: Path, records: dict[str, Records]) -> str:
    del records
    (folder / "blank.jsonl").write_bytes(b"\n \n")
    return "blank.jsonl"


def _sequences(folder: Path, records: dict[str, Records]) -> str:
    del records
    (folder / "x.fna").write_bytes(b">NC_000913.3 Escherichia coli\nACGT\n")
    return "x.fna"


def _other_kind(folder: Path, records: dict[str, Records]) -> str:
    (folder / "virus.jsonl").write_bytes(ndjson(records["virus"]))
    return "virus.jsonl"


def _products(folder: Path, records: dict[str, Records]) -> str:
    (folder / "product_report.jsonl").write_bytes(ndjson(bare(records["product"], "product")))
    return "product_report.jsonl"


def _other_package(folder: Path, records: dict[str, Records]) -> str:
    return package(folder / "g.zip", {"data_report.jsonl": ndjson(records["gene"])}).name


def _cut_gzip(folder: Path, records: dict[str, Records]) -> str:
    whole = squeezed(folder / "cut.jsonl.gz", ndjson(records["genome"]))
    whole.write_bytes(whole.read_bytes()[:-9])
    return whole.name


def _cut_zip(folder: Path, records: dict[str, Records]) -> str:
    data = {"assembly_data_report.jsonl": ndjson(records["genome"])}
    whole = package(folder / "cut.zip", data)
    whole.write_bytes(whole.read_bytes()[:-40])
    return whole.name


def _damaged_zip(folder: Path, records: dict[str, Records]) -> str:
    data = {"assembly_data_report.jsonl": ndjson(records["genome"])}
    whole = package(folder / "damaged.zip", data)
    with zipfile.ZipFile(whole) as opened:
        at = opened.getinfo("ncbi_dataset/data/assembly_data_report.jsonl").header_offset + 200
    text = bytearray(whole.read_bytes())
    text[at : at + 64] = bytes(64)
    whole.write_bytes(text)
    return whole.name


def _missing(folder: Path, records: dict[str, Records]) -> str:
    del folder, records
    return "missing.jsonl"


def _folder(folder: Path, records: dict[str, Records]) -> str:
    del records
    (folder / "data").mkdir()
    (folder / "data/assembly_data_report.jsonl").touch()
    return "data"


def _no_keys(folder: Path, records: dict[str, Records]) -> str:
    del records
    (folder / "keyless.jsonl").write_bytes(b'{"assembly_info": {}}\n' * 3)
    return "keyless.jsonl"


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (_empty, "empty.jsonl is empty"),
        (_blank, "blank.jsonl holds no records"),
        (_sequences, "x.fna holds no records: .* it begins '>NC_000913.3"),
        (_other_kind, "virus.jsonl holds virus reports, not genome reports"),
        (_products, "holds product reports, .* read it with `harvester ingest product`"),
        (_other_package, "g.zip holds no genome reports .*: what it holds is data_report.jsonl"),
        (_cut_gzip, "cut.jsonl.gz is damaged or cut short"),
        (_cut_zip, "cut.zip is a damaged zip file, or cut short"),
        (_damaged_zip, "damaged.zip:.* is damaged or cut short"),
        (_missing, "missing.jsonl cannot be read: No such file"),
        (_folder, "data is a folder: .* such as .*assembly_data_report.jsonl"),
        (_no_keys, "keyless.jsonl holds no genome report .line 1: no accession"),
    ],
    ids=lambda value: value.__name__.strip("_") if callable(value) else "",
)
def test_what_cannot_be_loaded_is_told_in_a_sentence_and_leaves_nothing(
    make: Callable[[Path, dict[str, Records]], str],
    said: str,
    records: dict[str, Records],
    tmp_path: Path,
) -> None:
    good = tmp_path / "good.jsonl"
    good.write_bytes(ndjson(records["genome"]))
    bad = make(tmp_path, records)
    with pytest.raises(SpecError, match=said) as told:
        ingest(tmp_path, "genome", good, tmp_path / bad)
    assert "\n" not in str(told.value)
    lake = Lake(tmp_path / "lake")
    assert read_manifest(lake).runs == ()
    assert set(lake.list("")) <= {".lock"}


@pytest.mark.parametrize(
    ("resource", "said"),
    [("genom", "did you mean 'genome'"), ("virus_summary", "which no file tells")],
)
def test_not_every_word_is_a_resource(resource: str, said: str, tmp_path: Path) -> None:
    with pytest.raises(SpecError, match=said):
        ingest(tmp_path, resource, tmp_path / "a.jsonl")


def test_genes_and_their_products_are_told_apart(
    records: dict[str, Records], tmp_path: Path
) -> None:
    """Most names of the one are names of the other."""
    for kind, other in (("gene", "product"), ("product", "gene")):
        for form in (records[kind], bare(records[kind], kind)):
            file = tmp_path / "some.jsonl"
            file.write_bytes(ndjson(form))
            with pytest.raises(SpecError, match=f"holds {kind} reports, not {other} reports"):
                ingest(tmp_path, other, file)


def test_reports_without_an_assembly_need_a_folder_that_names_it(
    records: dict[str, Records], tmp_path: Path
) -> None:
    data = ndjson(records["annotation"])
    file = tmp_path / "annotation_report.jsonl"
    file.write_bytes(data)
    with pytest.raises(SpecError, match="put the file into a folder that bears its accession"):
        ingest(tmp_path, "annotation", file)
    ingest(tmp_path, "annotation", package(tmp_path / "p.zip", {f"{COLI}/{file.name}": data}))
    assert ask(tmp_path, "SELECT DISTINCT assembly_accession FROM annotation") == [(COLI,)]
