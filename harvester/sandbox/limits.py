"""The rate limit: no more than so many requests in any one-second window, whatever its start."""

from __future__ import annotations

from collections import deque

__all__ = ["Limiter", "Window"]

_SECOND = 1.0


class Window:
    """The moments of the last second."""

    def __init__(self) -> None:
        self._moments: deque[float] = deque()

    def add(self, now: float) -> int:
        """Notes a moment; how many the window ending with it holds."""
        self._moments.append(now)
        return self.count(now)

    def count(self, now: float) -> int:
        """How many moments lie in the second before this one."""
        while self._moments and self._moments[0] <= now - _SECOND:
            self._moments.popleft()
        return len(self._moments)


class Limiter:
    """One window for each caller: requests that were let through count, refused ones do not."""

    def __init__(self) -> None:
        self._windows: dict[str, Window] = {}

    def admit(self, caller: str, limit: int, now: float) -> tuple[bool, int]:
        """Whether a request may pass, and how many more may this second."""
        window = self._windows.setdefault(caller, Window())
        if window.count(now) >= limit:
            return False, 0
        return True, limit - window.add(now)
