"""What became of each query and each identifier, told from the ledger and the survey. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import repeat
from typing import NamedTuple

from msgspec import Struct

from harvester.chain_state import ChainState
from harvester.ledger import Ledger
from harvester.model import Chain, Message, Query, Taxon
from harvester.plan import chains_of, endpoint_of, is_narrowed
from harvester.publish import ChainCount, Loss, Survey

__all__ = ["Item", "Items", "QueryReport", "Verdict", "judge"]


#: What became of a taxon that was asked for in shards: the first of these that became of any shard.
#: That some are empty is nothing strange.
_TELLING = ("failed", "ok", "replaced", "unknown", "empty")


class Item(NamedTuple):
    """One identifier or taxon that a job names, and what it brought."""

    query: Query
    value: str
    outcome: str
    records: int
    reason: str = ""
    taxon: Taxon | None = None


class Items(Struct, frozen=True):
    """What became of values that were asked for together, in their order: there may be millions.

    Where there are no `reasons` or `taxa`, no value has any.
    """

    query: Query
    values: Sequence[str]
    outcomes: Sequence[str]
    records: Sequence[int]
    reasons: Sequence[str] = ()
    taxa: Sequence[Taxon | None] = ()

    def __iter__(self) -> Iterator[Item]:
        """One after the other."""
        reasons, taxa = self.reasons or repeat(""), self.taxa or repeat(None)
        told = zip(self.values, self.outcomes, self.records, reasons, taxa, strict=False)
        return (Item(self.query, *one) for one in told)


class QueryReport(Struct, frozen=True):
    """One query's figures."""

    query: Query
    expected: int | None
    received: int
    distinct: int
    strays: int
    quarantined: int
    chains: int
    pages: int
    state: str
    reason: str = ""
    #: The day from which on it asked, where it asked only for what is new.
    since: str = ""


class Verdict(Struct, frozen=True):
    """The whole run, judged."""

    queries: tuple[QueryReport, ...]
    items: tuple[Items, ...] = ()

    @property
    def failed(self) -> tuple[QueryReport, ...]:
        """Queries that did not come to a good end."""
        return tuple(report for report in self.queries if report.state != "complete")

    @property
    def settled(self) -> frozenset[str]:
        """The queries whose silence about a row means something."""
        return frozenset(
            one.query.id for one in self.queries if one.state == "complete" and not one.since
        )

    @property
    def incomplete(self) -> frozenset[str]:
        """The queries of which NCBI gave some records, and counts more."""
        found = (one for one in self.queries if one.state == "incomplete" and one.received)
        return frozenset(one.query.id for one in found if not one.since)

    def each_item(self) -> Iterator[Item]:
        """All identifiers, one after the other."""
        return (item for items in self.items for item in items)

    def having(self, outcome: str) -> Iterator[Item]:
        """The identifiers of which this became: those that NCBI does not know are `unknown`."""
        found = (items for items in self.items if outcome in items.outcomes)
        return (item for items in found for item in items if item.outcome == outcome)


def judge(
    queries: Sequence[Query],
    ledger: Ledger,
    found: Survey,
    allowed: float,
    *,
    with_items: bool = True,
) -> Verdict:
    """Judges each query, and each identifier of it; `allowed` percent of its rows may be lost."""
    walked = {query.id: list(ledger.walked(chains_of(query))) for query in queries}
    reports = tuple(_query(query, walked[query.id], ledger, found, allowed) for query in queries)
    items = tuple(
        items
        for query in (queries if with_items else ())
        for chain in chains_of(query)
        for items in _named(query, chain, ledger, found)
    )
    return Verdict(reports, items)


def _query(
    query: Query, chains: Sequence[Chain], ledger: Ledger, found: Survey, allowed: float
) -> QueryReport:
    states = [ledger.state(chain.id) for chain in chains]
    brought = [*states, *(ledger.state(chain.id) for chain in ledger.kept(chains_of(query)))]
    counts = [count for chain in chains_of(query) for count in _counts(chain, ledger)]
    known = [count for count in counts if count is not None]
    state, reason = _state(query, chains, ledger, found, allowed)
    return QueryReport(
        query=query,
        expected=sum(known) if len(known) == len(counts) else None,
        received=sum(state.received for state in brought),
        distinct=found.queries.get(query.id, 0),
        strays=sum(found.strays.get(chain.id, 0) for chain in chains),
        quarantined=sum(state.quarantined for state in brought),
        chains=len(states),
        pages=sum(state.pages for state in brought),
        state=state,
        reason=reason,
        since=ledger.since_of(query.id),
    )


def _counts(chain: Chain, ledger: Ledger) -> Iterator[int | None]:
    """NCBI's newest counts of what makes up a chain: of the whole, or of each of its shards."""
    split = ledger.splits.get(chain.id)
    if split is not None and (split.kept or split.counted is not None):
        yield split.total if split.counted is None else split.counted
        return
    for shard in ledger.walked([chain]):
        state = ledger.state(shard.id)
        yield 0 if state.unknown else state.total


def _state(
    query: Query, chains: Sequence[Chain], ledger: Ledger, found: Survey, allowed: float
) -> tuple[str, str]:
    """How a query ended, and why it is not complete if it is not."""
    if why := _failure([ledger.state(chain.id) for chain in chains]):
        return "failed", why
    by_key = [ledger.state(one.id) for one in ledger.key_chains if one.query_id == query.id]
    if why := _gap(query, chains, by_key, ledger, found):
        return "incomplete", why
    loss = found.losses.get(query.id)
    if loss is not None and loss.percent > allowed and not ledger.since_of(query.id):
        return "shrunk", _shrunk(loss, allowed)
    if why := _failure(by_key):
        return "incomplete", f"rows that it no longer delivers were asked for by key, but: {why}"
    return "complete", ""


