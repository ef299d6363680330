"""A job file to a checked `Job`: all that is wrong with it is said at once."""

from __future__ import annotations

import re
from collections.abc import Iterable
from os import PathLike, fspath
from pathlib import Path

from harvester.errors import Fault, SpecError
from harvester.model import Job, Limits, Query
from harvester.spec.cron import cron_fault
from harvester.spec.faults import Faults, Place, shown
from harvester.spec.fields import choice, items, line, number, table, text
from harvester.spec.files import read_file
from harvester.spec.keys import check_job_keys, check_limit_keys
from harvester.spec.nodes import Node, Table, parse
from harvester.spec.query import read_query
from harvester.spec.rules import LIMITS, NAME, REGISTERS

__all__ = ["load_job", "load_jobs"]

_LARGEST = 4 * 2**20
_LONGEST_NAME = 63


def load_jobs(paths: Iterable[str | PathLike[str]]) -> tuple[Job, ...]:
    """Loads several job files; a `SpecError` holds the faults of all of them."""
    jobs: list[Job] = []
    faults: list[Fault] = []
    for path in paths:
        try:
            jobs.append(load_job(path))
        except SpecError as error:
            faults.extend(error.faults)
    if faults:
        raise SpecError(faults)
    return tuple(jobs)


def load_job(path: str | PathLike[str]) -> Job:
    """Loads one job file, or raises a `SpecError` with everything that is wrong with it."""
    file = fspath(path)
    faults = Faults()
    root = parse(read_file(Path(file), _LARGEST), file, faults)
    entries = table("job", root, faults)
    job = _job(entries, file, faults) if entries else None
    faults.raise_any(first=file)
    if job is None:
        raise SpecError((Fault("the job cannot be read", file),))
    return job


def _job(entries: Table, file: str, faults: Faults) -> Job | None:
    check_job_keys(entries, faults)
    name = _name(entries, faults)
    queries = _queries(entries, Path(file).parent, faults)
    values = {
        "description": _optional(entries, "description", faults, text),
    }
    ...
