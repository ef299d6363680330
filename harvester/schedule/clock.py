"""What time it is, and waiting: the one thing that a simulated day puts something else in for."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from datetime import UTC, datetime
from typing import Protocol

__all__ = ["Clock", "SystemClock"]


class Clock(Protocol):
    """Tells the time in UTC and waits."""

    def now(self) -> datetime:
        """The moment, in UTC."""
        ...

    async def rest(self, seconds: float, woken: asyncio.Event) -> None:
        """Waits so long, or until the event is set."""
        ...


class SystemClock:
    """The machine's own clock."""

    def now(self) -> datetime:
        """The moment, in UTC."""
        return datetime.now(UTC)

    async def rest(self, seconds: float, woken: asyncio.Event) -> None:
        """Waits so long, or until the event is set."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await woken.wait()
