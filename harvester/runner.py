"""One job from lock to summary: open the run, harvest what is open, publish what arrived."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import structlog

from harvester.catalogue import RESOURCES
from harvester.engine import Harvest, Observer, Pace
from harvester.errors import OutOfServiceError
from harvester.finish import Finish
from harvester.model import Job
from harvester.plan import plan_chains
from harvester.runs import OpenRun, open_run
from harvester.schema import lake_schema, load_schema
from harvester.stop import Stop
from harvester.store.keeper import Keeper
from harvester.store.lake import Lake
from harvester.store.lock import hold
from harvester.summary import Summary

__all__ = ["Outcome", "run_job"]

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a run ended: with a summary, and perhaps by a signal or an outage."""

    summary: Summary
    signal: int | None = None
    outage: OutOfServiceError | None = None


def run_job(
    job: Job, pace: Pace, observer: Observer, *, fresh: bool, on_publish: Callable[[], None]
) -> Outcome:
    """Harvests a job; whatever happens, what is durable stays."""
    lake = Lake(job.lake)
    with hold(lake):
        run = open_run(lake, job, pace.base_url, fresh=fresh)
        try:
            with structlog.contextvars.bound_contextvars(run=run.id, job=job.name):
                return _run(lake, job, run, pace, observer, on_publish)
        finally:
            run.journal.close()


def _run(
    lake: Lake,
    job: Job,
    run: OpenRun,
    pace: Pace,
    observer: Observer,
    on_publish: Callable[[], None],
) -> Outcome:
    _log.info("run resumed" if run.resumed else "run started", queries=len(job.queries))
    stop = _harvest(lake, job, run, pace, observer)
    finish = Finish(lake, job, run, pace.base_url)
    if stop.wanted:
        status = "failed" if stop.outage else "interrupted"
        return Outcome(finish.early(status), stop.signal, stop.outage)
    on_publish()
    summary = finish.publish(Path(job.database))
    _log.info("run finished", summary=summary.line())
    return Outcome(summary)


def _harvest(lake: Lake, job: Job, run: OpenRun, pace: Pace, observer: Observer) -> Stop:
    keeper = Keeper(
        lake,
        run.journal,
        run.id,
        run.ledger.attempts,
        {name: lake_schema(resource) for name, resource in RESOURCES.items()},
        load_schema("meta/quarantine").arrow(),
    )
    harvest = Harvest(run.ledger, run.journal, keeper, pace)
    chains = run.ledger.open_chains(plan_chains(job.queries))
    if chains:
        asyncio.run(harvest.run(chains, observer))
    return harvest.stop
