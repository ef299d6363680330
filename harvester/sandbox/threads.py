"""A sandbox on a thread with a loop of its own, beside whatever else the process does."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from threading import Thread

from harvester.sandbox.config import SandboxConfig
from harvester.sandbox.faults import Faults
from harvester.sandbox.server import Sandbox
from harvester.sandbox.stats import Stats
from harvester.sandbox.world import World

__all__ = ["Served", "serve_in_thread"]


class Served:
    """A sandbox that is being served: its address, what it saw, and its faults to be changed."""

    def __init__(self, sandbox: Sandbox, url: str) -> None:
        self.sandbox = sandbox
        #: The base URL, with the path of the API's version.
        self.url = url

    @property
    def stats(self) -> Stats:
        """What the sandbox saw so far."""
        return self.sandbox.stats

    @property
    def faults(self) -> Faults:
        """The faults in force; `faults.set(…)` changes them."""
        return self.sandbox.faults

    @property
    def world(self) -> World:
        """The universe that is served."""
        return self.sandbox.world


@contextmanager
def serve_in_thread(
    config: SandboxConfig | None = None, host: str = "127.0.0.1", port: int = 0
) -> Iterator[Served]:
    """Serves a sandbox on a thread of its own until the block is left."""
    sandbox = Sandbox(config)
    started: Future[tuple[str, asyncio.AbstractEventLoop, asyncio.Event]] = Future()
    thread = Thread(target=_run, args=(sandbox, host, port, started), name="sandbox", daemon=True)
    thread.start()
    url, loop, stop = started.result()
    try:
        yield Served(sandbox, url)
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join()


def _run(
    sandbox: Sandbox,
    host: str,
    port: int,
    started: Future[tuple[str, asyncio.AbstractEventLoop, asyncio.Event]],
) -> None:
    async def serve() -> None:
        stop = asyncio.Event()
        async with sandbox.serve(host, port) as url:
            started.set_result((url, asyncio.get_running_loop(), stop))
            await stop.wait()

    try:
        asyncio.run(serve())
    except BaseException as error:
        if started.done():
            raise
        started.set_exception(error)
