"""Rows are loaded ahead while the rate is what a run waits for, and not while it is busy."""

from __future__ import annotations

import asyncio
from contextlib import closing
from pathlib import Path

import pytest

from harvester.catalogue import RESOURCES
from harvester.engine import Harvest, Live
from harvester.fetch import Pace
from harvester.model import Job, Query
from harvester.plan import plan_chains
from harvester.runs import open_run
from harvester.sandbox import SandboxConfig, serve_in_thread
from harvester.schema import lake_schema, load_schema
from harvester.store.journal import Record
from harvester.store.keeper import Keeper
from harvester.store.lake import Lake

#: At ten a second most of them wait for their turn.
QUERIES = tuple(Query(f"q{number}", "gene", "ids", ("672",)) for number in range(12))


class _Listener:
    def __init__(self) -> None:
        self.calm: list[bool] = []
        self.expected = 0

    def hear(self, record: Record, void: frozenset[str], *, calm: bool, expected: int) -> None:
        assert (record["is"], void) == ("pages", frozenset())
        self.calm.append(calm)
        self.expected = expected

    def rest(self, void: frozenset[str]) -> None:
        assert not void


class _Nobody:
    interval = 60.0

    def tick(self, live: Live) -> None:
        del live


def _heard(lake: Lake, url: str, rate: float) -> _Listener:
    run = open_run(lake, Job("calm", QUERIES), url)
    schemas = {"gene": lake_schema(RESOURCES["gene"])}
    quarantine = load_schema("meta/quarantine").arrow()
    with closing(run.journal):
        keeper = Keeper(lake, run.journal, run.id, run.ledger.attempts, schemas, quarantine)
        harvest = Harvest(run.ledger, run.journal, keeper, Pace(url, rate, 8), _Nobody())
        harvest.listener = listener = _Listener()

        async def walk() -> None:
            async with harvest.open():
                await harvest.walk(plan_chains(QUERIES))

        asyncio.run(walk())
    return listener


@pytest.mark.parametrize(("rate", "calm"), [(10, True), (100_000, False)])
def test_a_run_is_calm_where_the_rate_presses(tmp_path: Path, *, rate: float, calm: bool) -> None:
    lake = Lake(tmp_path / "lake")
    with serve_in_thread(SandboxConfig(latency=0, rps=0)) as served:
        heard = _heard(lake, served.url, rate)
    assert set(heard.calm) == {calm}
    assert heard.expected == len(QUERIES)
