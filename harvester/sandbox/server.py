"""The sandbox as an HTTP server: limit, latency, faults and the wire around the answers."""

from __future__ import annotations

import asyncio
import gzip
from collections.abc import AsyncIterator, Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

from aiohttp import web

from harvester.sandbox.answers import Answer, Answers, refusal
from harvester.sandbox.asks import Refusal
from harvester.sandbox.cache import Cache
from harvester.sandbox.config import SandboxConfig
from harvester.sandbox.faults import Effects, Faults
from harvester.sandbox.limits import Limiter
from harvester.sandbox.noise import mix
from harvester.sandbox.reading import read_ask
from harvester.sandbox.routes import BASE, Route, find_route
from harvester.sandbox.stats import Stats
from harvester.sandbox.templates import dumps
from harvester.sandbox.wire import GATEWAY, gateway_page, send, throttled
from harvester.sandbox.world import World

__all__ = ["Sandbox"]

TOKEN_HEADER = "X-Ncbi-Next-Page-Token"  # noqa: S105 - the name of a header
#: Faults that change what an answer says; such answers are not remembered.
_CHANGING = {
    "repeat-token", "empty", "unknown-field", "broken-line", "moving-total", "refuse-list", "camel",
    "bare",
}  # fmt: skip
_THREADS = 2
_LARGEST_BODY = 16 * 2**20
_FULL_PAGE = 1.5
_GOODBYE = 0.5


class Sandbox:
    """One sandbox; `faults`, `stats` and `latency` may be read and set while it serves."""

    def __init__(self, config: SandboxConfig | None = None) -> None:
        self.config = config or SandboxConfig()
        self.world = World(self.config)
        self.faults = Faults(self.config.faults, self.config.seed)
        self.stats = Stats()
        self.latency = self.config.latency
        self._answers = Answers(self.world)
        self._limiter = Limiter()
        self._cache = Cache(self.config.cache_mb * 2**20)
        self._threads: ThreadPoolExecutor | None = None

    @asynccontextmanager
    async def serve(self, host: str = "127.0.0.1", port: int = 0) -> AsyncIterator[str]:
        """Serves until left; gives the base URL."""
        application = web.Application(client_max_size=_LARGEST_BODY)
        application.router.add_route("*", "/{path:.*}", self._handle)
        runner = web.AppRunner(
            application, access_log=None, handler_cancellation=True, shutdown_timeout=_GOODBYE
        )
        self._threads = ThreadPoolExecutor(_THREADS, "sandbox")
        await runner.setup()
        try:
            await web.TCPSite(runner, host, port).start()
            shown = f"[{host}]" if ":" in host else host
            yield f"http://{shown}:{runner.addresses[0][1]}{BASE}"
        finally:
            await runner.cleanup()
            self._threads.shutdown(wait=False, cancel_futures=True)

    async def _handle(self, request: web.Request) -> web.StreamResponse:
        """One request from arrival to the last byte."""
        now = asyncio.get_running_loop().time()
        raw_path = request.rel_url.raw_path
        if raw_path == "/sandbox/stats":
            return web.json_response(body=dumps(self.stats.document()))
        found = find_route(request.method, raw_path)
        self.stats.arrived(now, found[0].family if found else "other")
        key = request.headers.get("api-key") or request.query.get("api_key", "")
        limit = self.config.limit(keyed=bool(key))
        headers: dict[str, str] = {}
        if limit:
            passes, left = self._limiter.admit(key, limit, now)
            headers = {"X-RateLimit-Limit": str(limit), "X-RateLimit-Remaining": str(left)}
            if not passes:
                return self._counted(throttled(key or str(request.remote), limit), headers)
        return await self._served(request, found, headers, now)

    def _counted(self, response: web.Response, headers: dict[str, str]) -> web.Response:
        self.stats.by_status[response.status] += 1
        response.headers.update(headers)
        if response.status == 429:  # noqa: PLR2004 - Too Many Requests
            response.headers.update(self._retry_after())
        return response

    def _retry_after(self) -> dict[str, str]:
        form = self.config.retry_after
        if form == "none":
            return {}
        moment = datetime.now(UTC) + timedelta(seconds=2)
        text = "1" if form == "seconds" else format_datetime(moment, usegmt=True)
        return {"Retry-After": text}

    async def _served(
        self,
        request: web.Request,
        found: tuple[Route, tuple[str, ...]] | None,
        headers: dict[str, str],
        now: float,
    ) -> web.StreamResponse:
        """An admitted request: the faults that strike it, its answer, the wait, the wire."""
        number = self.stats.requests
        ndjson = bool(found and found[0].ndjson) and _accepts(request, "application/x-ndjson")
        effects = self.faults.draw(
            found[0].family if found else "other",
            token="page_token" in request.query or await _body_has_token(request),
            ndjson=ndjson,
        )
        self.stats.faults.update(effects.names)
        for name, act in GATEWAY.items():
            if name in effects:
                return self._counted(await act(request), headers)
        answer = await self._answered(request, found, effects, ndjson=ndjson, number=number)
        await self._wait(answer.records, number, now)
        self.stats.by_status[answer.status] += 1
        self.stats.records += answer.records
        compressed = answer.encoded
        if answer.token:
            headers[TOKEN_HEADER] = answer.token
        sent = await send(request, answer, headers, effects)
        self.stats.bytes_sent += len(answer.body)
        return sent
