"""Asks NCBI how many records a query has: one small request a query, no record kept."""

from __future__ import annotations

from collections.abc import Sequence

import structlog

from harvester.decode import open_body
from harvester.engine import Pace
from harvester.errors import RefusedError, TransientError
from harvester.fetch import Asker, Pacer, Traffic, build, open_session
from harvester.model import Query
from harvester.plan import chains_of, endpoint_of

__all__ = ["count_queries"]

_log = structlog.get_logger(__name__)


async def count_queries(queries: Sequence[Query], pace: Pace) -> dict[str, int]:
    """The counts of the queries' first chains, by query id; what NCBI does not count is absent."""
    pacer = Pacer(pace.rate)
    counts: dict[str, int] = {}
    traffic = Traffic()
    async with open_session(
        pacer, traffic, concurrency=pace.concurrency, api_key=pace.api_key
    ) as session:
        asker = Asker(
            session,
            pace.base_url,
            pacer=pacer,
            policy=pace.policy,
            opener=open_body,
            traffic=traffic,
        )
        for query in queries:
            count = await _count(query, asker)
            if count is not None:
                counts[query.id] = count
    return counts


async def _count(query: Query, asker: Asker) -> int | None:
    resource, endpoint = endpoint_of(query)
    if endpoint.batch > 1 or not endpoint.paged:
        return None  # lists tell their own length
    request = build(chains_of(query)[0], endpoint, ndjson=False, page_size=1)
    try:
        opened = await asker.ask(request, resource)
    except (RefusedError, TransientError) as error:
        _log.warning("not counted", query=query.id, reason=str(error))
        return None
    return opened.total if opened.total is not None else 0
