"""One document from somewhere on the web, under the rules of every other request."""

from __future__ import annotations

from harvester.errors import OutOfServiceError, RefusedError, TransientError
from harvester.fetch.exchange import Exchange, Reply
from harvester.fetch.pace import Pace
from harvester.fetch.pacing import pacer_of
from harvester.fetch.request import Request
from harvester.fetch.session import open_session
from harvester.fetch.traffic import Traffic

__all__ = ["fetch_document"]


async def fetch_document(url: str, limit: int) -> Reply:
    """The answer, its body still compressed; the API key stays at home, no redirect is followed."""
    pace, traffic = Pace(url, rate=1.0, concurrency=1, page_limit=limit), Traffic()
    try:
        async with open_session(pace, pacer_of(pace), traffic) as session:
            reply = await Exchange(session, pace, traffic).send(Request("GET", "", "*/*"))
    except TransientError as error:
        raise OutOfServiceError(f"{url} cannot be read: {error}") from error
    if not reply.good:
        raise RefusedError(reply.status, reply.detail)
    return reply
