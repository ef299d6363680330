"""The page and its answers as an HTTP server on this machine."""

from __future__ import annotations

import secrets
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from aiohttp import web
from msgspec import Struct

from harvester.browse.desk import Desk
from harvester.browse.files import page_file
from harvester.browse.guard import guard, secured
from harvester.browse.reader import Reader
from harvester.errors import SpecError

__all__ = ["Limits", "serve"]

_HOST = "127.0.0.1"
_LARGEST_BODY = 2**20
_GOODBYE = 0.5


class Limits(Struct, frozen=True):
    """Seconds after which a question, or a download, is stopped."""

    seconds: float = 30.0
    download_seconds: float = 1800.0


@asynccontextmanager
async def serve(path: Path, port: int = 0, limits: Limits | None = None) -> AsyncIterator[str]:
    """Serves until left; gives the address, which nobody can guess."""
    token = secrets.token_urlsafe(24)
    told = limits or Limits()
    with tempfile.TemporaryDirectory(prefix="harvester-") as spill:
        source = Reader(path, spill)
        try:
            desk = Desk(source, told.seconds, told.download_seconds)
            async with _listening(_application(desk, token), port) as taken:
                yield f"http://{_HOST}:{taken}/{token}/"
        finally:
            source.close()


def _application(desk: Desk, token: str) -> web.Application:
    application = web.Application(middlewares=[guard(token)], client_max_size=_LARGEST_BODY)
    application.on_response_prepare.append(secured)
    application.add_routes(
        [
            web.get("/{token}/", page_file),
            web.get("/{token}/page/{file}", page_file),
            web.get("/{token}/answers/overview", desk.overview),
            web.post("/{token}/answers/{what}", desk.answer),
            web.post("/{token}/download", desk.download),
        ]
    )
    return application


@asynccontextmanager
async def _listening(application: web.Application, port: int) -> AsyncIterator[int]:
    runner = web.AppRunner(
        application, access_log=None, handler_cancellation=True, shutdown_timeout=_GOODBYE
    )
    await runner.setup()
    try:
        try:
            await web.TCPSite(runner, _HOST, port).start()
        except OSError as error:
            hint = "choose another with --port, or leave it out"
            reason = f"cannot listen on {_HOST}:{port}: {error.strerror}"
            raise SpecError(f"{reason} ({hint})") from error
        yield runner.addresses[0][1]
    finally:
        await runner.cleanup()
