"""A row leaves only with proof: nights on which NCBI forgets records, or only its lists do."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from harvester.fetch import Pace
from harvester.model import Job, Query
from harvester.sandbox import SandboxConfig, Served, Size, serve_in_thread
from harvester.summary import Summary
from tests.wire.runs import HASTY, ask, go

SIZES = (Size("genome", "562", 1200),)
COLI = Query("coli", "genome", "taxa", ("562",))
APES = Query("apes", "genome", "taxa", ("9443",))


@dataclass
class Nights:
    """A lake that is harvested night after night."""

    folder: Path
    served: Served

    def run(
        self, faults: str = "", *queries: Query, job: str = "nightly", accept: bool = False
    ) -> Summary:
        self.served.faults.set(faults)
        lake, database = str(self.folder / "lake"), str(self.folder / "x.duckdb")
        wanted = Job(job, queries or (COLI,), lake=lake, database=database)
        pace = Pace(self.served.url, rate=1000, concurrency=4, policy=HASTY, most_pages=100)
        return go(wanted, pace, accept_removals=accept).summary

    def ask(self, sql: str) -> list[Any]:
        rows = ask(self.folder, sql)
        return [row[0] if len(row) == 1 else row for row in rows]

    def accessions(self) -> set[str]:
        return set(self.ask("SELECT accession FROM genome"))

    def changes(self, summary: Summary) -> dict[str, int]:
        counted = "SELECT change, count(*) FROM meta.changes WHERE run_id = '{}' GROUP BY change"
        return dict(self.ask(counted.format(summary.run_id)))

    def states(self, summary: Summary) -> set[str]:
        asked = f"SELECT state FROM meta.queries WHERE run_id = '{summary.run_id}'"
        return set(self.ask(asked))


@pytest.fixture(scope="module")
def served() -> Iterator[Served]:
    with serve_in_thread(SandboxConfig(latency=0.0, rps=0, sizes=SIZES)) as server:
        yield server


@pytest.fixture
def nights(served: Served, tmp_path: Path) -> Nights:
    return Nights(tmp_path, served)


def test_what_ncbi_withdrew_leaves_the_table_and_may_return(nights: Nights) -> None:
    nights.run()
    before = nights.accessions()
    second = nights.run("gone:1")
    after = nights.accessions()
    assert second.status == "complete"
    assert after < before
    gone = len(before - after)
    assert second.tables["genome"].removed == gone
    assert nights.changes(second) == {"removed": gone}
    assert len(nights.ask("SELECT * FROM genome_history WHERE _valid_to IS NOT NULL")) == gone
    third = nights.run()
    assert nights.changes(third) == {"returned": gone}
    assert nights.accessions() == before


def test_what_only_the_list_left_out_stays(nights: Nights) -> None:
    nights.run()
    before = nights.accessions()
    summary = nights.run("shrink:1")
    assert summary.status == "complete"
    assert nights.changes(summary) == {}
    assert nights.accessions() == before
    listed, asked = nights.ask(
        f"SELECT distinct_keys, received FROM meta.queries WHERE run_id = '{summary.run_id}'"
    )[0]
    assert listed == asked < len(before)
    assert summary.records == len(before)  # the rest came when asked for by key


def test_a_query_that_loses_a_third_loses_nothing(nights: Nights) -> None:
    nights.run()
    before = nights.accessions()
    for fault in ("gone:30", "shrink:30"):
        summary = nights.run(fault)
        assert summary.status == "partial"
        assert nights.states(summary) == {"shrunk"}
        (failed,) = summary.failed
        assert "did not come any more" in failed["reason"]
        assert "--accept-removals" in failed["reason"]
        assert nights.accessions() == before
        assert nights.changes(summary) == {}
    accepted = nights.run("gone:30", accept=True)
    assert accepted.status == "complete"
    assert accepted.tables["genome"].removed == len(before - nights.accessions()) > 300


def test_accepting_removals_does_not_remove_what_ncbi_still_knows(nights: Nights) -> None:
    nights.run()
    before = nights.accessions()
    summary = nights.run("shrink:30", accept=True)
    assert (summary.status, summary.tables["genome"].removed) == ("complete", 0)
    assert nights.accessions() == before


def test_a_row_stays_as_long_as_another_query_may_deliver_it(nights: Nights) -> None:
    nights.run()
    before = nights.accessions()
    nights.run("gone:1", job="probe")
    gone = sorted(before - nights.accessions())
    nights.run()  # all are back
    other = Query("list", "genome", "accessions", tuple(gone))
    nights.run("", other, job="other")
    nights.run("gone:1")
    assert nights.accessions() == before  # the other job has not looked yet
    summary = nights.run("gone:1", other, job="other", accept=True)
    assert summary.tables["genome"].removed == len(gone)
    assert nights.accessions() == before - set(gone)


def test_a_failed_query_removes_nothing(nights: Nights) -> None:
    nights.run()
    before = nights.accessions()
    summary = nights.run("gone:1,genome/stale-token", COLI, APES)
    assert summary.status == "partial"
    assert nights.states(summary) == {"failed", "complete"}
    assert nights.accessions() > before


def test_rows_that_could_not_be_asked_for_stay(nights: Nights) -> None:
    nights.run()
    before = nights.accessions()
    # Two pages, then the request by key: refused however often it is halved.
    summary = nights.run("gone:1,genome/400@3+")
    assert summary.status == "partial"
    assert nights.states(summary) == {"incomplete"}
    assert "asked for by key" in summary.failed[0]["reason"]
    assert nights.accessions() == before
    assert nights.run("gone:1").tables["genome"].removed > 0


@pytest.mark.parametrize("fault", ["genome/empty@1+", "genome/404@1+"])
def test_a_taxon_that_had_rows_is_not_empty_on_first_sight(fault: str, nights: Nights) -> None:
    nights.run()
    before = nights.accessions()
    flaky = nights.run(fault.replace("1+", "1-2" if "empty" in fault else "1"))
    assert flaky.status == "complete"
    assert nights.accessions() == before
    summary = nights.run(fault)
    assert summary.status == "partial"
    assert nights.states(summary) == {"incomplete"}
    assert "none came" in summary.failed[0]["reason"]
    assert nights.accessions() == before


def test_a_new_taxon_is_not_empty_where_ncbi_counts_records(nights: Nights) -> None:
    flaky = nights.run("genome/empty@1-2", COLI)
    assert (flaky.status, flaky.records) == ("complete", 1200)
    summary = nights.run("genome/empty", APES, job="apes")
    assert summary.status == "partial"
    assert "NCBI Taxonomy counts" in summary.failed[0]["reason"]
    assert nights.run("genome/empty,taxonomy/404", APES, job="blind").status == "complete"


def test_names_are_asked_by_number_and_both_are_recorded(nights: Nights) -> None:
    human = Query("human", "genome", "taxa", ("human", "10090"))
    summary = nights.run("", human)
    assert summary.status == "complete"
    items = dict(nights.ask("SELECT value, (tax_id, len(lineage)) FROM meta.items"))
    number, depth = items["human"]
    assert (number, depth > 3) == (9606, True)
    assert items["10090"] == (None, None)
    # Without NCBI Taxonomy the name itself is asked for.
    blind = nights.run("taxonomy/404", human)
    assert blind.status == "complete"
    assert blind.tables["genome"].rows == summary.tables["genome"].rows
    assert nights.changes(blind) == {}
