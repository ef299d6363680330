"""Large queries are walked as shards: exactly, and in one piece where they do not add up."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from harvester.model import Query
from harvester.sandbox import SandboxConfig, Served, Size, serve_in_thread
from harvester.summary import Summary
from tests.digests import digests_of
from tests.wire.hostile import Asked, Told, serve
from tests.wire.runs import ask, harvest

SIZES = (
    Size("genome", "562", 6_000),
    Size("annotation", "GCF_000001405.40", 6_000),
    Size("gene", "9606", 6_000),
    Size("virus", "1335626", 4000),
    Size("virus", "2697049", 5000),
)


@pytest.fixture(scope="module")
def served() -> Iterator[Served]:
    with serve_in_thread(SandboxConfig(latency=0.06, rps=0, sizes=SIZES)) as server:
        yield server


def _run(folder: Path, served: Served, query: Query, *, workers: int = 8) -> Summary:
    return harvest(folder, served.url, query, concurrency=workers, most_pages=100)


CASES = [
    (Query("g", "genome", "taxa", ("562",)), 6_000),
    (Query("f", "genome", "taxa", ("562",), filters=(("first_release_date", "2015-06-01"),)), None),
    (Query("a", "annotation", "accessions", ("GCF_000001405.40",)), 6_000),
    (Query("h", "gene", "taxa", ("9606",)), 6_000),
    # Some genomes are filed right under a species that has another taxon below it.
    (Query("v", "virus", "taxa", ("76804",)), 9060),
]


@pytest.mark.parametrize(("query", "rows"), CASES, ids=[query.id for query, _ in CASES])
def test_shards_bring_exactly_what_one_walk_brings(
    query: Query, rows: int | None, served: Served, tmp_path: Path
) -> None:
    one = _run(tmp_path / "one", served, query, workers=1)
    many = _run(tmp_path / "many", served, query)
    assert (one.status, many.status) == ("complete", "complete")
    assert one.records == many.records
    assert rows in (None, many.records)
    ((chains, expected, distinct),) = ask(
        tmp_path / "many", "SELECT chains, expected, distinct_keys FROM meta.queries"
    )
    assert chains > 1
    assert expected == distinct == many.tables[query.resource].rows
    files = (tmp_path / name / "x.duckdb" for name in ("one", "many"))
    alone, together = (digests_of(file, query.resource) for file in files)
    assert together == alone
    assert many.requests <= 1.6 * one.requests + 3
    item = [(query.values[0], "ok", many.tables[query.resource].rows)]
    for name in ("one", "many"):  # however it was asked for, a job names it once
        assert ask(tmp_path / name, "SELECT value, outcome, records FROM meta.items") == item


def test_the_next_night_knows_where_to_cut(served: Served, tmp_path: Path) -> None:
    query = CASES[0][0]
    _run(tmp_path, served, query)
    summary = _run(tmp_path, served, query)
    assert (summary.status, summary.tables["genome"].rows) == ("complete", 6_000)
    # A count of the whole, and for each shard half a page more than the pages.
    assert summary.requests <= 1 + 6 + 3
    assert ask(tmp_path, "SELECT count(*) FROM meta.changes WHERE change <> 'added'") == [(0,)]


@pytest.mark.parametrize("query", [CASES[0][0], CASES[2][0], CASES[3][0]], ids=lambda q: q.id)
def test_shards_that_do_not_add_up_are_walked_as_one(
    query: Query, served: Served, tmp_path: Path
) -> None:
    served.faults.set("unsorted:1")
    try:
        summary = _run(tmp_path, served, query)
    finally:
        served.faults.set("")
    assert (summary.status, summary.records) == ("complete", 6_000)
    assert ask(tmp_path, "SELECT chains, state FROM meta.queries") == [(1, "complete")]


def test_a_shard_that_is_refused_is_no_failure(served: Served, tmp_path: Path) -> None:
    # The first request counts, the next one asks for a window of dates.
    served.faults.set("genome/400@2")
    try:
        summary = _run(tmp_path, served, CASES[0][0])
    finally:
        served.faults.set("")
    assert (summary.status, summary.records) == ("complete", 6_000)
    assert ask(tmp_path, "SELECT chains, state FROM meta.queries") == [(1, "complete")]


def test_a_server_that_takes_no_notice_of_filters_is_walked_as_one(tmp_path: Path) -> None:
    pages = [json.dumps({"accession": f"GCF_{n}.1", "x": "y" * 30}) for n in range(9000)]

    def answer(asked: Asked) -> Told:
        time.sleep(0.15)  # as long as a page takes: only then shards would be of use
        if "/genome/" not in asked.target:
            return Told(status=404)
        start = (
            int(asked.target.rpartition("page_token=t")[2] or 0) if "token" in asked.target else 0
        )
        size = 1 if "page_size=1&" in f"{asked.target}&" else 1000
        more = f', "next_page_token": "t{start + 1000}"' if start + 1000 < len(pages) else ""
        told = ", ".join(pages[start : start + size])
        return Told(f'{{"reports": [{told}], "total_count": {len(pages)}{more}}}'.encode())

    query = Query("g", "genome", "taxa", ("562",))
    with serve(answer) as server:
        summary = harvest(tmp_path, server.url, query, concurrency=8)
    assert (summary.status, summary.records, summary.duplicates) == ("complete", 9000, 0)
    # The first page, nine of the whole, a count, and what shards ask for until that is seen.
    assert summary.requests <= 1 + 9 + 1 + 4 * 3


def test_an_annotation_on_hundreds_of_sequences_is_cut(tmp_path: Path) -> None:
    """As the human one: 705 sequences, which only groups of them bring in reasonable addresses."""
    names = [f"NW_{n:09}.1" for n in range(705)]

    def answer(asked: Asked) -> Told:
        time.sleep(0.05)
        told = parse_qs(urlsplit(asked.target).query)
        if "/sequence_reports" in asked.target:
            found = [{"refseq_accession": name, "length": 1000} for name in names]
        else:
            here = set(told.get("locations", names))
            found = [
                {"annotation": {"gene_id": str(n)}, "row_id": str(n)}
                for n in range(12_000)
                if names[n % 705] in here
            ]
        start = int(told.get("page_token", ["0"])[0])
        page = {"reports": found[start : start + 1000], "total_count": len(found)}
        more = {"next_page_token": str(start + 1000)} if start + 1000 < len(found) else {}
        return Told(json.dumps(page | more).encode())

    query = Query("a", "annotation", "accessions", ("GCF_000001405.40",))
    with serve(answer) as server:
        summary = harvest(tmp_path, server.url, query, concurrency=8, most_pages=100)
        longest = max(len(one.target) for one in server.asked)
    assert (summary.status, summary.tables["annotation"].rows) == ("complete", 12_000)
    ((chains, expected),) = ask(tmp_path, "SELECT chains, expected FROM meta.queries")
    assert chains >= 12  # or the addresses would be too long
    assert expected == 12_000
    assert longest < 2000


def test_a_large_genus_of_small_species_is_not_cut_into_all_of_them(tmp_path: Path) -> None:
    """Two hundred taxa below four pages: a request each would cost more than one walk."""
    taxa = range(1000, 1200)

    def answer(asked: Asked) -> Told:
        time.sleep(0.05)
        path = urlsplit(asked.target).path
        if path.startswith("/taxonomy/"):
            node = {"tax_id": 11, "rank": "GENUS", "children": list(taxa)}
            return Told(json.dumps({"reports": [{"taxonomy": node, "query": ["11"]}]}).encode())
        start = int(parse_qs(urlsplit(asked.target).query).get("page_token", ["0"])[0])
        found = [{"accession": f"X{n}.1"} for n in range(start, min(start + 1000, 4000))]
        more = {"next_page_token": str(start + 1000)} if start + 1000 < 4000 else {}
        return Told(json.dumps({"reports": found, "total_count": 4000} | more).encode())

    query = Query("v", "virus", "taxa", ("11",))
    with serve(answer) as server:
        summary = harvest(tmp_path, server.url, query, concurrency=8, most_pages=100)
    assert (summary.status, summary.tables["virus"].rows) == ("complete", 4000)
    assert summary.requests <= 4 + 2


def test_a_page_that_cannot_be_had_costs_only_its_own_part(tmp_path: Path) -> None:
    with serve_in_thread(SandboxConfig(latency=0.0, rps=0, sizes=SIZES)) as served:
        # The third page fails for good, until the chain has been cut once.
        served.faults.set("genome/500@3-5")
        summary = _run(tmp_path, served, CASES[0][0], workers=1)
    assert (summary.status, summary.tables["genome"].rows) == ("complete", 6_000)
    ((chains,),) = ask(tmp_path, "SELECT chains FROM meta.queries")
    assert chains > 1
