"""What a lake says of a job's past: when a run of it last began, and when one was complete."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from msgspec import Struct, field

from harvester.publish import read_manifest, read_runs
from harvester.runs import runs_of
from harvester.store.lake import Lake

__all__ = ["Past", "past_of"]


class Past(Struct, frozen=True):
    """A job's past; moments in UTC. `waiting`: a run was interrupted and can go on.

    One that gave up, because of NCBI or the disk, has failed, and goes on at its next time.
    """

    began: datetime | None = None
    succeeded: datetime | None = None
    waiting: bool = False
    tables: Mapping[str, int] = field(default_factory=dict)


def past_of(lake: Lake, job: str) -> Past:
    """Reads the manifest, the table of runs, and the journals of runs that are not published."""
    manifest = read_manifest(lake)
    left = [run for run in runs_of(lake) if run.job == job and not manifest.has(run.run_id)]
    done = [run for run in read_runs(lake) if run["job"] == job]
    begun = [
        *map(_last_attempt, done),
        *(_moment(run.attempted_at or run.started_at) for run in left),
    ]
    ended = (run["finished_at"] for run in done if run["status"] == "complete")
    return Past(
        began=max(begun, default=None),
        succeeded=max((moment.replace(tzinfo=UTC) for moment in ended), default=None),
        waiting=any(run.resumable and not (run.committed or run.gave_up) for run in left),
        tables={name: state.rows for name, state in manifest.tables.items()},
    )


def _last_attempt(run: Mapping[str, Any]) -> datetime:
    """When a published run began, or went on: its figures are those of its last attempt."""
    moment: datetime = run["finished_at"] - timedelta(seconds=run["seconds"])
    return moment.replace(tzinfo=UTC)


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)
