"""Whole harvests through the command line, compared with a slow and obvious reference."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import pytest
from msgspec.structs import replace

from harvester.catalogue import RESOURCES
from harvester.fetch import Pace, Policy
from harvester.sandbox import SandboxConfig, serve_in_thread
from harvester.spec import load_job
from tests.wire.reference import Report, lost, reports, unwrapped
from tests.wire.runs import go, harvester

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Case:
    """One query of a job, and the paths whose answers it must bring."""

    name: str
    query: str
    paths: tuple[str, ...]
    parameters: str = ""

    @property
    def resource(self) -> str:
        return self.name.split("-", maxsplit=1)[0]


CASES = [
    Case("genome-taxa", "taxa: [human, 10090]", (
        "/genome/taxon/human/dataset_report", "/genome/taxon/10090/dataset_report")),
    Case("genome-accessions", "accessions: [GCF_000001405.40, GCF_000005845.2]", (
        "/genome/accession/GCF_000001405.40,GCF_000005845.2/dataset_report",)),
    Case("genome-filters",
         "taxa: [562]\n    filters: {assembly_level: [chromosome, complete_genome],"
         " assembly_source: refseq}", ("/genome/taxon/562/dataset_report",),
         "&filters.assembly_level=chromosome&filters.assembly_level=complete_genome"
         "&filters.assembly_source=refseq"),
    Case("gene-ids", "ids: [672, 7157, 3105]", ("/gene/id/672,7157,3105/dataset_report",)),
    Case("gene-ids-legacy", "ids: [672, 7157]\n    endpoint: legacy", ("/gene/id/672,7157",)),
    Case("gene-symbols", "symbols: [BRCA1, TP53]\n    taxon: human",
         ("/gene/symbol/BRCA1,TP53/taxon/human/dataset_report",)),
    Case("gene-symbols-legacy", "symbols: [BRCA1]\n    taxon: 9606\n    endpoint: legacy",
         ("/gene/symbol/BRCA1/taxon/9606",)),
    Case("gene-taxa", "taxa: [9606]", ("/gene/taxon/9606/dataset_report",)),
    Case("gene-taxa-legacy", "taxa: [10090]\n    endpoint: legacy", ("/gene/taxon/10090",)),
    Case("product-ids", "ids: [672, 7157]", ("/gene/id/672,7157/product_report",)),
    Case("product-accessions", "accessions: [NM_007294.4, NP_000546]",
         ("/gene/accession/NM_007294.4,NP_000546/product_report",)),
    Case("product-symbols", "symbols: [BRCA1, TP53]\n    taxon: human",
         ("/gene/symbol/BRCA1,TP53/taxon/human/product_report",)),
    Case("product-taxa", "taxa: [9593]\n    filters: {types: [PROTEIN_CODING]}",
         ("/gene/taxon/9593/product_report",), "&types=PROTEIN_CODING"),
    Case("taxonomy-taxa", "taxa: [9606, 562]", ("/taxonomy/taxon/9606,562/dataset_report",)),
    Case("taxonomy_node-taxa", "taxa: [9606, 562]", ("/taxonomy/taxon/9606,562",)),
    Case("annotation-accessions", "accessions: [GCF_000005845.2]",
         ("/genome/accession/GCF_000005845.2/annotation_report",)),
    Case("sequence-accessions", "accessions: [GCF_000001405.40]",
         ("/genome/accession/GCF_000001405.40/sequence_reports",)),
    Case("virus-taxa", "taxa: [1335626]", ("/virus/taxon/1335626/dataset_report",)),
]  # fmt: skip


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with serve_in_thread(SandboxConfig(latency=0.0, rps=0)) as served:
        yield served.url


def harvest(
    folder: Path, url: str, job: str, *flags: str
) -> tuple[subprocess.CompletedProcess[str], dict[str, Any]]:
    (folder / "job.yaml").write_text(job)
    words = ["run", "job.yaml", "--base-url", url, "--rps", "1000", "--json", *flags]
    done = harvester(folder, *words)
    return done, json.loads(done.stdout) if done.stdout else {}


def rows(folder: Path, sql: str) -> list[Report]:
    with duckdb.connect(str(folder / "data/harvest.duckdb"), read_only=True) as connection:
        found: list[Report] = connection.sql(sql).to_arrow_table().to_pylist()
        return found


def _job(*cases: Case, more: str = "") -> str:
    entries = "".join(f"  - resource: {case.resource}\n    {case.query}\n" for case in cases)
    return f"name: test\n{more}harvest:\n{entries}"


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_each_table_holds_exactly_what_was_asked(case: Case, url: str, tmp_path: Path) -> None:
    done, summary = harvest(tmp_path, url, _job(case))
    assert done.returncode == 0, done.stderr
    resource = RESOURCES[case.resource]
    sent = [
        unwrapped(report, resource.wrapper)
        for path in case.paths
        for report in reports(url, path, case.parameters, resource.list_field or "")
    ]
    key = resource.key[-1] if resource.name == "annotation" else resource.key[0]
    if resource.name == "sequence":
        key = "genbank_accession"
    expected = {str(report[key]): report for report in sent}
    assert expected
    kept = {str(row[key]): row for row in rows(tmp_path, f"FROM {resource.name}")}
    assert kept.keys() == expected.keys()
    assert [loss for name in expected for loss in lost(expected[name], kept[name])] == []
    assert summary["status"] == "complete"
    assert summary["tables"][resource.name] == {
        "rows": len(expected),
        "added": len(expected),
        "changed": 0,
        "removed": 0,
    }


def test_a_summary_of_viruses_is_one_row_a_question(url: str, tmp_path: Path) -> None:
    job = _job(
        Case("virus_summary-a", "taxa: [1335626, 2697049]\n    filters: {complete_only: true}", ())
    )
    done, _ = harvest(tmp_path, url, job)
    assert done.returncode == 0, done.stderr
    found = rows(tmp_path, "FROM virus_summary ORDER BY taxon")
    assert [(row["taxon"], row["filters"]) for row in found] == [
        ("1335626", '{"complete_only":true}'),
        ("2697049", '{"complete_only":true}'),
    ]
    assert all(row["record_count"] > 0 for row in found)


def test_a_second_run_changes_nothing(url: str, tmp_path: Path) -> None:
    job = _job(CASES[0], CASES[3])
    _, first = harvest(tmp_path, url, job)
    done, second = harvest(tmp_path, url, job)
    assert done.returncode == 0, done.stderr
    assert second["run_id"] != first["run_id"]
    for table, figures in second["tables"].items():
        assert figures == {**first["tables"][table], "added": 0}
    assert len(rows(tmp_path, "FROM meta.runs")) == 2


def test_rows_delivered_twice_are_one_row(url: str, tmp_path: Path) -> None:
    done, summary = harvest(tmp_path, url, _job(CASES[0], CASES[1]))
    assert done.returncode == 0, done.stderr
    figures = summary["tables"]["genome"]
    assert summary["duplicates"] > 0
    assert figures["rows"] == summary["records"] - summary["duplicates"]
    assert rows(tmp_path, "SELECT count(*) AS n, count(DISTINCT accession) AS d FROM genome") == [
        {"n": figures["rows"], "d": figures["rows"]}
    ]


def test_unknown_identifiers_are_named_and_strict_makes_them_a_failure(
    url: str, tmp_path: Path
) -> None:
    job = _job(
        Case("gene-ids", "ids: [672, 999999999]", ()),
        Case("annotation-accessions", "accessions: [GCF_999999999.1, GCF_000005845.2]", ()),
    )
    done, summary = harvest(tmp_path, url, job)
    assert done.returncode == 0, done.stderr
    assert {entry["value"] for entry in summary["missing"]} == {"999999999", "GCF_999999999.1"}
    assert all(entry["reason"] for entry in summary["missing"])
    outcomes = {row["value"]: row["outcome"] for row in rows(tmp_path, "FROM meta.items")}
    assert outcomes == {
        "672": "ok",
        "999999999": "unknown",
        "GCF_999999999.1": "unknown",
        "GCF_000005845.2": "ok",
    }
    strict, _ = harvest(tmp_path, url, job, "--strict")
    assert strict.returncode == 3


def test_views_hold_the_same_rows_as_tables(url: str, tmp_path: Path) -> None:
    sql = "SELECT * EXCLUDE (_run_id, _fetched_at, _seen_at) FROM {} ORDER BY ALL"
    kept = {}
    for register in ("tables", "views"):
        folder = tmp_path / register
        folder.mkdir()
        harvest(folder, url, _job(CASES[0], CASES[6], more=f"register: {register}\n"))
        kept[register] = [rows(folder, sql.format(name)) for name in ("genome", "gene_flat")]
    assert kept["tables"] == kept["views"]
    assert all(kept["tables"])


def test_where_nothing_listens_nothing_is_published(tmp_path: Path) -> None:
    (tmp_path / "job.yaml").write_text(_job(CASES[3]))
    job = replace(
        load_job(tmp_path / "job.yaml"),
        lake=str(tmp_path / "lake"),
        database=str(tmp_path / "harvest.duckdb"),
    )
    policy = Policy(attempts=3, first_wait=0.0, longest_wait=0.0)
    pace = Pace("http://127.0.0.1:9", rate=1000, concurrency=4, policy=policy)
    outcome = go(job, pace)
    assert outcome.summary.status == "failed"
    assert "connect" in outcome.summary.failed[0]["reason"]
    assert not (tmp_path / "harvest.duckdb").exists()
    assert list(tmp_path.rglob("scratch")) == []
