"""Every fault that the sandbox knows, met by a whole harvest: complete, exact, or told."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from harvester.fetch import Policy
from harvester.model import Query
from harvester.sandbox import SandboxConfig, Served, Size, serve_in_thread
from harvester.summary import Summary
from tests.digests import Digests, digests_of
from tests.wire.runs import harvest

#: Patient in number, impatient in time.
POLICY = Policy(attempts=10, first_wait=0.02, longest_wait=0.05)
QUERIES = (
    Query("g", "genome", "taxa", ("562", "9443")),
    Query("a", "annotation", "accessions", ("GCF_000005845.2",)),
    Query("i", "gene", "ids", ("672", "7157", "3105")),
)
#: Small, but of more than one page.
SIZES = (Size("genome", "562", 1200), Size("annotation", "GCF_000005845.2", 2200))
TABLES = ("genome", "annotation", "gene")


@pytest.fixture(scope="module")
def served() -> Iterator[Served]:
    with serve_in_thread(SandboxConfig(latency=0.0, rps=0, sizes=SIZES)) as server:
        yield server


def _run(folder: Path, served: Served, *queries: Query) -> Summary:
    return harvest(folder, served.url, *queries, policy=POLICY)


def _rows(folder: Path) -> Digests:
    return digests_of(folder / "x.duckdb", *TABLES)


@pytest.fixture(scope="module")
def clean(served: Served, tmp_path_factory: pytest.TempPathFactory) -> Digests:
    folder = tmp_path_factory.mktemp("clean")
    served.faults.set("")
    assert _run(folder, served, *QUERIES).status == "complete"
    return _rows(folder)


@pytest.mark.parametrize(
    "faults",
    [
        "429@2-3", "408@2", "500@1-2", "502@3", "503@2", "504@2", "html403@2", "reset@1-3",
        "reset-body@2", "truncated@2", "badgzip@2", "stale-token@3", "empty@1", "empty@4",
        "moving-total@1", "genome/shifted@1", "annotation/skipped@2", "refused@2",
        "429:0.05,500:0.05,reset:0.05,truncated:0.05",
    ],
)  # fmt: skip
def test_passing_faults_cost_no_row(
    faults: str, served: Served, clean: Digests, tmp_path: Path
) -> None:
    served.faults.set(faults)
    try:
        summary = _run(tmp_path, served, *QUERIES)
    finally:
        served.faults.set("")
    assert summary.status == "complete", summary.failed
    assert _rows(tmp_path) == clean


def test_a_token_that_repeats_ends_the_query_not_the_run(served: Served, tmp_path: Path) -> None:
    served.faults.set("genome/repeat-token@1+")
    try:
        summary = _run(tmp_path, served, *QUERIES)
    finally:
        served.faults.set("")
    assert summary.status == "partial"
    assert [entry["resource"] for entry in summary.failed] == ["genome"]
    assert "repeats" in summary.failed[0]["reason"]
    assert summary.tables["gene"].rows == 3


def test_unknown_fields_are_kept_and_told(served: Served, tmp_path: Path) -> None:
    served.faults.set("unknown-field@1+")
    try:
        summary = _run(tmp_path, served, QUERIES[2])
    finally:
        served.faults.set("")
    assert summary.status == "complete"
    assert summary.unmodelled_fields > 0
    with duckdb.connect(str(tmp_path / "x.duckdb"), read_only=True) as connection:
        extras = connection.sql("SELECT count(_extra) FROM gene").fetchall()
        drift = connection.sql("SELECT count(*) FROM meta.drift WHERE kind = 'field'").fetchall()
    assert extras[0][0] > 0
    assert drift == [(summary.unmodelled_fields,)]


def test_a_broken_line_is_kept_with_its_bytes_and_costs_no_neighbour(
    served: Served, clean: Digests, tmp_path: Path
) -> None:
    served.faults.set("annotation/broken-line@2")
    try:
        summary = _run(tmp_path, served, QUERIES[1])
    finally:
        served.faults.set("")
    assert summary.quarantined == 1
    assert summary.tables["annotation"].rows == clean["annotation"][0] - 1
    with duckdb.connect(str(tmp_path / "x.duckdb"), read_only=True) as connection:
        kept = connection.sql("SELECT data, reason, table_name FROM meta.quarantine").fetchall()
    assert len(kept) == 1
    assert kept[0][0].startswith(b"{")
    assert kept[0][2] == "annotation"


@pytest.mark.parametrize("form", ["camel", "bare", "camel,bare"])
def test_older_forms_bring_the_same_rows(
    form: str, served: Served, clean: Digests, tmp_path: Path
) -> None:
    served.faults.set(form)
    try:
        summary = _run(tmp_path, served, QUERIES[0], QUERIES[2])
    finally:
        served.faults.set("")
    assert summary.status == "complete"
    sql = "SELECT accession, organism.organism_name FROM genome ORDER BY ALL"
    with duckdb.connect(str(tmp_path / "x.duckdb"), read_only=True) as connection:
        assert len(connection.sql(sql).fetchall()) == clean["genome"][0]
        assert connection.sql("SELECT count(DISTINCT gene_id) FROM gene").fetchall() == [(3,)]


def test_one_bad_identifier_spoils_no_list(served: Served, tmp_path: Path) -> None:
    ids = tuple(str(number) for number in (672, 7157, 3105, 999999999))
    served.faults.set("refuse-list@1+")
    try:
        summary = _run(tmp_path, served, Query("l", "gene", "ids", ids))
    finally:
        served.faults.set("")
    assert summary.tables["gene"].rows == 3
    with duckdb.connect(str(tmp_path / "x.duckdb"), read_only=True) as connection:
        items = dict(connection.sql("SELECT value, outcome FROM meta.items").fetchall())
    assert items["999999999"] in {"unknown", "failed"}
    assert [items[one] for one in ids[:3]] == ["ok"] * 3


def test_records_that_vanish_silently_are_missed(served: Served, tmp_path: Path) -> None:
    served.faults.set("genome/shrink:30")
    try:
        summary = _run(tmp_path, served, QUERIES[0])
    finally:
        served.faults.set("")
    assert summary.status in {"complete", "partial"}
    assert summary.tables["genome"].removed == 0
