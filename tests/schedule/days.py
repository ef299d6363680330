"""Simulated days: clocks that run fast, jobs that only say how long they take."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from harvester.model import Job
from harvester.schedule.child import Ended
from harvester.schedule.clock import SystemClock
from harvester.schedule.past import Past
from harvester.schedule.timetable import Planned, Timetable

__all__ = ["START", "Leaping", "Loops", "Seen", "job", "plan", "summary"]

START = datetime(2026, 3, 1, tzinfo=UTC)


def job(name: str, schedule: str, lake: str = "lake") -> Job:
    return Job(name, (), schedule=schedule, lake=lake, source=f"{name}.yaml")


def plan(name: str, schedule: str, lake: str = "lake", began: datetime | None = START) -> Planned:
    """A job whose last run began then; `None`: it never ran."""
    return Planned(job(name, schedule, lake), lake, Past(began))


def summary(of: str, run: str = "r1", status: str = "complete", **figures: Any) -> dict[str, Any]:
    """What `run --json` would print."""
    told = {"run_id": run, "job": of, "status": status, "tables": {}, "requests": 10}
    return {**told, **figures}


class Loops(SystemClock):
    """Goes with the running loop: where that jumps from timer to timer, so does the day."""

    def now(self) -> datetime:
        return START + timedelta(seconds=asyncio.get_running_loop().time())


class Leaping:
    """Time stands still while something runs, and leaps ahead where all wait for it."""

    def __init__(self, timetable: Timetable, until: datetime, over: Callable[[], None]) -> None:
        self.moment = START
        self._timetable, self._until, self._over = timetable, until, over

    def now(self) -> datetime:
        return self.moment

    async def rest(self, seconds: float, woken: asyncio.Event) -> None:
        if any(one.running for one in self._timetable.plans):
            await woken.wait()
            return
        self.moment += timedelta(seconds=seconds)
        if self.moment >= self._until:
            self._over()
        await asyncio.sleep(0)


@dataclass
class Seen:
    """Runs that take as long as they are told to, and what was seen of them."""

    seconds: dict[str, float]
    ends: dict[str, Sequence[Ended]] = field(default_factory=dict)
    spans: list[tuple[Job, datetime, datetime]] = field(default_factory=list)
    clock: SystemClock = field(default_factory=Loops)

    async def __call__(self, job: Job) -> Ended:
        began = self.clock.now()
        ends = self.ends.get(job.name, [Ended(0, summary(job.name))])
        await asyncio.sleep(self.seconds[job.name])
        self.spans.append((job, began, self.clock.now()))
        return ends[(len(self.of(job.name)) - 1) % len(ends)]

    def of(self, name: str) -> list[datetime]:
        """When the runs of a job began."""
        return sorted(began for job, began, _ in self.spans if job.name == name)


def echo(of: Job) -> list[str]:
    """A command that says what a run would say, in a real process that costs next to nothing."""
    figures = {"rows": 3, "added": 1, "changed": 0, "removed": 0}
    return ["echo", json.dumps(summary(of.name, tables={"gene": figures}))]
