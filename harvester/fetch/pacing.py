"""The pacer of a run: even spacing, hold-off, slow down at once, climb back in steps."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from math import inf

from aiolimiter import AsyncLimiter

from harvester.fetch.line import Line
from harvester.fetch.pace import Pace
from harvester.fetch.window import MARGIN, Departure, Window, window_of

__all__ = ["Pacer", "pacer_of"]

#: Each is spaced by so much of the margin. The rest makes up for those that leave a moment late.
_SPACED = 0.5
_SLOWEST = 0.2
_SLOW_DOWN = 0.5
_CLIMB = 1.25
#: Good answers in a row before the rate climbs one step.
_STEP = 20
#: Seconds at one rate that do as well: at the slowest, twenty answers take minutes.
_CALM = 5.0
#: A page takes about a second: a request with so many behind it is due so much earlier.
_PAGE_SECONDS = 1.0
#: But not by more, known or not: who waits holds a connection, which a server closes in the end.
_FARTHEST, _UNKNOWN = 10.0, 15.0
#: Who waits for so long waits for the rate, and not for a busy process.
_NOTED = 0.02


class Pacer:
    """Lets requests through one by one, shared by all workers.

    What many others can only follow goes first, so that no chain is still long when all others
    are at their end. The leak rate of a limiter is fixed when it is made, so a new pace is a new
    limiter. Only the first in line waits at the limiter: a new one is obeyed by all who wait.
    For `idle` seconds nobody of this process has asked when it begins. Through the `window` of the
    process go the requests of other runs, too; all of them may use what is `granted`.
    """

    def __init__(
        self, rate: float, idle: float = 0.0, window: Window | None = None, granted: float = 0.0
    ) -> None:
        self._allowed = self._rate = rate
        self._good = 0
        self._halved = False
        self._changed = 0.0
        self._line = Line()
        self._waiting = 0
        self._pressed = -inf
        self._own, self._all = Window(), Window() if window is None else window
        self._all.join(self, max(rate, granted))
        self._limiter = self._make(rate)
        # Another run may have asked a moment ago: then the first request waits, too.
        self._fresh = idle < self._limiter.time_period

    @property
    def rate(self) -> float:
        """Requests a second at this moment."""
        return self._rate

    @property
    def _ceiling(self) -> float:
        """What is allowed, or less if the server says so."""
        return min(self._allowed, self._all.limit)

    @property
    def slowed(self) -> bool:
        """Whether NCBI has asked for less than its limit, and the rate has not climbed back."""
        held = asyncio.get_running_loop().time() < self._all.held_until
        return held or self._rate < self._ceiling

    async def turn(self, behind: float = inf) -> Departure:
        """Waits until the next request may leave; `behind` are those that can only follow it."""
        self._waiting += 1
        came = asyncio.get_running_loop().time()
        try:
            departure = await self._stand_in_line(came - _ahead(behind))
        finally:
            self._waiting -= 1
        if departure.moment > came + _NOTED:
            self._pressed = departure.moment
        return departure

    @property
    def waiting(self) -> int:
        """Requests that could leave if the rate allowed it; the next one to leave included."""
        return self._waiting

    @property
    def pressed(self) -> bool:
        """Whether within the last second a request could have left earlier but for the rate."""
        return asyncio.get_running_loop().time() < self._pressed + 1

    async def _stand_in_line(self, due: float) -> Departure:
        async with self._line.head(due):
            await self._space()
            while (departure := self._leave()) is None:
                await asyncio.sleep(self._free - asyncio.get_running_loop().time())
                if self._all.held_until > self._full_until:
                    await self._space()
            self._halved = False
            return departure

    def _leave(self) -> Departure | None:
        """The limit of the run counts its own requests, that of the process those of all runs."""
        if self._own.full_until(self._ceiling) > asyncio.get_running_loop().time():
            return None
        departure = self._all.leave()
        if departure is not None:
            self._own.add(departure)
        return departure

    @property
    def _free(self) -> float:
        """When the next request may leave at the earliest, evenly spaced or not."""
        return max(self._all.held_until, self._full_until)

    @property
    def _full_until(self) -> float:
        return max(self._own.full_until(self._ceiling), self._all.full_until())

    async def _space(self) -> None:
        if self._fresh:
            # A new limiter lets one through at once: that turn belongs to the old pace.
            self._fresh = False
            await self._limiter.acquire()
        await self._limiter.acquire()

    def slow_down(self, hold: float) -> None:
        """After a 429: nobody asks for `hold` seconds, and then at half the rate.

        More of them before anybody asks again are answers to what was under way: the rate is
        halved once.
        """
        self.hold(hold)
        self._good = 0
        if not self._halved:
            self._halved = True
            self._set(max(_SLOWEST, self._rate * _SLOW_DOWN))

    def hold(self, seconds: float) -> None:
        """Nobody asks for so long."""
        until = asyncio.get_running_loop().time() + seconds
        self._all.hold(until)

    def heed(self, headers: Mapping[str, str]) -> None:
        """Believes the limit that the server states, and that others use it up, too."""
        limit = _number(headers.get("X-RateLimit-Limit", ""))
        if not limit:
            return
        self._believe(limit)
        left = _number(headers.get("X-RateLimit-Remaining", ""))
        settled = asyncio.get_running_loop().time() - self._changed >= 1
        if left == 0 and settled and not self._all.uses(int(limit)):
            self._set(max(_SLOWEST, self._rate / _CLIMB))

    def _believe(self, limit: float) -> None:
        """To less at once; the rate has yet to earn each step up to more."""
        before = self._ceiling
        self._all.believe(limit)
        if self._ceiling > before:
            self._good, self._changed = 0, asyncio.get_running_loop().time()
        self._set(min(self._rate, self._ceiling))

    def credit(self) -> None:
        """A good answer; after enough of them, or of time without a 429, the rate climbs a step."""
        if self._rate >= self._ceiling:
            return
        self._good += 1
        calm = asyncio.get_running_loop().time() - self._changed
        if self._good >= _STEP or calm >= _CALM:
            self._good = 0
            self._set(min(self._ceiling, self._rate * _CLIMB))

    def _set(self, rate: float) -> None:
        if rate != self._rate:
            self._rate = rate
            self._changed = asyncio.get_running_loop().time()
            self._limiter = self._make(rate)
            self._fresh = True

    @staticmethod
    def _make(rate: float) -> AsyncLimiter:
        return AsyncLimiter(1, (1 + MARGIN * _SPACED) / rate)


def pacer_of(pace: Pace) -> Pacer:
    """The pacer of a run, which shares its window with all other runs of this process."""
    window = window_of(pace.server, pace.api_key)
    return Pacer(pace.rate, window.idle, window, pace.granted)


def _ahead(behind: float) -> float:
    """By how many seconds a request is due earlier than one that nothing follows."""
    return _UNKNOWN if behind == inf else min(behind * _PAGE_SECONDS, _FARTHEST)


def _number(header: str) -> float | None:
    """The first number of a header that may list several."""
    stated = header.split(",", maxsplit=1)[0].strip()
    number = float(stated) if stated.isascii() and stated.isdigit() else inf
    return number if number < inf else None
