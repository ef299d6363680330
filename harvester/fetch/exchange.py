"""One request over the wire and back: the raw answer, or the plain word for what went wrong."""

from __future__ import annotations

import asyncio
import json
import zlib
from collections.abc import Callable, Mapping

import aiohttp
from msgspec import Struct
from msgspec.structs import replace
from yarl import URL

from harvester.errors import RefusedError, TransientError
from harvester.fetch.pace import Pace
from harvester.fetch.request import Request
from harvester.fetch.traffic import Traffic
from harvester.texts import Mask, printable

__all__ = ["Exchange", "Reply"]

TOKEN_HEADER = "X-Ncbi-Next-Page-Token"  # noqa: S105 - the name of a header
_DETAIL = 300
#: Tokens have some forty characters; an address has no room for many thousands.
_LONGEST_TOKEN = 4096
_OK = 200
#: The most of an error's body that is looked at.
_GLIMPSE = 2**16

#: The first kind that fits decides.
_WORDS: tuple[tuple[type[Exception], str], ...] = (
    (aiohttp.ConnectionTimeoutError, "connect timeout"),
    (TimeoutError, "timeout"),
    (aiohttp.ClientConnectorDNSError, "name resolution"),
    (aiohttp.ClientConnectorCertificateError, "tls"),
    (aiohttp.ClientSSLError, "tls"),
    (aiohttp.ClientConnectorError, "connect"),
    (aiohttp.ClientPayloadError, "truncated"),
    (aiohttp.ClientError, "connection"),
)
#: Of a new page's time this share counts.
_NEWS = 0.3


class Reply(Struct, frozen=True):
    """An answer as it came, its body still compressed."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    #: What it took, from the moment the request left to the last byte.
    seconds: float = 0.0

    @property
    def good(self) -> bool:
        """Whether the body should be what was asked for."""
        return self.status == _OK

    @property
    def compressed(self) -> bool:
        """Whether the body has to be inflated."""
        return self.headers.get("Content-Encoding", "").lower() == "gzip"

    @property
    def ndjson(self) -> bool:
        """Whether each line is a record."""
        return "ndjson" in self.headers.get("Content-Type", "")

    @property
    def token(self) -> str:
        """The token of the next page, where a header tells it: it is to travel in an address."""
        token = self.headers.get(TOKEN_HEADER, "")
        if len(token) > _LONGEST_TOKEN or not (token.isascii() and token.isprintable()):
            raise RefusedError(self.status, "what it gives as the next page's token is none")
        return token

    @property
    def detail(self) -> str:
        """What an error answer says, in one line; where it points elsewhere, nobody follows."""
        if target := self.headers.get("Location"):
            return f"it points elsewhere, which is not followed: {target}"
        line = " ".join(self._text.split())
        try:
            told = json.loads(line)
        except (ValueError, RecursionError):
            return line
        return str((told.get("message") or line) if isinstance(told, dict) else line)

    @property
    def _text(self) -> str:
        try:
            plain = zlib.decompressobj(31).decompress(self.body, _GLIMPSE)
        except zlib.error:
            plain = b"" if self.compressed else self.body[:_GLIMPSE]
        return plain.decode("utf-8", "replace")


class Exchange:
    """Sends requests through the session."""

    def __init__(self, session: aiohttp.ClientSession, pace: Pace, traffic: Traffic) -> None:
        self._session = session
        self._pace = pace
        self._mask = Mask(pace.api_key)
        self._traffic = traffic
        #: What a page takes at NCBI, in seconds; the newest ones count most.
        self.page_seconds = 0.0

    async def send(self, request: Request) -> Reply:
        """The whole answer; the deadline begins when the request leaves, not while it queues."""
        clock = asyncio.get_running_loop().time
        left = clock()
        try:
            async with asyncio.timeout(None) as limit:

                def leave() -> None:
                    nonlocal left
                    left = clock()
                    limit.reschedule(left + self._pace.policy.deadline)

                reply = await self._send(request, leave)
                seconds = clock() - left
                self._traffic.course.took(seconds)
                return replace(reply, seconds=seconds)
        except (TimeoutError, aiohttp.ClientError) as error:
            word = next(word for kind, word in _WORDS if isinstance(error, kind))
            raise TransientError(word, self.told(str(error))) from error

    def page_took(self, seconds: float) -> None:
        """Takes the time of a page in."""
        known = self.page_seconds or seconds
        self.page_seconds = known + _NEWS * (seconds - known)

    def told(self, text: str) -> str:
        """A text of NCBI's for people: short, in one line, without the API key."""
        return printable(self._mask.text(" ".join(text.split())))[:_DETAIL]

    async def _send(self, request: Request, leave: Callable[[], None]) -> Reply:
        async with self._session.request(
            request.method,
            URL(self._pace.base_url + request.path, encoded=True),
            data=request.body,
            headers=_headers(request),
            allow_redirects=False,
            trace_request_ctx=(leave, request.behind),
        ) as response:
            body = await self._read(response)
            self._traffic.bytes_received += len(body)
            return Reply(response.status, response.headers, body)

    async def _read(self, response: aiohttp.ClientResponse) -> bytes:
        """The raw body, in pieces of any size, and no more of it than one answer may hold."""
        pieces: list[bytes] = []
        size, limit = 0, self._pace.page_limit
        async for piece in response.content.iter_any():
            size += len(piece)
            if size > limit:
                room = f"{limit / 2**20:.4g} MB that limits.page_megabytes allows"
                raise RefusedError(response.status, f"the answer is larger than the {room}")
            pieces.append(piece)
        return b"".join(pieces)


def _headers(request: Request) -> dict[str, str]:
    kind = {"Content-Type": "application/json"} if request.body is not None else {}
    return {"Accept": request.accept} | kind
