"""Jobs to plans: when a job is due, where its lake is, and what that says of its past."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator, Sequence

import structlog
from msgspec.structs import replace

from harvester.errors import Fault, LakeError, SpecError
from harvester.model import Job
from harvester.schedule.past import Past, past_of
from harvester.schedule.timetable import Planned
from harvester.settings import Settings
from harvester.store.lake import Lake

__all__ = ["plans_of"]

_log = structlog.get_logger(__name__)


def plans_of(jobs: Sequence[Job], settings: Settings) -> list[Planned]:
    """A plan a job; each job must have a schedule, and a name of its own."""
    if faults := list(_faults(jobs)):
        raise SpecError(faults)
    return [_planned(job, settings) for job in jobs]


def _faults(jobs: Sequence[Job]) -> Iterator[Fault]:
    names = Counter(job.name for job in jobs)
    for job in jobs:
        if job.schedule is None:
            hint = 'such as schedule: "0 2 * * *", every day at two'
            yield Fault("the job has no 'schedule', so it is never due", job.source, hint=hint)
        if names[job.name] > 1:
            yield Fault(f"another of these jobs is called {job.name!r} too", job.source)


def _planned(job: Job, settings: Settings) -> Planned:
    """A lake that cannot be read says nothing here: the run will say what is wrong with it."""
    lake = settings.lake or job.lake
    root = os.path.realpath(lake)
    try:
        past = past_of(Lake(root), job.name)
    except LakeError as error:
        _log.warning("the lake does not say what ran", job=job.name, reason=str(error))
        past = Past()
    return Planned(replace(job, lake=lake), root, past)
