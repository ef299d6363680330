"""Asks NCBI how many records queries have: one small request a query, no record kept."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from harvester.catalogue import RESOURCES
from harvester.decode import open_body
from harvester.errors import RefusedError, TransientError
from harvester.fetch import Asker, Pace, Traffic, build, open_asker
from harvester.model import Chain, Query
from harvester.plan import chains_of, endpoint_of, is_narrowed, newer_than
from harvester.taxa import look_up_at_once
from harvester.telemetry import get_logger

__all__ = ["count_chain", "count_queries"]

_log = get_logger(__name__)


async def count_queries(
    queries: Sequence[Query], pace: Pace, since: Mapping[str, str], known: Mapping[str, int]
) -> dict[str, int]:
    """How many records the queries' chains have, by the chains' ids.

    A query that is one chain is counted. Of several those are asked for that are not `known`, all
    with the one request. Of chains with a day in `since` only what is new is counted.
    """
    counts = dict(known)
    async with open_asker(pace, open_body, Traffic()) as asker:
        for query in queries:
            chains = [newer_than(one, since.get(one.id, "")) for one in chains_of(query)]
            counts |= await _count_query(chains, known, asker)
    return counts


async def _count_query(
    chains: Sequence[Chain], known: Mapping[str, int], asker: Asker
) -> dict[str, int]:
    """The counts of a query's chains that nobody knows, as far as one request tells them."""
    unknown = [chain for chain in chains if chain.id not in known]
    if len(chains) == 1:
        unknown = list(chains)
    if len(unknown) > 1 and _in_taxonomy(unknown[0]):
        return await _count_taxa(unknown, asker)
    count = await count_chain(unknown[0], asker) if unknown else None
    return {} if count is None else {chain.id: count for chain in unknown}


def _in_taxonomy(chain: Chain) -> bool:
    """Whether reports of NCBI Taxonomy tell how many records the chain has."""
    resource, endpoint = endpoint_of(chain)
    by_taxon = endpoint.value_kind == "taxon" and endpoint.batch == 1
    return by_taxon and bool(resource.counted_as) and not is_narrowed(chain)


async def _count_taxa(chains: Sequence[Chain], asker: Asker) -> dict[str, int]:
    """The counts of many taxa, which come in one answer; what no list has room for is left out."""
    kind = RESOURCES[chains[0].resource].counted_as
    names = dict.fromkeys(chain.values[0] for chain in chains)
    found = await look_up_at_once(tuple(names), asker)
    counts = {name: dict(taxon.counts if taxon else ()) for name, taxon in found.items()}
    return {
        chain.id: counts[name].get(kind, 0)
        for chain in chains
        if (name := chain.values[0]) in counts
    }


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
