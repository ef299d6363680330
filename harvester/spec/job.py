"""A job file to a checked `Job`: all that is wrong with it is said at once."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from os import PathLike, fspath
from pathlib import Path
from typing import TypeVar

from harvester.errors import Fault, SpecError
from harvester.model import Job, Limits, Query
from harvester.spec.cron import cron_fault
from harvester.spec.faults import Faults, shown
from harvester.spec.fields import choice, items, line, number, span, table, text
from harvester.spec.files import read_file
from harvester.spec.given import given
from harvester.spec.hooks import read_hooks
from harvester.spec.keys import check_job_keys, check_keys, misspelt
from harvester.spec.nodes import Node, Table, parse
from harvester.spec.query import read_query
from harvester.spec.rules import JOB_KEYS, LIMITS, NAME, PATIENCE, REGISTERS

__all__ = ["load_job", "load_jobs", "read_job"]

T = TypeVar("T")

_DEFAULT = Job(name="", queries=())
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
    return _checked(parse(read_file(Path(file), _LARGEST), file, faults), file, faults)


def read_job(values: Mapping[str, object]) -> Job:
    """The same for a job that a program holds; lists in files are sought in the working folder."""
    faults = Faults()
    return _checked(given(values, faults), "", faults)


def _checked(root: Node, file: str, faults: Faults) -> Job:
    entries = table("a job", root, faults)
    job = _job(entries, file, faults) if entries else None
    if job is None or len(faults):
        raise SpecError(faults.in_order(first=file))
    return job


def _job(entries: Table, file: str, faults: Faults) -> Job:
    """The job; where something is wrong with a value, a default stands in for it."""
    check_job_keys(entries, faults)
    return Job(
        name=_name(entries, faults),
        queries=_queries(entries, Path(file).parent, faults),
        description=_read(entries, "description", text, faults) or "",
        schedule=_schedule(entries, faults),
        lake=_read(entries, "lake", line, faults) or _DEFAULT.lake,
        database=_read(entries, "database", line, faults) or _DEFAULT.database,
        register=_register(entries, faults),
        limits=_limits(entries, faults),
        patience=_patience(entries, faults),
        hooks=read_hooks(entries.get("hooks"), faults),
        source=file,
    )


def _read(
    entries: Table, key: str, reader: Callable[[str, Node, Faults], T | None], faults: Faults
) -> T | None:
    """A value that may be left out."""
    entry = entries.get(key)
    return reader(repr(key), entry.value, faults) if entry else None


def _require(entries: Table, key: str, hint: str, faults: Faults) -> None:
    if entries.get(key) is None and not misspelt(entries, (key,), JOB_KEYS):
        faults.add(entries.place, f"the job has no {key!r}", hint)


def _name(entries: Table, faults: Faults) -> str:
    _require(entries, "name", "such as name: my-job", faults)
    name = _read(entries, "name", text, faults) or ""
    entry = entries.get("name")
    if name and entry and not re.fullmatch(NAME, name):
        message = (
            f"{shown(name)} is no job name: lower-case letters, digits and hyphens, 63 at most"
        )
        better = re.sub(r"[^a-z0-9]+", "-", name.lower())[:_LONGEST_NAME].strip("-")
        faults.add(entry.value.place, message, f"such as {better}" if better else "")
    return name


def _schedule(entries: Table, faults: Faults) -> str | None:
    schedule = _read(entries, "schedule", line, faults)
    entry = entries.get("schedule")
    problem = cron_fault(schedule) if schedule else ""
    if problem and entry:
        hint = 'such as "0 2 * * *", every day at two'
        faults.add(entry.value.place, f"'schedule' {problem}", hint)
    return schedule


def _register(entries: Table, faults: Faults) -> str:
    entry = entries.get("register")
    value = choice("'register'", entry.value, REGISTERS, faults) if entry else None
    return value or _DEFAULT.register


def _limits(entries: Table, faults: Faults) -> Limits:
    given = _read(entries, "limits", table, faults)
    if given is None:
        return _DEFAULT.limits
    check_keys(given, LIMITS, faults)
    rate, concurrency, removed, page = (_limit(given, key, faults) for key in LIMITS)
    return Limits(
        requests_per_second=rate,
        concurrency=_DEFAULT.limits.concurrency if concurrency is None else int(concurrency),
        max_removed_percent=_DEFAULT.limits.max_removed_percent if removed is None else removed,
        page_megabytes=_DEFAULT.limits.page_megabytes if page is None else int(page),
    )


def _patience(entries: Table, faults: Faults) -> float:
    entry = entries.get("patience")
    value = span("'patience'", entry.value, PATIENCE, faults) if entry else None
    return _DEFAULT.patience if value is None else value


def _limit(given: Table, key: str, faults: Faults) -> float | None:
    entry = given.get(key)
    return number(repr(key), entry.value, LIMITS[key], faults) if entry else None


def _queries(entries: Table, folder: Path, faults: Faults) -> tuple[Query, ...]:
    _require(entries, "harvest", "the list of what to ask for", faults)
    entry = entries.get("harvest")
    found: dict[str, Query] = {}
    lines: dict[str, str] = {}
    for node in (items(entry, faults) or ()) if entry else ():
        query = read_query(node, folder, faults)
        if query and query.id in found:
            message = "this query is in the job already"
            faults.add(node.place, message, lines[query.id])
        elif query:
            found[query.id] = query
            place = node.place
            lines[query.id] = f"on line {place.line}" if place.line else f"as {place.file}"
    return tuple(found.values())
