"""What a program may hand over as a job, and where it says that things lie."""

from __future__ import annotations

from collections.abc import Mapping
from os import PathLike, fspath
from typing import TypeAlias

from harvester.model import Job
from harvester.spec import load_job as load_file
from harvester.spec import read_job

__all__ = ["JobLike", "Place", "load_job", "text_of"]

JobLike: TypeAlias = str | PathLike[str] | Mapping[str, object] | Job
Place: TypeAlias = str | PathLike[str]


def load_job(job: JobLike) -> Job:
    """The checked job of a YAML file, or of a mapping with the same keys.

    Raises `SpecError` with everything that is wrong with it; nothing is asked. In a mapping, files
    such as `ids_file` are sought in the working folder, in a file beside it.
    """
    if isinstance(job, Job):
        return job
    return read_job(job) if isinstance(job, Mapping) else load_file(job)


def text_of(place: Place | None) -> str | None:
    """A path as settings take it."""
    return None if place is None else fspath(place)
