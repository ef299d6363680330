"""Whether all is as it should be: lakes can be read, and no job waits too long for a success."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from pathlib import Path

from harvester.errors import LakeError
from harvester.publish import read_manifest
from harvester.schedule.clock import Clock
from harvester.schedule.figures import Figures
from harvester.schedule.timetable import Planned
from harvester.spec.cron import next_time
from harvester.store.lake import Lake

__all__ = ["Readiness"]

#: A job may miss two of its times, and take so long beyond them.
_GRACE = timedelta(hours=1)
#: A lake that does not answer within so many seconds is out of reach.
_PATIENCE = 5.0


class Readiness:
    """Looks at lakes and last runs when it is asked; a dead disk keeps nobody waiting."""

    def __init__(self, plans: Iterable[Planned], figures: Figures, clock: Clock) -> None:
        self._plans = tuple(plans)
        self._figures = figures
        self._clock = clock
        self._look: asyncio.Future[list[str]] | None = None

    async def faults(self) -> list[str]:
        """What is not as it should be, a sentence each; nothing where all is well."""
        return [*await self._lakes(), *self._overdue()]

    async def _lakes(self) -> list[str]:
        """One look at a time: who asks while it lasts waits for the same."""
        if self._look is None or self._look.done():
            roots = tuple(dict.fromkeys(plan.lake for plan in self._plans))
            self._look = asyncio.ensure_future(asyncio.to_thread(_unreachable, roots))
        try:
            async with asyncio.timeout(_PATIENCE):
                return await asyncio.shield(self._look)
        except TimeoutError:
            return [f"the lakes did not answer within {_PATIENCE:g} seconds"]

    def _overdue(self) -> Iterator[str]:
        now = self._clock.now()
        for plan in self._plans:
            since = self._figures.watched_since(plan)
            if now > _latest(plan, since):
                moment = since.isoformat(timespec="seconds").replace("+00:00", "Z")
                yield f"job {plan.job.name} has had no success since {moment}"


def _latest(plan: Planned, since: datetime) -> datetime:
    """When two of the job's times have gone by without a success, and some time more."""
    expression = plan.job.schedule or ""
    return next_time(expression, next_time(expression, since)) + _GRACE


def _unreachable(roots: Iterable[str]) -> list[str]:
    return [said for root in roots if (said := _fault(Lake(root)))]


def _fault(lake: Lake) -> str:
    """What keeps a run from using the lake; one that does not exist yet can be made."""
    try:
        read_manifest(lake)
    except LakeError as error:
        return str(error)
    place = next(folder for folder in (lake.root, *lake.root.parents) if folder.exists())
    return "" if _usable(place) else f"the lake {lake.root} cannot be written"


def _usable(folder: Path) -> bool:
    return folder.is_dir() and os.access(folder, os.W_OK | os.X_OK)
