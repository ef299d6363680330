"""Runs that ask only for what is new, and the full sweeps between them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import pytest
from msgspec.structs import replace

from harvester.catalogue import RESOURCES
from harvester.fetch import Pace
from harvester.model import Every, Job, Query
from harvester.publish import read_manifest
from harvester.refresh import Refresh
from harvester.runner import Outcome
from harvester.sandbox import SandboxConfig, Served, Size, serve_in_thread
from harvester.shards import today
from harvester.store.lake import Lake
from tests.wire.runs import HASTY, go, harvester
from tests.wire.test_removal import Nights

SIZES = (Size("genome", "562", 2500), Size("virus", "1335626", 2500))
WHOLE = Query("coli", "genome", "taxa", ("562",))
COLI = replace(WHOLE, refresh="new")
MERS = Query("mers", "virus", "taxa", ("1335626",), refresh="new")
#: Runs that begin within one second have ids in any order.
IN_ORDER = "JOIN meta.runs USING (run_id) ORDER BY started_at"


@pytest.fixture(scope="module")
def served() -> Iterator[Served]:
    with serve_in_thread(SandboxConfig(latency=0.0, rps=0, sizes=SIZES)) as server:
        yield server


@pytest.fixture
def nights(served: Served, tmp_path: Path) -> Nights:
    return Nights(tmp_path, served)


def _kinds(nights: Nights) -> list[str]:
    return nights.ask(f"SELECT refresh FROM (FROM meta.queries WHERE query_id = 'coli') {IN_ORDER}")


def _overlap(query: Query) -> timedelta:
    endpoint = RESOURCES[query.resource].endpoint(query.selector)
    assert endpoint is not None
    assert endpoint.newer is not None
    return timedelta(days=endpoint.newer.overlap)


@pytest.mark.parametrize(
    ("query", "day"),
    [
        (COLI, "assembly_info.release_date"),
        (replace(MERS, filters=(("updated_since", "2001-01-01"),)), "CAST(update_date AS DATE)"),
    ],
    ids=["genome", "virus"],
)
def test_what_is_new_comes_with_few_requests_and_nothing_leaves(
    query: Query, day: str, nights: Nights, tmp_path: Path
) -> None:
    rows = f"SELECT accession, {day} FROM {query.resource}"
    everything = Nights(tmp_path / "whole", nights.served)
    (tmp_path / "whole").mkdir()
    everything.run("", query)
    truth: dict[str, date] = dict(everything.ask(rows))

    first = nights.run("shrink:40", query)
    before: dict[str, date] = dict(nights.ask(rows))
    dawn = today()
    second = nights.run("", query)
    after: dict[str, date] = dict(nights.ask(rows))
    full, topped = nights.ask(f"SELECT refresh, since, state FROM meta.queries {IN_ORDER}")
    since = topped[1]
    # What is dated in the future says nothing about what is new.
    assert since in {min(max(before.values()), at) - _overlap(query) for at in (dawn, today())}
    assert (full, topped) == (("full", None, "complete"), ("new", since, "complete"))

    new = {key for key, at in truth.items() if at >= since} - before.keys()
    assert new
    assert after.keys() == before.keys() | new
    assert second.status == "complete"
    assert nights.changes(second) == {"added": len(new)}
    assert second.requests == 1 < first.requests


def test_the_plan_and_the_line_say_what_is_only_topped_up(served: Served, tmp_path: Path) -> None:
    served.faults.set("")
    job = "name: t\nharvest: [{resource: genome, taxa: [562], refresh: new}]\n"
    (tmp_path / "job.yaml").write_text(job)
    told = []
    for words in ("plan --json", "run --json --rps 1000", "plan --json", "plan", "run --rps 1000"):
        done = harvester(tmp_path, *words.split(), "job.yaml", "--base-url", served.url)
        assert done.returncode == 0, done.stderr
        told.append(done.stdout if "json" in words else done.stdout + done.stderr)
    first, swept, second = map(json.loads, told[:3])
    (whole,), (new,) = first["queries"], second["queries"]
    assert (whole["since"], whole["records"], swept["since"]) == (None, 2500, None)
    assert 0 < new["records"] < 500
    assert new["requests"] == second["requests"] == 1
    for line in told[3:]:
        assert f"new since {new['since']}" in line
    assert not list((tmp_path / "data/lake").glob("_runs/*"))


def test_a_top_up_never_removes_and_a_sweep_does(nights: Nights) -> None:
    query = replace(COLI, full_every=Every(runs=2))
    nights.run("", query)
    before = nights.accessions()
    topped = nights.run("gone:60", query)
    assert (topped.status, nights.changes(topped)) == ("complete", {})
    assert nights.accessions() == before
    sweep = nights.run("gone:1", query)
    assert sweep.status == "complete"
    assert sweep.tables["genome"].removed == len(before - nights.accessions()) > 0
    accepted = nights.run("gone:10", query, accept=True)  # a top-up was due
    assert accepted.tables["genome"].removed > 100
    assert _kinds(nights) == ["full", "new", "full", "full"]


def test_that_nothing_is_new_is_nothing_strange(nights: Nights) -> None:
    nights.run("", COLI)
    before = nights.accessions()
    summary = nights.run("genome/empty", COLI)
    assert (summary.status, summary.requests) == ("complete", 1)
    ((outcome, reason),) = nights.ask(
        f"SELECT outcome, reason FROM meta.items {IN_ORDER} DESC LIMIT 1"
    )
    assert (outcome, reason[:30]) == ("ok", "NCBI has nothing new since 202")
    # But a taxon that had rows is not unknown on first sight.
    summary = nights.run("genome/404@1", COLI)
    assert (summary.status, summary.missing, summary.requests) == ("complete", [], 2)
    assert nights.accessions() == before
    # And one that had none is asked for whole.
    lake = Lake(str(nights.folder / "lake"))
    refresh = Refresh(lake, read_manifest(lake), str(nights.folder / "aside"))
    assert refresh.windows(replace(COLI, values=("562", "9606"))).keys() == {"coli.0"}


def _run(nights: Nights, query: Query, faults: str) -> Outcome:
    """A run that does not wait out an outage."""
    nights.served.faults.set(faults)
    lake, database = str(nights.folder / "lake"), str(nights.folder / "x.duckdb")
    job = Job("nightly", (query,), lake=lake, database=database)
    policy = replace(HASTY, attempts=10)
    pace = Pace(nights.served.url, rate=1000, concurrency=4, policy=policy, patience=0.1)
    return go(job, pace)


def test_a_resumed_run_keeps_what_it_began_with(nights: Nights) -> None:
    nights.run("", COLI)
    interrupted = _run(nights, COLI, "503")
    assert interrupted.outage is not None
    resumed = _run(nights, WHOLE, "")
    assert resumed.summary.resumed
    assert resumed.summary.run_id == interrupted.summary.run_id
    assert _kinds(nights) == ["full", "new"]
    assert _run(nights, WHOLE, "503").outage is not None
    assert _run(nights, COLI, "").summary.resumed
    assert _kinds(nights) == ["full", "new", "full"]
