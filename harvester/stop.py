"""The wish to end a run early: a signal, NCBI out of service, or whoever runs it."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Iterator
from contextlib import contextmanager

from harvester.errors import OutOfServiceError
from harvester.interruption import SIGNALS, Interrupted, check
from harvester.telemetry import get_logger

__all__ = ["Stop"]

_log = get_logger(__name__)


class Stop:
    """The wish to end early, and why; set by a signal, by an outage, or by who runs the job.

    Signals belong to the program, so only the command line listens to them.
    """

    def __init__(self, *, listens: bool = True) -> None:
        self._listens = listens
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
            raise Interrupted(number)
        self.signal = number
        _log.warning("stopping after the pages under way; once more to stop at once")
        self._event.set()

    def by_caller(self) -> None:
        """Whoever runs the job wants it to end."""
        self._event.set()

    async def wait(self) -> None:
        """Returns when the end is wanted."""
        await self._event.wait()

    @contextmanager
    def on_signals(self) -> Iterator[None]:
        """Listens to Ctrl-C and to a scheduler's request to end, where the loop can."""
        if not self._listens:
            yield
            return
        check()
        loop = asyncio.get_running_loop()
        before = {number: signal.getsignal(number) for number in SIGNALS}
        try:
            for number in SIGNALS:
                loop.add_signal_handler(number, self.by_signal, number)
        except (NotImplementedError, RuntimeError, ValueError):
            yield  # not in the main thread: whoever runs the loop handles signals
            return
        try:
            yield
        finally:
            for number, handler in before.items():
                loop.remove_signal_handler(number)
                signal.signal(number, handler)  # the loop puts Python's own in its place
