"""What a job would ask of NCBI: requests, records, seconds. Counts are handed in; pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from harvester.model import Chain, Query
from harvester.outlook import pages_of
from harvester.plan import chains_of, endpoint_of
from harvester.shards import axes_of, pays, pieces_for, today

__all__ = ["Estimate", "estimate"]

#: What a page takes at NCBI; one chain cannot be faster than this a page.
_PAGE_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class Estimate:
    """One query's share of a plan; `None` where nobody can know without asking."""

    query: Query
    chains: int
    records: int | None
    requests: int | None
    seconds: float | None
    exact: bool


def estimate(
    queries: Sequence[Query], counts: Mapping[str, int], rate: float, concurrency: int
) -> tuple[Estimate, ...]:
    """Estimates each query; `counts` holds what NCBI told of a query's first chain, by its id."""
    return tuple(_one(query, counts.get(query.id), rate, concurrency) for query in queries)


def _one(query: Query, count: int | None, rate: float, concurrency: int) -> Estimate:
    chains = chains_of(query)
    _, endpoint = endpoint_of(query)
    if not endpoint.paged:
        return Estimate(
            query, len(chains), len(chains), len(chains), len(chains) / rate, exact=True
        )
    if count is None and endpoint.batch > 1:
        count = min(len(query.values), endpoint.batch)
    if count is None:
        return Estimate(query, len(chains), None, None, None, exact=False)
    records = count * len(chains) if endpoint.batch == 1 else max(count, len(query.values))
    lanes = min(concurrency, max(1.0, rate * _PAGE_SECONDS))
    shards = _shards(chains, count, lanes)
    # Each shard but the last ends with a page that is half full; one request counts the whole.
    pages = max(1, pages_of(count)) + shards // 2
    requests = pages * len(chains)
    seconds = max(requests / rate, requests * _PAGE_SECONDS / min(lanes, len(chains) * shards))
    exact = len(chains) == shards == 1
    return Estimate(query, len(chains) * shards, records, requests, seconds, exact=exact)


def _shards(chains: Sequence[Chain], count: int, lanes: float) -> int:
    """Into how many shards each chain will be cut, where chains are too few or too long."""
    left = pages_of(count) - 1
    rest = left * len(chains)
    if not axes_of(chains[0], today()) or not pays(left, 1, rest, lanes):
        return 1
    return pieces_for(left + 1, rest, lanes)
