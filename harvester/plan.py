"""From a job's queries to chains: which requests, with which identifiers, in which order. Pure."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import zip_longest

from msgspec.structs import replace

from harvester.catalogue import RESOURCES, Endpoint, Resource
from harvester.errors import SpecError
from harvester.model import Chain, Query

__all__ = [
    "chains_by_key",
    "chains_of",
    "endpoint_of",
    "halves_of",
    "is_narrowed",
    "names_of",
    "newer_than",
    "numbered",
    "plan_chains",
    "request_columns",
    "scope_of",
    "scopes_of",
]

#: Settings among the filters that leave no record out.
_NO_FILTER = frozenset({"returned_content", "sort.field", "sort.direction"})


def endpoint_of(item: Query | Chain) -> tuple[Resource, Endpoint]:
    """The catalogue's resource and endpoint for a query or a chain."""
    resource = RESOURCES[item.resource]
    endpoint = resource.endpoint(item.selector, item.endpoint)
    if endpoint is None:
        message = f"{item.resource} has no {item.endpoint} path for {item.selector}"
        raise SpecError(message)
    return resource, endpoint


def plan_chains(queries: Iterable[Query]) -> tuple[Chain, ...]:
    """All chains, the queries taking turns, so that none waits for another to end.

    In each turn those come first that may go on for many pages: such a chain is what a run waits
    for in the end.
    """
    ordered = sorted(queries, key=lambda query: endpoint_of(query)[1].is_brief(query.filters))
    rounds = zip_longest(*(chains_of(query) for query in ordered))
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


def chains_by_key(query: Query, keys: Sequence[str]) -> tuple[Chain, ...]:
    """Asks for rows of a query's table by their keys, where the catalogue says how."""
    selector = RESOURCES[query.resource].asked_by
    by_key = Query(f"{query.id}.key", query.resource, selector, tuple(keys))
    return tuple(replace(chain, query_id=query.id) for chain in chains_of(by_key))


def newer_than(chain: Chain, day: str) -> Chain:
    """The chain, asking only for what is new since a day, if there is one."""
    _, endpoint = endpoint_of(chain)
    if endpoint.newer is None or not day:
        return chain
    return replace(chain, shard=((endpoint.newer.filter, day),))


def names_of(queries: Iterable[Query]) -> tuple[str, ...]:
    """The taxa that are asked for by name, one at a time, and could be by number."""
    names: dict[str, None] = {}
    for query in queries:
        _, endpoint = endpoint_of(query)
        if endpoint.value_kind == "taxon" and endpoint.batch == 1:
            names |= dict.fromkeys(query.values)
        if query.taxon:
            names[query.taxon] = None
    return tuple(name for name in names if not name.isdecimal())


def numbered(chain: Chain, numbers: Mapping[str, int]) -> Chain:
    """The chain with taxon numbers in place of the names that have one."""
    _, endpoint = endpoint_of(chain)
    if endpoint.value_kind == "taxon" and endpoint.batch == 1 and not chain.sent:
        values = tuple(str(numbers.get(value, value)) for value in chain.values)
        chain = replace(chain, sent=values if values != chain.values else ())
    if chain.taxon and chain.taxon in numbers:
        chain = replace(chain, sent_taxon=str(numbers[chain.taxon]))
    return chain


def scope_of(chain: Chain, value: str | None) -> int:
    """A number for the question whether there is such a record: the same in every run and job."""
    return next(scopes_of(chain, [value]))


def scopes_of(chain: Chain, values: Iterable[str | None]) -> Iterator[int]:
    """The same for many values of a chain: what these share is taken in once."""
    shared = json.dumps([chain.resource, chain.selector, chain.taxon, _canonical(chain)])
    begun = hashlib.sha256(shared[:-1].encode())
    for value in values:
        question = begun.copy()
        question.update(f", {json.dumps(value)}]".encode())
        yield int.from_bytes(question.digest()[:8], "big", signed=True)


def is_narrowed(item: Query | Chain) -> bool:
    """Whether a filter may rightly leave records out."""
    cut = isinstance(item, Chain) and bool(item.shard or item.sent)
    return cut or any(name not in _NO_FILTER for name, _ in item.filters)


def request_columns(chain: Chain) -> tuple[tuple[str, str], ...]:
    """The columns that the request fills where the report has nothing, with their text."""
    resource, _ = endpoint_of(chain)
    told = {"value": ",".join(chain.values), "filters": _canonical(chain)}
    return tuple((column, told[source]) for column, source in resource.from_request)


def _canonical(chain: Chain) -> str:
    """The filters as JSON: the same filters always give the same text."""
    return json.dumps(dict(chain.filters), sort_keys=True, separators=(",", ":"))
