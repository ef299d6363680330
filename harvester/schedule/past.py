"""What a lake says of a job's past: when a run of it last began, and when one was complete."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

from harvester.publish import Manifest, read_manifest, read_runs
from harvester.runs import runs_of
from harvester.store.lake import Lake

__all__ = ["Past", "past_of"]


@dataclass(frozen=True, slots=True)
class Past:
    """A job's past; moments in UTC. `waiting`: a run was interrupted and can go on."""

    began: datetime | None = None
    succeeded: datetime | None = None
    waiting: bool = False
    tables: Mapping[str, int] = field(default_factory=dict)


def past_of(lake: Lake, job: str) -> Past:
    """Reads the manifest, the table of runs, and the journals of runs that are not published."""
    manifest = read_manifest(lake)
    left = [run for run in runs_of(lake) if run.job == job and not manifest.has(run.run_id)]
    ended = (run["finished_at"] for run in read_runs(lake) if _whole(run, job))
    begun = [*_published(manifest, job), *(_moment(run.started_at) for run in left)]
    return Past(
        began=max(begun, default=None),
        succeeded=max((moment.replace(tzinfo=UTC) for moment in ended), default=None),
        waiting=any(run.resumable and not run.committed for run in left),
        tables={name: state.rows for name, state in manifest.tables.items()},
    )


def _published(manifest: Manifest, job: str) -> Iterator[datetime]:
    return (_moment(run.started_at) for run in manifest.runs if run.job == job)


def _whole(run: Mapping[str, object], job: str) -> bool:
    return run["job"] == job and run["status"] == "complete"


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)
