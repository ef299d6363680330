"""The sandbox as an HTTP server: the limit, the wait and the faults around the answers."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Hashable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager

from aiohttp import web
from msgspec import Struct

from harvester.sandbox.answers import Answer, Answers, refusal
from harvester.sandbox.asks import Refusal
from harvester.sandbox.cache import Cache
from harvester.sandbox.config import SandboxConfig
from harvester.sandbox.door import Door
from harvester.sandbox.faults import Effects, Faults
from harvester.sandbox.limits import Limiter
from harvester.sandbox.noise import mix
from harvester.sandbox.reading import read_ask
from harvester.sandbox.routes import BASE, Route, find_route
from harvester.sandbox.stats import Stats
from harvester.sandbox.templates import dumps
from harvester.sandbox.wire import compressed, fallen, later, send, throttled
from harvester.sandbox.world import World

__all__ = ["Sandbox"]

_Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
STATS_PATH = "/sandbox/stats"
#: Faults that change what an answer says; such answers are not remembered.
_CHANGING = frozenset(
    ("repeat-token", "empty", "unknown-field", "broken-line", "moving-total", "refuse-list",
     "camel", "bare", "shifted", "skipped")
)  # fmt: skip
#: Answers are made by Python, one at a time anyway: of two threads the loop often waits for both,
#: and what arrives meanwhile counts up to 60 ms late.
_THREADS = 1
_LARGEST_BODY = 16 * 2**20
#: How much longer than a small answer a page of 1000 takes, and how much chance adds.
_FULL_PAGE, _JITTER = 1.5, 0.2
_GOODBYE = 0.5
_SHUT = 0.3


class _Call(Struct, frozen=True):
    """One request, read: all that its answer depends on."""

    method: str
    path: str
    query: tuple[tuple[str, str], ...]
    body: bytes
    ndjson: bool
    gzip: bool
    number: int
    found: tuple[Route, tuple[str, ...]] | None

    @property
    def family(self) -> str:
        """The family of paths."""
        return self.found[0].family if self.found else "other"

    @property
    def has_token(self) -> bool:
        """Whether it asks for a later page."""
        return any(name == "page_token" for name, _ in self.query) or b"page_token" in self.body

    def key(self, effects: Effects) -> Hashable:
        """The same for requests with the same answer."""
        missing = (effects.shrink, effects.gone, effects.unsorted)
        return (self.method, self.path, self.query, self.body, self.ndjson, self.gzip, missing)


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
        self._door: Door | None = None

    @asynccontextmanager
    async def serve(self, host: str = "127.0.0.1", port: int = 0) -> AsyncIterator[str]:
        """Serves until left; gives the base URL."""
        with ThreadPoolExecutor(_THREADS, "sandbox") as threads:
            application = web.Application(client_max_size=_LARGEST_BODY)
            application.router.add_route("*", "/{path:.*}", self._handler(threads))
            runner = web.AppRunner(
                application, access_log=None, handler_cancellation=True, shutdown_timeout=_GOODBYE
            )
            await runner.setup()
            self._door = door = Door(runner, host, port)
            try:
                await door.open()
                shown = f"[{host}]" if ":" in host else host
                yield f"http://{shown}:{door.port}{BASE}"
            finally:
                await door.close()
                await runner.cleanup()

    def _handler(self, threads: ThreadPoolExecutor) -> _Handler:
        async def handle(request: web.Request) -> web.StreamResponse:
            """One request from arrival to the last byte."""
            now = asyncio.get_running_loop().time()
            if request.path == STATS_PATH:
                return web.Response(
                    body=dumps(self.stats.document()), content_type="application/json"
                )
            found = find_route(request.method, request.rel_url.raw_path)
            self.stats.arrived(now, found[0].family if found else "other")
            headers, refused = self._admit(request, now)
            if refused:
                return await self._finish(request, refused, headers, Effects())
            call = await self._read(request, found)
            effects = self.faults.draw(call.family, token=call.has_token, ndjson=call.ndjson)
            self.stats.faults.update(effects.names)
            if "refused" in effects and self._door is not None:
                self._door.shut(_SHUT)
            answer = fallen(effects, str(request.remote)) or _stale(effects)
            if answer is None:
                answer = await self._answer(call, effects, threads)
                await self._wait(answer, call.number, now)
            return await self._finish(request, answer, headers, effects)

        return handle

    def _admit(self, request: web.Request, now: float) -> tuple[dict[str, str], Answer | None]:
        """The headers of the rate limit, and the refusal of a request that is one too many."""
        key = request.headers.get("api-key") or request.query.get("api_key", "")
        limit = self.config.limit(keyed=bool(key))
        if not limit:
            return {}, None
        passes, left = self._limiter.admit(key, limit, now)
        headers = {"X-RateLimit-Limit": str(limit), "X-RateLimit-Remaining": str(left)}
        return headers, None if passes else throttled(str(request.remote), limit)

    async def _read(
        self, request: web.Request, found: tuple[Route, tuple[str, ...]] | None
    ) -> _Call:
        accepted = request.headers.get("Accept", "")
        return _Call(
            request.method,
            request.rel_url.raw_path,
            tuple(request.query.items()),
            await request.read(),
            ndjson=bool(found and found[0].ndjson) and "application/x-ndjson" in accepted,
            gzip="gzip" in request.headers.get("Accept-Encoding", ""),
            number=self.stats.requests,
            found=found,
        )

    async def _answer(self, call: _Call, effects: Effects, threads: ThreadPoolExecutor) -> Answer:
        """The answer, remembered or made in a thread, so that the loop stays free."""
        key = None if effects.names & _CHANGING else call.key(effects)
        known = self._cache.get(key) if key is not None else None
        if known is not None:
            return known
        loop = asyncio.get_running_loop()
        answer = await loop.run_in_executor(threads, self._make, call, effects)
        if key is not None:
            self._cache.put(key, answer)
        return answer

    def _make(self, call: _Call, effects: Effects) -> Answer:
        try:
            answer = self._found(call, effects)
        except Refusal as refused:
            answer = refusal(refused.status, str(refused))
        return compressed(answer) if call.gzip else answer

    def _found(self, call: _Call, effects: Effects) -> Answer:
        if call.found is None:
            raise Refusal(404, "Your request is invalid.")
        route, values = call.found
        ask = read_ask(route, values, list(call.query), call.body)
        return self._answers.answer(ask, effects, ndjson=call.ndjson, number=call.number)

    async def _wait(self, answer: Answer, number: int, began: float) -> None:
        """Takes as long as NCBI would, counted from the arrival."""
        chance = mix(self.config.seed, number, 13) % 1000 / 1000
        full = 1 + _FULL_PAGE * answer.records / 1000
        wanted = self.latency * full * (1 - _JITTER / 2 + _JITTER * chance)
        left = began + wanted - asyncio.get_running_loop().time()
        if left > 0:
            await asyncio.sleep(left)

    async def _finish(
        self, request: web.Request, answer: Answer, headers: dict[str, str], effects: Effects
    ) -> web.StreamResponse:
        """Counts and sends."""
        self.stats.by_status[answer.status] += 1
        self.stats.records += answer.records
        self.stats.bytes_sent += len(answer.body)
        if answer.status in {429, 503}:
            form = self.config.retry_after if answer.status == 429 else "none"  # noqa: PLR2004
            headers = headers | later(effects, form)
        return await send(request, answer, headers, effects)


def _stale(effects: Effects) -> Answer | None:
    if "stale-token" not in effects:
        return None
    return refusal(400, "Invalid argument provided: 'page_token' is no longer valid.")
