"""Which jobs are due, and which of them may begin: pure, told what time it is.

A run serves all times of its job up to its beginning. So times that went by while the process was
down, or the lake busy, are made up for by one run, and the next time is counted from the cron
expression, never from when a run ended: nothing drifts.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from random import Random

from msgspec import Struct, field

from harvester.model import Job
from harvester.schedule.past import Past
from harvester.spec.cron import next_time

__all__ = ["NEVER", "Planned", "Timetable"]

NEVER = datetime.max.replace(tzinfo=UTC)
#: After this time it is tried again to get hold of a lake that somebody else writes to.
_AGAIN = timedelta(minutes=1)


class Planned(Struct, eq=False):
    """A job and its times: `due` is the next one, `starts` is that with its jitter.

    `lake` is the same for all jobs of one lake. `served`: times up to then need no run any more.
    `cut_short`: the last run was ended by somebody and is to go on.
    """

    job: Job
    lake: str
    past: Past = field(default_factory=Past)
    served: datetime = NEVER
    due: datetime = NEVER
    starts: datetime = NEVER
    running: bool = False
    cut_short: bool = False


class Timetable:
    """All jobs of a process; `jitter` are the seconds by which a start is late at most."""

    def __init__(
        self, plans: Iterable[Planned], jitter: float = 0.0, chance: Random | None = None
    ) -> None:
        self.plans: Sequence[Planned] = tuple(plans)
        self._jitter = jitter
        self._chance = chance or Random()

    def open(self, now: datetime, *, catch_up: bool = True) -> None:
        """Finds each job's next time; what was missed, interrupted or never run is due now."""
        for plan in self.plans:
            past, began = plan.past, plan.past.began
            if catch_up and (past.waiting or began is None):
                plan.served, plan.due, plan.starts = now, now, now
            else:
                self._serve(plan, min(began, now) if catch_up and began else now)

    def startable(self, now: datetime, most: int) -> list[Planned]:
        """The jobs to begin now: the longest due first, none whose lake is in use, so many."""
        busy = {plan.lake for plan in self.plans if plan.running}
        found: list[Planned] = []
        for plan in sorted(self.plans, key=lambda one: (one.starts, one.served)):
            free = not plan.running and plan.lake not in busy
            if free and plan.starts <= now and len(found) < most:
                busy.add(plan.lake)
                found.append(plan)
        return found

    def begin(self, plan: Planned) -> None:
        """A run of the job is under way."""
        plan.running = True

    def end(self, plan: Planned, began: datetime) -> None:
        """It is over, and has served all times up to its beginning."""
        plan.running, plan.cut_short = False, False
        self._serve(plan, began)

    def put_off(self, plan: Planned, now: datetime, *, cut_short: bool = False) -> None:
        """It stays due: somebody else holds the lake, or it was `cut_short` and can go on.

        What cuts a run short, such as too little memory, may do so each time: so only once.
        """
        plan.running, plan.cut_short = False, cut_short
        plan.starts = now + _AGAIN

    def next_start(self, now: datetime) -> datetime:
        """When the next job may begin that may not yet."""
        return min((plan.starts for plan in self.plans if plan.starts > now), default=NEVER)

    def _serve(self, plan: Planned, moment: datetime) -> None:
        plan.served = moment
        plan.due = next_time(plan.job.schedule or "", moment)
        plan.starts = plan.due + timedelta(seconds=self._chance.uniform(0, self._jitter))
