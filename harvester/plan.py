"""From a job's queries to chains: which requests, with which identifiers, in which order. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import zip_longest

from harvester.catalogue import RESOURCES, Endpoint, Resource
from harvester.errors import SpecError
from harvester.model import Chain, Query

__all__ = ["chains_of", "endpoint_of", "halves_of", "plan_chains", "request_columns"]


def endpoint_of(item: Query | Chain) -> tuple[Resource, Endpoint]:
    """The catalogue's resource and endpoint for a query or a chain."""
    resource = RESOURCES[item.resource]
    endpoint = resource.endpoint(item.selector, item.endpoint)
    if endpoint is None:
        message = f"{item.resource} has no {item.endpoint} path for {item.selector}"
        raise SpecError(message)
    return resource, endpoint


def plan_chains(queries: Iterable[Query]) -> tuple[Chain, ...]:
    """All chains, the queries taking turns, so that none waits for another to end."""
    rounds = zip_longest(*(chains_of(query) for query in queries))
    return tuple(chain for turn in rounds for chain in turn if chain is not None)


def chains_of(query: Query) -> tuple[Chain, ...]:
    """One chain for each list of identifiers that fits into a request."""
    _, endpoint = endpoint_of(query)
    return tuple(
        Chain(
            id=f"{query.id}.{number}",
            query_id=query.id,
            resource=query.resource,
            selector=query.selector,
            values=values,
            taxon=query.taxon,
            filters=query.filters,
            endpoint=query.endpoint,
        )
        for number, values in enumerate(_cut(query.values, endpoint.batch))
    )


def _cut(values: Sequence[str], size: int) -> Iterator[tuple[str, ...]]:
    for start in range(0, len(values), size):
        yield tuple(values[start : start + size])


def halves_of(chain: Chain) -> tuple[Chain, ...]:
    """The chain's identifiers as two chains; none where there is only one identifier."""
    middle = len(chain.values) // 2
    if not middle:
        return ()
    first, second = chain.values[:middle], chain.values[middle:]
    return (
        replace(chain, id=f"{chain.id}a", values=first),
        replace(chain, id=f"{chain.id}b", values=second),
    )


def request_columns(chain: Chain) -> tuple[tuple[str, str], ...]:
    """The columns that the request fills where the report has nothing, with their text."""
    resource, _ = endpoint_of(chain)
    told = {"value": ",".join(chain.values), "filters": _canonical(chain)}
    return tuple((column, told[source]) for column, source in resource.from_request)


def _canonical(chain: Chain) -> str:
    """The filters as JSON: the same filters always give the same text."""
    return json.dumps(dict(chain.filters), sort_keys=True, separators=(",", ":"))
