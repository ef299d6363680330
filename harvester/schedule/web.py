"""`/healthz`, `/readyz` and `/metrics`: plain answers for machines, on loopback unless asked."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from aiohttp import web
from prometheus_client import CollectorRegistry
from prometheus_client.exposition import choose_encoder

from harvester.errors import SpecError
from harvester.schedule.readiness import Readiness

__all__ = ["address", "serve"]

_HIGHEST_PORT = 65535
_GOODBYE = 0.5

_Handler = Callable[[web.Request], Awaitable[web.Response]]


def address(text: str) -> tuple[str, int]:
    """HOST:PORT taken apart; an IPv6 address stands in brackets, port 0 takes a free one."""
    host, _, port = text.rpartition(":")
    bare = host.removeprefix("[").removesuffix("]") if host.startswith("[") else host
    good = port.isascii() and port.isdigit() and int(port) <= _HIGHEST_PORT
    if not bare or not good or (":" in bare and bare == host):
        raise SpecError(f"--listen must be HOST:PORT such as 127.0.0.1:9464, not {text!r}")
    return bare, int(port)


@asynccontextmanager
async def serve(
    host: str, port: int, registry: CollectorRegistry, readiness: Readiness
) -> AsyncIterator[str]:
    """Serves until left; gives the address."""
    application = web.Application()
    application.router.add_get("/healthz", _health)
    application.router.add_get("/readyz", _ready(readiness))
    application.router.add_get("/metrics", _metrics(registry))
    runner = web.AppRunner(application, access_log=None, shutdown_timeout=_GOODBYE)
    await runner.setup()
    try:
        yield await _open(runner, host, port)
    finally:
        await runner.cleanup()


async def _open(runner: web.AppRunner, host: str, port: int) -> str:
    try:
        await web.TCPSite(runner, host, port).start()
    except OSError as error:
        message = f"cannot listen on {host}:{port}: {error.strerror} (choose another with --listen)"
        raise SpecError(message) from error
    shown = f"[{host}]" if ":" in host else host
    return f"http://{shown}:{runner.addresses[0][1]}"


async def _health(request: web.Request) -> web.Response:
    """The loop that runs the jobs is the one that answers: so it lives."""
    del request
    return web.Response(text="ok\n")


def _ready(readiness: Readiness) -> _Handler:
    async def handle(request: web.Request) -> web.Response:
        del request
        faults = await readiness.faults()
        status = 503 if faults else 200
        return web.json_response({"ready": not faults, "faults": faults}, status=status)

    return handle


def _metrics(registry: CollectorRegistry) -> _Handler:
    async def handle(request: web.Request) -> web.Response:
        encode, kind = choose_encoder(request.headers.get("Accept", ""))
        return web.Response(body=encode(registry), headers={"Content-Type": kind})

    return handle
