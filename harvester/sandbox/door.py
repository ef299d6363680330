"""The listening socket; it may be shut for a moment, so that callers are refused."""

from __future__ import annotations

import asyncio

from aiohttp import web

__all__ = ["Door"]


class Door:
    """Listens on one address, whose port stays the same when the door opens again."""

    def __init__(self, runner: web.AppRunner, host: str, port: int) -> None:
        self._runner = runner
        self._host = host
        self._site: web.TCPSite | None = None
        self._shutting: asyncio.Task[None] | None = None
        self.port = port

    async def open(self) -> None:
        """Begins to listen."""
        self._site = web.TCPSite(self._runner, self._host, self.port)
        await self._site.start()
        self.port = self._runner.addresses[0][1]

    def shut(self, seconds: float) -> None:
        """Drops all connections and refuses new ones for a while."""
        if self._shutting is None or self._shutting.done():
            self._shutting = asyncio.create_task(self._shut(seconds))

    async def close(self) -> None:
        """Ends what is under way; the runner closes the socket."""
        if self._shutting is not None:
            self._shutting.cancel()
            await asyncio.wait([self._shutting])

    async def _shut(self, seconds: float) -> None:
        if self._site is not None:
            await self._site.stop()
        if self._runner.server is not None:
            for connection in self._runner.server.connections:
                connection.force_close()
        await asyncio.sleep(seconds)
        await self.open()
