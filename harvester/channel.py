"""A channel bounded by bytes: a slow reader slows the writers down instead of filling memory."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncGenerator
from typing import Generic, TypeVar

__all__ = ["Channel"]


T = TypeVar("T")


class Channel(Generic[T]):
    """First in, first out; an item keeps its weight until the reader is done with it."""

    def __init__(self, capacity: int) -> None:
        self._capacity = capacity
        self._items: deque[tuple[T, int]] = deque()
        self._changed = asyncio.Condition()
        self._closed = False
        self.weight = 0
        #: Writers that wait for room, because the reader is behind.
        self.waiting = 0

    async def reserve(self, weight: int) -> None:
        """Waits for room. Something heavier than the whole channel passes when it is empty."""
        async with self._changed:
            self.waiting += 1
            try:
                await self._changed.wait_for(
                    lambda: self.weight == 0 or self.weight + weight <= self._capacity
                )
            finally:
                self.waiting -= 1
            self.weight += weight

    async def put(self, item: T, weight: int) -> None:
        """Adds an item for which room was reserved."""
        async with self._changed:
            self._items.append((item, weight))
            self._changed.notify_all()

    async def close(self) -> None:
        """Says that no more will come."""
        async with self._changed:
            self._closed = True
            self._changed.notify_all()

    async def read(self) -> AsyncGenerator[T, None]:
        """The items in order; each gives its room back when the next one is asked for."""
        while True:
            async with self._changed:
                await self._changed.wait_for(lambda: self._items or self._closed)
                if not self._items:
                    return
                item, weight = self._items.popleft()
            try:
                yield item
            finally:
                await self._release(weight)

    async def _release(self, weight: int) -> None:
        async with self._changed:
            self.weight -= weight
            self._changed.notify_all()
