"""`plan`: what a job will take, for programs."""

from __future__ import annotations

from harvester.api.jobs import JobLike, Place, load_job, text_of
from harvester.api.practice import served
from harvester.api.threads import in_thread
from harvester.estimate import Plan
from harvester.forecast import forecast
from harvester.model import Job
from harvester.places import placed
from harvester.settings import Settings, environment
from harvester.terms import pace_of

__all__ = ["plan"]

#: Seconds that a plan waits for an NCBI that does not answer.
_PATIENCE = 10.0


def plan(
    job: JobLike,
    *,
    lake: Place | None = None,
    database: Place | None = None,
    base_url: str | None = None,
    sandbox: bool = False,
    rps: float | None = None,
    concurrency: int | None = None,
    offline: bool = False,
) -> Plan:
    """What a job will take: requests, records, bytes, seconds, disk.

    NCBI is asked for counts with at most one small request a query, and not at all `offline`. What
    a record needs comes from past runs where the job's lake has seen any. Options are as in `run`.
    """
    loaded = load_job(job)

    def asked() -> Plan:
        with served(sandbox=sandbox and not offline) as url:
            settings = Settings.load(
                environment(),
                base_url=url or base_url,
                lake=text_of(lake),
                database=text_of(database),
                rps=rps,
                concurrency=concurrency,
            )
            return _plan(placed(loaded, settings), settings, offline=offline)

    return in_thread(asked).result()


def _plan(job: Job, settings: Settings, *, offline: bool) -> Plan:
    pace = pace_of(job, settings, _PATIENCE)
    return forecast(job, pace, offline=offline).plan
