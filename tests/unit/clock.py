"""An event loop whose clock jumps to the next timer: hours of pacing pass in milliseconds."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

T = TypeVar("T")


#: A clock that stood still between turns would trap loops that wait for the last ulp.
_TICK = 1e-6


class _JumpingLoop(asyncio.SelectorEventLoop):
    def __init__(self, late: float) -> None:
        super().__init__()
        self._now = 0.0
        self._late = late

    def time(self) -> float:
        return self._now

    def _run_once(self) -> None:
        if not self._ready:  # type: ignore[attr-defined]
            timers = (t.when() for t in self._scheduled if not t.cancelled())  # type: ignore[attr-defined]
            self._now = max(self._now, min(timers, default=0.0) + self._late)
        self._now += _TICK
        super()._run_once()  # type: ignore[misc]


def run(work: Coroutine[Any, Any, T], late: float = 0.0) -> T:
    """Runs a coroutine in a loop that never really waits, and that wakes up late each time."""
    with asyncio.Runner(loop_factory=lambda: _JumpingLoop(late)) as runner:
        return runner.run(work)
