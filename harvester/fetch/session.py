"""The one HTTP session of a run: connections, timeouts, headers, the place where pacing bites."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from math import inf
from types import SimpleNamespace
from typing import Any

import aiohttp

from harvester import __version__
from harvester.fetch.pace import Pace
from harvester.fetch.pacing import Pacer
from harvester.fetch.traffic import Traffic

__all__ = ["open_session"]


@asynccontextmanager
async def open_session(
    pace: Pace, pacer: Pacer, traffic: Traffic
) -> AsyncIterator[aiohttp.ClientSession]:
    """A session that leaves bodies compressed: they are inflated in worker threads."""
    headers = {"User-Agent": f"ncbi-harvester/{__version__}", "Accept-Encoding": "gzip"}
    if pace.api_key:
        headers["api-key"] = pace.api_key
    async with aiohttp.ClientSession(
        headers=headers,
        connector=aiohttp.TCPConnector(limit=pace.concurrency),
        timeout=aiohttp.ClientTimeout(
            total=None, sock_connect=pace.policy.connect, sock_read=pace.policy.silence
        ),
        auto_decompress=False,
        trace_configs=[_paced(pacer, traffic)],
    ) as session:
        yield session
        # Connections of a cancelled run close in the loop's next turn.
        await asyncio.sleep(0)


def _paced(pacer: Pacer, traffic: Traffic) -> aiohttp.TraceConfig:
    """Waits for a turn when a connection is in hand, so a slow handshake cannot bunch requests.

    A request's own context: what is called when it leaves, and how many can only follow it.
    """

    async def turn(_session: aiohttp.ClientSession, request: SimpleNamespace, _: Any) -> None:  # noqa: ANN401
        leave, behind = request.trace_request_ctx
        if hasattr(request, "sent"):
            # aiohttp itself sends a GET again when a kept connection breaks before the answer.
            traffic.again("connection")
            behind = inf  # it has waited in line before
        request.sent = True
        request.departure = await pacer.turn(behind)
        traffic.sent(pacer.rate)
        leave()

    async def sent(_session: aiohttp.ClientSession, request: SimpleNamespace, _: Any) -> None:  # noqa: ANN401
        request.departure.sent()

    trace = aiohttp.TraceConfig()
    trace.on_connection_create_end.append(turn)
    trace.on_connection_reuseconn.append(turn)
    trace.on_request_headers_sent.append(sent)
    # With a body the headers wait for it, and before Python 3.12 for the loop's next turn.
    trace.on_request_chunk_sent.append(sent)
    return trace
