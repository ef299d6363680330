"""Asks a sandbox over loopback, raw: what a client sees on the wire."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import Any

import aiohttp

from harvester.sandbox import Sandbox, SandboxConfig

GENOMES = "/genome/taxon/1280/dataset_report?page_size=100"
NDJSON = {"Accept": "application/x-ndjson"}
TOKEN = "X-Ncbi-Next-Page-Token"
Reply = tuple[int, dict[str, str], bytes]


class Caller:
    """Asks one sandbox."""

    def __init__(self, session: aiohttp.ClientSession, url: str, sandbox: Sandbox) -> None:
        self.session = session
        self.url = url
        self.sandbox = sandbox

    async def get(self, path: str = GENOMES, **headers: str) -> Reply:
        wanted = {name.replace("_", "-"): value for name, value in headers.items()}
        async with self.session.get(self.url + path, headers=wanted) as response:
            return response.status, dict(response.headers), await response.read()

    async def page(self, path: str = GENOMES) -> dict[str, Any]:
        status, _, body = await self.get(path)
        assert status == 200
        found = json.loads(body)
        assert isinstance(found, dict)
        return found


def talk(test: Callable[[Caller], Awaitable[None]], faults: str = "", **config: Any) -> None:
    """Serves a sandbox without limit and latency, and lets a test talk to it."""

    async def main() -> None:
        quick: dict[str, Any] = {"rps": 0, "latency": 0, "faults": faults}
        sandbox = Sandbox(SandboxConfig(**(quick | config)))
        async with sandbox.serve() as url, aiohttp.ClientSession() as session:
            await test(Caller(session, url, sandbox))

    asyncio.run(main())
