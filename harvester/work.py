"""The chains that wait for a worker; a worker without one waits, for another may bring more."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Iterable

from harvester.model import Chain

__all__ = ["Work"]


class Work:
    """Chains in order; the end is reached when none waits and nobody works on one."""

    def __init__(self, chains: Iterable[Chain]) -> None:
        self._chains = deque(chains)
        self._working = 0
        self._changed = asyncio.Event()
        self._stopped = False

    async def take(self) -> Chain | None:
        """The next chain; None when all is done. Who takes one says `done` afterwards."""
        while not self._chains and self._working and not self._stopped:
            self._changed.clear()
            await self._changed.wait()
        if not self._chains or self._stopped:
            return None
        self._working += 1
        return self._chains.popleft()

    def add_first(self, chains: Iterable[Chain]) -> None:
        """More chains, to be taken before those that wait."""
        self._chains.extendleft(reversed(list(chains)))
        self._changed.set()

    def done(self) -> None:
        """A worker is through with its chain."""
        self._working -= 1
        self._changed.set()

    def stop(self) -> None:
        """Nobody is given a chain any more."""
        self._stopped = True
        self._changed.set()
