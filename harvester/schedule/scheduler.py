"""The loop: begins what is due, and waits for the next time, the end of a run, or to be stopped."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Protocol

import structlog

from harvester.model import Job
from harvester.schedule.child import Ended
from harvester.schedule.clock import Clock
from harvester.schedule.timetable import Planned, Timetable

__all__ = ["Runner", "Scheduler", "Watcher", "told"]

_log = structlog.get_logger(__name__)

#: Even where nothing is due for long: the machine may sleep, and its clock may be set.
_NAP = timedelta(seconds=30)
_SIGNALLED = 128

Runner = Callable[[Job], Awaitable[Ended]]


class Watcher(Protocol):
    """Is told of what happened."""

    def ended(self, plan: Planned, ended: Ended, began: datetime, moment: datetime) -> None:
        """A run is over."""
        ...


def told(moment: datetime) -> str:
    """A moment as the log shows it."""
    return moment.isoformat(timespec="seconds").replace("+00:00", "Z")


class Scheduler:
    """Runs the jobs of a timetable, so many at once, and never two on one lake."""

    def __init__(
        self,
        timetable: Timetable,
        runner: Runner,
        watcher: Watcher,
        clock: Clock,
        parallel: int = 1,
    ) -> None:
        self._timetable = timetable
        self._runner = runner
        self._watcher = watcher
        self._clock = clock
        self._parallel = parallel
        self._stopped = False
        self._woken = asyncio.Event()
        #: The worst exit status of all runs, and whether one was cut short by our own stop.
        self.worst = 0
        self.cut_short = False

    def stop(self) -> None:
        """Nothing more is begun; what is under way is waited for."""
        self._stopped = True
        self._woken.set()

    async def work(self, *, once: bool = False) -> None:
        """Works until it is stopped; `once`: until nothing is due and nothing under way."""
        async with asyncio.TaskGroup() as group:
            while not self._stopped:
                self._woken.clear()
                now = self._clock.now()
                for plan in self._timetable.startable(now, self._parallel - self._under_way):
                    self._timetable.begin(plan)
                    group.create_task(self._run(plan, now))
                if once and not self._under_way:
                    return
                await self._wait(now)

    async def _run(self, plan: Planned, began: datetime) -> None:
        """One run from its beginning to the next time of its job; a job that fails is no end."""
        _log.info("run due", job=plan.job.name, time=told(plan.due))
        ended = await self._ended(plan.job)
        now = self._clock.now()
        if ended.status == "locked":
            self._timetable.put_off(plan, now)
        elif ended.cut_short and not plan.cut_short:
            self._timetable.put_off(plan, now, cut_short=True)
        else:
            self._timetable.end(plan, began)
        self._note(ended)
        self._watcher.ended(plan, ended, began, now)
        _log.log(
            logging.INFO if ended.good else logging.WARNING,
            "run over",
            job=plan.job.name,
            status=ended.status,
            exit_status=ended.code,
            next=told(plan.starts),
        )
        self._woken.set()

    async def _ended(self, job: Job) -> Ended:
        try:
            return await self._runner(job)
        except OSError as error:
            _log.error("a run could not be started", job=job.name, reason=str(error))
            return Ended(1)

    def _note(self, ended: Ended) -> None:
        self.worst = max(self.worst, ended.code if ended.code >= 0 else _SIGNALLED - ended.code)
        self.cut_short |= self._stopped and ended.status == "interrupted"

    @property
    def _under_way(self) -> int:
        return sum(plan.running for plan in self._timetable.plans)

    async def _wait(self, now: datetime) -> None:
        until = min(self._timetable.next_start(now), now + _NAP)
        await self._clock.rest((until - now).total_seconds(), self._woken)
