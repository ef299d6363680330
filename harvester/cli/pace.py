"""Job and settings to the pace of a run."""

from __future__ import annotations

from harvester.engine import Pace
from harvester.model import Job
from harvester.settings import Settings, rate

__all__ = ["pace_of"]


def pace_of(job: Job, settings: Settings) -> Pace:
    """A flag beats the environment, which beats the job, which beats the default."""
    return Pace(
        base_url=settings.base_url,
        rate=rate(job, settings),
        concurrency=settings.concurrency or job.limits.concurrency,
        api_key=settings.api_key if settings.sends_key else None,
    )
