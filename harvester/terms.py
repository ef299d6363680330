"""Job and settings to the terms of a run: how fast it may go, and where its rows lie."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

from harvester.errors import SpecError
from harvester.fetch import Pace, Policy
from harvester.model import Job
from harvester.settings import Settings, rate

__all__ = ["database_path", "pace_of", "placed"]


def pace_of(job: Job, settings: Settings, patience: float | None = None) -> Pace:
    """A flag beats the environment, which beats the job, which beats the default.

    Where somebody waits for a quick answer, the patience is that of the moment, not of the job.
    """
    seconds = job.patience if patience is None else min(job.patience, patience)
    return Pace(
        base_url=settings.base_url,
        rate=rate(job, settings),
        concurrency=settings.concurrency or job.limits.concurrency,
        api_key=settings.api_key if settings.sends_key else None,
        policy=Policy.within(seconds),
        patience=seconds,
        page_limit=job.limits.page_megabytes * 2**20,
    )


def placed(job: Job, settings: Settings) -> Job:
    """The job with the lake and the database that flags and environment give it."""
    database = str(database_path(settings.database or job.database))
    return replace(job, lake=settings.lake or job.lake, database=database)


def database_path(path: str) -> Path:
    """Where the database lies; DuckDB takes some characters of a path for other things."""
    for letter in "?\\":
        if letter in os.path.realpath(path):
            message = f"DuckDB opens no file whose path holds a {letter}: {path}"
            raise SpecError(f"{message} (choose another with --database)")
    return Path(path)
