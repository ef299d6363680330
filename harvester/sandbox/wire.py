"""The last step: an answer, or what goes wrong with it, as bytes on a connection."""

from __future__ import annotations

import asyncio
import gzip
import socket
import struct
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

from aiohttp import web
from msgspec.structs import replace

from harvester.sandbox.answers import Answer, refusal
from harvester.sandbox.faults import Effects
from harvester.sandbox.templates import dumps

__all__ = ["compressed", "fallen", "later", "send", "throttled"]

TOKEN_HEADER = "X-Ncbi-Next-Page-Token"  # noqa: S105 - the name of a header
_HTML = "text/html"
_TITLES = {
    "500-html": "Internal Server Error",
    "502": "Bad Gateway",
    "503": "Service Unavailable",
    "503-seconds": "Service Unavailable",
    "504": "Gateway Timeout",
}
_WORDS = {
    "400": "Invalid argument provided: the sandbox was told to refuse.",
    "404": "Your request is invalid.",
    "408": "The request took too long.",
    "500": "Internal server error (0123456789ABCDEF0000.SID.05.1.1)",
    "503-json": "The service is out of order (0123456789ABCDEF0000.SID.05.1.1)",
}
_WORDLESS = ("500-empty", "503-empty")
_DIGITS = 3
_PIECES, _PAUSE = 40, 0.025
_CHUNK = 2**16
_NEVER_LINGER = struct.pack("ii", 1, 0)


def throttled(caller: str, limit: int) -> Answer:
    """The gateway's words for too many requests; they differ from the API's own."""
    body = {"error": "API rate limit exceeded", "api-key": caller, "count": str(limit + 1)}
    return Answer(429, dumps({**body, "limit": str(limit)}))


def fallen(effects: Effects, caller: str) -> Answer | None:
    """The error that a fault puts in the place of the answer."""
    if effects.names & {"429", "429-seconds", "429-date"}:
        return throttled(caller, 5)
    if "html403" in effects:
        return _page(403, "403 Error - NCBI")
    for name, title in _TITLES.items():
        if name in effects:
            return _page(_status(name), f"{_status(name)} {title}")
    for name, words in _WORDS.items():
        if name in effects:
            return refusal(_status(name), words)
    return next((Answer(_status(name), b"") for name in _WORDLESS if name in effects), None)


def _status(fault: str) -> int:
    return int(fault[:_DIGITS])


def later(effects: Effects, form: str) -> dict[str, str]:
    """When to come back, in the form that a fault or the configuration wants."""
    if effects.names & {"429-seconds", "503-seconds"}:
        form = "seconds"
    elif "429-date" in effects:
        form = "date"
    if form == "none":
        return {}
    moment = datetime.now(UTC) + timedelta(seconds=2)
    return {"Retry-After": "1" if form == "seconds" else format_datetime(moment, usegmt=True)}


def _page(status: int, title: str) -> Answer:
    """What gateways send: HTML instead of JSON."""
    text = f"<html><head><title>{title}</title></head><body><h1>{title}</h1></body></html>"
    return Answer(status, text.encode(), _HTML)


def compressed(answer: Answer) -> Answer:
    """The answer with its body in gzip, at the fastest level."""
    return replace(answer, body=gzip.compress(answer.body, 1, mtime=0), encoding="gzip")


async def send(
    request: web.Request, answer: Answer, headers: Mapping[str, str], effects: Effects
) -> web.StreamResponse:
    """Sends an answer, or fails to in the way that the faults want."""
    if "hang" in effects:
        await asyncio.Event().wait()
    if effects.names & {"reset", "refused"}:
        _reset(request)
        return web.Response()
    dress = _dress(answer, headers)
    if "badgzip" in effects:
        answer = _damaged(answer)
        dress = _dress(answer, headers)
    if effects.names & {"reset-body", "truncated", "drip"}:
        return await _badly(request, answer, dress, effects)
    return web.Response(status=answer.status, body=answer.body, headers=dress)


def _dress(answer: Answer, headers: Mapping[str, str]) -> dict[str, str]:
    dress = {**headers, "Content-Type": answer.content_type}
    if answer.encoding:
        dress["Content-Encoding"] = answer.encoding
    if answer.token:
        dress[TOKEN_HEADER] = answer.token
    return dress


def _damaged(answer: Answer) -> Answer:
    """A compressed body whose middle and checksum are wrong."""
    whole = answer if answer.encoding else compressed(answer)
    body = bytearray(whole.body)
    for place in (len(body) // 2, -8, -7):
        body[place] ^= 0xFF
    return replace(whole, body=bytes(body))


async def _badly(
    request: web.Request, answer: Answer, headers: Mapping[str, str], effects: Effects
) -> web.StreamResponse:
    """States the length of the whole body, and sends it slowly or not to its end."""
    whole = len(answer.body)
    response = web.StreamResponse(
        status=answer.status, headers={**headers, "Content-Length": str(whole)}
    )
    await response.prepare(request)
    if "drip" in effects:
        for start in range(0, whole, step := max(1, whole // _PIECES)):
            await response.write(answer.body[start : start + step])
            await asyncio.sleep(_PAUSE)
        return response
    for start in range(0, whole // 2, _CHUNK):
        await response.write(answer.body[start : min(start + _CHUNK, whole // 2)])
    if "reset-body" in effects:
        _reset(request)
    elif request.transport is not None:
        request.transport.close()
    return response


def _reset(request: web.Request) -> None:
    """Ends the connection so that the caller sees it reset, not closed."""
    transport = request.transport
    if transport is None:
        return
    connection = transport.get_extra_info("socket")
    if connection is not None:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _NEVER_LINGER)
    transport.abort()
