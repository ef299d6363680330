"""Records that NCBI withdraws: while it is asked they cost no second walk, later they go."""

from __future__ import annotations

from pathlib import Path

from harvester.model import Query
from tests.wire.holdings import Holdings
from tests.wire.hostile import serve
from tests.wire.runs import ask, harvest

COLI = Query("coli", "genome", "taxa", ("562",))


def test_a_record_withdrawn_after_the_count_costs_no_second_walk(tmp_path: Path) -> None:
    ncbi = Holdings(set(range(6000)))
    with serve(ncbi.answer) as server:
        harvest(tmp_path, server.url, COLI, concurrency=8)
        ncbi.counted = lambda: ncbi.held.discard(17)
        summary = harvest(tmp_path, server.url, COLI, concurrency=8)
    assert (summary.status, summary.records) == ("complete", 5999)
    assert summary.tables["genome"].removed == 1
    asked = f"SELECT * FROM meta.queries WHERE run_id = '{summary.run_id}'"
    ((chains, state, expected, distinct),) = ask(
        tmp_path, f"SELECT chains, state, expected, distinct_keys FROM ({asked})"
    )
    assert (state, expected, distinct) == ("complete", 5999, 5999)
    assert chains > 1
    # Three counts: before, when the shards had told theirs, when all had come. And one by key.
    assert summary.requests <= 3 + 6 + 3 + 1


def test_rows_that_only_a_kept_page_brought_may_be_withdrawn(tmp_path: Path) -> None:
    """The third page fails for good, and at last one day: its rows came on the pages before."""
    bad, day = 2500, {500, 1500, 2500}
    ncbi = Holdings(set(range(3000)), fails=lambda page: bad in page)
    with serve(ncbi.answer) as server:
        first = harvest(tmp_path, server.url, COLI, concurrency=1)
        told = "SELECT received, distinct_keys, duplicates, state FROM meta.queries"
        ((received, distinct, duplicates, state),) = ask(tmp_path, told)
        ncbi.held -= day
        second = harvest(tmp_path, server.url, COLI, concurrency=1)
    assert (first.status, state, first.tables["genome"].rows) == ("partial", "failed", 2999)
    assert (distinct, received, duplicates) == (2999, first.records, first.duplicates)
    assert first.records - first.duplicates == 2999
    assert (second.status, second.tables["genome"].removed) == ("complete", 2)
    assert second.tables["genome"].rows == len(ncbi.held)
