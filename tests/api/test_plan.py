"""`plan` for programs: figures as the command's, wherever it is called."""

from __future__ import annotations

import asyncio
from pathlib import Path

import harvester
from harvester.sandbox import Served
from tests.api.jobs import JOB


def test_a_plan_counts_what_a_run_would_ask(served: Served, tmp_path: Path) -> None:
    found = harvester.plan(JOB, base_url=served.url, lake=tmp_path / "lake", rps=1)
    assert (found.requests, found.records, found.complete) == (2, 4, True)
    assert found.seconds >= 2
    assert [one.query.resource for one in found.queries] == ["genome", "gene"]
    told = found.to_dict()
    assert told["queries"][1]["query"] == "gene ids 672, 7157"
    assert told["requests"] == sum(one["requests"] for one in told["queries"])


def test_a_plan_in_a_running_loop_and_without_a_request(served: Served, tmp_path: Path) -> None:
    job = {"name": "e", "lake": tmp_path, "harvest": [{"resource": "genome", "taxa": [562]}]}

    async def cell() -> harvester.Plan:
        return harvester.plan(job, base_url=served.url)

    before = served.stats.requests
    assert not harvester.plan(job, base_url=served.url, offline=True).complete
    assert served.stats.requests == before
    assert asyncio.run(cell()).records == 2400
