"""The process from its first to its last moment: listens, schedules, stops when told to."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any

import structlog
from msgspec import Struct

from harvester.model import Job
from harvester.schedule.child import Child, Ended
from harvester.schedule.clock import Clock
from harvester.schedule.figures import Figures
from harvester.schedule.readiness import Readiness
from harvester.schedule.scheduler import Scheduler, told
from harvester.schedule.timetable import Planned, Timetable
from harvester.schedule.web import serve

__all__ = ["Service"]

_log = structlog.get_logger(__name__)

_SIGNALLED = 128


class Service(Struct, frozen=True):
    """What runs, how, where it is asked how it fares, and who hears of each run's summary."""

    timetable: Timetable
    clock: Clock
    command: Callable[[Job], Sequence[str]]
    tell: Callable[[Mapping[str, Any]], None]
    listen: tuple[str, int] | None = None
    parallel: int = 1
    once: bool = False

    async def work(self) -> int:
        """Works until a signal comes, and gives the exit status.

        The first signal lets runs drain, the second one ends them at once.
        """
        figures = Figures(self.timetable.plans, self.clock)
        child, watcher = Child(self.command), _Watcher(figures, self.tell)
        scheduler = Scheduler(self.timetable, child, watcher, self.clock, self.parallel)
        met: list[int] = []

        def stop(number: int) -> None:
            met.append(number)
            again = "once more to end it at once" if len(met) == 1 else "now it ends at once"
            _log.warning(f"stopping: a run under way drains; {again}")
            scheduler.stop()
            child.stop()

        for number in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(number, stop, number)
        async with self._served(figures) as url:
            self._announce(url)
            await scheduler.work(once=self.once)
        if met and scheduler.cut_short:
            return _SIGNALLED + met[0]
        return scheduler.worst if self.once else 0

    @asynccontextmanager
    async def _served(self, figures: Figures) -> AsyncIterator[str | None]:
        """The address at which the process tells of itself."""
        if self.listen is None:
            yield None
            return
        readiness = Readiness(self.timetable.plans, figures, self.clock)
        async with serve(*self.listen, figures.registry, readiness) as url:
            yield url

    def _announce(self, url: str | None) -> None:
        _log.info("schedule started", jobs=len(self.timetable.plans), url=url)
        for plan in self.timetable.plans:
            _log.info("next run", job=plan.job.name, at=told(plan.starts))


class _Watcher:
    """Has the figures take in each run, and tells its summary."""

    def __init__(self, figures: Figures, tell: Callable[[Mapping[str, Any]], None]) -> None:
        self._figures = figures
        self._tell = tell

    def ended(self, plan: Planned, ended: Ended, began: datetime, moment: datetime) -> None:
        """A run is over."""
        self._figures.ended(plan, ended, began, moment)
        if ended.summary is not None:
            self._tell(ended.summary)
