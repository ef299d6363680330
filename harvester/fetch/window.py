"""What this process has let go lately to one server: its limit counts all runs together."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from threading import Lock

__all__ = ["MARGIN", "Departure", "Window", "window_of"]

#: The limit counts arrivals, and the way to the server is not always alike: as many as the limit
#: leave in a second that is so much longer. 3 % still uses 97 % of the budget.
MARGIN = 0.03
#: From this share of the stated limit on, it is the process itself that uses the limit up.
_OWN = 0.9
#: An answer tells of the second in which its request came: with the way of a page, so long ago.
_LATELY = 3.0
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

    def full_until(self, most: int) -> float:
        """Until then as many as the limit have left within a second, one of them late."""
        with self._lock:
            return self._full_until(most)

    def leave(self, most: int) -> Departure | None:
        """A request leaves now, unless it is one too many, or nobody may."""
        departure = Departure()
        with self._lock:
            if max(self._held_until, self._full_until(most)) > departure.moment:
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

    def _full_until(self, most: int) -> float:
        if len(self._left) < most:
            return 0.0
        return self._left[-most].moment + 1 + MARGIN

    def _append(self, departure: Departure) -> None:
        self._left.append(departure)
        while self._left[0].moment < departure.moment - _LATELY:
            self._left.popleft()


_WINDOWS: dict[tuple[str, str | None], Window] = {}


def window_of(server: str, key: str | None) -> Window:
    """The one window of this process for a server: NCBI counts by key, or by address."""
    return _WINDOWS.setdefault((server, key), Window())
