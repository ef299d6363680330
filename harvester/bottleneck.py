"""What holds a run up: the rate limit, NCBI, decoding or the disk. Told from samples; pure."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable

from harvester.engine import Live

__all__ = ["Bottleneck", "Remaining"]

#: Samples that are held against each other: one alone may fall between two pages.
_SAMPLES = 8
#: Seconds over which speed is measured, and from when on it is worth telling.
_WINDOW, _ENOUGH = 30.0, 2.0


class Bottleneck:
    """What a run waited for most in the last moments."""

    def __init__(self) -> None:
        self._seen: deque[str] = deque(maxlen=_SAMPLES)

    def note(self, live: Live) -> str:
        """Takes one more sample; gives what was there most often, the newest of equals."""
        self._seen.appendleft(_waits_for(live))
        return Counter(self._seen).most_common(1)[0][0]


def _waits_for(live: Live) -> str:
    """What stands in the way at this moment; what comes first keeps all that follows waiting."""
    if live.standing.away:
        return "an outage of NCBI"
    if live.behind:
        return "the disk" if live.storing else "decoding"
    if live.standing.slowed:
        return "NCBI's throttling"
    return "the rate limit" if live.standing.waiting else "NCBI's answers"


class Remaining:
    """The seconds that are left, by the records of the last half minute."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._seen: deque[tuple[float, int]] = deque()

    def note(self, live: Live) -> float | None:
        """Takes one more sample; gives seconds, or nothing where nobody can tell yet."""
        now, received = self._clock(), live.received.total()
        self._seen.append((now, received))
        while now - self._seen[0][0] > _WINDOW:
            self._seen.popleft()
        then, before = self._seen[0]
        left = live.expected.total() - received
        if left < 0 or received == before or now - then < _ENOUGH:
            return None
        return left * (now - then) / (received - before)
