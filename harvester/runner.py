"""One job from lock to summary: open the run, harvest what is open, publish what arrived."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import structlog

from harvester.catalogue import RESOURCES
from harvester.conduct import Conduct
from harvester.engine import Harvest, Observer
from harvester.errors import LakeError, OutOfServiceError
from harvester.estimate import Plan, plan_of
from harvester.experience import experience_of
from harvester.fetch import Pace
from harvester.finish import Finish
from harvester.model import Job
from harvester.publish import read_manifest, template
from harvester.refresh import Refresh
from harvester.reins import Reins
from harvester.review import Review
from harvester.runs import OpenRun, open_run
from harvester.schema import lake_schema, load_schema
from harvester.stop import Stop
from harvester.store.keeper import Keeper
from harvester.store.lake import Lake
from harvester.store.lock import hold
from harvester.summary import Summary
from harvester.telemetry import get_logger

__all__ = ["Outcome", "run_job"]

_log = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a run ended: with a summary, and perhaps by a signal or an outage."""

    summary: Summary
    signal: int | None = None
    outage: OutOfServiceError | None = None


def run_job(
    job: Job,
    pace: Pace,
    observer: Observer,
    *,
    fresh: bool,
    accept_removals: bool = False,
    on_publish: Callable[[], None],
    reins: Reins | None = None,
) -> Outcome:
    """Harvests a job; whatever happens, what is durable stays. Without reins signals end it."""
    lake = Lake(job.lake)
    with hold(lake, job.name):
        run = open_run(lake, job, pace.base_url, fresh=fresh)
        allowed = 100.0 if accept_removals else job.limits.max_removed_percent
        manifest = read_manifest(lake)
        if not (run.resumed or accept_removals):
            spill = lake.path(f"_runs/{run.id}/scratch/spill")
            for record in Refresh(lake, manifest, spill).decide(job):
                run.record(**record)
        review = Review(lake, job, run.ledger, manifest, allowed)
        try:
            with structlog.contextvars.bound_contextvars(run=run.id, job=job.name):
                return _run(run, review, pace, observer, on_publish, reins)
        finally:
            run.journal.close()


def _run(
    run: OpenRun,
    review: Review,
    pace: Pace,
    observer: Observer,
    on_publish: Callable[[], None],
    reins: Reins | None,
) -> Outcome:
    job = review.job
    _log.info("run resumed" if run.resumed else "run started", queries=len(job.queries))
    stop = _harvest(run, review, pace, observer, reins)
    finish = Finish(run, review, pace.base_url, _planned(review, pace))
    if stop.wanted:
        status = "failed" if stop.outage else "interrupted"
        return Outcome(finish.early(status), stop.signal, stop.outage)
    on_publish()
    summary = finish.publish(Path(job.database))
    _log.info("run finished", summary=summary.line())
    return Outcome(summary)


def _planned(review: Review, pace: Pace) -> Plan | None:
    """What a plan would have said when the run began: no more was known then than the counts."""
    queries = review.job.queries
    try:
        experience = experience_of(review.job)
    except LakeError as error:  # publishing will tell, if that matters
        _log.debug("nothing planned", reason=str(error))
        return None
    counts = review.ledger.first_counts(queries)
    return plan_of(queries, counts, pace.rate, pace.concurrency, experience)


def _harvest(
    run: OpenRun,
    review: Review,
    pace: Pace,
    observer: Observer,
    reins: Reins | None,
) -> Stop:
    keeper = Keeper(
        review.lake,
        run.journal,
        run.id,
        run.ledger.attempts,
        {name: lake_schema(resource) for name, resource in RESOURCES.items()},
        load_schema("meta/quarantine").arrow(),
    )
    harvest = Harvest(run.ledger, run.journal, keeper, pace, observer)
    if review.job.register == "tables" and not Path(review.job.database).exists():
        harvest.meanwhile = template
    conduct = Conduct(review.job, run.ledger, harvest, review)
    if reins is None:
        asyncio.run(conduct.run())
    else:
        harvest.stop = reins.stop
        reins.drive(conduct.run())
    return harvest.stop
