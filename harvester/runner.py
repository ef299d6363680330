"""One job from lock to summary: open the run, harvest what is open, publish what arrived."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

import structlog
from msgspec import Struct

from harvester.catalogue import RESOURCES
from harvester.conduct import Conduct
from harvester.engine import Harvest, Observer
from harvester.errors import LakeError, OutOfServiceError
from harvester.estimate import Plan, plan_of
from harvester.experience import experience_of
from harvester.fetch import Pace
from harvester.finish import Finish
from harvester.model import Job
from harvester.publish import Ahead, CommittedRun, Desk, read_manifest
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


class Outcome(Struct, frozen=True):
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
        review = Review(lake, job, run.ledger, manifest, allowed, Desk(lake, run.id))
        with (
            closing(run.journal),
            closing(review),
            structlog.contextvars.bound_contextvars(run=run.id, job=job.name),
            _ahead(run, review) as ahead,
        ):
            course = _Course(run, review, pace, ahead)
            with _giving_up(run):
                stop = course.harvest(observer, reins)
                return course.finish(stop, on_publish)


@contextmanager
def _giving_up(run: OpenRun) -> Iterator[None]:
    """What breaks off by itself, not by a wish, has failed; where a disk is full nobody knows."""
    try:
        yield
    except Exception:
        with suppress(Exception):
            run.record(**{"is": "gave up"})
        raise


@contextmanager
def _ahead(run: OpenRun, review: Review) -> Iterator[Ahead | None]:
    """Who loads the rows of a lake's first run while it goes on; of later ones few are new."""
    job = review.job
    if run.resumed or review.manifest.runs or job.register != "tables":
        yield None
        return
    own = CommittedRun(run.id, run.ledger.started_at, job.name)
    with closing(Ahead(review.lake, Path(job.database), own)) as ahead:
        yield ahead


class _Course(Struct, frozen=True):
    """A run that is open: harvest, then finish."""

    run: OpenRun
    review: Review
    pace: Pace
    ahead: Ahead | None

    def harvest(self, observer: Observer, reins: Reins | None) -> Stop:
        """Asks for what is open; gives what ended it."""
        queries = len(self.review.job.queries)
        _log.info("run resumed" if self.run.resumed else "run started", queries=queries)
        ledger, journal = self.run.ledger, self.run.journal
        harvest = Harvest(ledger, journal, self._keeper(), self.pace, observer)
        harvest.listener = self.ahead
        conduct = Conduct(self.review.job, ledger, harvest, self.review)
        if reins is None:
            asyncio.run(conduct.run())
        else:
            harvest.stop = reins.stop
            reins.drive(conduct.run())
        return harvest.stop

    def finish(self, stop: Stop, on_publish: Callable[[], None]) -> Outcome:
        """Publishes what arrived, unless the run was stopped."""
        finish = Finish(self.run, self.review, self.pace.base_url, self._planned())
        if stop.wanted:
            status = "failed" if stop.outage else "interrupted"
            if stop.outage:
                self.run.record(**{"is": "gave up"})
            return Outcome(finish.early(status), stop.signal, stop.outage)
        on_publish()
        summary = finish.publish(Path(self.review.job.database), self.ahead)
        _log.info("run finished", summary=summary.line())
        return Outcome(summary)

    def _keeper(self) -> Keeper:
        return Keeper(
            self.review.lake,
            self.run.journal,
            self.run.id,
            self.run.ledger.attempts,
            {table: lake_schema(RESOURCES[table]) for table in self.review.tables},
            load_schema("meta/quarantine").arrow(),
            early=self.ahead is not None,
        )

    def _planned(self) -> Plan | None:
        """What a plan would have said when the run began: no more was known then than counts."""
        job, pace = self.review.job, self.pace
        try:
            experience = experience_of(job)
        except LakeError as error:  # publishing will tell, if that matters
            _log.debug("nothing planned", reason=str(error))
            return None
        counts = self.run.ledger.first_counts(job.queries)
        return plan_of(job.queries, counts, pace.rate, pace.concurrency, experience)
