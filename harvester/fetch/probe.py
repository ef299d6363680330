"""One small question to NCBI, to learn whether it can be reached: no page, no second try."""

from __future__ import annotations

import asyncio
import time

from msgspec import Struct

from harvester.errors import TransientError
from harvester.fetch.exchange import Exchange, Reply
from harvester.fetch.pace import Pace
from harvester.fetch.pacing import pacer_of
from harvester.fetch.request import Request
from harvester.fetch.retry import Policy
from harvester.fetch.session import open_session
from harvester.fetch.traffic import Traffic

__all__ = ["Probed", "probe"]

_QUESTION = Request("GET", "/version", "application/json")
#: Requests a second: there is one only, whose time is measured and holds no waiting.
_AT_ONCE = 100.0
#: Bytes of an answer that says a version.
_ENOUGH = 2**20


class Probed(Struct, frozen=True):
    """An answer, and the seconds that it took."""

    reply: Reply
    seconds: float


async def probe(base_url: str, api_key: str | None, patience: float) -> Probed:
    """Asks for NCBI's version; a `TransientError` where nobody answers in time.

    The patience is for all of it: looking a name up has no limit of its own.
    """
    policy = Policy(connect=patience, silence=patience, deadline=patience)
    pace = Pace(base_url, _AT_ONCE, 1, api_key, policy, patience, _ENOUGH)
    traffic = Traffic()
    async with open_session(pace, pacer_of(pace), traffic) as session:
        began = time.monotonic()
        try:
            async with asyncio.timeout(patience):
                reply = await Exchange(session, pace, traffic).send(_QUESTION)
        except TimeoutError as error:
            raise TransientError("timeout") from error
        return Probed(reply, time.monotonic() - began)
