"""The door that every request goes through: open wide, or one at a time while NCBI is away."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress

from harvester.errors import HarvesterError, OutOfServiceError, OwnFault, TransientError
from harvester.fetch.breaker import Breaker
from harvester.fetch.diagnosis import span
from harvester.telemetry import get_logger

__all__ = ["Gate"]

_log = get_logger(__name__)


class Gate:
    """Carries out what the breaker decides; shared by all workers."""

    def __init__(self, breaker: Breaker, lives: Callable[[], Awaitable[bool]]) -> None:
        self._breaker = breaker
        self._lives = lives
        self._line = asyncio.Lock()
        self._news = asyncio.Event()
        self._probing = False

    @property
    def shut(self) -> bool:
        """Whether requests wait here, so that they need not wait elsewhere."""
        return self._breaker.open

    @asynccontextmanager
    async def passage(self) -> AsyncIterator[bool]:
        """Lets one request through, and hears how it ended; gives whether it is a probe."""
        probe = await self._turn()
        try:
            yield probe
        except OwnFault as error:
            self._breaker.excuse()
            _log.warning("NCBI answers, but not this request: it fails by itself", last=str(error))
            raise
        except TransientError as error:
            self._failed(error, probe=probe)
            raise
        except HarvesterError:  # a refusal is an answer
            self._answered()
            raise
        else:
            self._answered()
        finally:
            if probe:
                self._probing = False
                self._news.set()

    async def _turn(self) -> bool:
        """Waits in line while the breaker is open; gives whether the request is a probe."""
        async with self._line:
            while self._breaker.open:
                if self._breaker.verdict:
                    raise OutOfServiceError(self._breaker.verdict)
                if self._probing:
                    await self._wait(None)
                elif self._breaker.overdue:
                    await self._decide()
                elif pause := self._breaker.pause:
                    await self._wait(pause)
                else:
                    self._probing = True
                    _log.warning("asking whether NCBI answers again", waited=self._waited)
                    return True
        return False

    async def _wait(self, seconds: float | None) -> None:
        """Until there is news, or the time is over."""
        self._news.clear()
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._news.wait()

    async def _decide(self) -> None:
        """The patience is used up: the neutral question tells a dead NCBI from bad requests."""
        waited = self._waited
        alive = await self._lives()
        if not self._breaker.open:
            return  # a late answer has come meanwhile
        self._breaker.judge(alive=alive)
        if alive:
            _log.warning("NCBI answers, but not these requests: they fail by themselves now")
        elif not self._breaker.verdict:
            _log.warning("NCBI does not answer at all: waiting", waited=waited)

    def _failed(self, error: TransientError, *, probe: bool) -> None:
        was_open = self._breaker.open
        self._breaker.failed(error, probe=probe)
        if probe:
            _log.warning("NCBI still does not answer", last=str(error), waited=self._waited)
        elif self._breaker.open and not was_open:
            failures = self._breaker.failures
            _log.warning(
                "NCBI does not answer: all requests pause", failures=failures, last=str(error)
            )

    def _answered(self) -> None:
        if self._breaker.open:
            _log.warning("NCBI answers again", waited=self._waited)
            self._news.set()
        self._breaker.answered()

    @property
    def _waited(self) -> str:
        return span(self._breaker.waited)
