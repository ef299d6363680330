"""The wish to end a run early: a signal, or NCBI out of service."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Iterator
from contextlib import contextmanager

import structlog

from harvester.errors import OutOfServiceError

__all__ = ["Stop"]

_log = structlog.get_logger(__name__)


class Stop:
    """The wish to end early, and why; set by a signal or by an outage."""

    def __init__(self) -> None:
        self._event = asyncio.Event()
        self.signal: int | None = None
        self.outage: OutOfServiceError | None = None

    @property
    def wanted(self) -> bool:
        """Whether no further page should be asked for."""
        return self._event.is_set()

    def by_outage(self, error: OutOfServiceError) -> None:
        """NCBI does not answer: end, and tell why."""
        self.outage = self.outage or error
        self._event.set()

    def by_signal(self, number: int) -> None:
        """The first signal drains, the second one ends."""
        if self.signal is not None:
            raise KeyboardInterrupt
        self.signal = number
        _log.warning("stopping after the pages under way; once more to stop at once")
        self._event.set()

    async def wait(self) -> None:
        """Returns when the end is wanted."""
        await self._event.wait()

    @contextmanager
    def on_signals(self) -> Iterator[None]:
        """Listens to Ctrl-C and to a scheduler's request to end, where the loop can."""
        loop = asyncio.get_running_loop()
        numbers = (signal.SIGINT, signal.SIGTERM)
        try:
            for number in numbers:
                loop.add_signal_handler(number, self.by_signal, number)
        except (NotImplementedError, RuntimeError, ValueError):
            yield  # not in the main thread: whoever runs the loop handles signals
            return
        try:
            yield
        finally:
            for number in numbers:
                loop.remove_signal_handler(number)
