"""A real HTTP server on loopback that answers by a script, and remembers what was asked."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from aiohttp import web

Answer = Callable[[web.Request], Awaitable[web.StreamResponse]]


@dataclass
class Script:
    """The answers in order; the last one is repeated."""

    answers: list[Answer]
    asked: list[web.Request] = field(default_factory=list)
    bodies: list[bytes] = field(default_factory=list)
    url: str = ""

    async def answer(self, request: web.Request) -> web.StreamResponse:
        self.bodies.append(await request.read())
        self.asked.append(request)
        return await self.answers[min(len(self.asked), len(self.answers)) - 1](request)


@asynccontextmanager
async def serve(*answers: Answer) -> AsyncIterator[Script]:
    script = Script(list(answers))
    app = web.Application(client_max_size=2**24)
    app.router.add_route("*", "/{path:.*}", script.answer)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    host, port = runner.addresses[0][:2]
    script.url = f"http://{host}:{port}"
    try:
        yield script
    finally:
        await runner.cleanup()


def says(
    text: str | bytes,
    status: int = 200,
    *,
    kind: str = "application/json",
    token: str = "",
    **headers: str,
) -> Answer:
    """A whole answer."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    if token:
        named["X-Ncbi-Next-Page-Token"] = token
    body = text.encode() if isinstance(text, str) else text

    async def answer(_: web.Request) -> web.StreamResponse:
        return web.Response(body=body, status=status, content_type=kind, headers=named)

    return answer


def lines(*records: str, token: str = "") -> Answer:
    """An NDJSON page."""
    text = "".join(record + "\n" for record in records)
    return says(text, kind="application/x-ndjson", token=token)


def drops(after: bytes = b"", *, promised: int | None = None) -> Answer:
    """A connection that breaks, before the headers or in the body."""

    async def answer(request: web.Request) -> web.StreamResponse:
        if promised is not None:
            response = web.StreamResponse(headers={"Content-Length": str(promised)})
            await response.prepare(request)
            await response.write(after)
        transport = request.transport
        assert transport is not None
        transport.abort()
        await asyncio.sleep(0)
        raise asyncio.CancelledError

    return answer
