"""A run in the hands of a program: in which loop it asks, and how another thread ends it."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from threading import Lock
from typing import Any

from harvester.stop import Stop

__all__ = ["Reins"]


class Reins:
    """Drives the part of a run that needs an event loop: in the loop given, else in its own."""

    def __init__(self, loop: asyncio.AbstractEventLoop | None = None) -> None:
        self._given = loop
        self._lock = Lock()
        self._wishes = 0
        self._task: asyncio.Task[None] | None = None
        self.stop = Stop(listens=False)

    def drive(self, work: Coroutine[Any, Any, None]) -> None:
        """Blocks until the work is done; not to be called in the thread of the given loop."""
        try:
            if self._given is None:
                asyncio.run(self._held(work))
            else:
                asyncio.run_coroutine_threadsafe(self._held(work), self._given).result()
        finally:
            work.close()  # it may have been stopped before it began

    def end(self) -> None:
        """Lets pages under way arrive; called once more, ends at once. From any thread."""
        with self._lock:
            self._wishes += 1
            if self._task is None:  # nobody waits for the wish yet, or any more
                self.stop.by_caller()
            else:
                self._task.get_loop().call_soon_threadsafe(self._heed, self._task, self._wishes)

    def _heed(self, task: asyncio.Task[None], wishes: int) -> None:
        self.stop.by_caller()
        if wishes > 1:
            task.cancel()

    async def _held(self, work: Coroutine[Any, Any, None]) -> None:
        with self._lock:
            self._task = asyncio.current_task()
        try:
            await work
        finally:
            with self._lock:
                self._task = None
