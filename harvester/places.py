"""Where a run's rows lie: what flags and environment say, then the job."""

from __future__ import annotations

import os
from pathlib import Path

from msgspec.structs import replace

from harvester.errors import SpecError
from harvester.model import Job
from harvester.settings import Settings

__all__ = ["database_path", "placed"]


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
