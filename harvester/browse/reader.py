"""Questions to the newest database: each in a thread, with a time limit, and none of them lost."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TypeVar

import duckdb
import pyarrow as pa
import structlog

from harvester.browse.snapshot import Identity, Snapshot, identity_of
from harvester.errors import HarvesterError, SpecError

__all__ = ["Reader", "Seat"]

T = TypeVar("T")
_log = structlog.get_logger(__name__)
#: Questions at a time.
_SEATS = 6
#: Seconds between two requests to stop: one that comes before the work has begun is not heard.
_AGAIN = 0.05


class Seat:
    """A connection to one snapshot, for one question at a time."""

    def __init__(
        self, snapshot: Snapshot, cursor: duckdb.DuckDBPyConnection, threads: ThreadPoolExecutor
    ) -> None:
        self.snapshot = snapshot
        self.cursor = cursor
        self._threads = threads

    async def ask(self, work: Callable[[], T], seconds: float) -> T:
        """Does the work in a thread; it is stopped when its time is over or nobody waits for it."""
        loop = asyncio.get_running_loop()
        future = loop.run_in_executor(self._threads, work)
        try:
            async with asyncio.timeout(seconds):
                return await asyncio.shield(future)
        except TimeoutError:
            await self._stop(future)
            raise SpecError(
                f"this took longer than {seconds:g} seconds and was stopped: ask for less, "
                "or start with a longer --time-limit"
            ) from None
        except asyncio.CancelledError:
            await self._stop(future)
            raise
        except (duckdb.Error, pa.ArrowException, OSError) as error:
            raise SpecError(str(error)) from error

    async def _stop(self, future: Awaitable[T]) -> None:
        task = asyncio.ensure_future(future)
        while not task.done():
            self.cursor.interrupt()
            await asyncio.wait([task], timeout=_AGAIN)
        if not task.cancelled():
            task.exception()  # that it was interrupted is no news


class Reader:
    """The database at a path: when a run replaces the file, the next question sees the new one."""

    def __init__(self, path: Path, spill: str) -> None:
        self.path = path
        self._spill = spill
        self._threads = ThreadPoolExecutor(_SEATS + 1, "browse")
        self._seats = asyncio.Semaphore(_SEATS)
        self._opening = asyncio.Lock()
        self._snapshot = Snapshot(path, spill, 1)
        self._refused: Identity | None = None

    @asynccontextmanager
    async def seat(self) -> AsyncIterator[Seat]:
        """A seat at the newest snapshot; waits while all are taken."""
        async with self._seats:
            snapshot = await self._newest()
            snapshot.users += 1
            cursor = snapshot.cursor()
            try:
                yield Seat(snapshot, cursor, self._threads)
            finally:
                cursor.close()
                snapshot.users -= 1
                _close_if_over(snapshot)

    async def _newest(self) -> Snapshot:
        async with self._opening:
            now = self._identity()
            if now not in (None, self._snapshot.identity, self._refused):
                await self._reopen(now)
            return self._snapshot

    def _identity(self) -> Identity | None:
        """Of the file that lies there now; of one that is gone we have the rows still."""
        try:
            return identity_of(self.path)
        except OSError:
            return None

    async def _reopen(self, now: Identity | None) -> None:
        loop, number = asyncio.get_running_loop(), self._snapshot.number + 1
        try:
            new = await loop.run_in_executor(
                self._threads, Snapshot, self.path, self._spill, number
            )
        except (HarvesterError, duckdb.Error, OSError) as error:
            _log.warning("new database not opened, the last one stays", reason=str(error))
            self._refused = now
            return
        last, self._snapshot = self._snapshot, new
        last.old = True
        _close_if_over(last)

    def close(self) -> None:
        """Lets go of all."""
        self._threads.shutdown(cancel_futures=True)
        self._snapshot.close()


def _close_if_over(snapshot: Snapshot) -> None:
    if snapshot.old and not snapshot.users:
        snapshot.close()
