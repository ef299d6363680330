"""Job and settings to the terms of a run: how fast it may go, and for how long it is patient."""

from __future__ import annotations

from harvester.fetch import Pace, Policy
from harvester.model import Job
from harvester.settings import Settings, granted, rate

__all__ = ["pace_of"]


def pace_of(job: Job, settings: Settings, patience: float | None = None) -> Pace:
    """A flag beats the environment, which beats the job, which beats the default.

    Where somebody waits for a quick answer, the patience is that of the moment, not of the job.
    """
    seconds = job.patience if patience is None else min(job.patience, patience)
    return Pace(
        base_url=settings.base_url,
        rate=rate(job, settings),
        granted=granted(settings),
        concurrency=settings.concurrency or job.limits.concurrency,
        api_key=settings.api_key if settings.sends_key else None,
        policy=Policy.within(seconds),
        patience=seconds,
        page_limit=job.limits.page_megabytes * 2**20,
    )
