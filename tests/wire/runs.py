"""How tests run a job: inside this process with nobody watching, or as the program that it is."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path
from typing import Any

import duckdb

from harvester.engine import Live
from harvester.fetch import Pace, Policy
from harvester.model import Job, Query
from harvester.runner import Outcome, run_job
from harvester.summary import Summary
from tests.forked import program

__all__ = ["HASTY", "Nobody", "ask", "go", "harvest", "harvester"]

#: Faults are asked about again at once, and soon given up.
HASTY = Policy(attempts=3, first_wait=0.01, longest_wait=0.02)


class Nobody:
    """Watches nothing."""

    interval = 1.0

    def tick(self, live: Live) -> None:
        del live


def go(job: Job, pace: Pace, *, accept_removals: bool = False) -> Outcome:
    """Runs a job."""
    return run_job(
        job,
        pace,
        Nobody(),
        fresh=False,
        accept_removals=accept_removals,
        on_publish=lambda: None,
    )


def harvest(
    folder: Path, url: str, *queries: Query, policy: Policy = HASTY, **more: Any
) -> Summary:
    """Runs queries as a job whose lake and database lie in the folder, as fast as can be."""
    job = Job("job", queries, lake=str(folder / "lake"), database=str(folder / "x.duckdb"))
    pace = Pace(**{"base_url": url, "rate": 1000, "concurrency": 4, "policy": policy, **more})
    return go(job, pace).summary


def ask(folder: Path, sql: str) -> list[Any]:
    """What the folder's database answers."""
    with duckdb.connect(str(folder / "x.duckdb"), read_only=True) as connection:
        return connection.execute(sql).fetchall()


def harvester(folder: Path, *words: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """The program as a process of its own, without the developer's own settings."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("HARVESTER_", "NCBI_"))}
    return program(folder, words, {**kept, **variables})
