"""Who may go next: a line whose order is not that of arrival."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from heapq import heappop, heappush
from itertools import count

__all__ = ["Line"]


class Line:
    """One is at its head at a time; who comes next is the one with the least rank that waits."""

    def __init__(self) -> None:
        self._waiting: list[tuple[float, int, asyncio.Future[None]]] = []
        self._arrivals = count()
        self._held = False

    @asynccontextmanager
    async def head(self, rank: float) -> AsyncIterator[None]:
        """The block runs at the head of the line; among equals the first to come goes first."""
        if self._held:
            await self._wait(rank)
        self._held = True
        try:
            yield
        finally:
            self._call()

    async def _wait(self, rank: float) -> None:
        call = asyncio.get_running_loop().create_future()
        heappush(self._waiting, (rank, next(self._arrivals), call))
        try:
            await call
        except asyncio.CancelledError:
            if call.done() and not call.cancelled():
                self._call()  # called and gone: the next one's turn
            raise

    def _call(self) -> None:
        """Calls the next one; the head stays held for it."""
        while self._waiting:
            _, _, call = heappop(self._waiting)
            if not call.done():
                call.set_result(None)
                return
        self._held = False
