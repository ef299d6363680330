"""Follows one chain: ask, hand over, take the next token, never walk in a circle."""

from __future__ import annotations

import asyncio
import json
import random
import zlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Protocol

import aiohttp
import structlog
from yarl import URL

from harvester.catalogue import Endpoint, Resource
from harvester.errors import OutOfServiceError, RefusedError, TokenRefused, TransientError
from harvester.fetch.pacing import Pacer
from harvester.fetch.request import Request, build
from harvester.fetch.retry import Policy, judge_status
from harvester.fetch.traffic import Traffic
from harvester.model import Chain, Opened, Page

__all__ = ["Asker", "Mark", "Opener", "walk"]

_log = structlog.get_logger(__name__)

TOKEN_HEADER = "X-Ncbi-Next-Page-Token"  # noqa: S105 - the name of a header
#: A page that takes longer than this is asked again.
_DEADLINE = 600.0
#: Failures in a row, over all chains, after which NCBI counts as out of service.
_OUT_OF_SERVICE = 40
_DETAIL = 300
#: The most bytes of one answer, before inflating.
BODY_LIMIT = 256 * 2**20


class Opener(Protocol):
    """Inflates a body and takes its envelope off; runs in a worker thread."""

    def __call__(
        self, body: bytes, *, compressed: bool, ndjson: bool, list_field: str | None
    ) -> Opened:
        """The records of one answer."""


@dataclass(frozen=True, slots=True)
class Mark:
    """Where a chain stands: the next page's number and token."""

    epoch: int = 0
    number: int = 0
    token: str = ""


class Asker:
    """Sends one request until it is answered, refused, or the patience is used up."""

    def __init__(
        self,
        session: aiohttp.ClientSession,
        base_url: str,
        *,
        pacer: Pacer,
        policy: Policy,
        opener: Opener,
        traffic: Traffic,
        chance: Callable[[], float] = random.random,
    ) -> None:
        self._session = session
        self._base_url = base_url
        self._pacer = pacer
        self._policy = policy
        self._opener = opener
        self._chance = chance
        self.traffic = traffic

    async def ask(self, request: Request, resource: Resource) -> Opened:
        """The opened answer, with the next token from its header or its body."""
        attempt = 0
        while True:
            attempt += 1
            try:
                opened = await self._once(request, resource)
            except TransientError as error:
                await self._pause(attempt, error)
            else:
                self.traffic.failures_in_a_row = 0
                self._pacer.credit()
                return opened

    async def _pause(self, attempt: int, error: TransientError) -> None:
        self.traffic.failed(error.reason)
        if self.traffic.failures_in_a_row >= _OUT_OF_SERVICE:
            message = f"NCBI does not answer: {self.traffic.failures_in_a_row} failures in a row"
            raise OutOfServiceError(f"{message}, the last was {error}") from error
        wait = self._policy.wait(attempt, error, self._chance())
        if wait is None:
            raise error
        _log.warning("asking again", reason=str(error), attempt=attempt, wait=round(wait, 2))
        if error.reason == "http 429":
            self.traffic.throttled += 1
            self._pacer.slow_down(wait)
        await asyncio.sleep(wait)

    async def _once(self, request: Request, resource: Resource) -> Opened:
        try:
            async with asyncio.timeout(_DEADLINE):
                return await self._exchange(request, resource)
        except TimeoutError as error:
            raise TransientError("timeout", str(error)) from error
        except aiohttp.ClientError as error:
            raise TransientError(_reason(error), str(error)) from error

    async def _exchange(self, request: Request, resource: Resource) -> Opened:
        async with self._session.request(
            request.method,
            self._url(request),
            data=request.body,
            headers=_headers(request),
            allow_redirects=False,
        ) as response:
            body = await _read(response)
            self.traffic.bytes_received += len(body)
            self._pacer.heed(response.headers)
            return await self._judge(response, body, resource)

    def _url(self, request: Request) -> URL:
        return URL(self._base_url + request.path, encoded=True)

    async def _judge(
        self, response: aiohttp.ClientResponse, body: bytes, resource: Resource
    ) -> Opened:
        compressed = response.headers.get("Content-Encoding", "").lower() == "gzip"
        if response.status != 200:  # noqa: PLR2004
            detail = _detail(body, compressed=compressed)
            now = datetime.now(UTC)
            raise judge_status(response.status, response.headers, detail, now) or TransientError("")
        opened = await asyncio.to_thread(
            self._opener,
            body,
            compressed=compressed,
            ndjson="ndjson" in response.headers.get("Content-Type", ""),
            list_field=resource.list_field,
        )
        token = response.headers.get(TOKEN_HEADER, "") or opened.next_token
        return replace(opened, next_token=token)


async def walk(
    chain: Chain,
    resource: Resource,
    endpoint: Endpoint,
    mark: Mark,
    asker: Asker,
    emit: Callable[[Page], Awaitable[None]],
) -> None:
    """Walks a chain from a mark to its end; each page is handed over before the next is asked."""
    seen = {mark.token}
    while True:
        opened = await _page(chain, resource, endpoint, mark, asker)
        token = opened.next_token if endpoint.paged else ""
        await emit(
            Page(chain, mark.epoch, mark.number, opened, datetime.now(UTC), next_token=token)
        )
        if not token:
            return
        if token in seen:
            raise RefusedError(200, "the page token repeats, so the pages would never end")
        seen.add(token)
        mark = Mark(mark.epoch, mark.number + 1, token)


async def _page(
    chain: Chain, resource: Resource, endpoint: Endpoint, mark: Mark, asker: Asker
) -> Opened:
    """One page. The first is asked for as JSON, which alone tells how many records there are."""
    request = build(chain, endpoint, mark.token, ndjson=mark.number > 0)
    try:
        opened = await asker.ask(request, resource)
    except RefusedError as error:
        if mark.token and error.status == 400:  # noqa: PLR2004
            raise TokenRefused(str(error)) from error
        raise
    if opened.data or opened.next_token or not endpoint.paged:
        return opened
    # An empty answer is not proof of absence: it is asked once more before it is believed.
    asker.traffic.retries["empty"] = asker.traffic.retries.get("empty", 0) + 1
    return await asker.ask(request, resource)


def _headers(request: Request) -> dict[str, str]:
    kind = {"Content-Type": "application/json"} if request.body is not None else {}
    return {"Accept": request.accept} | kind


def _reason(error: aiohttp.ClientError) -> str:
    if isinstance(error, aiohttp.ClientConnectorDNSError):
        return "name resolution"
    if isinstance(error, aiohttp.ClientConnectorError):
        return "connect"
    return "truncated" if isinstance(error, aiohttp.ClientPayloadError) else "connection"


async def _read(response: aiohttp.ClientResponse) -> bytes:
    """The raw body, in pieces of any size, and no more of it than one answer may hold."""
    pieces: list[bytes] = []
    size = 0
    async for piece in response.content.iter_any():
        size += len(piece)
        if size > BODY_LIMIT:
            raise RefusedError(response.status, f"the answer is larger than {BODY_LIMIT} bytes")
        pieces.append(piece)
    return b"".join(pieces)


def _detail(body: bytes, *, compressed: bool) -> str:
    """What an error answer says, in one short line."""
    try:
        text = zlib.decompress(body, 31) if compressed else body
    except zlib.error:
        text = b""
    line = " ".join(text.decode("utf-8", "replace").split())
    try:
        told = json.loads(line)
    except ValueError:
        return line[:_DETAIL]
    return str(told.get("message", line) if isinstance(told, dict) else line)[:_DETAIL]
