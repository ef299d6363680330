"""What the sandbox saw: counts by status and path, and the busiest second."""

from __future__ import annotations

from collections import Counter, deque

from harvester.sandbox.limits import Window
from harvester.sandbox.templates import Record

__all__ = ["Stats"]

_REMEMBERED = 100_000


class Stats:
    """Figures that grow with each request; read them at any time, from any thread."""

    def __init__(self) -> None:
        self.requests = 0
        self.records = 0
        self.bytes_sent = 0
        self.by_status: Counter[int] = Counter()
        self.by_family: Counter[str] = Counter()
        self.faults: Counter[str] = Counter()
        #: The most requests that any one-second window held.
        self.busiest_second = 0
        #: When the latest requests came, in seconds of the monotonic clock.
        self.arrivals: deque[float] = deque(maxlen=_REMEMBERED)
        self._window = Window()

    def arrived(self, now: float, family: str) -> None:
        """Notes a request."""
        self.requests += 1
        self.by_family[family] += 1
        self.arrivals.append(now)
        self.busiest_second = max(self.busiest_second, self._window.add(now))

    def document(self) -> Record:
        """All figures, for `/sandbox/stats`."""
        return {
            "requests": self.requests,
            "records": self.records,
            "bytes_sent": self.bytes_sent,
            "busiest_second": self.busiest_second,
            "by_status": {str(status): n for status, n in sorted(self.by_status.items())},
            "by_family": {**self.by_family},
            "faults": {**self.faults},
        }
