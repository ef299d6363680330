"""Records that NCBI withdraws while it is asked cost no second walk."""

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
