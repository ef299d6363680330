"""What this process has let go lately to one server: its limit counts all runs together."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from math import ceil, inf
from threading import Lock
from weakref import WeakKeyDictionary

__all__ = ["MARGIN", "Departure", "Window", "window_of"]

#: The limit counts arrivals, and the way to the server is not always alike: as many as the limit
#: leave in a second that is so much longer. 3 % still uses 97 % of the budget.
MARGIN = 0.03
#: From this share of the stated limit on, it is the process itself that uses the limit up.
_OWN = 0.9
#: An answer tells of the second in which its request came: with the way of a page, so long ago.
_LATELY = 3.0
#: At the slowest rate one leaves in so many seconds.
_REMEMBERED = 6.0
#: For so many seconds a stated limit counts against a higher one.
_CALM = 5.0
#: Another process may have asked just before this one began.
_BEGAN = time.monotonic()


class Departure:
    """When a request left: at its turn, or later, by as much as it says itself."""

    def __init__(self) -> None:
        self.moment = asyncio.get_running_loop().time()

    def sent(self) -> None:
        """The request is on its way now: a busy process may have kept it back after its turn."""
        self.moment = asyncio.get_running_loop().time()


class Window:
    """The departures of the last seconds, of whatever run, and until when nobody may ask.

    Runs of one program may have loops and threads of their own; the clock of all loops is one.
    """

    def __init__(self) -> None:
        self._lock = Lock()
        self._left = deque[Departure]()
        self._held_until = 0.0
        self._granted = WeakKeyDictionary[object, float]()
        self._stated, self._stated_at = inf, -inf

    def join(self, run: object, granted: float) -> None:
        """As long as this run lives, all of them together may use what it is granted.

        What the server stated long ago it has to say again.
        """
        with self._lock:
            if time.monotonic() - self._stated_at >= _CALM:
                self._stated = inf
            self._granted[run] = granted

    @property
    def limit(self) -> float:
        """Requests a second of all runs: the most that one is granted, or less if NCBI says so."""
        with self._lock:
            return self._limit

    def believe(self, limit: float) -> None:
        """What the server states: less at once, more when less has not been stated for a while.

        So of answers that contradict one another the lower ones count.
        """
        now = asyncio.get_running_loop().time()
        with self._lock:
            if limit <= self._limit:
                self._stated_at = now
            elif now - self._stated_at < _CALM:
                return
            self._stated = limit

    @property
    def held_until(self) -> float:
        """Nobody asks before."""
        return self._held_until

    @property
    def idle(self) -> float:
        """Seconds for which nothing has left."""
        with self._lock:
            last = self._left[-1].moment if self._left else _BEGAN
        return time.monotonic() - last

    def hold(self, until: float) -> None:
        """Nobody asks before."""
        with self._lock:
            self._held_until = max(self._held_until, until)

    def full_until(self, limit: float = inf) -> float:
        """Until then as many as the limit have left within a second, one of them late."""
        with self._lock:
            return self._full_until(min(limit, self._limit))

    def leave(self) -> Departure | None:
        """A request leaves now, unless it is one too many, or nobody may."""
        departure = Departure()
        with self._lock:
            if max(self._held_until, self._full_until(self._limit)) > departure.moment:
                return None
            self._append(departure)
        return departure

    def add(self, departure: Departure) -> None:
        """A request that has left through another window counts here, too."""
        with self._lock:
            self._append(departure)

    def uses(self, limit: int) -> bool:
        """Whether this process itself has lately let about as many go in a second as the limit."""
        since = asyncio.get_running_loop().time() - _LATELY
        with self._lock:
            moments = sorted(left.moment for left in self._left if left.moment > since)
        pairs = zip(moments, moments[limit - 1 :], strict=False)
        return any(last - first <= 1 / _OWN for first, last in pairs)

    @property
    def _limit(self) -> float:
        return min(self._stated, max(self._granted.values(), default=inf))

    def _full_until(self, limit: float) -> float:
        """Of 1.9 a second two may leave in 2 / 1.9 seconds."""
        if len(self._left) < limit:
            return 0.0
        most = max(1, ceil(limit))
        return self._left[-most].moment + most / limit * (1 + MARGIN)

    def _append(self, departure: Departure) -> None:
        self._left.append(departure)
        while self._left[0].moment < departure.moment - _REMEMBERED:
            self._left.popleft()


_WINDOWS: dict[tuple[str, str | None], Window] = {}


def window_of(server: str, key: str | None) -> Window:
    """The one window of this process for a server: NCBI counts by key, or by address."""
    return _WINDOWS.setdefault((server, key), Window())
