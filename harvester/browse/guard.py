"""Who may ask: whoever knows the token, by this machine's own name; and what a page may do."""

from __future__ import annotations

import hmac

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

from harvester.errors import HarvesterError

__all__ = ["guard", "secured"]

_LOST = "There is nothing here. Open the address that `harvester browse` has printed.\n"
_FOREIGN = "This page is served to 127.0.0.1 and localhost only.\n"
#: Nothing from elsewhere, nothing inline, nowhere to send anything, in nobody's frame.
_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
        "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "Cache-Control": "no-store",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}


def guard(token: str) -> Middleware:
    """Lets nobody in by another name (a foreign site may point its own name here) or without it."""

    @web.middleware
    async def checked(request: web.Request, handler: Handler) -> web.StreamResponse:
        if not _is_ours(request):
            return web.Response(status=403, text=_FOREIGN)
        given = request.path.split("/")[1]
        if not hmac.compare_digest(given.encode(), token.encode()):
            return web.Response(status=404, text=_LOST)
        return await _answered(request, handler)

    return checked


async def secured(request: web.Request, response: web.StreamResponse) -> None:
    """Puts the headers on every answer, whatever it is."""
    del request
    response.headers.update(_HEADERS)


async def _answered(request: web.Request, handler: Handler) -> web.StreamResponse:
    """What is wrong with a question is an answer too: a sentence."""
    try:
        return await handler(request)
    except HarvesterError as error:
        return web.json_response({"error": str(error)})
    except web.HTTPNotFound:
        return web.Response(status=404, text=_LOST)


def _is_ours(request: web.Request) -> bool:
    """Whether it was asked by an address of this machine, and the port is the one it came in by."""
    if request.transport is None:
        return False
    port = request.transport.get_extra_info("sockname")[1]
    return request.headers.get("Host") in {f"{host}:{port}" for host in ("127.0.0.1", "localhost")}
