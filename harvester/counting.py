"""Asks NCBI how many records a query has: one small request a query, no record kept."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from harvester.decode import open_body
from harvester.errors import RefusedError, TransientError
from harvester.fetch import Asker, Pace, Traffic, build, open_asker
from harvester.model import Chain, Query
from harvester.plan import chains_of, endpoint_of, newer_than
from harvester.telemetry import get_logger

__all__ = ["count_chain", "count_queries"]

_log = get_logger(__name__)


async def count_queries(
    queries: Sequence[Query], pace: Pace, since: Mapping[str, str]
) -> dict[str, int]:
    """The counts of the queries' first chains, by query id; what NCBI does not count is absent.

    Of chains with a day in `since` only what is new is counted.
    """
    counts: dict[str, int] = {}
    async with open_asker(pace, open_body, Traffic()) as asker:
        for query in queries:
            chain = chains_of(query)[0]
            day = since.get(chain.id)
            count = await count_chain(newer_than(chain, day) if day else chain, asker)
            if count is not None:
                counts[query.id] = count
    return counts


async def count_chain(chain: Chain, asker: Asker) -> int | None:
    """How many records NCBI has for a chain, where it can tell."""
    resource, endpoint = endpoint_of(chain)
    if endpoint.batch > 1 or not endpoint.paged:
        return None  # lists tell their own length
    request = build(chain, endpoint, ndjson=False, page_size=1)
    try:
        opened = await asker.ask(request, resource)
    except (RefusedError, TransientError) as error:
        _log.warning("not counted", query=chain.query_id, reason=str(error))
        return None
    return opened.total if opened.total is not None else 0
