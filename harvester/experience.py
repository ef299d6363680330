"""What past runs of a lake measured, for those who plan the next one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from msgspec import Struct, field

from harvester.catalogue import RESOURCES
from harvester.model import Job
from harvester.publish import Manifest, read_manifest, read_newest_first
from harvester.runs import digest_of
from harvester.store.lake import Lake

__all__ = ["Experience", "Past", "experience_of"]

#: What a database holds before any row: tables, views and their comments.
_EMPTY = 2e6
#: Fewer rows say little about what a row needs: a file has a head and a foot.
_ENOUGH = 1000


class Past(Struct, frozen=True):
    """What the last whole run that asked for the same took."""

    requests: int
    records: int
    bytes: int
    seconds: float


class Experience(Struct, frozen=True):
    """By table: the bytes that a row needs, lake and database together, and the rows there are.

    `empty` are those that a new database needs before any row; none where there is one.
    """

    kept: Mapping[str, float] = field(default_factory=dict)
    rows: Mapping[str, int] = field(default_factory=dict)
    past: Past | None = None
    empty: float = 0.0


def experience_of(job: Job) -> Experience:
    """What the job's lake tells; what no run has measured yet is as the catalogue says."""
    lake = Lake(job.lake)
    manifest = read_manifest(lake)
    held = {name: manifest.table(name).rows for name in RESOURCES}
    empty = 0.0 if Path(job.database).exists() else _EMPTY
    return Experience(dict(_kept(job, manifest)), held, _past(job, lake, manifest), empty)


def _kept(job: Job, manifest: Manifest) -> Iterator[tuple[str, float]]:
    """Measured bytes a row in the lake, and in the database as many times the usual as it has."""
    sizes = {name: _in_lake(manifest, name) for name in RESOURCES}
    swollen = 0.0 if job.register == "views" else _swollen(Path(job.database), manifest)
    for name, resource in RESOURCES.items():
        yield name, sizes[name] + swollen * resource.footprint.database


def _in_lake(manifest: Manifest, table: str) -> float:
    state = manifest.table(table)
    if state.versions < _ENOUGH:
        return RESOURCES[table].footprint.lake
    return sum(file.bytes for file in state.files) / state.versions


def _swollen(database: Path, manifest: Manifest) -> float:
    """How many times larger than usual the database is."""
    versions = {name: manifest.table(name).versions for name in RESOURCES}
    usual = sum(RESOURCES[name].footprint.database * count for name, count in versions.items())
    if sum(versions.values()) < _ENOUGH or not database.exists():
        return 1.0
    return database.stat().st_size / usual


def _past(job: Job, lake: Lake, manifest: Manifest) -> Past | None:
    digest = digest_of(job)
    for run in read_newest_first(lake, manifest, "runs"):
        if run["job_digest"] == digest and run["status"] == "complete" and run["requests"]:
            return Past(run["requests"], run["records"], run["bytes_received"], run["seconds"])
    return None