def _failure(states: Sequence[ChainState]) -> str:
    """Why chains did not come to their end; nothing when they did."""
    failures = [state.failure for state in states if state.failed]
    if failures:
        more = f" (and {len(failures) - 1} more)" if len(failures) > 1 else ""
        return failures[0] + more
    unfinished = sum(not (state.done or state.failure) for state in states)
    if unfinished:
        return f"{unfinished} of its {len(states)} page chains did not come to their end"
    return ""


def _gap(
    query: Query,
    chains: Sequence[Chain],
    by_key: Sequence[ChainState],
    ledger: Ledger,
    found: Survey,
) -> str:
    """What is missing by NCBI's own count, also when it was asked for again."""
    states = {chain.id: ledger.state(chain.id) for chain in chains}
    for state in states.values():
        if state.doubt is not None and state.doubt.counted and not state.received:
            counted = state.doubt.counted
            return f"NCBI Taxonomy counts {counted:,} records, none came, also when asked again"
    missing = sum(_missing(state, found.chains.get(one)) for one, state in states.items())
    missing = max(missing, _between(query, ledger, found))
    missing -= sum(state.rows for state in by_key)
    if missing <= 0:
        return ""
    total = sum(count or 0 for chain in chains_of(query) for count in _counts(chain, ledger))
    return f"NCBI counts {total:,} records, {missing:,} did not come, also when asked again"


def _between(query: Query, ledger: Ledger, found: Survey) -> int:
    """How many records are in no part of what was cut because of pages that cannot be had."""
    missing = 0
    for chain, total in ledger.divided(chains_of(query)):
        if any(ledger.kept([chain])):
            broken = sum(ledger.state(one.id).quarantined for one in ledger.walked([chain]))
            missing += max(0, total - found.wholes.get(chain.id, 0) - broken)
    return missing


def _missing(state: ChainState, count: ChainCount | None) -> int:
    """How many records of a chain are missing; what NCBI repeats each time alike is not."""
    if state.total is None or state.unknown:
        return 0
    distinct = state.received - (count.rows - count.keys if count else 0)
    if state.received >= state.total and state.doubt and state.doubt.distinct == distinct:
        return 0
    return max(0, state.total - distinct)


def _shrunk(loss: Loss, allowed: float) -> str:
    return (
        f"{loss.lost:,} of its {loss.members:,} rows ({loss.percent:.3g} %) did not come any more, "
        f"and max_removed_percent allows {allowed:g}: none was removed; if NCBI really withdrew "
        "them, run again with --accept-removals"
    )


def _named(query: Query, chain: Chain, ledger: Ledger, found: Survey) -> Iterator[Items]:
    """What a chain names, once: halves of a list name their own, shards all name the same."""
    pieces = list(ledger.walked([chain]))
    told = [_items(query, piece, ledger, found) for piece in pieces]
    if len(pieces) == 1 or len(chain.values) > 1:
        yield from told
        return
    outcomes = [item for items in told for item in items]
    records = found.wholes.get(chain.id, sum(item.records for item in outcomes))
    one = min(outcomes, key=lambda item: _TELLING.index(item.outcome))
    yield Items(query, chain.values, [one.outcome], [records], [one.reason], [one.taxon])


def _items(query: Query, chain: Chain, ledger: Ledger, found: Survey) -> Items:
    values, brought = chain.values, _brought(chain, ledger, found)
    ended = list(_ended(chain, ledger, brought))
    reasons = [reason for _, reason in ended]
    taxa = [ledger.taxa.get(query.taxon or value) for value in values]
    return Items(
        query,
        values,
        [outcome for outcome, _ in ended],
        brought,
        reasons if any(reasons) else (),
        taxa if any(taxa) else (),
    )


def _brought(chain: Chain, ledger: Ledger, found: Survey) -> Sequence[int]:
    """How many records each value of a chain brought."""
    if len(chain.values) == 1:
        return [ledger.state(chain.id).rows]
    return found.matches.get(chain.id) or [0] * len(chain.values)


def _ended(chain: Chain, ledger: Ledger, brought: Sequence[int]) -> Iterator[tuple[str, str]]:
    """The outcome of each value, and why."""
    state, day = ledger.state(chain.id), ledger.window_of(chain.id)
    told = {name: message for message in state.messages for name in message.identifiers}
    for value, records in zip(chain.values, brought, strict=True):
        outcome, reason = _outcome(chain, state, told.get(value), records)
        if day and outcome == "empty":
            outcome, reason = "ok", f"NCBI has nothing new since {day}"
        yield outcome, reason


def _outcome(
    chain: Chain, state: ChainState, message: Message | None, records: int
) -> tuple[str, str]:
    if message is not None and message.replaced_by:
        return "replaced", message.text or f"replaced by {message.replaced_by}"
    if records and not (state.failed and len(chain.values) == 1):
        return "ok", ""
    if state.unknown:
        return "unknown", state.failure
    if state.failure or not state.done:
        return "failed", state.failure or "its page chain did not come to its end"
    if message is not None:
        return "unknown", message.text
    return _nothing(chain)


def _nothing(chain: Chain) -> tuple[str, str]:
    """No record and no word about it: unknown, unless the request may rightly bring nothing."""
    _, endpoint = endpoint_of(chain)
    if endpoint.value_kind == "taxon" or is_narrowed(chain) or not endpoint.post_path:
        return "empty", "NCBI has no such records"
    return "unknown", "NCBI gave no record for it"
