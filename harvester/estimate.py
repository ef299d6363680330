"""What a job will take: requests, records, bytes, seconds, disk. Counts are handed in; pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from statistics import fmean
from typing import Any

from msgspec import Struct

from harvester.catalogue import RESOURCES
from harvester.experience import Experience, Past
from harvester.model import Chain, Query
from harvester.outlook import pages_of
from harvester.plan import chains_of, endpoint_of, names_of
from harvester.shards import PAGE_SECONDS, axes_of, lanes_ahead, pays, pieces_for, today
from harvester.summary import describe

__all__ = ["Estimate", "Plan", "plan_of"]

#: Seconds until the first request leaves; to look each table through and publish it, besides
#: the bytes a second that are written then.
_START_SECONDS = 1.35
_TABLE_SECONDS = 0.15
_PUBLISHED = 20e6


class Estimate(Struct, frozen=True):
    """One query's share of a plan; `None` where nobody can know without asking."""

    query: Query
    chains: int
    records: int | None
    requests: int | None
    seconds: float | None
    exact: bool

    @property
    def bytes(self) -> int | None:
        """Bytes that travel, as a rule."""
        sent = RESOURCES[self.query.resource].footprint.sent
        return None if self.records is None else sent * self.records

    def to_dict(self) -> dict[str, Any]:
        """The estimate as plain JSON values."""
        names = ("chains", "requests", "records", "bytes", "seconds", "exact")
        told = {"resource": self.query.resource, "query": describe(self.query)}
        return told | {name: getattr(self, name) for name in names}


class Plan(Struct, frozen=True):
    """All of a job; `complete` where every query's share is known, else it takes at least so much.

    `disk` is what lake and database will have grown by.
    """

    queries: tuple[Estimate, ...]
    requests: int
    records: int
    bytes: int
    seconds: float
    disk: int
    complete: bool

    def figures(self) -> dict[str, float]:
        """The totals, as a summary shows them."""
        whole = ("requests", "records", "bytes", "disk")
        return {name: getattr(self, name) for name in whole} | {"seconds": round(self.seconds, 1)}

    def to_dict(self) -> dict[str, Any]:
        """What `plan --json` prints of it."""
        queries = [one.to_dict() for one in self.queries]
        return {"queries": queries, **self.figures(), "complete": self.complete}


def plan_of(
    queries: Sequence[Query],
    counts: Mapping[str, int],
    rate: float,
    concurrency: int,
    experience: Experience,
) -> Plan:
    """Adds a job's queries up; where the same was asked before, that run tells bytes and time.

    `counts` holds how many records chains have, by their ids, as far as anybody knows.
    """
    parts = _estimates(queries, counts, rate, concurrency)
    known = [one for one in parts if one.requests is not None]
    requests = _look_ups(queries) + sum(one.requests or 0 for one in known)
    records = sum(one.records or 0 for one in known)
    longest = max((one.seconds or 0.0 for one in known), default=0.0)
    disk = experience.empty + sum(_kept(known, experience))
    past = experience.past
    asking = max(longest, requests / rate)
    ending = disk / _PUBLISHED + _TABLE_SECONDS * len({query.resource for query in queries})
    return Plan(
        parts,
        requests,
        records,
        bytes=_bytes(known, records, past),
        seconds=_seconds(requests, asking, ending, rate, past),
        disk=round(disk),
        complete=len(known) == len(parts),
    )


def _look_ups(queries: Sequence[Query]) -> int:
    """Taxa that are named are looked up first, many to a request."""
    names = names_of(queries)
    return len(chains_of(Query("taxa", "taxonomy", "taxa", names))) if names else 0


def _bytes(known: Sequence[Estimate], records: int, past: Past | None) -> int:
    if past and past.records:
        return round(past.bytes * records / past.records)
    return sum(one.bytes or 0 for one in known)


def _seconds(requests: int, asking: float, ending: float, rate: float, past: Past | None) -> float:
    if past:
        return max(requests / rate, past.seconds * requests / past.requests)
    return _START_SECONDS + asking + ending


def _kept(known: Sequence[Estimate], experience: Experience) -> Iterator[float]:
    """The bytes that each table will have grown by: by rows that it does not hold yet."""
    records: Counter[str] = Counter()
    for one in known:
        records[one.query.resource] += one.records or 0
    for table, count in records.items():
        footprint = RESOURCES[table].footprint
        each = experience.kept.get(table, footprint.lake + footprint.database)
        yield each * max(0, count - experience.rows.get(table, 0))


def _estimates(
    queries: Sequence[Query], counts: Mapping[str, int], rate: float, concurrency: int
) -> tuple[Estimate, ...]:
    return tuple(_one(query, counts, rate, concurrency) for query in queries)


def _one(query: Query, counts: Mapping[str, int], rate: float, concurrency: int) -> Estimate:
    chains = chains_of(query)
    _, endpoint = endpoint_of(query)
    if not endpoint.paged:
        return Estimate(
            query, len(chains), len(chains), len(chains), len(chains) / rate, exact=True
        )
    sizes = _sizes(chains, counts, listed=endpoint.batch > 1)
    if sizes is None:
        return Estimate(query, len(chains), None, None, None, exact=False)
    lanes = lanes_ahead(rate, concurrency)
    shards = _shards(chains, sizes, lanes)
    # Each shard but the last ends with a page that is half full; one request counts the whole.
    requests = sum(
        max(1, pages_of(size)) + number // 2 for size, number in zip(sizes, shards, strict=True)
    )
    seconds = max(requests / rate, requests * PAGE_SECONDS / min(lanes, sum(shards)))
    exact = len(chains) == sum(shards) == 1
    return Estimate(query, sum(shards), sum(sizes), requests, seconds, exact=exact)


def _sizes(chains: Sequence[Chain], counts: Mapping[str, int], *, listed: bool) -> list[int] | None:
    """The records of each chain; those of which nobody knows are taken to be like the others."""
    if listed:
        return [max(len(chain.values), counts.get(chain.id, 0)) for chain in chains]
    known = [counts[chain.id] for chain in chains if chain.id in counts]
    if not known:
        return None
    usual = round(fmean(known))
    return [counts.get(chain.id, usual) for chain in chains]


def _shards(chains: Sequence[Chain], sizes: Sequence[int], lanes: float) -> list[int]:
    """Into how many shards each chain will be cut, where chains are too few or too long."""
    rest = sum(pages_of(size) - 1 for size in sizes)
    whole = not axes_of(chains[0], today())
    return [1 if whole else _cut(pages_of(size) - 1, rest, lanes) for size in sizes]


def _cut(left: int, rest: int, lanes: float) -> int:
    return pieces_for(left + 1, rest, lanes) if pays(left, 1, rest, lanes) else 1
